"""The track: one picture of all frames, with a playhead to drag."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from vosdesk.gui.theme import SPACE, colours
from vosdesk.gui.timeline.axis import Axis
from vosdesk.gui.timeline.frame_marks import FrameMarks
from vosdesk.gui.timeline.painting import Lanes, paint_layers, paint_playhead

_NOTCH = 120
"""Of a mouse wheel, in eighths of a degree."""
_PAGE = 10
_MARGIN = 2 * SPACE
_STEPS = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_PageUp: -_PAGE,
    Qt.Key.Key_PageDown: _PAGE,
}


class FrameTrack(QWidget):
    """Shows marks and a playhead; a click, a drag, the wheel or keys choose another frame.

    The layers are drawn once into a pixmap, so moving the playhead costs a copy of it.

    Attributes:
        frame_selected: The user chose a frame; told once for each frame passed.
    """

    frame_selected = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.marks = FrameMarks.none(0, 25.0)
        self.playhead = 0
        self._layers: QPixmap | None = None
        self._pointer: float | None = None
        self._turned = 0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        self.setAccessibleName("Frames")
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self._describe()

    def sizeHint(self) -> QSize:
        """Return a comfortable height."""
        return QSize(640, 124)

    def minimumSizeHint(self) -> QSize:
        """Return the least that shows every lane."""
        return QSize(160, 104)

    def set_marks(self, marks: FrameMarks) -> None:
        """Show other marks; a change of their content is told with ``refresh``."""
        self.marks = marks
        self.playhead = min(self.playhead, max(0, marks.frame_count - 1))
        self.refresh()

    def refresh(self) -> None:
        """Draw the layers again before the next paint; several calls cost one drawing."""
        self._layers = None
        self._describe()
        self.update()

    def set_playhead(self, frame_index: int) -> None:
        """Move the playhead without telling anybody."""
        self.playhead = min(max(frame_index, 0), max(0, self.marks.frame_count - 1))
        self._describe()
        self.update()

    def axis(self) -> Axis:
        """Return where each frame lies now."""
        return Axis(max(1, self.marks.frame_count), _MARGIN, max(1.0, self.width() - 2 * _MARGIN))

    def choose(self, frame_index: int) -> None:
        """Go to a frame as if the user had clicked it."""
        if not self.marks.frame_count:
            return
        wanted = min(max(frame_index, 0), self.marks.frame_count - 1)
        if wanted != self.playhead:
            self.set_playhead(wanted)
            self.frame_selected.emit(wanted)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Copy the layers, then draw playhead and pointer."""
        painter = QPainter(self)
        if not self.marks.frame_count:
            self._paint_empty(painter)
            return
        lanes = Lanes.of(self.width(), self.height())
        painter.drawPixmap(0, 0, self._drawn_layers(lanes))
        if self._pointer is not None:
            painter.setPen(QColor(colours().strong_border))
            x = self._pointer
            painter.drawLine(QPointF(x, lanes.ruler.bottom()), QPointF(x, lanes.embedded.bottom()))
        paint_playhead(painter, lanes, self.axis(), self.playhead, colours())
        if self.hasFocus():
            painter.setPen(QPen(QColor(colours().accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 4, 4)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw the layers for the new size."""
        self._layers = None
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Draw the layers in the new colours."""
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self._layers = None
        super().changeEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the frame under the pointer, and begin to scrub."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.choose(self.axis().frame_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Scrub while the button is down."""
        self._pointer = event.position().x()
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.choose(self.axis().frame_at(self._pointer))
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Forget the pointer."""
        self._pointer = None
        self.update()
        super().leaveEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Step a frame for each notch; parts of a notch add up."""
        turned = event.angleDelta()
        self._turned += turned.y() if abs(turned.y()) >= abs(turned.x()) else turned.x()
        notches = int(self._turned / _NOTCH)
        self._turned -= notches * _NOTCH
        if notches:
            self.choose(self.playhead - notches)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step with the arrows, ten with the page keys, jump with Home and End."""
        key = Qt.Key(event.key())
        if key in _STEPS:
            self.choose(self.playhead + _STEPS[key])
        elif key == Qt.Key.Key_Home:
            self.choose(0)
        elif key == Qt.Key.Key_End:
            self.choose(self.marks.frame_count - 1)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Say what is known about the frame under the pointer."""
        if event.type() == QEvent.Type.ToolTip and self.marks.frame_count:
            where = cast("QHelpEvent", event)
            frame_index = self.axis().frame_at(where.pos().x())
            QToolTip.showText(where.globalPos(), self.marks.describe(frame_index), self)
            return True
        return super().event(event)

    def _drawn_layers(self, lanes: Lanes) -> QPixmap:
        ratio = self.devicePixelRatio()
        if self._layers is None or self._layers.devicePixelRatio() != ratio:
            self._layers = QPixmap(self.size() * ratio)
            self._layers.setDevicePixelRatio(ratio)
            self._layers.fill(QColor(colours().panel))
            painter = QPainter(self._layers)
            painter.setFont(self.font())
            paint_layers(painter, lanes, self.axis(), self.marks, colours())
            painter.end()
        return self._layers

    def _paint_empty(self, painter: QPainter) -> None:
        painter.setPen(QColor(colours().muted_text))
        painter.drawText(
            self.rect(), Qt.AlignmentFlag.AlignCenter, "Open a video to see its frames here"
        )

    def _describe(self) -> None:
        count = self.marks.frame_count
        self.setAccessibleDescription(self.marks.describe(self.playhead) if count else "No video")
