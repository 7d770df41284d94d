"""The gesture in progress, drawn as it will be painted."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget
from typing_extensions import override

from vosdesk.gui.canvas.ink import (
    HALO,
    LIGHT,
    area_path,
    disc_path,
    draw_outline,
    line_path,
    line_pen,
    with_alpha,
)
from vosdesk.gui.canvas.sketch import Shape, Sketch

_BAND, _WASH = 0.6, 0.3
_HANDLE = 4.0
"""Radius of a vertex in widget pixels."""
_REACH = 12.0
"""Widget pixels that handles and outlines may reach beyond the points."""


class PreviewItem(QGraphicsItem):
    """Draws a Sketch in the colour of its object."""

    def __init__(self) -> None:
        super().__init__()
        self._sketch: Sketch | None = None
        self._colour = QColor(LIGHT)
        self._pixel = 1.0
        self._bounds = QRectF()

    def set_sketch(self, sketch: Sketch | None, colour: QColor) -> None:
        """Show a sketch; None shows nothing."""
        self.prepareGeometryChange()
        self._sketch = sketch
        self._colour = colour
        self._bounds = QRectF() if sketch is None else _bounds(sketch)
        self.update()

    def set_pixel(self, pixel: float) -> None:
        """Tell the side of a widget pixel in source pixels."""
        self.prepareGeometryChange()
        self._pixel = pixel

    @override
    def boundingRect(self) -> QRectF:
        reach = _REACH * self._pixel
        return self._bounds.adjusted(-reach, -reach, reach, reach)

    @override
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        sketch = self._sketch
        if sketch is None or not sketch.points:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if sketch.shape is Shape.POINT:
            self._paint_point(painter, sketch)
        elif sketch.shape is Shape.LINE:
            self._paint_line(painter, sketch)
        else:
            self._paint_area(painter, sketch)

    def _paint_point(self, painter: QPainter, sketch: Sketch) -> None:
        disc = disc_path(sketch.points[0], sketch.radius)
        painter.fillPath(disc, with_alpha(self._colour, _BAND))
        draw_outline(painter, disc, LIGHT)

    def _paint_line(self, painter: QPainter, sketch: Sketch) -> None:
        colour = with_alpha(self._colour, _BAND)
        if len(sketch.points) == 1:
            painter.fillPath(disc_path(sketch.points[0], sketch.radius), colour)
            return
        round_cap, round_join = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
        pen = QPen(colour, 2 * sketch.radius, Qt.PenStyle.SolidLine, round_cap, round_join)
        painter.strokePath(line_path(sketch.points), pen)

    def _paint_area(self, painter: QPainter, sketch: Sketch) -> None:
        vertices = sketch.points
        if sketch.next_vertex is not None and not sketch.closes:
            vertices = (*vertices, sketch.next_vertex)
        painter.fillPath(area_path(vertices), with_alpha(self._colour, _WASH))
        if sketch.shape is Shape.AREA:
            draw_outline(painter, area_path(vertices), self._colour)
            return
        painter.setPen(line_pen(painter, with_alpha(LIGHT, 0.7), 1.0, Qt.PenStyle.DashLine))
        painter.drawPath(area_path(vertices))
        draw_outline(painter, line_path(sketch.points), self._colour)
        self._paint_handles(painter, sketch)

    def _paint_handles(self, painter: QPainter, sketch: Sketch) -> None:
        for number, vertex in enumerate(sketch.points):
            grown = 1.75 if number == 0 and sketch.closes else 1.0
            radius = _HANDLE * self._pixel * grown
            painter.setBrush(LIGHT if number else self._colour)
            painter.setPen(line_pen(painter, HALO, 3.5))
            painter.drawEllipse(QPointF(*vertex), radius, radius)
            painter.setPen(line_pen(painter, self._colour if number else LIGHT, 1.5))
            painter.drawEllipse(QPointF(*vertex), radius, radius)


def _bounds(sketch: Sketch) -> QRectF:
    points = sketch.points if sketch.next_vertex is None else (*sketch.points, sketch.next_vertex)
    if not points:
        return QRectF()
    xs, ys = zip(*points, strict=True)
    grow = sketch.radius
    rect = QRectF(QPointF(min(xs), min(ys)), QPointF(max(xs), max(ys)))
    return rect.adjusted(-grow, -grow, grow, grow)
