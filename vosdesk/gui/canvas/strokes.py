"""The annotations of the visible frame, drawn faintly over the picture."""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmapCache
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget
from typing_extensions import override

from vosdesk.arrays import BACKGROUND, VOID, ObjectId
from vosdesk.errors import MaskError
from vosdesk.gui.canvas.contours import band_outlines, mask_outlines
from vosdesk.gui.canvas.ink import (
    HALO,
    LIGHT,
    area_path,
    disc_path,
    draw_bold_outline,
    draw_outline,
    with_alpha,
)
from vosdesk.project.annotations import ERASED, Annotation, Click, MaskAnnotation, Scribble

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

logger = logging.getLogger(__name__)

ERASER_COLOUR = QColor("#d9dce1")
UNKNOWN_COLOUR = QColor("#9aa0a9")
"""Of an object for which no colour was given."""

_CACHE_KILOBYTES = 64 * 1024
"""For the drawn strokes, which only zooming changes; Qt's own limit is that of a few icons."""
_FILL, _SELECTED_FILL = 0.28, 0.5
_WIDEST_LINE = 8.0
"""Widget pixels that outlines may reach beyond their shape."""
_MARKER = 7.0
"""Radius of a click's marker in widget pixels."""


class StrokesLayer(QGraphicsItem):
    """Holds one item for each annotation, in paint order."""

    def __init__(self) -> None:
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemHasNoContents)
        QPixmapCache.setCacheLimit(max(QPixmapCache.cacheLimit(), _CACHE_KILOBYTES))
        self._items: dict[int, AnnotationItem] = {}
        self._selected: int | None = None
        self._pixel = 1.0

    @override
    def boundingRect(self) -> QRectF:
        return QRectF()

    @override
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Nothing: only the items in it are drawn."""

    def set_annotations(
        self, annotations: Sequence[Annotation], colours: Mapping[ObjectId, QColor]
    ) -> None:
        """Show these; an item whose annotation did not change is kept with its outline."""
        old, self._items = self._items, {}
        for order, annotation in enumerate(annotations):
            item = old.pop(annotation.id, None)
            if item is None or item.annotation != annotation:
                self._remove(item)
                item = AnnotationItem(annotation, self)
            item.setZValue(order)
            item.set_look(_colour(annotation.object_id, colours), self._pixel)
            item.set_selected(annotation.id == self._selected)
            self._items[annotation.id] = item
        for item in old.values():
            self._remove(item)

    @property
    def selected(self) -> int | None:
        """The id of the highlighted annotation; None where it is not among those shown."""
        return self._selected if self._selected in self._items else None

    def set_selected(self, annotation_id: int | None) -> None:
        """Highlight one annotation, now and whenever it is shown."""
        self._selected = annotation_id
        for item in self._items.values():
            item.set_selected(item.annotation.id == annotation_id)

    def set_pixel(self, pixel: float) -> None:
        """Tell the side of a widget pixel in source pixels."""
        if pixel == self._pixel:
            return
        self._pixel = pixel
        for item in self._items.values():
            item.set_look(item.colour, pixel)

    def _remove(self, item: AnnotationItem | None) -> None:
        if item is not None:
            self.scene().removeItem(item)


class AnnotationItem(QGraphicsItem):
    """One annotation: its area in a thin wash, its outline; a marker where it is a click.

    Background is dashed, an eraser's stroke dotted, and a muted one only a grey outline, so that
    they are told apart without colour as well.
    """

    def __init__(self, annotation: Annotation, parent: QGraphicsItem) -> None:
        super().__init__(parent)
        self.annotation = annotation
        self.colour = UNKNOWN_COLOUR
        self._pixel = 1.0
        self._selected = False
        self._path = _area(annotation)
        self._bounds = self._bounds_of_path()
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)

    def set_look(self, colour: QColor, pixel: float) -> None:
        """Set the object's colour, and the side of a widget pixel in source pixels."""
        if (colour, pixel) == (self.colour, self._pixel):
            return  # what is drawn is kept, and drawing many strokes anew would be felt
        self.prepareGeometryChange()
        self.colour = colour
        self._pixel = pixel
        self._bounds = self._bounds_of_path()
        self.update()

    def set_selected(self, selected: bool) -> None:
        """Draw it highlighted or not."""
        if selected == self._selected:
            return
        if selected and isinstance(self.annotation, MaskAnnotation) and self._path.isEmpty():
            self.prepareGeometryChange()
            self._path = _mask_area(self.annotation)
            self._bounds = self._bounds_of_path()
        self._selected = selected
        self.update()

    @override
    def boundingRect(self) -> QRectF:
        return self._bounds  # asked for every item with every part of the picture that is painted

    def _bounds_of_path(self) -> QRectF:
        reach = max(_WIDEST_LINE, 2 * _MARKER) * self._pixel
        return self._path.boundingRect().adjusted(-reach, -reach, reach, reach)

    @override
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if isinstance(self.annotation, MaskAnnotation) and not self._selected:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if isinstance(self.annotation, Click):
            self._paint_click(painter, self.annotation)
        else:
            self._paint_area(painter)

    def _paint_area(self, painter: QPainter) -> None:
        if not self.annotation.muted:
            alpha = _SELECTED_FILL if self._selected else _FILL
            painter.fillPath(self._path, with_alpha(self.colour, alpha))
        colour = UNKNOWN_COLOUR if self.annotation.muted else self.colour
        style = _line_style(self.annotation)
        if self._selected:
            draw_bold_outline(painter, self._path, (LIGHT, colour))
        else:
            draw_outline(painter, self._path, colour, style)

    def _paint_click(self, painter: QPainter, click: Click) -> None:
        """A disc with plus or minus, as large at every zoom; around it what the click paints."""
        if click.radius > (_MARKER + 3) * self._pixel:
            self._paint_area(painter)
        painter.translate(click.x, click.y)
        painter.scale(self._pixel, self._pixel)
        rim = 3.0 if self._selected else 1.5
        fill = UNKNOWN_COLOUR if click.muted else self.colour
        painter.setPen(QPen(HALO, rim + 2))
        painter.setBrush(fill)
        painter.drawEllipse(QRectF(-_MARKER, -_MARKER, 2 * _MARKER, 2 * _MARKER))
        painter.setPen(QPen(LIGHT, rim))
        painter.drawEllipse(QRectF(-_MARKER, -_MARKER, 2 * _MARKER, 2 * _MARKER))
        _paint_sign(painter, plus=click.object_id != BACKGROUND, on=fill)


