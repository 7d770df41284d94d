"""How shapes are drawn over a picture of any colour: paths, pens and halos."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vosdesk.project.annotations import Point

HALO = QColor(0, 0, 0, 110)
LIGHT = QColor(255, 255, 255)


def with_alpha(colour: QColor, alpha: float) -> QColor:
    """Return the colour with an opacity from 0 to 1."""
    result = QColor(colour)
    result.setAlphaF(alpha)
    return result


def line_pen(
    painter: QPainter,
    colour: QColor,
    width: float,
    style: Qt.PenStyle = Qt.PenStyle.SolidLine,
) -> QPen:
    """Return a round pen whose width is in widget pixels at any zoom.

    Qt counts the width of a cosmetic pen in pixels of the screen.
    """
    width *= painter.device().devicePixelRatioF()
    pen = QPen(colour, width, style, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    pen.setCosmetic(True)
    return pen


def area_path(outline: Sequence[Point]) -> QPainterPath:
    """Return a closed outline, filled even-odd."""
    path = QPainterPath()
    path.addPolygon(QPolygonF([QPointF(x, y) for x, y in outline]))
    path.closeSubpath()
    return path


def line_path(points: Sequence[Point]) -> QPainterPath:
    """Return an open line through points."""
    path = QPainterPath()
    path.addPolygon(QPolygonF([QPointF(x, y) for x, y in points]))
    return path


def disc_path(centre: Point, radius: float) -> QPainterPath:
    """Return a circle."""
    path = QPainterPath()
    path.addEllipse(QPointF(*centre), radius, radius)
    return path


def draw_outline(
    painter: QPainter,
    path: QPainterPath,
    colour: QColor,
    style: Qt.PenStyle = Qt.PenStyle.SolidLine,
) -> None:
    """Draw a fine line along a path, and shadows beside it: it shows on light and dark alike.

    One pixel of the screen is the only width that Qt draws without building the line's own
    outline first, which takes twenty times as long.
    """
    painter.setBrush(Qt.BrushStyle.NoBrush)
    pixel = 1.0 / (painter.worldTransform().m11() * painter.device().devicePixelRatioF())
    painter.setPen(_fine_pen(HALO))
    painter.drawPath(path.translated(pixel, pixel))
    painter.drawPath(path.translated(-pixel, -pixel))
    painter.setPen(_fine_pen(colour, style))
    painter.drawPath(path)


def draw_bold_outline(painter: QPainter, path: QPainterPath, colours: Sequence[QColor]) -> None:
    """Draw along a path in bands around each other, the last colour in the middle."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for place, colour in enumerate((HALO, *colours)):
        width = 2.0 * (len(colours) - place) + 2.0
        painter.setPen(line_pen(painter, colour, width))
        painter.drawPath(path)


def _fine_pen(colour: QColor, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    pen = QPen(colour, 1, style)
    pen.setCosmetic(True)
    return pen
