"""Which pixels a shape covers: exactly those whose centre lies inside it.

Shapes are cut into spans, one for each row of pixels, and the spans are summed: a span adds one
where it begins and takes one away where it ends, so that a running sum along the row counts the
spans over each pixel. There is no loop over points or pixels, and no rounding of coordinates, as
there would be with cv2's drawing functions (whole radii, outlines half a pixel too fat).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vosdesk.arrays import Mask, Size

Points: TypeAlias = NDArray[np.float64]
"""(n, 2) x and y in source pixels."""
Indices: TypeAlias = NDArray[np.int64]

THIN = 0.5
"""The radius at which a line still touches every row or column that it crosses."""
_LEVEL = 1e-15
"""Below it a slope or a length makes no difference, but dividing by it would overflow."""
_BAND_CELLS = 2**21
_SPANS_AT_ONCE = 2**18


class Box(NamedTuple):
    """A rectangle of pixels; ``right`` and ``bottom`` are the first ones outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def rows(self) -> slice:
        """The rows, to index an array with."""
        return slice(self.top, self.bottom)

    @property
    def columns(self) -> slice:
        """The columns, to index an array with."""
        return slice(self.left, self.right)

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width)."""
        return self.bottom - self.top, self.right - self.left


def box_around(points: Points, margin: float, size: Size) -> Box | None:
    """Return the pixels within ``margin`` of the points' bounds, or None outside the frame."""
    low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
    left, top = np.floor(np.clip(low, 0, size)).astype(int)
    right, bottom = np.clip(np.floor(high) + 1, 0, size).astype(int)
    return Box(left, top, right, bottom) if left < right and top < bottom else None


def cover_stroke(points: Points, radius: float, box: Box) -> Mask:
    """Return the pixels of the box that a round pen covers when drawn along the points.

    Those with their centre within ``radius`` of the line, and those that hold one of the points, so
    that the smallest pen leaves a trace wherever it is put down.

    Args:
        points: (n, 2), n at least 1; a single one gives a disc.
        radius: Pixels, at least THIN.
        box: Where to look.
    """
    starts, ends = (points, points) if len(points) == 1 else (points[:-1], points[1:])
    mask = np.zeros(box.shape, np.bool_)
    for band in _bands(box):
        changes = np.zeros((band.shape[0], band.shape[1] + 1), np.int32)
        _add_capsules(changes, starts, ends, radius, band)
        mask[band.top - box.top : band.bottom - box.top] = changes.cumsum(axis=1)[:, :-1] > 0
    columns, rows = np.floor(points).T
    inside = (columns >= box.left) & (columns < box.right) & (rows >= box.top) & (rows < box.bottom)
    mask[rows[inside].astype(int) - box.top, columns[inside].astype(int) - box.left] = True
    return mask


def cover_polygon(outline: Points, box: Box) -> Mask:
    """Return the pixels of the box whose centre lies inside the closed outline, by even-odd.

    Args:
        outline: (n, 2) corners; the last is joined to the first.
        box: Where to look.
    """
    starts, ends = outline, np.roll(outline, -1, axis=0)
    # only odd or even matters, so the counts may wrap around
    changes = np.zeros((box.shape[0], box.shape[1] + 1), np.uint8)
    low = np.minimum(starts[:, 1], ends[:, 1])
    high = np.maximum(starts[:, 1], ends[:, 1])
    first, stop = _row_range(np.ceil(low - 0.5), np.ceil(high - 0.5), box)
    for edges, rows in _ragged_rows(first, stop):
        start, step = starts[edges], ends[edges] - starts[edges]
        crossing = start[:, 0] + (rows + 0.5 - start[:, 1]) * step[:, 0] / step[:, 1]
        columns = _columns(np.ceil(crossing - 0.5), box)
        np.add.at(changes, (rows - box.top, columns), 1)
    np.cumsum(changes, axis=1, out=changes)
    return (changes[:, :-1] & 1).astype(np.bool_)


