"""Box: a rectangle between two opposite corners."""

from __future__ import annotations

from vosdesk.gui.canvas.geometry import box_outline, clipped, distance, rounded
from vosdesk.gui.canvas.sketch import Shape, Sketch
from vosdesk.gui.canvas.tools.gesture import (
    EventKind,
    Gesture,
    GestureEvent,
    PointerShape,
    Surface,
    Tool,
)

SLIP = 3.0
"""Widget pixels; a shorter drag was a click that slipped, and draws nothing."""


def drag_box(press: GestureEvent, surface: Surface) -> Gesture:
    """Drag a box open; what lies beside the picture is cut off."""
    event = press
    while event.kind is not EventKind.RELEASE:
        event = yield _sketch(press, event, surface)
    if distance(press.point, event.point) < SLIP * event.pixel:
        return None
    return _sketch(press, event, surface)


def _sketch(press: GestureEvent, event: GestureEvent, surface: Surface) -> Sketch:
    outline = clipped(box_outline(press.point, event.point), surface.size)
    return Sketch(Shape.AREA, rounded(outline))


BOX = Tool(drag_box, PointerShape.CROSSHAIR)
