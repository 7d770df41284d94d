"""The way of the pointer, with no more points than it needs."""

from __future__ import annotations

from vosdesk.gui.canvas.geometry import distance, rounded, simplified
from vosdesk.project.annotations import MAX_POINTS, Point

TOLERANCE = 0.25
"""Source pixels by which a line may be straightened, so that documents stay small."""


class Trail:
    """Collects the points of one drag.

    Attributes:
        points: What was collected so far, in source pixels; never more than MAX_POINTS.
    """

    def __init__(self, start: Point) -> None:
        self.points = [start]

    def extend(self, point: Point) -> None:
        """Go on to a point; one that is no further than the tolerance away is skipped."""
        if distance(point, self.points[-1]) <= TOLERANCE:
            return
        if len(self.points) == MAX_POINTS:
            self.points = list(simplified(self.points, TOLERANCE))[: MAX_POINTS - 1]
        self.points.append(point)

    def straightened(self) -> tuple[Point, ...]:
        """Return the line with the points that its shape needs."""
        return rounded(simplified(self.points, TOLERANCE))
