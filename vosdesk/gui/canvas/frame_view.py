"""One frame to look at: its picture, the annotations on it, or words where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, Signal
from PySide6.QtGui import QColor, QEnterEvent, QPainter, QPaintEvent
from typing_extensions import override

from vosdesk.arrays import BACKGROUND, Frame, ObjectId, Size
from vosdesk.gui.canvas.file_drop import FileDrop
from vosdesk.gui.canvas.geometry import inside
from vosdesk.gui.canvas.hit_testing import annotation_at
from vosdesk.gui.canvas.pan_zoom_view import PanZoomView
from vosdesk.gui.canvas.picture import PictureItem
from vosdesk.gui.canvas.placeholder import Placeholder, paint_drop_frame, paint_placeholder
from vosdesk.gui.canvas.strokes import UNKNOWN_COLOUR, StrokesLayer
from vosdesk.gui.canvas.trace import Mark, TraceItem
from vosdesk.gui.theme import Colours, colours, theme

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PySide6.QtWidgets import QWidget

    from vosdesk.project.annotations import Annotation, Point

PICK_REACH = 6.0
"""Widget pixels beside a stroke within which a click still means it."""


class FrameView(PanZoomView):
    """Shows what it is given, and tells where the pointer is and what was dropped on it."""

    cursor_moved = Signal(float, float)
    """x and y in source pixels, within the picture."""
    cursor_left = Signal()
    files_dropped = Signal(list)
    """list[Path]."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = PictureItem()
        self._strokes = StrokesLayer()
        self._trace = TraceItem()
        self._strokes.setParentItem(self._picture)
        self._trace.setParentItem(self._picture)
        self.scene().addItem(self._picture)
        self._video_size: Size | None = None
        self._placeholder = Placeholder("")
        self._annotations: tuple[Annotation, ...] = ()
        self._background_colour = UNKNOWN_COLOUR
        self._pointer: QPointF | None = None
        self._pointer_inside = False
        self._drop = FileDrop(self.viewport())
        self._drop.files_dropped.connect(self.files_dropped)
        self._drop.hover_changed.connect(self._on_hover_changed)
        self.setMouseTracking(True)
        self.setMinimumSize(160, 120)
        self.setBackgroundBrush(QColor(colours().canvas))
        theme.theme_changed.connect(self._on_theme_changed)
        self.placement_changed.connect(self._on_placement_changed)

    def set_video_size(self, size: Size) -> None:
        """Set the size of the source's frames; a new one is fitted into the view."""
        self._video_size = size
        self._picture.set_size(size)
        self._trace.set_size(size)
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
        if self._video_size is None:
            self.set_video_size(Size(rgb.shape[1], rgb.shape[0]))
        self.setAccessibleDescription("")
        self._follow(self._pointer)

    def clear_image(
        self, message: str = "", hints: Sequence[tuple[str, str]] | None = None
    ) -> None:
        """Show no picture but words; size and zoom stay for the next picture.

        Args:
            message: One line; empty for the invitation to open a video.
            hints: Keys and what they do; None for those of the invitation, where it is shown.
        """
        if hints is None:
            hints = () if message else self._invitation()
        self._placeholder = Placeholder(message or self.tr("Drop a video here"), hints)
        self._picture.set_picture(None)
        self.setAccessibleDescription(self._placeholder.message)
        self._follow(self._pointer)
        self.viewport().update()

    def set_annotations(
        self, annotations: Sequence[Annotation], object_colours: Mapping[ObjectId, QColor]
    ) -> None:
        """Show the annotations of the visible frame over the picture.

        Args:
            annotations: In paint order; ids are unique.
            object_colours: For each object id; background's own colour where 0 is not in it.
        """
        self._annotations = tuple(annotations)
        self._strokes.set_annotations(
            self._annotations, {BACKGROUND: self._background_colour, **object_colours}
        )

    def set_strokes_visible(self, visible: bool) -> None:
        """Show or hide the annotations; the labels in the picture stay."""
        self._strokes.setVisible(visible)

    @property
    def selected_annotation(self) -> int | None:
        """The id of the highlighted annotation; None where it is not on this frame."""
        return self._strokes.selected

    def set_selected_annotation(self, annotation_id: int | None) -> None:
        """Highlight one annotation whenever its frame is shown, or none."""
        self._strokes.set_selected(annotation_id)

    def annotation_at(self, x: float, y: float) -> int | None:
        """Return the id of the topmost annotation at source coordinates or close beside them."""
        if not self._strokes.isVisible():
            return None
        found = annotation_at(self._annotations, (x, y), PICK_REACH * self.pixel)
        return None if found is None else found.id

    def set_marks(self, asked: Point | None, marks: Sequence[Mark]) -> None:
        """Show the pixel of the visible frame that was asked about, and where its label comes from.

        Args:
            asked: In source pixels; None for none.
            marks: The places on this frame.
        """
        self._trace.set_marks(asked, marks)

    def flash(self, mark: Mark) -> None:
        """Draw the eye to a place on the visible frame."""
        self._trace.flash(mark)

    @property
    def flashing(self) -> bool:
        """Whether a place flashes at this moment."""
        return self._trace.flashing

    @property
    def background_colour(self) -> QColor:
        """The colour that background is drawn in."""
        return QColor(self._background_colour)

    def set_background_colour(self, colour: QColor) -> None:
        """Set the colour that background is drawn in, from the next annotations on."""
        self._background_colour = QColor(colour)

    @override
    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._follow(None)
        elif isinstance(event, QEnterEvent):
            # a picture that came under a resting pointer hears of no move
            self._follow(event.position())
        return super().viewportEvent(event)

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

    def _invitation(self) -> tuple[tuple[str, str], ...]:
        return (
            ("Ctrl+O", self.tr("open a video or a project")),
            ("Ctrl+Shift+O", self.tr("open a folder of frames")),
        )

    def _follow(self, position: QPointF | None) -> None:
        """Take the pointer's position in the viewport, and tell where in the source it is."""
        self._pointer = position
        self.update_pointer()
        if position is not None and self._video_size is not None and not self._picture.empty:
            x, y = self.to_source(position)
            if inside((x, y), self._video_size):
                self._pointer_inside = True
                self.cursor_moved.emit(x, y)
                return
        if self._pointer_inside:
            self._pointer_inside = False
            self.cursor_left.emit()

    def _on_placement_changed(self) -> None:
        self._strokes.set_pixel(self.pixel)
        self._trace.set_pixel(self.pixel)
        self._follow(self._pointer)

    def _on_hover_changed(self) -> None:
        self.viewport().update()

    def _on_theme_changed(self, changed: Colours) -> None:
        self.setBackgroundBrush(QColor(changed.canvas))
        self.viewport().update()
