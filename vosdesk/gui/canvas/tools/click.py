"""Click: one point; it follows the pointer until the button is let go."""

from __future__ import annotations

from vosdesk.gui.canvas.geometry import inside, rounded
from vosdesk.gui.canvas.sketch import Shape, Sketch
from vosdesk.gui.canvas.tools.gesture import (
    EventKind,
    Gesture,
    GestureEvent,
    PointerShape,
    Surface,
    Tool,
)


def set_point(press: GestureEvent, surface: Surface) -> Gesture:
    """Set a point; let go beside the picture, it is none."""
    if not inside(press.point, surface.size):
        return None
    event = press
    while event.kind is not EventKind.RELEASE:
        event = yield _sketch(event, surface)
    return _sketch(event, surface) if inside(event.point, surface.size) else None


def _sketch(event: GestureEvent, surface: Surface) -> Sketch:
    return Sketch(Shape.POINT, rounded([event.point]), surface.radius)


CLICK = Tool(set_point, PointerShape.CROSSHAIR, radius=4.0)
