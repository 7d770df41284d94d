"""What a gesture has drawn, before it is an annotation; without Qt."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vosdesk.gui.canvas.geometry import area, straightened
from vosdesk.project.annotations import Annotation, Click, Point, Region, Scribble

if TYPE_CHECKING:
    from vosdesk.arrays import ObjectId

SMALLEST_AREA = 0.5
"""Square pixels; an outline around less has hit no pixel's centre for certain."""


class Shape(enum.Enum):
    """What the points of a sketch mean."""

    POINT = "point"
    LINE = "line"
    AREA = "area"
    POLYGON = "polygon"
    """An area whose vertices are still being set."""


@dataclass(frozen=True)
class Sketch:
    """Points in source pixels, and what they mean.

    Attributes:
        shape: What the points mean.
        points: One for a POINT, at least one for a LINE; may be too few for an AREA.
        radius: Of the point or the line.
        next_vertex: Of a POLYGON: where the pointer would set the next one.
        closes: Of a POLYGON: whether a press here would close it.
        tolerance: Of a LINE that is still being drawn: by how much it will be straightened.
    """

    shape: Shape
    points: tuple[Point, ...]
    radius: float = 0.0
    next_vertex: Point | None = None
    closes: bool = False
    tolerance: float = 0.0

    def to_annotation(self, frame_index: int, object_id: ObjectId) -> Annotation | None:
        """Return the sketch as an annotation without an id; None where it encloses nothing.

        A line in the making gives what it would give if it ended here, point by point.
        """
        if self.shape is Shape.POINT:
            ((x, y),) = self.points
            return Click(frame=frame_index, object_id=object_id, x=x, y=y, radius=self.radius)
        if self.shape is Shape.LINE:
            points = self.points
            if self.tolerance:
                points = straightened(points, self.tolerance)
            return Scribble(
                frame=frame_index, object_id=object_id, points=points, radius=self.radius
            )
        if area(self.points) < SMALLEST_AREA:
            return None
        return Region(frame=frame_index, object_id=object_id, outline=self.points)
