"""Scribble, brush and eraser: a line of the pen's width along the pointer's way."""

from __future__ import annotations

from vosdesk.gui.canvas.geometry import clamped, inside
from vosdesk.gui.canvas.sketch import Shape, Sketch
from vosdesk.gui.canvas.tools.gesture import (
    EventKind,
    Gesture,
    GestureEvent,
    PointerShape,
    Surface,
    Tool,
)
from vosdesk.gui.canvas.tools.trail import Trail


def draw_stroke(press: GestureEvent, surface: Surface) -> Gesture:
    """Draw a line; a press without a move is one dot.

    The line may run beside the picture by the pen's radius, where the pen still touches the
    border but paints nothing along it.
    """
    if not inside(press.point, surface.size, margin=surface.radius):
        return None
    trail = Trail(press.point, press.pixel)
    event = press
    while event.kind is not EventKind.RELEASE:
        event = yield Sketch(
            Shape.LINE, tuple(trail.points), surface.radius, tolerance=trail.tolerance
        )
        trail.extend(clamped(event.point, surface.size, margin=surface.radius))
    return Sketch(Shape.LINE, trail.straightened(), surface.radius)


SCRIBBLE = Tool(draw_stroke, PointerShape.CIRCLE, radius=3.0)
BRUSH = Tool(draw_stroke, PointerShape.CIRCLE, radius=12.0)
ERASER = Tool(draw_stroke, PointerShape.CIRCLE, radius=12.0, erases=True)
