"""The pointer over the picture: a circle as large as the pen, a cross where it must be exact."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget
from typing_extensions import override

from vosdesk.gui.canvas.ink import LIGHT

_DARK = QColor(0, 0, 0, 150)
_SMALLEST = 3.5
"""Widget pixels; a smaller circle is no longer seen and gets a cross around it."""
_GAP, _ARM = 4.0, 7.0
"""Widget pixels from the middle or the circle to the arms of the cross, and their length."""


class CursorItem(QGraphicsItem):
    """A ring of white on black, seen on light and dark alike, with the object's colour within."""

    def __init__(self) -> None:
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        self._radius = 10.0
        self._colour = QColor(LIGHT)
        self._crosshair = False
        self._erases = False

    @property
    def radius(self) -> float:
        """Of the circle, in widget pixels."""
        return self._radius

    def set_look(self, radius: float, colour: QColor, *, crosshair: bool, erases: bool) -> None:
        """Set what it looks like.

        Args:
            radius: Of the circle, in widget pixels; 0 for none.
            colour: The object's.
            crosshair: Whether a cross marks the middle.
            erases: Whether the tool takes paint away.
        """
        self.prepareGeometryChange()
        self._radius = radius
        self._colour = colour
        self._crosshair = crosshair
        self._erases = erases
        self.update()

    @override
    def boundingRect(self) -> QRectF:
        reach = max(self._radius, 2.0) + _GAP + _ARM + 3
        return QRectF(-reach, -reach, 2 * reach, 2 * reach)

    @override
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        line = Qt.PenStyle.DashLine if self._erases else Qt.PenStyle.SolidLine
        for pen in (QPen(_DARK, 3.2), QPen(LIGHT, 1.4, line)):
            painter.setPen(pen)
            if self._radius > 0:
                painter.drawEllipse(QPointF(0, 0), self._radius, self._radius)
            if self._crosshair or self._radius < _SMALLEST:
                self._paint_cross(painter)
        if not self._erases and (self._crosshair or self._radius > 2 * _SMALLEST):
            self._paint_centre(painter)

    def _paint_cross(self, painter: QPainter) -> None:
        near = max(self._radius, 2.0) + _GAP
        far = near + _ARM
        for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            painter.drawLine(QPointF(x * near, y * near), QPointF(x * far, y * far))

    def _paint_centre(self, painter: QPainter) -> None:
        painter.setPen(QPen(_DARK, 1.2))
        painter.setBrush(self._colour)
        painter.drawEllipse(QPointF(0, 0), 2.2, 2.2)
