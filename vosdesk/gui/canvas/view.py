"""The canvas: one frame with its labels, zoomed and painted on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QHideEvent, QKeyEvent, QMouseEvent, QWheelEvent
from typing_extensions import override

from vosdesk.arrays import BACKGROUND, ObjectId, Size
from vosdesk.gui.canvas.cursor import CursorItem
from vosdesk.gui.canvas.drawing import Drawing
from vosdesk.gui.canvas.frame_view import FrameView
from vosdesk.gui.canvas.geometry import inside
from vosdesk.gui.canvas.pan_zoom_view import notches
from vosdesk.gui.canvas.preview import PreviewItem
from vosdesk.gui.canvas.strokes import ERASER_COLOUR, UNKNOWN_COLOUR
from vosdesk.gui.canvas.tools import EventKind, GestureEvent, PointerShape, ToolKind
from vosdesk.project.annotations import ERASED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtWidgets import QWidget

    from vosdesk.gui.canvas.sketch import Sketch

_BUTTONS = (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton)
_CLOSING_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_SIZE_MODIFIERS = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier


class Canvas(FrameView):
    """Shows what it is given and tells what the user did; it decides nothing itself.

    The left button paints the current object, the right one background; the wheel zooms, the
    middle button or Space pushes the picture, Ctrl picks strokes, Shift asks about a pixel. Points
    are in source pixels.
    """

    shape_drawn = Signal(object)
    """The Annotation of a finished gesture, with id 0."""
    draft_changed = Signal(object)
    """What makes the Annotation of the gesture in progress, or None where none is."""
    annotation_selected = Signal(object)
    """The id of the annotation that was picked, or None where there was none."""
    pixel_asked = Signal(int, int)
    """Column and row of a pixel, where the user wants to know why it has its label."""
    radius_changed = Signal(float)
    """Of the tool in hand, in source pixels."""
    tool_changed = Signal(object)
    """The ToolKind in hand."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._preview = PreviewItem()
        self._cursor = CursorItem()
        self._preview.setParentItem(self._picture)
        self._cursor.setParentItem(self._picture)
        self._drawing = Drawing(self)
        self._object_colour = UNKNOWN_COLOUR
        self._radius_turned = 0.0
        self._asking = False
        self.setAccessibleName(self.tr("Canvas"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self._drawing.shape_drawn.connect(self.shape_drawn)
        self._drawing.draft_changed.connect(self.draft_changed)
        self._drawing.sketch_changed.connect(self._on_sketch_changed)
        self._drawing.tool_changed.connect(self._on_tool_changed)
        self._drawing.radius_changed.connect(self._on_radius_changed)
        self.clear_image()

    @property
    def tool(self) -> ToolKind:
        """The tool in hand."""
        return self._drawing.kind

    @property
    def radius(self) -> float | None:
        """Of the tool in hand, in source pixels; None where it has none."""
        return self._drawing.radius

    def set_tool(self, kind: ToolKind) -> None:
        """Take a tool in hand; a gesture in progress is cancelled."""
        self._drawing.set_tool(kind)

    def set_radius(self, radius: float) -> None:
        """Set the radius of the tool in hand, in source pixels."""
        self._drawing.set_radius(radius)

    def change_radius(self, steps: int) -> None:
        """Make the tool in hand larger, or smaller where the steps are negative."""
        self._drawing.change_radius(steps)

    def set_frame_index(self, frame_index: int) -> None:
        """Set the frame that is painted on; a gesture of another frame is cancelled."""
        if frame_index != self._drawing.frame_index:
            self.cancel_gesture()
            self._drawing.frame_index = frame_index

    def set_object(self, object_id: ObjectId, colour: QColor) -> None:
        """Set what the left button paints, a gesture in progress included."""
        self._object_colour = QColor(colour)
        self._drawing.object_id = object_id
        self._on_sketch_changed(self._drawing.sketch)

    def cancel_gesture(self) -> bool:
        """End the gesture in progress with nothing drawn; returns whether there was one."""
        return self._drawing.cancel()

    @override
    def set_video_size(self, size: Size) -> None:
        if size != self._drawing.size:
            self.cancel_gesture()
            self._drawing.size = size
            self._preview.set_size(size)
        super().set_video_size(size)

    @override
    def clear_image(
        self, message: str = "", hints: Sequence[tuple[str, str]] | None = None
    ) -> None:
        self.cancel_gesture()
        super().clear_image(message, hints)

    @override
    def set_background_colour(self, colour: QColor) -> None:
        super().set_background_colour(colour)
        self._on_sketch_changed(self._drawing.sketch)

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        if event.isAccepted() or event.button() not in _BUTTONS or self._picture.empty:
            return
        event.accept()
        double = event.type() == QEvent.Type.MouseButtonDblClick
        if self._asks(event):
            self._asking = True
            self._ask(event.position())
        elif self._picks(event):
            self._pick(event.position())
        elif double and self._drawing.setting_vertices:
            self._drawing.send(self._event(EventKind.CLOSE, event.position()))
        else:
            press = self._event(EventKind.PRESS, event.position())
            self._drawing.press(press, second_button=_is_second(event))

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer = event.position()  # before the picture moves below it
        super().mouseMoveEvent(event)
        self._follow(event.position())
        if not event.isAccepted():
            event.accept()
            if self._asking:
                self._ask(event.position())
            self._drawing.send(self._event(EventKind.MOVE, event.position()))

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if not event.isAccepted() and event.button() in _BUTTONS:
            event.accept()
            self._asking = False
            release = self._event(EventKind.RELEASE, event.position())
            self._drawing.release(release, second_button=_is_second(event))

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        if not event.modifiers() & _SIZE_MODIFIERS:
            super().wheelEvent(event)
            return
        self._radius_turned += notches(event)
        steps = int(self._radius_turned)
        self._radius_turned -= steps
        self.change_radius(steps)
        event.accept()

    @override
    def wants_key(self, event: QKeyEvent) -> bool:
        return super().wants_key(event) or self._gesture_command(event) is not None

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        command = self._gesture_command(event)
        if command is None:
            super().keyPressEvent(event)
            return
        command()
        event.accept()

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        self.cancel_gesture()
        super().hideEvent(event)

    @override
    def update_pointer(self) -> None:
        super().update_pointer()
        drawn = self.pointer_shape() == Qt.CursorShape.BlankCursor
        self._cursor.setVisible(drawn and self._pointer is not None)
        if self._pointer is not None:
            self._cursor.setPos(QPointF(*self.to_source(self._pointer)))

    @override
    def pointer_shape(self) -> Qt.CursorShape:
        if self.panning or self._picture.empty:
            return super().pointer_shape()
        if self._drawing.tool.pointer is not PointerShape.ARROW:
            return Qt.CursorShape.BlankCursor  # a CursorItem is drawn in its place
        if self._pointer is None or self.annotation_at(*self.to_source(self._pointer)) is None:
            return Qt.CursorShape.ArrowCursor
        return Qt.CursorShape.PointingHandCursor

    def _asks(self, event: QMouseEvent) -> bool:
        """Whether a press means a question, rather than a stroke."""
        if event.button() != Qt.MouseButton.LeftButton or self._drawing.active:
            return False
        modifiers = event.modifiers()
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            return False
        return self._drawing.tool.asks or bool(modifiers & Qt.KeyboardModifier.ShiftModifier)

    def _ask(self, position: QPointF) -> None:
        point = self.to_source(position)
        if self._video_size is not None and inside(point, self._video_size):
            self.pixel_asked.emit(int(point[0]), int(point[1]))

    def _picks(self, event: QMouseEvent) -> bool:
        """Whether a press means a stroke that is there, rather than a new one."""
        held = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        return self._drawing.tool.begin is None or (held and not self._drawing.active)

    def _pick(self, position: QPointF) -> None:
        picked = self.annotation_at(*self.to_source(position))
        self.set_selected_annotation(picked)
        self.annotation_selected.emit(picked)

    def _gesture_command(self, event: QKeyEvent) -> Callable[[], object] | None:
        """What a key means to the gesture in progress; None where it means nothing to it."""
        key = event.key()
        if self._drawing.active and key == Qt.Key.Key_Escape:
            return self.cancel_gesture
        if self._drawing.setting_vertices and key in _CLOSING_KEYS:
            return partial(self._step, EventKind.CLOSE)
        if self._drawing.setting_vertices and key == Qt.Key.Key_Backspace:
            return partial(self._step, EventKind.STEP_BACK)
        return None

    def _step(self, kind: EventKind) -> None:
        position = QPointF() if self._pointer is None else self._pointer
        self._drawing.send(self._event(kind, position))

    def _event(self, kind: EventKind, position: QPointF) -> GestureEvent:
        return GestureEvent(kind, self.to_source(position), self.pixel)

    def _painted_colour(self) -> QColor:
        painted = self._drawing.painted_id
        if painted == ERASED:
            return ERASER_COLOUR
        return self._background_colour if painted == BACKGROUND else self._object_colour

    def _refresh_cursor(self) -> None:
        tool = self._drawing.tool
        self._cursor.set_look(
            (self._drawing.radius or 0.0) / self.pixel,
            self._painted_colour(),
            crosshair=tool.pointer is PointerShape.CROSSHAIR,
            erases=tool.erases,
        )

    def _on_sketch_changed(self, sketch: Sketch | None) -> None:
        self._preview.set_sketch(sketch, self._painted_colour())
        self._refresh_cursor()

    def _on_tool_changed(self, kind: ToolKind) -> None:
        self._refresh_cursor()
        self.update_pointer()
        self.tool_changed.emit(kind)

    def _on_radius_changed(self, radius: float) -> None:
        self._refresh_cursor()
        self.radius_changed.emit(radius)

    @override
    def _on_placement_changed(self) -> None:
        self._preview.set_pixel(self.pixel)
        self._refresh_cursor()
        super()._on_placement_changed()


def _is_second(event: QMouseEvent) -> bool:
    return event.button() == Qt.MouseButton.RightButton
