"""What the track shows for each frame, and how to say it in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from vosdesk.gui.wording import count_of, format_time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PySide6.QtGui import QColor

    from vosdesk.gui.timeline.axis import Flags, Values


@dataclass
class FrameMarks:
    """The track's data; the track copies nothing and computes nothing else.

    Attributes:
        fps: Frames in a second.
        embedded: (frame_count,) whether embeddings are in the store.
        unsure: (frame_count,) float32 0..1, NaN where labels are not known.
        proved: (frame_count,) float32 0..1, the share of a frame's labels that is proved to be what
            comparing with every reference would give; NaN where there are no labels.
        annotated: Colours of the objects annotated on a frame.
        locked: Frames that keep their labels.
        times: Seconds of each frame, where they are not evenly spaced.
    """

    fps: float
    embedded: Flags
    unsure: Values
    proved: Values
    annotated: Mapping[int, Sequence[QColor]] = field(default_factory=dict)
    locked: frozenset[int] = frozenset()
    times: Sequence[float] | None = None

    @classmethod
    def none(cls, frame_count: int, fps: float, times: Sequence[float] | None = None) -> FrameMarks:
        """Return the marks of a video of which nothing is known yet."""
        return cls(
            fps,
            np.zeros(frame_count, np.bool_),
            np.full(frame_count, np.nan, np.float32),
            np.full(frame_count, np.nan, np.float32),
            times=times,
        )

    @property
    def frame_count(self) -> int:
        """How many frames there are."""
        return len(self.embedded)

    def seconds(self, frame_index: int) -> float:
        """Return when a frame is shown."""
        if self.times is not None:
            return float(self.times[frame_index])
        return frame_index / self.fps

    def describe(self, frame_index: int) -> str:
        """Say in one line each where the frame is and what is known about it."""
        facts = ["embedded" if self.embedded[frame_index] else "not embedded yet"]
        if colours := self.annotated.get(frame_index):
            facts.append(f"strokes of {count_of(len(colours), 'object')}")
        if frame_index in self.locked:
            facts.append("locked")
        if not np.isnan(doubt := self.unsure[frame_index]):
            facts.append(f"{doubt:.0%} unsure")
        if not np.isnan(share := self.proved[frame_index]):
            # rounded up to all, a frame would seem settled before it is
            facts.append("proved" if share >= 1 else f"{min(share, 0.99):.0%} proved")
        where = f"Frame {frame_index} · {format_time(self.seconds(frame_index))}"
        return f"{where}\n{', '.join(facts).capitalize()}"
