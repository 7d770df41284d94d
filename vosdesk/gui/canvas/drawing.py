"""The tool in hand and its gesture: pointer events in source pixels go in, annotations come out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from vosdesk.arrays import BACKGROUND, ObjectId, Size
from vosdesk.gui.canvas.sketch import Shape, Sketch
from vosdesk.gui.canvas.tools import (
    TOOLS,
    GestureEvent,
    RunningGesture,
    Surface,
    Tool,
    ToolKind,
)
from vosdesk.project.annotations import ERASED, MIN_RADIUS

if TYPE_CHECKING:
    from collections.abc import Callable

    from vosdesk.project.annotations import Annotation

MAX_BRUSH = 400.0
"""Source pixels; a larger radius is what the box and the lasso are for."""
_RADIUS_STEP = 1.15
_FINEST_STEP = 0.5


class Drawing(QObject):
    """Runs one gesture at a time and tells what it draws.

    Attributes:
        object_id: The object that the first button paints; a change reaches a gesture in progress.
        frame_index: The frame that is painted on.
        size: Of the picture; None where there is none, and then nothing can be drawn.
    """

    shape_drawn = Signal(object)
    """The Annotation of a finished gesture, with id 0."""
    sketch_changed = Signal(object)
    """The Sketch to show, or None."""
    draft_changed = Signal(object)
    """What makes the annotation of the gesture in progress, as far as it is drawn; None after it.
    Told after ``shape_drawn``, so that what was drawn is never missing in between."""
    radius_changed = Signal(float)
    tool_changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.object_id: ObjectId = 1
        self.frame_index = 0
        self.size: Size | None = None
        self._kind = ToolKind.CLICK
        self._radii = {kind: tool.radius for kind, tool in TOOLS.items()}
        self._gesture: RunningGesture | None = None
        self._by_second_button = False

    @property
    def kind(self) -> ToolKind:
        """The tool in hand."""
        return self._kind

    @property
    def tool(self) -> Tool:
        """What the tool in hand does."""
        return TOOLS[self._kind]

    @property
    def radius(self) -> float | None:
        """Of the tool in hand, in source pixels; None where it has none."""
        return self._radii[self._kind]

    @property
    def active(self) -> bool:
        """Whether a gesture is in progress."""
        return self._gesture is not None

    @property
    def sketch(self) -> Sketch | None:
        """What the gesture in progress has drawn."""
        return None if self._gesture is None else self._gesture.sketch

    @property
    def setting_vertices(self) -> bool:
        """Whether a polygon is in progress, which listens to more keys than Escape."""
        return self.sketch is not None and self.sketch.shape is Shape.POLYGON

    @property
    def painted_id(self) -> ObjectId:
        """What the gesture in progress paints, or else what the first button would paint."""
        if self.tool.erases:
            return ERASED
        return BACKGROUND if self.active and self._by_second_button else self.object_id

    def set_tool(self, kind: ToolKind) -> None:
        """Take another tool in hand; a gesture in progress is cancelled."""
        if kind is self._kind:
            return
        self.cancel()
        self._kind = kind
        self.tool_changed.emit(kind)
        if self.radius is not None:
            self.radius_changed.emit(self.radius)

    def set_radius(self, radius: float) -> None:
        """Set the radius of the tool in hand, in source pixels, kept within what is allowed."""
        if self.radius is None:
            return
        radius = min(max(radius, MIN_RADIUS), MAX_BRUSH)
        if radius != self.radius:
            self._radii[self._kind] = radius
            self.radius_changed.emit(radius)

    def change_radius(self, steps: int) -> None:
        """Make the tool in hand larger, or smaller where the steps are negative."""
        if self.radius is None:
            return
        radius = self.radius
        for _ in range(abs(steps)):
            change = max(radius * (_RADIUS_STEP - 1), _FINEST_STEP)
            radius += change if steps > 0 else -change
            radius = max(round(radius / _FINEST_STEP) * _FINEST_STEP, MIN_RADIUS)
        self.set_radius(radius)

    def press(self, event: GestureEvent, *, second_button: bool) -> None:
        """Begin a gesture, or go on with one that takes several presses.

        The other button does not concern a gesture in progress. The same one cannot be pressed
        twice in a drag: its release got lost, with the window's focus perhaps.
        """
        if self.active and second_button != self._by_second_button:
            return
        if self.setting_vertices:
            self.send(event)
            return
        self.cancel()
        if self.tool.begin is None or self.size is None:
            return
        self._by_second_button = second_button
        surface = Surface(self.size, self.radius or 0.0)
        self._gesture = RunningGesture(self.tool.begin(event, surface))
        self._show()

    def release(self, event: GestureEvent, *, second_button: bool) -> None:
        """Tell the gesture that its button was let go; the other button does not concern it."""
        if second_button == self._by_second_button:
            self.send(event)

    def send(self, event: GestureEvent) -> None:
        """Tell the gesture in progress what happened."""
        if self._gesture is not None:
            self._gesture.send(event)
            self._show()

    def cancel(self) -> bool:
        """End the gesture in progress with nothing drawn; returns whether there was one."""
        if self._gesture is None:
            return False
        self._gesture.cancel()
        self._show()
        return True

    def _show(self) -> None:
        gesture = self._gesture
        if gesture is None:
            return
        if not gesture.finished:
            self.sketch_changed.emit(gesture.sketch)
            self.draft_changed.emit(self._draft(gesture.sketch))
            return
        sketch, painted = gesture.sketch, self.painted_id  # which counts the button that was held
        self._gesture = None
        self.sketch_changed.emit(None)
        drawn = None if sketch is None else sketch.to_annotation(self.frame_index, painted)
        if drawn is not None:
            self.shape_drawn.emit(drawn)
        self.draft_changed.emit(None)

    def _draft(self, sketch: Sketch | None) -> Callable[[], Annotation | None] | None:
        """Return what makes the annotation: who listens may have no time to wait for it here."""
        if sketch is None:
            return None
        return partial(sketch.to_annotation, self.frame_index, self.painted_id)
