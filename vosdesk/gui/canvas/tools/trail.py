"""The way of the pointer, with no more points than it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vosdesk.gui.canvas.geometry import distance, simplified, straightened
from vosdesk.project.annotations import MAX_POINTS

if TYPE_CHECKING:
    from vosdesk.project.annotations import Point

FINEST = 0.25
"""Source pixels by which a line may always be straightened, so that documents stay small."""
_HALF_DIAGONAL = 0.5**0.5


class Trail:
    """Collects the points of one drag.

    Attributes:
        points: What was collected so far, in source pixels; never more than MAX_POINTS.
        tolerance: Source pixels by which the line may be straightened in the end.
    """

    def __init__(self, start: Point, pixel: float) -> None:
        """Begin at a point.

        Args:
            start: The first point.
            pixel: Side of a widget pixel in source pixels. The pointer comes in whole pixels, so
                that half the diagonal of one is the stairs of a slanted line and not its shape.
        """
        self.points = [start]
        self.tolerance = max(FINEST, pixel * _HALF_DIAGONAL)

    def extend(self, point: Point) -> None:
        """Go on to a point; one that is no further than FINEST away is skipped."""
        if distance(point, self.points[-1]) <= FINEST:
            return
        if len(self.points) == MAX_POINTS:
            self._make_room()
        self.points.append(point)

    def _make_room(self) -> None:
        """Leave out what the shape does not need; after minutes of scrawling, every other point."""
        self.points = list(simplified(self.points, self.tolerance))
        if len(self.points) > MAX_POINTS // 2:
            self.points = self.points[::2]

    def straightened(self) -> tuple[Point, ...]:
        """Return the line with the points that its shape needs."""
        return straightened(self.points, self.tolerance)
