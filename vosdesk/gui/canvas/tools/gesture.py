"""What a gesture is: a generator that takes pointer events and yields what is drawn so far.

A tool starts one at the press. Each further event is sent in and answered with a Sketch for the
preview; when the generator returns, its value is the finished Sketch, or None where the gesture
came to nothing. Cancelling closes the generator. So each tool reads top to bottom, from press to
release, without Qt and without state outside its own function.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from vosdesk.gui.canvas.sketch import Sketch

if TYPE_CHECKING:
    from vosdesk.arrays import Size
    from vosdesk.project.annotations import Point


class ToolKind(enum.Enum):
    """The tools a user can hold; the value is a short name for settings and icons."""

    SELECT = "pick"
    WHY = "why"
    CLICK = "click"
    SCRIBBLE = "scribble"
    BRUSH = "brush"
    ERASER = "eraser"
    LASSO = "lasso"
    POLYGON = "polygon"
    BOX = "box"


class EventKind(enum.Enum):
    """What happened during a gesture."""

    PRESS = "press"
    MOVE = "move"
    RELEASE = "release"
    CLOSE = "close"
    """A double click, or the Enter key."""
    STEP_BACK = "step back"
    """The Backspace key."""


@dataclass(frozen=True)
class GestureEvent:
    """One event, told in source pixels.

    Attributes:
        kind: What happened.
        point: Where the pointer is.
        pixel: Side of a widget pixel in source pixels; what a hand cannot tell apart.
    """

    kind: EventKind
    point: Point
    pixel: float


@dataclass(frozen=True)
class Surface:
    """What a gesture draws on, and with which size.

    Attributes:
        size: The picture.
        radius: Of the pen or brush, in source pixels.
    """

    size: Size
    radius: float


Gesture: TypeAlias = Generator[Sketch, GestureEvent, Sketch | None]


class PointerShape(enum.Enum):
    """What the pointer looks like over the picture."""

    ARROW = "arrow"
    CROSSHAIR = "crosshair"
    CIRCLE = "circle"
    """A circle of the tool's radius."""


@dataclass(frozen=True)
class Tool:
    """One way to paint.

    Attributes:
        begin: Starts a gesture at a press; None for a tool that draws nothing.
        pointer: What the pointer looks like.
        radius: The size to begin with, in source pixels; None where the tool has no size.
        erases: Whether it takes paint away instead of giving an object.
        asks: Whether a press asks where a pixel's label comes from.
    """

    begin: Callable[[GestureEvent, Surface], Gesture] | None
    pointer: PointerShape
    radius: float | None = None
    erases: bool = False
    asks: bool = False


class RunningGesture:
    """A gesture between its press and its end.

    Attributes:
        sketch: What is drawn so far; after the end, what was drawn, or None.
        finished: Whether it has ended.
    """

    def __init__(self, steps: Gesture) -> None:
        self.sketch: Sketch | None = None
        self.finished = False
        self._steps = steps
        self._advance(lambda: next(steps))

    def send(self, event: GestureEvent) -> None:
        """Tell the gesture what happened; not after its end."""
        self._advance(lambda: self._steps.send(event))

    def cancel(self) -> None:
        """End it with nothing drawn."""
        self._steps.close()
        self.sketch = None
        self.finished = True

    def _advance(self, step: Callable[[], Sketch]) -> None:
        try:
            self.sketch = step()
        except StopIteration as end:
            self.sketch = end.value
            self.finished = True
