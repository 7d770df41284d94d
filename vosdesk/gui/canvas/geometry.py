"""Points, lines and outlines in source pixels, without Qt."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from vosdesk.project.annotations import Point

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vosdesk.arrays import Size

STRETCH = 256
"""Points that a line is simplified by at a time."""

_Cut: TypeAlias = tuple[Callable[[Point], bool], Callable[[Point, Point], Point]]


def distance(a: Point, b: Point) -> float:
    """Return the distance between two points."""
    return math.hypot(a[0] - b[0], a[1] - b[1])


def inside(point: Point, size: Size, margin: float = 0.0) -> bool:
    """Return whether a point lies in the picture, or not further than ``margin`` beside it."""
    x, y = point
    return -margin <= x < size.width + margin and -margin <= y < size.height + margin


def clamped(point: Point, size: Size, margin: float = 0.0) -> Point:
    """Return the nearest point of the picture, widened by ``margin`` on all sides."""
    x = min(max(point[0], -margin), size.width + margin)
    y = min(max(point[1], -margin), size.height + margin)
    return x, y


def rounded(points: Sequence[Point]) -> tuple[Point, ...]:
    """Return the points to a hundredth of a pixel: finer than any mask, short in a file."""
    return tuple((round(x, 2), round(y, 2)) for x, y in points)


def box_outline(a: Point, b: Point) -> tuple[Point, ...]:
    """Return the four corners of the box between two opposite corners."""
    (left, right), (top, bottom) = sorted((a[0], b[0])), sorted((a[1], b[1]))
    return (left, top), (right, top), (right, bottom), (left, bottom)


def area(outline: Sequence[Point]) -> float:
    """Return the area within an outline (shoelace formula), never negative."""
    if len(outline) < 3:
        return 0.0
    x, y = np.asarray(outline, float).T
    return 0.5 * abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1)))


def encloses(outline: Sequence[Point], point: Point) -> bool:
    """Return whether the point lies within the outline, by the even-odd rule."""
    within = False
    for (x1, y1), (x2, y2) in zip(outline, (*outline[1:], outline[0]), strict=True):
        crosses = (y1 > point[1]) != (y2 > point[1])
        if crosses and point[0] < x1 + (point[1] - y1) * (x2 - x1) / (y2 - y1):
            within = not within
    return within


def distance_to_line(points: Sequence[Point], point: Point) -> float:
    """Return the distance from a point to a line through one or more points."""
    line = np.asarray(points, float)
    if len(line) == 1:
        return distance(points[0], point)
    return float(_distances_to_segments(line[:-1], line[1:], np.asarray(point, float)).min())


def runs_near(
    points: Sequence[Point], corner: Point, opposite: Point, margin: float
) -> list[Sequence[Point]]:
    """Return the parts of a line that may come within a margin of a rectangle.

    Args:
        points: The line, at least one point.
        corner: The rectangle's top left corner.
        opposite: Its bottom right corner.
        margin: How far beside the rectangle a part still counts.
    """
    line = np.asarray(points, float)
    starts, ends = (line, line) if len(line) == 1 else (line[:-1], line[1:])
    low, high = np.asarray(corner) - margin, np.asarray(opposite) + margin
    near = (np.minimum(starts, ends) <= high) & (np.maximum(starts, ends) >= low)
    edges = np.flatnonzero(np.diff(near.all(axis=1).astype(int), prepend=0, append=0))
    return [points[first : last + 1] for first, last in edges.reshape(-1, 2)]


def simplified(points: Sequence[Point], tolerance: float) -> tuple[Point, ...]:
    """Return the line with fewer points, none of the left-out ones further away than tolerance.

    Both ends stay, and one point in every STRETCH: for lines as regular as a zigzag, the method's
    time grows with the square of the length. Douglas and Peucker, "Algorithms for the reduction of
    the number of points required to represent a digitized line or its caricature", Cartographica
    1973.
    """
    if len(points) < 3:
        return tuple(points)
    line = np.asarray(points, float)
    kept = np.zeros(len(line), bool)
    borders = [*range(0, len(line) - 1, STRETCH), len(line) - 1]
    kept[borders] = True
    spans = list(pairwise(borders))
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        between = line[first + 1 : last]
        distances = _distances_to_segments(line[first][None], line[last][None], between)
        furthest = int(distances.argmax())
        if distances[furthest] > tolerance:
            middle = first + 1 + furthest
            kept[middle] = True
            spans += [(first, middle), (middle, last)]
    return tuple(point for point, keep in zip(points, kept, strict=True) if keep)


def straightened(points: Sequence[Point], tolerance: float) -> tuple[Point, ...]:
    """Return a drawn line as a document keeps it: simplified and rounded."""
    return rounded(simplified(points, tolerance))


def clipped(outline: Sequence[Point], size: Size) -> tuple[Point, ...]:
    """Return the part of an outline that lies in the picture; empty where none does.

    Sutherland and Hodgman, "Reentrant polygon clipping", CACM 1974: a part that falls into
    several pieces comes back as one outline, joined along the border, where it encloses nothing.
    """
    result = list(outline)
    for keeps, crossing in _cuts(size):
        before, result = result, []
        for previous, current in zip([*before[-1:], *before[:-1]], before, strict=True):
            if keeps(previous) != keeps(current):
                result.append(crossing(previous, current))
            if keeps(current):
                result.append(current)
    return tuple(result)


def _cuts(size: Size) -> tuple[_Cut, ...]:
    """The picture's four borders: which side stays, and where a line crosses."""

    def at_x(border: float) -> Callable[[Point, Point], Point]:
        return lambda a, b: (border, a[1] + (border - a[0]) * (b[1] - a[1]) / (b[0] - a[0]))

    def at_y(border: float) -> Callable[[Point, Point], Point]:
        return lambda a, b: (a[0] + (border - a[1]) * (b[0] - a[0]) / (b[1] - a[1]), border)

    return (
        (lambda point: point[0] >= 0, at_x(0.0)),
        (lambda point: point[0] <= size.width, at_x(float(size.width))),
        (lambda point: point[1] >= 0, at_y(0.0)),
        (lambda point: point[1] <= size.height, at_y(float(size.height))),
    )


def _distances_to_segments(
    starts: NDArray[np.float64], ends: NDArray[np.float64], points: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Distances of points to segments, (n, 2) each or broadcast to it."""
    along = ends - starts
    squared = (along * along).sum(-1)
    share = ((points - starts) * along).sum(-1) / np.where(squared > 0, squared, 1.0)
    nearest = starts + np.clip(share, 0.0, 1.0)[..., None] * along
    return np.hypot(*(points - nearest).T)
