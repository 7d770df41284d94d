"""The semi-supervised protocol: the first frame's mask is given, every other frame is asked for.

As published for DAVIS, the first and the last frame of a sequence are not scored, figures are
averaged within an object first, and pixels that the annotation leaves open do not count.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from vosdesk.arrays import LabelMap, Size
from vosdesk.errors import MaskError, VosdeskError
from vosdesk.evaluation.davis import as_painted, davis_sequences, object_ids, read_annotation
from vosdesk.evaluation.labeller import label_all
from vosdesk.evaluation.method import embed_video
from vosdesk.evaluation.report import Pace, Report
from vosdesk.evaluation.sequences import on_every_sequence
from vosdesk.evaluation.truth import Truth
from vosdesk.jobs import Job, Progress

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from vosdesk.evaluation.davis import DavisSequence
    from vosdesk.evaluation.method import Method
    from vosdesk.evaluation.scores import Scores


def evaluate_semi(root: Path, split: str, method: Method) -> Job[Report]:
    """Label the sequences of a split from their first masks, and score every frame.

    Args:
        root: The folder that holds JPEGImages, Annotations and ImageSets.
        split: The list of sequences.
        method: What labels.

    Yields:
        Progress after every frame that was embedded or labelled.

    Returns:
        The figures.

    Raises:
        VosdeskError: The data set is incomplete.
    """

    def work(sequence: DavisSequence) -> Job[tuple[Scores, Pace]]:
        label_maps, pace = yield from label_from_first_mask(sequence, method)
        return score(sequence, label_maps), pace

    found = yield from on_every_sequence(root, split, 2, work)
    return Report(
        {name: scores for name, (scores, _pace) in found.items()},
        Pace.average([pace for _scores, pace in found.values()]),
    )


def label_from_first_mask(
    sequence: DavisSequence, method: Method
) -> Job[tuple[Sequence[LabelMap], Pace]]:
    """Label every frame, with the first frame's mask as the only input.

    Yields:
        Progress after every frame that was embedded or labelled.

    Returns:
        A label map for every frame, and what a frame took.

    Raises:
        VosdeskError: A frame or the first mask cannot be read.
    """
    painted = as_painted(read_annotation(sequence.annotations[0]))
    with closing((yield from embed_video(sequence, method))) as video:
        answer = yield from label_all(video, [painted], 1, "labelling")
        pace = Pace.of(video.embedding_seconds, [answer.seconds], video.frame_count)
        return answer.label_maps, pace


def score_results(root: Path, split: str, results_folder: Path) -> Job[Report]:
    """Score masks that are already there, as ``results_folder/SEQUENCE/FRAME.png``.

    The sequences may also lie one or two folders deeper, in ``480p`` or ``Results/480p``, as
    published results do.

    Yields:
        Progress after every sequence.

    Returns:
        The figures.

    Raises:
        VosdeskError: The data set is incomplete, or a result is missing or cannot be read.
        MaskError: A result has not the size of its annotation.
    """
    sequences = davis_sequences(root, split)
    scores: dict[str, Scores] = {}
    for done, sequence in enumerate(sequences, start=1):
        folder = _results_of(results_folder, sequence.name)
        results = [_read_result(folder / path.name) for path in sequence.annotations]
        scores[sequence.name] = score(sequence, results)
        yield Progress(done, len(sequences), sequence.name)
    return Report(scores)


def score(sequence: DavisSequence, results: Sequence[LabelMap]) -> Scores:
    """Return J and F of one sequence, of each object of its first annotation.

    Args:
        sequence: The sequence with its annotations.
        results: A label map for every frame, the unscored ones included.

    Raises:
        VosdeskError: No frame is left to be scored, or the first annotation is empty.
        MaskError: A result has not the size of its annotation.
    """
    wanted = object_ids(read_annotation(sequence.annotations[0]))
    if len(sequence.annotations) < 3 or not wanted:
        raise VosdeskError(
            f"The sequence {sequence.name} cannot be scored:"
            " it needs three frames and an object in the first annotation."
        )
    paths, scored = sequence.annotations[1:-1], results[1:-1]
    truth = Truth([read_annotation(path) for path in paths], wanted, first_scored=1)
    for path, result, annotation in zip(paths, scored, truth.label_maps, strict=True):
        if result.shape != annotation.shape:
            raise MaskError(
                f"The result for frame {path.stem} of {sequence.name} is {_size(result)},"
                f" the annotation {_size(annotation)}."
            )
    return truth.score(scored)


def _results_of(folder: Path, name: str) -> Path:
    places = [folder / within / name for within in ("", "480p", "Results/480p")]
    return next((place for place in places if place.is_dir()), places[0])


def _read_result(path: Path) -> LabelMap:
    if not path.is_file():
        raise VosdeskError(f"There is no result {path}.", "Give one PNG for every frame.")
    return read_annotation(path)


def _size(labels: LabelMap) -> Size:
    return Size(labels.shape[1], labels.shape[0])