def _bands(box: Box) -> Iterator[Box]:
    """Cut a box into stripes, so that a stroke across a huge frame needs little memory."""
    height = max(1, _BAND_CELLS // box.shape[1])
    for top in range(box.top, box.bottom, height):
        yield Box(box.left, top, box.right, min(top + height, box.bottom))


def _add_capsules(
    changes: NDArray[np.int32], starts: Points, ends: Points, radius: float, box: Box
) -> None:
    """Add the spans of every piece of a line, drawn with a round pen."""
    low = np.minimum(starts[:, 1], ends[:, 1]) - radius
    high = np.maximum(starts[:, 1], ends[:, 1]) + radius
    first, stop = _row_range(np.ceil(low - 0.5), np.floor(high - 0.5) + 1, box)
    for pieces, rows in _ragged_rows(first, stop):
        left, right = _capsule_sections(starts[pieces], ends[pieces], radius, rows)
        begin = _columns(np.ceil(left - 0.5), box)
        end = np.maximum(_columns(np.floor(right - 0.5) + 1, box), begin)
        np.add.at(changes, (rows - box.top, begin), 1)
        np.add.at(changes, (rows - box.top, end), -1)


def _capsule_sections(
    starts: Points, ends: Points, radius: float, rows: Indices
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where each row enters and leaves each capsule; inf and -inf where it misses.

    A capsule is convex and the union of two discs and a rectangle, so its section runs from the
    leftmost to the rightmost of theirs.
    """
    height = rows.astype(np.float64) + 0.5
    sections = (
        _disc_section(starts, radius, height),
        _disc_section(ends, radius, height),
        _rectangle_section(starts, ends, radius, height),
    )
    left = np.minimum.reduce([section[0] for section in sections])
    right = np.maximum.reduce([section[1] for section in sections])
    return left, right


def _disc_section(
    centres: Points, radius: float, height: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    square = radius * radius - (height - centres[:, 1]) ** 2
    half = np.where(square >= 0, np.sqrt(np.maximum(square, 0)), -np.inf)
    return centres[:, 0] - half, centres[:, 0] + half


def _rectangle_section(
    starts: Points, ends: Points, radius: float, height: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the section of the pen's path without its round ends."""
    step = ends - starts
    length = np.hypot(step[:, 0], step[:, 1])
    short = length < _LEVEL
    along = step / np.where(short, 1.0, length)[:, None]
    rise = height - starts[:, 1]
    # both are linear in x: the way along the line, 0..length, and the distance from it
    first = _solve(along[:, 0], rise * along[:, 1], np.zeros_like(length), length)
    second = _solve(along[:, 1], -rise * along[:, 0], -radius, radius)
    left = np.maximum(first[0], second[0])
    right = np.minimum(first[1], second[1])
    empty = (left > right) | short
    left, right = np.where(empty, np.inf, left), np.where(empty, -np.inf, right)
    return starts[:, 0] + left, starts[:, 0] + right


def _solve(
    slope: NDArray[np.float64],
    offset: NDArray[np.float64],
    low: NDArray[np.float64] | float,
    high: NDArray[np.float64] | float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the x with low <= slope x + offset <= high."""
    flat = np.abs(slope) < _LEVEL
    divisor = np.where(flat, 1.0, slope)
    one, other = (low - offset) / divisor, (high - offset) / divisor
    everywhere = (low <= offset) & (offset <= high)
    left = np.where(flat, np.where(everywhere, -np.inf, np.inf), np.minimum(one, other))
    right = np.where(flat, np.where(everywhere, np.inf, -np.inf), np.maximum(one, other))
    return left, right


def _row_range(
    first: NDArray[np.float64], stop: NDArray[np.float64], box: Box
) -> tuple[Indices, Indices]:
    low = np.clip(first, box.top, box.bottom).astype(np.int64)
    high = np.clip(stop, box.top, box.bottom).astype(np.int64)
    return low, np.maximum(low, high)


def _columns(values: NDArray[np.float64], box: Box) -> Indices:
    """Return columns counted from the box's left, those outside brought to its sides."""
    return np.clip(values, box.left, box.right).astype(np.int64) - box.left


def _ragged_rows(first: Indices, stop: Indices) -> Iterator[tuple[Indices, Indices]]:
    """Yield (shape number, row) for every row of every shape, a bounded number at a time."""
    counts = stop - first
    present = np.flatnonzero(counts)
    groups = np.cumsum(counts[present]) // _SPANS_AT_ONCE
    for group in np.split(present, np.flatnonzero(np.diff(groups)) + 1):
        shapes = np.repeat(group, counts[group])
        begins = np.cumsum(counts[group]) - counts[group]
        places = np.arange(len(shapes)) - np.repeat(begins, counts[group])
        yield shapes, first[shapes] + places
