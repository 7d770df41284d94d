"""A view that is zoomed at the pointer and pushed by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QGraphicsScene, QGraphicsView, QWidget
from typing_extensions import override

from vosdesk.arrays import Size
from vosdesk.gui.canvas.geometry import inside
from vosdesk.gui.canvas.placement import Placement, centred, fitting_scale

if TYPE_CHECKING:
    from vosdesk.project.annotations import Point

MAX_ZOOM = 64.0
MIN_ZOOM = 0.1
"""Or less, where a large picture needs it to fit."""
FIT_MARGIN = 8.0
"""Widget pixels left around a picture that fits."""
NOTCH = 2**0.25
"""Zoom of one notch of the wheel."""
STEP = 2**0.5
"""Zoom of one press of a key."""

_NOTCH_ANGLE = 120.0
_TOUCHPAD_NOTCH = 60.0
"""Pixels scrolled on a touchpad that count as one notch."""
_WORLD = QRectF(-1e6, -1e6, 2e6, 2e6)


class PanZoomView(QGraphicsView):
    """Shows a scene whose coordinates are source pixels.

    The scroll bars stay at nought and the transform does everything: scroll bars know whole
    pixels only, and the point below the pointer would wander off while zooming.
    """

    zoom_changed = Signal(float)
    """Screen pixels to a source pixel; 1 shows every pixel as it is."""
    placement_changed = Signal()
    space_tapped = Signal()
    """Space was pressed and let go without pushing the picture."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        scene = QGraphicsScene(self)
        scene.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self.setScene(scene)
        self._content: Size | None = None
        self._placement = Placement()
        self._fitted = True
        self._space_held = False
        self._space_used = False
        self._seized_at: QPointF | None = None
        self._seized_by = Qt.MouseButton.NoButton
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setSceneRect(_WORLD)

    @property
    def zoom(self) -> float:
        """Screen pixels to a source pixel."""
        return self._placement.scale * self.devicePixelRatioF()

    @property
    def pixel(self) -> float:
        """Side of a widget pixel in source pixels."""
        return 1.0 / self._placement.scale

    @property
    def panning(self) -> bool:
        """Whether the picture is being pushed, or would be by a press now."""
        return self._space_held or self._seized_at is not None

    def to_source(self, position: QPointF) -> Point:
        """Return the source coordinates below a position in the viewport."""
        return self._placement.to_source(position.x(), position.y())

    def to_widget(self, point: Point) -> QPointF:
        """Return the position in the viewport of source coordinates."""
        return QPointF(*self._placement.to_widget(*point))

    def set_content_size(self, size: Size | None) -> None:
        """Set what there is to see; a new size is fitted into the view."""
        if size != self._content:
            self._content = size
            self.fit()

    def fit(self) -> None:
        """Show the whole picture, and go on doing so when the view changes its size."""
        if self._content is None:
            return
        self._fitted = True
        scale = fitting_scale(self._content, self._room(), FIT_MARGIN)
        self._place(centred(self._content, self._room(), scale))

    def actual_size(self) -> None:
        """Show every source pixel as one pixel of the screen, sharp; in the middle if it fits."""
        if self._content is None:
            return
        self.set_zoom(1.0)
        placement = self._placement
        if fitting_scale(self._content, self._room(), 0.0) >= placement.scale:
            placement = centred(self._content, self._room(), placement.scale)
        self._place(placement.aligned(1.0 / self.devicePixelRatioF()))

    def zoom_in(self) -> None:
        """Zoom in one step at the middle of the view."""
        self.set_zoom(self.zoom * STEP)

    def zoom_out(self) -> None:
        """Zoom out one step at the middle of the view."""
        self.set_zoom(self.zoom / STEP)

    def set_zoom(self, zoom: float, at: QPointF | None = None) -> None:
        """Zoom, within the limits, leaving the source point at a position where it is.

        Args:
            zoom: Screen pixels to a source pixel.
            at: Position in the viewport; None for its middle.
        """
        if self._content is None:
            return
        ratio = self.devicePixelRatioF()
        least = min(MIN_ZOOM, ratio * fitting_scale(self._content, self._room(), FIT_MARGIN))
        scale = min(max(zoom, least), MAX_ZOOM) / ratio
        if at is None:
            at = QRectF(self.viewport().rect()).center()
        self._fitted = False
        placement = self._placement.zoomed(scale, at.x(), at.y())
        if not inside(self.to_source(at), self._content):
            placement = placement.kept_reachable(self._content, self._room())
        self._place(placement)

    def wants_key(self, event: QKeyEvent) -> bool:
        """Whether a key is meant for the view although it may be a shortcut of the window."""
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        return event.key() == Qt.Key.Key_Space and plain

    @override
    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and self.wants_key(event):
            event.accept()
            return True
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._on_screen_changed()
        return super().event(event)

    @override
    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self.set_zoom(self.zoom * (1.0 + event.value()), event.position())
            return True
        return super().viewportEvent(event)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        taken = PanZoomView.wants_key(self, event)
        if taken and not event.isAutoRepeat() and not self._space_held:
            self._space_held, self._space_used = True, False
            self.update_pointer()
        # not to QGraphicsView, which would scroll by arrow keys and keep them from the window
        event.setAccepted(taken)

    @override
    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        taken = event.key() == Qt.Key.Key_Space and self._space_held
        if taken and not event.isAutoRepeat():
            self._space_held = False
            self.update_pointer()
            if not self._space_used:
                self.space_tapped.emit()
        event.setAccepted(taken)

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._space_held = False
        self.update_pointer()
        super().focusOutEvent(event)

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        self.set_zoom(self.zoom * NOTCH ** notches(event), event.position())
        event.accept()

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        by_hand = event.button() == Qt.MouseButton.LeftButton and self._space_held
        seizes = by_hand or event.button() == Qt.MouseButton.MiddleButton
        if seizes and self._content is not None and self._seized_at is None:
            self._seized_at = event.position()
            self._seized_by = event.button()
            self.update_pointer()
        event.setAccepted(seizes)

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        event.setAccepted(self._seized_at is not None)
        if self._seized_at is None or self._content is None:
            return
        push = event.position() - self._seized_at
        self._seized_at = event.position()
        self._space_used = True
        self._fitted = False
        self._place(
            self._placement.moved(push.x(), push.y()).kept_reachable(self._content, self._room())
        )

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        lets_go = self._seized_at is not None and event.button() == self._seized_by
        if lets_go:
            self._seized_at = None
            self.update_pointer()
        event.setAccepted(lets_go)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._content is None:
            return
        if self._fitted:
            self.fit()
            return
        grown = event.size() - event.oldSize()
        moved = self._placement.moved(grown.width() / 2, grown.height() / 2)
        self._place(moved.kept_reachable(self._content, self._room()))

    def update_pointer(self) -> None:
        """Show what a press would do now."""
        shape = self.pointer_shape()
        if self.viewport().cursor().shape() != shape:
            self.viewport().setCursor(shape)

    def pointer_shape(self) -> Qt.CursorShape:
        """Return what the pointer looks like."""
        if self._seized_at is not None:
            return Qt.CursorShape.ClosedHandCursor
        return Qt.CursorShape.OpenHandCursor if self._space_held else Qt.CursorShape.ArrowCursor

    def _on_screen_changed(self) -> None:
        """The window came to a screen with other pixels."""
        if self._fitted:
            self.fit()
        else:
            self.zoom_changed.emit(self.zoom)

    def _place(self, placement: Placement) -> None:
        zoomed = placement.scale != self._placement.scale
        self._placement = placement
        scale = placement.scale
        self.setTransform(QTransform(scale, 0, 0, scale, placement.offset_x, placement.offset_y))
        self.horizontalScrollBar().setValue(0)
        self.verticalScrollBar().setValue(0)
        self.placement_changed.emit()
        if zoomed:
            self.zoom_changed.emit(self.zoom)

    def _room(self) -> Size:
        return Size(self.viewport().width(), self.viewport().height())


def notches(event: QWheelEvent) -> float:
    """Return how far a wheel was turned, away from the user positive, a notch being 1.

    Both axes count, as some platforms turn the wheel sideways while Alt or Shift is held. A
    touchpad's own pixels are finer than its angle.
    """
    pixels, angle = event.pixelDelta(), event.angleDelta()
    if event.phase() != Qt.ScrollPhase.NoScrollPhase and not pixels.isNull():
        return (pixels.y() or pixels.x()) / _TOUCHPAD_NOTCH
    return (angle.y() or angle.x()) / _NOTCH_ANGLE
