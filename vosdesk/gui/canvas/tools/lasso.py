"""Lasso: an area drawn around by hand."""

from __future__ import annotations

from vosdesk.gui.canvas.geometry import clamped, clipped, rounded
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


def draw_around(press: GestureEvent, surface: Surface) -> Gesture:
    """Draw an outline; it may begin and run beside the picture, what lies there is cut off."""
    trail = Trail(clamped(press.point, surface.size, margin=max(surface.size)), press.pixel)
    event = press
    while event.kind is not EventKind.RELEASE:
        event = yield Sketch(Shape.AREA, tuple(trail.points))
        trail.extend(clamped(event.point, surface.size, margin=max(surface.size)))
    return Sketch(Shape.AREA, rounded(clipped(trail.straightened(), surface.size)))


LASSO = Tool(draw_around, PointerShape.CROSSHAIR)
