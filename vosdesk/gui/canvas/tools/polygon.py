"""Polygon: an area set vertex by vertex.

Each press adds a vertex, which follows the pointer until the button is let go. A double click,
Enter, or a press on the first vertex closes it; Backspace takes the last vertex back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vosdesk.gui.canvas.geometry import clamped, clipped, distance, rounded
from vosdesk.gui.canvas.sketch import Shape, Sketch
from vosdesk.gui.canvas.tools.gesture import (
    EventKind,
    Gesture,
    GestureEvent,
    PointerShape,
    Surface,
    Tool,
)

if TYPE_CHECKING:
    from vosdesk.project.annotations import Point

REACH = 8.0
"""Widget pixels around the first vertex within which a press closes the polygon."""


def set_vertices(press: GestureEvent, surface: Surface) -> Gesture:
    """Set vertices until the polygon is closed, or until the last one is taken back."""
    vertices = [clamped(press.point, surface.size)]
    event = press
    held = True
    while vertices:
        event = yield _sketch(vertices, event, surface, held=held)
        if _closes(event, vertices):
            return Sketch(Shape.AREA, rounded(clipped(vertices, surface.size)))
        if event.kind is EventKind.STEP_BACK:
            vertices.pop()
        elif event.kind is EventKind.PRESS:
            vertices.append(clamped(event.point, surface.size))
        elif held:
            vertices[-1] = clamped(event.point, surface.size)
        held = event.kind is EventKind.PRESS or (held and event.kind is EventKind.MOVE)
    return None


def _closes(event: GestureEvent, vertices: list[Point]) -> bool:
    if event.kind is EventKind.PRESS:
        return _at_first(event, vertices)
    return event.kind is EventKind.CLOSE and len(vertices) > 2


def _at_first(event: GestureEvent, vertices: list[Point]) -> bool:
    """Whether a press here would close the polygon."""
    return len(vertices) > 2 and distance(event.point, vertices[0]) <= REACH * event.pixel


def _sketch(vertices: list[Point], event: GestureEvent, surface: Surface, *, held: bool) -> Sketch:
    next_vertex = None if held else clamped(event.point, surface.size)
    return Sketch(
        Shape.POLYGON,
        tuple(vertices),
        next_vertex=next_vertex,
        closes=not held and _at_first(event, vertices),
    )


POLYGON = Tool(set_vertices, PointerShape.CROSSHAIR)
