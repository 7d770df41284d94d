"""The semi-supervised protocol: the first frame's mask is given, every other frame is asked for.

As published for DAVIS, the first and the last frame of a sequence are not scored, figures are
averaged within a sequence first, and pixels that the annotation leaves open do not count.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from vosdesk.arrays import VOID, LabelMap, PaintedFrame, Size
from vosdesk.embedding.precompute import model_time
from vosdesk.errors import MaskError, VosdeskError
from vosdesk.evaluation.davis import davis_sequences, object_ids, read_annotation
from vosdesk.evaluation.report import Figures, Report
from vosdesk.evaluation.truth import Truth
from vosdesk.jobs import Job, Progress
from vosdesk.labelling.engine import LabellingEngine
from vosdesk.labelling.references import frame_references
from vosdesk.labelling.upsampling import to_label_map
from vosdesk.video import open_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from vosdesk.embedding.embedder import Embedder
    from vosdesk.evaluation.davis import DavisSequence
    from vosdesk.labelling.settings import LabellingSettings


def evaluate_semi(
    root: Path, split: str, embedder: Embedder, settings: LabellingSettings | None = None
) -> Job[Report]:
    """Label the sequences of a split from their first masks, and score every frame.

    Args:
        root: The folder that holds JPEGImages, Annotations and ImageSets.
        split: The list of sequences.
        embedder: The network.
        settings: How to label; None for the defaults.

    Yields:
        Progress after every frame.

    Returns:
        The figures.

    Raises:
        VosdeskError: The data set is incomplete.
    """
    sequences = davis_sequences(root, split)
    total = sum(len(sequence.annotations) for sequence in sequences)
    figures: dict[str, Figures] = {}
    done, seconds = 0, 0.0
    for sequence in sequences:
        results: list[LabelMap] = []
        started = time.perf_counter()
        for label_map in label_from_first_mask(sequence, embedder, settings):
            seconds += time.perf_counter() - started
            results.append(label_map)
            done += 1
            yield Progress(done, total, sequence.name)
            started = time.perf_counter()
        figures[sequence.name] = score(sequence, results)
    return Report(figures, seconds / total)


def label_from_first_mask(
    sequence: DavisSequence, embedder: Embedder, settings: LabellingSettings | None = None
) -> Iterator[LabelMap]:
    """Yield the label map of every frame in order, with the first frame's mask as the only input.

    Raises:
        VosdeskError: A frame or the first mask cannot be read.
    """
    source = open_source(sequence.frames[0].parent)
    network = embedder.input_size(source.size)
    given = read_annotation(sequence.annotations[0])
    painted = PaintedFrame(0, given, np.where(given == VOID, -1, 1).astype(np.int32))
    engine = None
    for frame_index in range(source.frame_count):
        at = model_time(frame_index, source.frame_count)
        (embedding_map,) = embedder.embed([source.read(frame_index)], [at])
        if engine is None:
            engine = LabellingEngine(frame_references(painted, embedding_map, network), settings)
        labels = engine.label(frame_index, embedding_map)
        yield to_label_map(labels, source.size, network, painted if frame_index == 0 else None)


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
    figures: dict[str, Figures] = {}
    for done, sequence in enumerate(sequences, start=1):
        folder = _results_of(results_folder, sequence.name)
        results = [_read_result(folder / path.name) for path in sequence.annotations]
        figures[sequence.name] = score(sequence, results)
        yield Progress(done, len(sequences), sequence.name)
    return Report(figures)


def score(sequence: DavisSequence, results: Sequence[LabelMap]) -> Figures:
    """Return the figures of one sequence, averaged over the objects of its first annotation.

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
    truth = Truth([read_annotation(path) for path in paths], wanted)
    for path, result, annotation in zip(paths, scored, truth.label_maps, strict=True):
        if result.shape != annotation.shape:
            raise MaskError(
                f"The result for frame {path.stem} of {sequence.name} is {_size(result)},"
                f" the annotation {_size(annotation)}."
            )
    return truth.score(scored).figures


def _results_of(folder: Path, name: str) -> Path:
    places = [folder / within / name for within in ("", "480p", "Results/480p")]
    return next((place for place in places if place.is_dir()), places[0])


def _read_result(path: Path) -> LabelMap:
    if not path.is_file():
        raise VosdeskError(f"There is no result {path}.", "Give one PNG for every frame.")
    return read_annotation(path)


def _size(labels: LabelMap) -> Size:
    return Size(labels.shape[1], labels.shape[0])
