"""The frames of a video file in the order in which they are shown, and where decoding can begin."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from fractions import Fraction

    from numpy.typing import NDArray


@dataclass(frozen=True)
class KeyFrame:
    """A frame at which decoding can begin.

    Attributes:
        frame_index: The frame.
        time: What to seek, in units of the time base.
    """

    frame_index: int
    time: int


@dataclass(frozen=True, eq=False)
class Timeline:
    """The frames of a file in the order in which they are shown.

    Attributes:
        stamps: (frame_count,) int64, each frame's stamp; see ``vosdesk.video.decoder``.
        times: (frame_count,) float64, seconds from the first frame.
        keys: Where decoding can begin, by frame index; may be empty.
        counted: Stamps are counted from the beginning of the file.
        fps: Average rate.
        notice: What the user should know of damage; empty where there is none.
    """

    stamps: NDArray[np.int64]
    times: NDArray[np.float64]
    keys: tuple[KeyFrame, ...]
    counted: bool
    fps: Fraction
    notice: str
    _order: NDArray[np.intp] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_order", np.argsort(self.stamps))

    def __len__(self) -> int:
        return len(self.stamps)

    def index_of(self, stamp: int | None) -> int | None:
        """Return the index of the frame with a stamp, or None where no frame has it."""
        if stamp is None:
            return None
        place = int(np.searchsorted(self.stamps, stamp, sorter=self._order))
        if place == len(self) or self.stamps[self._order[place]] != stamp:
            return None
        return int(self._order[place])

    def count_keys_until(self, frame_index: int) -> int:
        """Return how many of ``keys`` are at or before a frame: the nearest is the last of them."""
        return bisect_right(self.keys, frame_index, key=lambda key: key.frame_index)
