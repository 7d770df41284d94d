"""One module for each way to paint, and the registry of all of them; no Qt in here."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from vosdesk.gui.canvas.tools.box import BOX
from vosdesk.gui.canvas.tools.click import CLICK
from vosdesk.gui.canvas.tools.gesture import (
    EventKind,
    GestureEvent,
    PointerShape,
    RunningGesture,
    Surface,
    Tool,
    ToolKind,
)
from vosdesk.gui.canvas.tools.lasso import LASSO
from vosdesk.gui.canvas.tools.polygon import POLYGON
from vosdesk.gui.canvas.tools.stroke import BRUSH, ERASER, SCRIBBLE

if TYPE_CHECKING:
    from collections.abc import Mapping

TOOLS: Mapping[ToolKind, Tool] = MappingProxyType(
    {
        ToolKind.SELECT: Tool(None, PointerShape.ARROW),
        ToolKind.WHY: Tool(None, PointerShape.CROSSHAIR, asks=True),
        ToolKind.CLICK: CLICK,
        ToolKind.SCRIBBLE: SCRIBBLE,
        ToolKind.BRUSH: BRUSH,
        ToolKind.ERASER: ERASER,
        ToolKind.LASSO: LASSO,
        ToolKind.POLYGON: POLYGON,
        ToolKind.BOX: BOX,
    }
)

__all__ = [
    "TOOLS",
    "EventKind",
    "GestureEvent",
    "PointerShape",
    "RunningGesture",
    "Surface",
    "Tool",
    "ToolKind",
]
