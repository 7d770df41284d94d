"""What the protocols ask for labels: a video that takes paint and answers with label maps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from vosdesk.evaluation.stopwatch import Stopwatch
from vosdesk.jobs import Progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vosdesk.arrays import LabelMap, PaintedFrame
    from vosdesk.jobs import Job


class VideoLabeller(Protocol):
    """Whatever labels a whole video from what was painted on some of its frames."""

    @property
    def frame_count(self) -> int:
        """How many frames the video has."""
        ...

    def set_painted(self, painted: Iterable[PaintedFrame]) -> None:
        """Take everything that is painted now, each frame at most once."""
        ...

    def label_maps(self) -> Iterator[LabelMap]:
        """Yield the label map of every frame, in order, at the source's size."""
        ...


@dataclass(frozen=True, eq=False)
class Answer:
    """What a labeller answered.

    Attributes:
        label_maps: One for each frame.
        seconds: What it took.
    """

    label_maps: Sequence[LabelMap]
    seconds: float


def label_all(
    labeller: VideoLabeller, painted: Sequence[PaintedFrame], passes: int, text: str
) -> Job[Answer]:
    """Label every frame from what is painted, and tell how long that took.

    Args:
        labeller: The video.
        painted: All of it, each frame at most once.
        passes: How often work went through all frames before, for the Progress.
        text: For the Progress.

    Yields:
        Progress after every frame.
    """
    stopwatch, label_maps = Stopwatch(), []
    with stopwatch.running():
        labeller.set_painted(painted)
    for label_map in stopwatch.steps(labeller.label_maps()):
        label_maps.append(label_map)
        yield Progress(passes * labeller.frame_count + len(label_maps), 0, text)
    return Answer(label_maps, stopwatch.seconds)
