"""The gesture in progress, drawn as it will be painted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget
from typing_extensions import override

from vosdesk.gui.canvas.drawing import MAX_BRUSH
from vosdesk.gui.canvas.geometry import runs_near
from vosdesk.gui.canvas.ink import (
    HALO,
    LIGHT,
    area_path,
    disc_path,
    draw_bold_outline,
    draw_outline,
    line_path,
    line_pen,
    with_alpha,
)
from vosdesk.gui.canvas.sketch import Shape, Sketch

if TYPE_CHECKING:
    from vosdesk.arrays import Size

_BAND, _WASH = 0.6, 0.3
_HANDLE = 4.0
"""Radius of a vertex in widget pixels."""
_REACH = 12.0
"""Widget pixels that handles and outlines may reach beyond the points."""


class PreviewItem(QGraphicsItem):
    """Draws a Sketch in the colour of its object.

    A stroke may be long, so that only what its last move added is drawn anew.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self._sketch: Sketch | None = None
        self._colour = QColor(LIGHT)
        self._pixel = 1.0
        self._room = QRectF()

    def set_size(self, size: Size) -> None:
        """Set the picture's size; sketches may reach as far again on all sides of it."""
        self.prepareGeometryChange()
        margin = max(size) + 2 * MAX_BRUSH
        room = QRectF(0, 0, size.width, size.height)
        self._room = room.adjusted(-margin, -margin, margin, margin)

    def set_sketch(self, sketch: Sketch | None, colour: QColor) -> None:
        """Show a sketch; None shows nothing."""
        before = self._sketch
        grows = _grows(before, sketch) and colour == self._colour
        self._sketch = sketch
        self._colour = colour
        reach = _REACH * self._pixel
        for changed in (None if grows else before, sketch):
            if changed is not None:
                new_from = len(before.points) - 1 if grows and before is not None else 0
                self.update(_bounds(changed, new_from).adjusted(-reach, -reach, reach, reach))

    def set_pixel(self, pixel: float) -> None:
        """Tell the side of a widget pixel in source pixels."""
        self._pixel = pixel

    @override
    def boundingRect(self) -> QRectF:
        return self._room

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
            self._paint_line(painter, sketch, option.exposedRect)
        elif sketch.shape is Shape.AREA:
            path = area_path(sketch.points)
            painter.fillPath(path, with_alpha(self._colour, _WASH))
            draw_outline(painter, path, self._colour)
        else:
            self._paint_polygon(painter, sketch)

    def _paint_point(self, painter: QPainter, sketch: Sketch) -> None:
        disc = disc_path(sketch.points[0], sketch.radius)
        painter.fillPath(disc, with_alpha(self._colour, _BAND))
        draw_outline(painter, disc, LIGHT)

    def _paint_line(self, painter: QPainter, sketch: Sketch, shown: QRectF) -> None:
        colour = with_alpha(self._colour, _BAND)
        if len(sketch.points) == 1:
            painter.fillPath(disc_path(sketch.points[0], sketch.radius), colour)
            return
        corners = shown.topLeft().toTuple(), shown.bottomRight().toTuple()
        path = QPainterPath()
        for run in runs_near(sketch.points, *corners, margin=sketch.radius):
            path.addPath(line_path(run))
        round_cap, round_join = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
        pen = QPen(colour, 2 * sketch.radius, Qt.PenStyle.SolidLine, round_cap, round_join)
        painter.strokePath(path, pen)

    def _paint_polygon(self, painter: QPainter, sketch: Sketch) -> None:
        vertices = sketch.points
        if sketch.next_vertex is not None and not sketch.closes:
            vertices = (*vertices, sketch.next_vertex)
        painter.fillPath(area_path(vertices), with_alpha(self._colour, _WASH))
        painter.setPen(line_pen(painter, with_alpha(LIGHT, 0.7), 1.0, Qt.PenStyle.DashLine))
        painter.drawPath(area_path(vertices))
        draw_bold_outline(painter, line_path(sketch.points), (self._colour,))
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


def _grows(before: Sketch | None, after: Sketch | None) -> bool:
    """Whether a stroke only got longer."""
    if before is None or after is None or after.shape is not Shape.LINE:
        return False
    same = before.shape is Shape.LINE and before.radius == after.radius
    return same and after.points[: len(before.points)] == before.points


def _bounds(sketch: Sketch, first: int) -> QRectF:
    """The rectangle around a sketch, from the given point on."""
    points = sketch.points[first:]
    if sketch.next_vertex is not None:
        points = (*points, sketch.next_vertex)
    if not points:
        return QRectF()
    xs, ys = zip(*points, strict=True)
    grow = sketch.radius
    rect = QRectF(QPointF(min(xs), min(ys)), QPointF(max(xs), max(ys)))
    return rect.adjusted(-grow, -grow, grow, grow)
