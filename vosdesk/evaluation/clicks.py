"""The protocol of clicks: each one in the middle of the largest error anywhere in the video.

An error is a connected group of pixels that should have the same label and do not have it; before
the first click everything is background. What the annotator would need to find it is not counted:
the figures are J&F over all frames by the number of clicks.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from vosdesk.arrays import BACKGROUND, VOID
from vosdesk.evaluation.labeller import label_all
from vosdesk.evaluation.method import embed_video
from vosdesk.evaluation.report import Pace, Report
from vosdesk.evaluation.robot import click, largest_component, paint_strokes
from vosdesk.evaluation.sequences import on_every_sequence
from vosdesk.evaluation.tables import percent_table
from vosdesk.evaluation.truth import read_truth

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from rich.table import Table

    from vosdesk.arrays import LabelMap, Mask, ObjectId
    from vosdesk.evaluation.davis import DavisSequence
    from vosdesk.evaluation.labeller import VideoLabeller
    from vosdesk.evaluation.method import Method
    from vosdesk.evaluation.robot import Stroke
    from vosdesk.evaluation.scores import Scores
    from vosdesk.evaluation.truth import Truth
    from vosdesk.jobs import Job

COUNTS = (1, 2, 3, 5, 10, 20)
"""Numbers of clicks after which J&F is taken."""


@dataclass(frozen=True, eq=False)
class ClickedSequence:
    """All clicks on one sequence.

    Attributes:
        clicks: In order; fewer than granted where nothing was wrong any more.
        embedding_seconds: What the computer took to embed the video; None where it was in the
            store before.
        labelling_seconds: What it took for all label maps, after each click.
        scores: How good the labels were, by number of clicks; one for each of COUNTS.
    """

    clicks: tuple[Stroke, ...]
    embedding_seconds: float | None
    labelling_seconds: tuple[float, ...]
    scores: Mapping[int, Scores]

    @property
    def quality(self) -> list[float]:
        """J&F after each of COUNTS clicks."""
        return [self.scores[count].j_and_f for count in COUNTS]

    @property
    def pace(self) -> Pace:
        """What a frame took."""
        frames = len(self.scores[COUNTS[-1]].values)
        return Pace.of(self.embedding_seconds, self.labelling_seconds, frames)


@dataclass(frozen=True, eq=False)
class ClicksReport:
    """What the protocol of clicks found.

    Attributes:
        sequences: What happened on each sequence, by name; at least one.
    """

    sequences: Mapping[str, ClickedSequence]

    @property
    def clicks(self) -> dict[int, float]:
        """J&F by number of clicks, averaged over the sequences."""
        means = np.mean([clicked.quality for clicked in self.sequences.values()], axis=0)
        return dict(zip(COUNTS, means.tolist(), strict=True))

    @property
    def last(self) -> Report:
        """Figures of the labels after the last click."""
        return Report(
            {name: one.scores[COUNTS[-1]] for name, one in self.sequences.items()},
            Pace.average([one.pace for one in self.sequences.values()]),
            f"After {COUNTS[-1]} clicks",
        )

    def as_json(self) -> dict[str, Any]:
        """Return figures for ``--json``: those after the last click, and J&F by their number."""
        figures = self.last.as_json()
        for name, clicked in self.sequences.items():
            figures["sequences"][name] |= {
                "clicks": _by_text(zip(COUNTS, clicked.quality, strict=True)),
                "frames": [one.frame_index for one in clicked.clicks],
                "seconds_embedding": clicked.embedding_seconds,
                "seconds_labelling": list(clicked.labelling_seconds),
            }
        return {**figures, "clicks": _by_text(self.clicks.items())}


def evaluate_clicks(root: Path, split: str, method: Method) -> Job[ClicksReport]:
    """Click on the largest error of every sequence of a split, again and again.

    Args:
        root: The folder that holds JPEGImages, Annotations and ImageSets.
        split: The list of sequences.
        method: What labels.

    Yields:
        Progress after every frame that was embedded or labelled.

    Raises:
        VosdeskError: The data set is incomplete.
    """

    def work(sequence: DavisSequence) -> Job[ClickedSequence]:
        truth = read_truth(sequence)
        with closing((yield from embed_video(sequence, method))) as video:
            clicked = yield from click_along(truth, video)
            return replace(clicked, embedding_seconds=video.embedding_seconds)

    return ClicksReport((yield from on_every_sequence(root, split, 1 + COUNTS[-1], work)))


def click_along(truth: Truth, labeller: VideoLabeller) -> Job[ClickedSequence]:
    """Click on one video until nothing is wrong or the clicks are used up.

    Yields:
        Progress after every frame; one pass over the frames, for embedding, counts as done.
    """
    label_maps: Sequence[LabelMap] = [np.full_like(t, BACKGROUND) for t in truth.label_maps]
    clicks: list[Stroke] = []
    seconds: list[float] = []
    scores: dict[int, Scores] = {}
    while len(clicks) < COUNTS[-1] and (error := largest_error(label_maps, truth.label_maps)):
        clicks.append(click(error.frame_index, error.object_id, error.component))
        text = f"click {len(clicks)}"
        painted = paint_strokes(clicks, truth.size)
        answer = yield from label_all(labeller, painted, len(clicks), text)
        label_maps = answer.label_maps
        seconds.append(answer.seconds)
        if len(clicks) in COUNTS:
            scores[len(clicks)] = truth.score(label_maps)
    missing = [count for count in COUNTS if count > len(clicks)]
    if missing:
        scores |= dict.fromkeys(missing, truth.score(label_maps))
    return ClickedSequence(tuple(clicks), None, tuple(seconds), scores)


@dataclass(frozen=True, eq=False)
class LabelError:
    """Connected pixels that should all have one label and do not have it.

    Attributes:
        frame_index: The frame.
        object_id: What they should be.
        component: The pixels.
    """

    frame_index: int
    object_id: ObjectId
    component: Mask


def largest_error(label_maps: Sequence[LabelMap], truths: Sequence[LabelMap]) -> LabelError | None:
    """Return the error of most pixels in all frames, the first of equals; None without errors."""
    largest, area = None, 0
    for pixels, frame_index, object_id in _error_counts(label_maps, truths):
        if pixels <= area:
            break  # a piece has no more pixels than the whole
        truth = truths[frame_index]
        region = (truth == object_id) & (label_maps[frame_index] != truth)
        component = largest_component(region)
        if (size := int(np.count_nonzero(component))) > area:
            largest, area = LabelError(frame_index, object_id, component), size
    return largest


def _error_counts(
    label_maps: Sequence[LabelMap], truths: Sequence[LabelMap]
) -> list[tuple[int, int, ObjectId]]:
    """Return wrong pixels, frame index and true label wherever some are wrong, most first."""
    counts = []
    for frame_index, (label_map, truth) in enumerate(zip(label_maps, truths, strict=True)):
        wrong = np.bincount(truth[(label_map != truth) & (truth != VOID)])
        counts += [(int(wrong[label]), frame_index, int(label)) for label in np.flatnonzero(wrong)]
    return sorted(counts, key=lambda count: (-count[0], *count[1:]))


def render(report: ClicksReport) -> Table:
    """Return J&F by number of clicks as a table, in percent, the mean below the sequences."""
    rows = {name: clicked.quality for name, clicked in report.sequences.items()}
    headings = [f"{count} clicks" if count > 1 else "1 click" for count in COUNTS]
    return percent_table("Clicks: J&F by their number", headings, rows)


def _by_text(clicks: Iterable[tuple[int, float]]) -> dict[str, float]:
    return {str(count): value for count, value in clicks}