def _paint_sign(painter: QPainter, *, plus: bool, on: QColor) -> None:
    ink = QColor("#101114") if on.lightnessF() > 0.55 else LIGHT
    painter.setPen(QPen(ink, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawLine(-3, 0, 3, 0)
    if plus:
        painter.drawLine(0, -3, 0, 3)


def _colour(object_id: ObjectId, colours: Mapping[ObjectId, QColor]) -> QColor:
    if object_id == ERASED:
        return ERASER_COLOUR
    return colours.get(object_id, UNKNOWN_COLOUR)


def _line_style(annotation: Annotation) -> Qt.PenStyle:
    if annotation.object_id == ERASED:
        return Qt.PenStyle.DotLine
    if annotation.object_id == BACKGROUND:
        return Qt.PenStyle.DashLine
    return Qt.PenStyle.SolidLine


@lru_cache(maxsize=512)
def _area(annotation: Annotation) -> QPainterPath:
    """What it paints; empty for a mask, which the picture itself shows already.

    Kept for a while, since the same ones come back with every frame that is visited again.
    """
    path = QPainterPath()
    if isinstance(annotation, Click):
        return disc_path((annotation.x, annotation.y), annotation.radius)
    if isinstance(annotation, Scribble):
        for outline in band_outlines(annotation.points, annotation.radius):
            path.addPath(area_path(outline))
    elif not isinstance(annotation, MaskAnnotation):
        path = area_path(annotation.outline)
    return path


def _mask_area(annotation: MaskAnnotation) -> QPainterPath:
    path = QPainterPath()
    try:
        labels = annotation.label_map()
    except MaskError:
        logger.warning("annotation %d cannot be outlined: its picture is damaged", annotation.id)
        return path
    for outline in mask_outlines((labels != BACKGROUND) & (labels != VOID)):
        path.addPath(area_path(outline))
    return path
