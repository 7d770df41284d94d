"""The interactive protocol: a simulated annotator corrects the worst frame, round after round.

As in the interactive track of DAVIS (Caelles et al., "The 2018 DAVIS Challenge on Video Object
Segmentation", 2018; https://interactive.davischallenge.org/challenge): in the first round there is
a scribble for each object on the first annotated frame, here with one for the background; in each
further round there are scribbles on the worst frame that was not used before. After every round
all frames are labelled and J&F is taken over all of them.

How the figures follow from the rounds is told in ``interactive_report``.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np

from vosdesk.evaluation.interactive_report import (
    ROUNDS,
    STROKE_SECONDS,
    InteractiveReport,
    PlayedSequence,
    Round,
)
from vosdesk.evaluation.labeller import label_all
from vosdesk.evaluation.method import embed_video
from vosdesk.evaluation.robot import correction_strokes, first_strokes, paint_strokes
from vosdesk.evaluation.sequences import on_every_sequence
from vosdesk.evaluation.truth import read_truth

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from vosdesk.arrays import LabelMap
    from vosdesk.evaluation.davis import DavisSequence
    from vosdesk.evaluation.labeller import VideoLabeller
    from vosdesk.evaluation.method import Method
    from vosdesk.evaluation.robot import Stroke
    from vosdesk.evaluation.scores import Scores
    from vosdesk.evaluation.truth import Truth
    from vosdesk.jobs import Job


def evaluate_interactive(
    root: Path,
    split: str,
    method: Method,
    rounds: int = ROUNDS,
    stroke_seconds: float = STROKE_SECONDS,
) -> Job[InteractiveReport]:
    """Let the simulated annotator work on every sequence of a split.

    Args:
        root: The folder that holds JPEGImages, Annotations and ImageSets.
        split: The list of sequences.
        method: What labels.
        rounds: How many rounds, at least one.
        stroke_seconds: What the annotator takes for each scribble.

    Yields:
        Progress after every frame that was embedded, or labelled and scored.

    Raises:
        VosdeskError: The data set is incomplete.
    """

    def work(sequence: DavisSequence) -> Job[PlayedSequence]:
        truth = read_truth(sequence)
        with closing((yield from embed_video(sequence, method))) as video:
            results = yield from play(truth, video, rounds)
            return PlayedSequence(video.embedding_seconds, results)

    played = yield from on_every_sequence(root, split, 1 + rounds, work)
    return InteractiveReport(played, rounds, stroke_seconds)


def play(truth: Truth, labeller: VideoLabeller, rounds: int = ROUNDS) -> Job[tuple[Round, ...]]:
    """Correct the labels of one video round after round; ends early where nothing is left to do.

    Yields:
        Progress after every frame; one pass over the frames, for embedding, counts as done.
    """
    played: list[Round] = []
    given: list[Stroke] = []
    new = first_strokes(truth.first_frame, truth.label_maps[truth.first_frame])
    while new and len(played) < rounds:
        given += new
        text = f"round {len(played) + 1}"
        painted = paint_strokes(given, truth.size)
        answer = yield from label_all(labeller, painted, len(played) + 1, text)
        scores = truth.score(answer.label_maps)
        played.append(Round(new[0].frame_index, len(new), answer.seconds, scores))
        new = _next_strokes(truth, answer.label_maps, scores, [one.frame_index for one in played])
    return tuple(played)


def worst_frame(by_frame: NDArray[np.float64], used: Sequence[int]) -> int | None:
    """Return the frame with the least J&F of those not used yet; None where all are used.

    Args:
        by_frame: (frames,) J&F.
        used: Frames that were annotated before.
    """
    if len(set(used)) == len(by_frame):
        return None
    left = by_frame.copy()
    left[list(used)] = np.inf
    return int(left.argmin())


def _next_strokes(
    truth: Truth, label_maps: Sequence[LabelMap], scores: Scores, used: Sequence[int]
) -> list[Stroke]:
    frame_index = worst_frame(scores.by_frame, used)
    if frame_index is None:
        return []
    return correction_strokes(frame_index, label_maps[frame_index], truth.label_maps[frame_index])
