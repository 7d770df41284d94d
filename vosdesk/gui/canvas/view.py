"""The canvas: one frame with its labels, zoomed and painted on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from vosdesk.arrays import BACKGROUND, Frame, ObjectId, Size
from vosdesk.gui.canvas.cursor import CursorItem
from vosdesk.gui.canvas.drawing import Drawing
from vosdesk.gui.canvas.file_drop import FileDrop
from vosdesk.gui.canvas.geometry import inside
from vosdesk.gui.canvas.hit_testing import annotation_at
from vosdesk.gui.canvas.pan_zoom_view import PanZoomView, notches
from vosdesk.gui.canvas.picture import PictureItem
from vosdesk.gui.canvas.placeholder import Placeholder, paint_drop_frame, paint_placeholder
from vosdesk.gui.canvas.preview import PreviewItem
from vosdesk.gui.canvas.strokes import ERASER_COLOUR, UNKNOWN_COLOUR, StrokesLayer
from vosdesk.gui.canvas.tools import EventKind, GestureEvent, PointerShape, ToolKind
from vosdesk.gui.theme import Colours, colours, theme
from vosdesk.project.annotations import ERASED, Annotation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from vosdesk.gui.canvas.sketch import Sketch

PICK_REACH = 6.0
"""Widget pixels beside a stroke within which a click still means it."""

_BUTTONS = (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton)
_CLOSING_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_SIZE_MODIFIERS = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier


class Canvas(PanZoomView):
    """Shows what it is given and tells what the user did; it decides nothing itself.

    The left button paints the current object, the right one background; the wheel zooms, the
    middle button or Space pushes the picture, Ctrl picks strokes. Points are in source pixels.
    """

    shape_drawn = Signal(object)
    """The Annotation of a finished gesture, with id 0."""
    preview_changed = Signal(object)
    """The Annotation as it is so far, while the gesture goes on; None when it is over."""
    annotation_selected = Signal(object)
    """The id of the annotation that was picked, or None where there was none."""
    cursor_moved = Signal(float, float)
    """x and y in source pixels, within the picture."""
    cursor_left = Signal()
    radius_changed = Signal(float)
    """Of the tool in hand, in source pixels."""
    tool_changed = Signal(object)
    """The ToolKind in hand."""
    files_dropped = Signal(list)
    """list[Path]."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = PictureItem()
        self._strokes = StrokesLayer()
        self._preview = PreviewItem()
        self._cursor = CursorItem()
        self.scene().addItem(self._picture)
        for item in (self._strokes, self._preview, self._cursor):
            item.setParentItem(self._picture)
        self._drawing = Drawing(self)
        self._drop = FileDrop(self.viewport())
        self._placeholder = Placeholder("")
        self._annotations: tuple[Annotation, ...] = ()
        self._colours: dict[ObjectId, QColor] = {
            1: UNKNOWN_COLOUR,
            BACKGROUND: UNKNOWN_COLOUR,
            ERASED: ERASER_COLOUR,
        }
        self._pointer: QPointF | None = None
        self._pointer_inside = False
        self._radius_turned = 0.0
        self._set_up_widget()
        self._connect()

    def _set_up_widget(self) -> None:
        self.setAccessibleName(self.tr("Canvas"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setMinimumSize(160, 120)
        self.setBackgroundBrush(QColor(colours().canvas))
        self.clear_image()

    def _connect(self) -> None:
        self._drawing.shape_drawn.connect(self.shape_drawn)
        self._drawing.preview_changed.connect(self.preview_changed)
        self._drawing.sketch_changed.connect(self._on_sketch_changed)
        self._drawing.tool_changed.connect(self._on_tool_changed)
        self._drawing.radius_changed.connect(self._on_radius_changed)
        self._drop.files_dropped.connect(self.files_dropped)
        self._drop.hover_changed.connect(self._on_hover_changed)
        self.placement_changed.connect(self._on_placement_changed)
        theme.theme_changed.connect(self._on_theme_changed)

    # what is shown

    def set_video_size(self, size: Size) -> None:
        """Set the size of the source's frames; a new one is fitted into the view."""
        if size == self._drawing.size:
            return
        self.cancel_gesture()
        self._drawing.size = size
        self._picture.set_size(size)
        self.set_content_size(size)

    def set_image(self, rgb: Frame) -> None:
        """Show a composed picture.

        It fills the video's frame whatever its own resolution; where no size was set, its own
        size is taken. The array must not be written to while it is shown.

        Args:
            rgb: (height, width, 3) uint8.

        Raises:
            TypeError: It is not such an array.
        """
        self._picture.set_picture(rgb)
        if self._drawing.size is None:
            self.set_video_size(Size(rgb.shape[1], rgb.shape[0]))
        self.setAccessibleDescription("")
        self.update_pointer()

    def clear_image(
        self, message: str = "", hints: Sequence[tuple[str, str]] | None = None
    ) -> None:
        """Show no picture but words; size and zoom stay for the next picture.

        Args:
            message: One line; empty for the invitation to open a video.
            hints: Keys and what they do; None for those of the invitation.
        """
        self.cancel_gesture()
        self._placeholder = Placeholder(
            message or self.tr("Drop a video here"),
            self._invitation() if hints is None and not message else hints or (),
        )
        self._picture.set_picture(None)
        self.setAccessibleDescription(self._placeholder.message)
        self.update_pointer()
        self.viewport().update()

    def _invitation(self) -> tuple[tuple[str, str], ...]:
        return (
            ("Ctrl+O", self.tr("open a video or a project")),
            ("Ctrl+Shift+O", self.tr("open a folder of frames")),
        )

    def set_annotations(
        self, annotations: Sequence[Annotation], object_colours: Mapping[ObjectId, QColor]
    ) -> None:
        """Show the annotations of the visible frame over the picture.

        Args:
            annotations: In paint order; ids are unique.
            object_colours: For each object id; background's own colour where 0 is not in it.
        """
        self._annotations = tuple(annotations)
        background = {BACKGROUND: self._colours[BACKGROUND]}
        self._strokes.set_annotations(self._annotations, {**background, **object_colours})

    def set_strokes_visible(self, visible: bool) -> None:
        """Show or hide the annotations; the labels in the picture stay."""
        self._strokes.setVisible(visible)

    def set_selected_annotation(self, annotation_id: int | None) -> None:
        """Highlight one annotation, or none."""
        self._strokes.set_selected(annotation_id)

    def annotation_at(self, x: float, y: float) -> int | None:
        """Return the id of the topmost annotation at source coordinates or close beside them."""
        if not self._strokes.isVisible():
            return None
        found = annotation_at(self._annotations, (x, y), PICK_REACH * self.pixel)
        return None if found is None else found.id

    # what is painted with

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
        """Set what the left button paints; a gesture in progress keeps its object."""
        self._colours[object_id] = QColor(colour)
        self._drawing.object_id = object_id
        self._refresh_cursor()

    def set_background_colour(self, colour: QColor) -> None:
        """Set the colour that background is drawn in."""
        self._colours[BACKGROUND] = QColor(colour)
        self._refresh_cursor()

    def cancel_gesture(self) -> bool:
        """End the gesture in progress with nothing drawn; returns whether there was one."""
        return self._drawing.cancel()

    # what the user does

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        if event.isAccepted() or event.button() not in _BUTTONS or self._picture.empty:
            return
        event.accept()
        if self._picks(event):
            self.annotation_selected.emit(self.annotation_at(*self.to_source(event.position())))
            return
        double = event.type() == QEvent.Type.MouseButtonDblClick
        if double and self._drawing.setting_vertices:
            self._drawing.send(self._event(EventKind.CLOSE, event.position()))
            return
        self._drawing.press(
            self._event(EventKind.PRESS, event.position()), second_button=_is_second(event)
        )

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer = event.position()  # before the picture moves below it
        super().mouseMoveEvent(event)
        self._follow(event.position())
        if not event.isAccepted():
            event.accept()
            self._drawing.send(self._event(EventKind.MOVE, event.position()))

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if not event.isAccepted() and event.button() in _BUTTONS:
            event.accept()
            self._drawing.release(
                self._event(EventKind.RELEASE, event.position()), second_button=_is_second(event)
            )

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
    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._follow(None)
        return super().viewportEvent(event)

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        self.cancel_gesture()
        super().hideEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not (self._picture.empty or self._drop.hovering):
            return
        painter = QPainter(self.viewport())
        room = QRectF(self.viewport().rect())
        if self._picture.empty:
            paint_placeholder(painter, room, self._placeholder, colours(), self.font())
        if self._drop.hovering:
            paint_drop_frame(painter, room, colours())
        painter.end()

    @override
    def update_pointer(self) -> None:
        super().update_pointer()
        picks = self._drawing.tool.pointer is PointerShape.ARROW
        paints = not (picks or self.panning or self._picture.empty)
        self._cursor.setVisible(paints and self._pointer is not None)
        if paints:
            self.viewport().setCursor(Qt.CursorShape.BlankCursor)
        elif picks and not self.panning:
            self.viewport().setCursor(self._picking_shape())
        if self._pointer is not None:
            self._cursor.setPos(QPointF(*self.to_source(self._pointer)))

    def _picking_shape(self) -> Qt.CursorShape:
        if self._pointer is None or self.annotation_at(*self.to_source(self._pointer)) is None:
            return Qt.CursorShape.ArrowCursor
        return Qt.CursorShape.PointingHandCursor

    def _picks(self, event: QMouseEvent) -> bool:
        """Whether a press means a stroke that is there, rather than a new one."""
        if self._drawing.tool.begin is None:
            return True
        return bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier) and not (
            self._drawing.active
        )

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

    def _follow(self, position: QPointF | None) -> None:
        """Move the pointer's picture, and tell where in the source it is."""
        self._pointer = position
        self.update_pointer()
        size = self._drawing.size
        if position is not None and size is not None and not self._picture.empty:
            x, y = self.to_source(position)
            if inside((x, y), size):
                self._pointer_inside = True
                self.cursor_moved.emit(x, y)
                return
        if self._pointer_inside:
            self._pointer_inside = False
            self.cursor_left.emit()

    def _refresh_cursor(self) -> None:
        tool = self._drawing.tool
        self._cursor.set_look(
            (self._drawing.radius or 0.0) / self.pixel,
            self._colours.get(self._drawing.painted_id, UNKNOWN_COLOUR),
            crosshair=tool.pointer is PointerShape.CROSSHAIR,
            erases=tool.erases,
        )

    def _on_sketch_changed(self, sketch: Sketch | None) -> None:
        colour = self._colours.get(self._drawing.painted_id, UNKNOWN_COLOUR)
        self._preview.set_sketch(sketch, colour)
        self._refresh_cursor()

    def _on_tool_changed(self, kind: ToolKind) -> None:
        self._refresh_cursor()
        self.update_pointer()
        self.tool_changed.emit(kind)

    def _on_radius_changed(self, radius: float) -> None:
        self._refresh_cursor()
        self.radius_changed.emit(radius)

    def _on_placement_changed(self) -> None:
        self._strokes.set_pixel(self.pixel)
        self._preview.set_pixel(self.pixel)
        self._refresh_cursor()
        self._follow(self._pointer)

    def _on_hover_changed(self) -> None:
        self.viewport().update()

    def _on_theme_changed(self, changed: Colours) -> None:
        self.setBackgroundBrush(QColor(changed.canvas))
        self.viewport().update()


def _is_second(event: QMouseEvent) -> bool:
    return event.button() == Qt.MouseButton.RightButton
