"""The picture itself: smooth when small, every pixel a square when large."""

from __future__ import annotations

import math

import cv2
import numpy as np
from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget
from typing_extensions import override

from vosdesk.arrays import Frame, Size, check_frame

SQUARES_FROM = 3.0
"""Screen pixels to a source pixel above which pixels are shown as squares."""
GRID_FROM = 16.0
"""Screen pixels to a source pixel above which hairlines part them."""
_GRID_COLOUR = QColor(128, 128, 128, 70)


class PictureItem(QGraphicsItem):
    """Shows one picture on the rectangle of the video's frame, whatever its own resolution.

    What belongs on the picture is made its child, and so is hidden where there is none.
    """

    def __init__(self) -> None:
        super().__init__()
        self._size = Size(0, 0)
        self._frame: Frame | None = None
        self._levels: list[QPixmap] = []
        self._whole: Frame | None = None
        self._coarsest = 0
        """How often the picture was halved at most, since the zoom changes without being told."""

    @property
    def empty(self) -> bool:
        """Whether there is no picture."""
        return not self._levels

    def set_size(self, size: Size) -> None:
        """Set the rectangle, in source pixels."""
        self.prepareGeometryChange()
        self._size = size

    def set_picture(self, rgb: Frame | None) -> None:
        """Show a picture; None shows nothing.

        The array is converted once, here; half, quarter... sizes follow when they are first
        needed, from the array, which must not be written to meanwhile.
        """
        before, self._whole = self._whole, None if rgb is None else check_frame(rgb)
        self._frame = self._whole
        self._levels = [] if rgb is None else [_pixmap(rgb)]
        self.setVisible(rgb is not None)
        if rgb is None or before is None or before.shape != rgb.shape:
            self.update()
        else:
            self._update_where(before, rgb)

    def _update_where(self, before: Frame, now: Frame) -> None:
        """Have what differs painted again: under the pen that is a small part of the picture."""
        box = _changed_box(before, now)
        if box is None:
            return
        height, width = now.shape[:2]
        across, down = self._size.width / width, self._size.height / height
        # a pixel of the coarsest level that may be shown is blended with those beside it
        left, top, right, bottom = box
        place = QRectF(left * across, top * down, (right - left) * across, (bottom - top) * down)
        reach = 2.0 * max(across, down) * 2**self._coarsest
        self.update(place.adjusted(-reach, -reach, reach, reach).intersected(self.boundingRect()))

    @override
    def boundingRect(self) -> QRectF:
        return QRectF(0, 0, self._size.width, self._size.height)

    @override
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self.empty:
            return
        zoom = painter.worldTransform().m11() * painter.device().devicePixelRatioF()
        pixmap = self._level(zoom * self._size.width / self._levels[0].width())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, zoom <= SQUARES_FROM)
        painter.drawPixmap(self.boundingRect(), pixmap, QRectF(pixmap.rect()))
        if zoom >= GRID_FROM:
            self._paint_grid(painter)

    def _level(self, scale: float) -> QPixmap:
        """The picture halved until its next half would be too coarse for this scale.

        Bilinear sampling alone skips pixels below one half and would make edges shimmer.
        """
        wanted = max(0, math.floor(-math.log2(scale))) if scale > 0 else 0
        while len(self._levels) <= wanted and self._frame is not None:
            height, width = self._frame.shape[:2]
            if min(width, height) < 2:
                break
            half = (width // 2, height // 2)
            self._frame = check_frame(cv2.resize(self._frame, half, interpolation=cv2.INTER_AREA))
            self._levels.append(_pixmap(self._frame))
        level = min(wanted, len(self._levels) - 1)
        self._coarsest = max(self._coarsest, level)
        return self._levels[level]

    def _paint_grid(self, painter: QPainter) -> None:
        shown = painter.clipBoundingRect() if painter.hasClipping() else self._visible(painter)
        shown = shown.intersected(self.boundingRect())
        columns = range(math.ceil(shown.left()), math.floor(shown.right()) + 1)
        rows = range(math.ceil(shown.top()), math.floor(shown.bottom()) + 1)
        pen = QPen(_GRID_COLOUR, 1)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawLines([QLineF(x, shown.top(), x, shown.bottom()) for x in columns])
        painter.drawLines([QLineF(shown.left(), y, shown.right(), y) for y in rows])

    @staticmethod
    def _visible(painter: QPainter) -> QRectF:
        inverse, _ = painter.worldTransform().inverted()
        return inverse.mapRect(QRectF(painter.viewport()))


def _pixmap(rgb: Frame) -> QPixmap:
    height, width = rgb.shape[:2]
    rows = rgb if rgb.strides[1:] == (3, 1) else np.ascontiguousarray(rgb)
    return QPixmap.fromImage(
        QImage(rows.data, width, height, rows.strides[0], QImage.Format.Format_RGB888)
    )


def _changed_box(before: Frame, now: Frame) -> tuple[int, int, int, int] | None:
    """Return left, top, right and bottom of where two pictures of one size differ."""
    differs = cv2.absdiff(before, now).reshape(len(now), -1)
    left, top, width, height = cv2.boundingRect(differs)  # three numbers to a pixel
    return (left // 3, top, -(-(left + width) // 3), top + height) if height else None
