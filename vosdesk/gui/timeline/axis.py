"""Frames along a horizontal axis: positions, and many frames in one pixel column. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Flags: TypeAlias = NDArray[np.bool_]
Values: TypeAlias = NDArray[np.float32]

_LABEL_SPACING = 72.0


@dataclass(frozen=True)
class Axis:
    """Every frame has the same width, which may be far below a pixel.

    Attributes:
        frame_count: At least 1.
        left: Where frame 0 begins, in pixels.
        width: Of all frames together, in pixels; at least 1.
    """

    frame_count: int
    left: float
    width: float

    @property
    def frame_width(self) -> float:
        """Pixels to a frame."""
        return self.width / self.frame_count

    @property
    def columns(self) -> int:
        """Whole pixel columns of the axis."""
        return max(1, int(self.width))

    @property
    def crowded(self) -> bool:
        """Whether a pixel column holds more than one frame."""
        return self.frame_count > self.columns

    def start_of(self, frame_index: float) -> float:
        """Return where a frame begins, in pixels; ``frame_count`` gives the end."""
        return self.left + frame_index * self.width / self.frame_count

    def centre_of(self, frame_index: float) -> float:
        """Return the middle of a frame, in pixels."""
        return self.start_of(frame_index + 0.5)

    def frame_at(self, x: float) -> int:
        """Return the frame at a position; positions outside give the first or last one."""
        index = int(np.floor((x - self.left) * self.frame_count / self.width))
        return min(max(index, 0), self.frame_count - 1)

    def column_starts(self) -> NDArray[np.intp]:
        """Return the first frame of each column, shape (columns,)."""
        columns = np.arange(self.columns, dtype=np.int64)
        return (columns * self.frame_count // self.columns).astype(np.intp)


def share_per_column(flags: Flags, axis: Axis) -> Values:
    """Return the share (0..1) of flagged frames in each column, shape (columns,)."""
    starts = axis.column_starts()
    sums = np.add.reduceat(flags.astype(np.int64), starts)
    counts = np.maximum(np.diff(np.append(starts, axis.frame_count)), 1)
    return (sums / counts).astype(np.float32)


def highest_per_column(values: Values, axis: Axis) -> Values:
    """Return the highest known value in each column, shape (columns,); NaN where none is known."""
    return np.fmax.reduceat(values, axis.column_starts())


def runs(flags: Flags) -> list[tuple[int, int]]:
    """Return (first, one past the last) of each stretch of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]


def ruler_step(axis: Axis) -> int:
    """Return how many frames lie between two labels: 1, 2, 5, 10, 20, 50, ..."""
    wanted = _LABEL_SPACING / axis.frame_width
    power = 1
    while True:
        for factor in (1, 2, 5):
            if power * factor >= wanted:
                return power * factor
        power *= 10
