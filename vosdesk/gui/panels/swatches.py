"""A small square in an object's colour, with an edge that is seen on any ground."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap

from vosdesk.gui.theme import colours

SIDE = 14


def paint_swatch(painter: QPainter, box: QRectF, colour: QColor) -> None:
    """Draw it into a square box."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(colours().strong_border), 1))
    painter.setBrush(colour)
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
    painter.restore()


def swatch_icon(colour: QColor) -> QIcon:
    """Return it as an icon that a selection does not tint."""
    return _swatch_icon(colour.rgba(), colours().strong_border)


@lru_cache(maxsize=128)
def _swatch_icon(rgba: int, _edge: str) -> QIcon:
    """Draw it once for each colour and theme: lists ask for it with every repaint of a row."""
    result = QIcon()
    for ratio in (1.0, 2.0):
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
            result.addPixmap(swatch(QColor.fromRgba(rgba), ratio), mode)
    return result


def swatch(colour: QColor, ratio: float = 1.0) -> QPixmap:
    """Return it as a picture for screens of that device pixel ratio."""
    pixmap = QPixmap(round(SIDE * ratio), round(SIDE * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    paint_swatch(painter, QRectF(0, 0, SIDE, SIDE), colour)
    painter.end()
    return pixmap
