"""Where a label comes from: the pixel that was asked about, and the references that answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEasingCurve, QPointF, QRectF, QVariantAnimation
from PySide6.QtGui import QColor, QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsObject, QStyleOptionGraphicsItem, QWidget
from typing_extensions import override

from vosdesk.gui.canvas.ink import HALO, LIGHT, line_pen, with_alpha

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vosdesk.arrays import Size
    from vosdesk.project.annotations import Point

FLASH_MS = 1400
"""Long enough for the eye to arrive after the frame has changed."""
_PULSES = 2
_RING, _FLASH = 6.0, 34.0
"""Radius of a mark, and up to which a flash grows, in widget pixels."""
_REACH = _FLASH + 4.0
_ARM = 11.0
"""Half the length of the cross on the pixel that was asked about, in widget pixels."""


@dataclass(frozen=True)
class Mark:
    """A place on the visible frame that a label comes from.

    Attributes:
        point: In source pixels.
        colour: Of the object that it speaks for.
        weight: How much it counts, 0..1; the mark of a light one is fainter.
    """

    point: Point
    colour: QColor
    weight: float = 1.0


class TraceItem(QGraphicsObject):
    """A cross on the pixel asked about, a ring on each place it comes from; one may flash."""

    def __init__(self) -> None:
        super().__init__()
        self._asked: Point | None = None
        self._marks: tuple[Mark, ...] = ()
        self._flash: Mark | None = None
        self._pixel = 1.0
        self._room = QRectF()
        self._animation = QVariantAnimation(self)
        self._animation.setStartValue(0.0)
        self._animation.setEndValue(float(_PULSES))
        self._animation.setDuration(FLASH_MS)
        self._animation.setEasingCurve(QEasingCurve.Type.Linear)
        self._animation.valueChanged.connect(self._on_flash_moved)
        self._animation.finished.connect(self._on_flash_finished)

    @property
    def flashing(self) -> bool:
        """Whether a place flashes at this moment."""
        return self._flash is not None

    def set_size(self, size: Size) -> None:
        """Set the picture's size."""
        self.prepareGeometryChange()
        margin = 2 * max(size)
        self._room = QRectF(0, 0, *size).adjusted(-margin, -margin, margin, margin)

    def set_pixel(self, pixel: float) -> None:
        """Tell the side of a widget pixel in source pixels."""
        self._pixel = pixel

    def set_marks(self, asked: Point | None, marks: Sequence[Mark]) -> None:
        """Show a cross and rings; None and no marks show nothing."""
        if (asked, tuple(marks)) != (self._asked, self._marks):
            self._asked, self._marks = asked, tuple(marks)
            self.update()

    def flash(self, mark: Mark) -> None:
        """Draw the eye to a place."""
        self._animation.stop()
        self._flash = mark
        self._animation.start()

    @override
    def boundingRect(self) -> QRectF:
        return self._room

    @override
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for mark in self._marks:
            self._paint_ring(painter, mark)
        if self._flash is not None:
            self._paint_flash(painter, self._flash)
        if self._asked is not None:
            self._paint_cross(painter, QPointF(*self._asked))

    def _paint_ring(self, painter: QPainter, mark: Mark) -> None:
        strength = 0.45 + 0.55 * mark.weight
        side = _RING * self._pixel
        painter.setBrush(with_alpha(mark.colour, strength))
        for colour, width in ((HALO, 4.0), (with_alpha(LIGHT, strength), 1.75)):
            painter.setPen(line_pen(painter, colour, width))
            painter.drawEllipse(QPointF(*mark.point), side, side)

    def _paint_flash(self, painter: QPainter, mark: Mark) -> None:
        pulse = float(self._animation.currentValue() or 0.0) % 1.0
        side = (_RING + (_FLASH - _RING) * pulse) * self._pixel
        painter.setBrush(with_alpha(mark.colour, 0.35 * (1 - pulse)))
        for colour, width in ((HALO, 6.0), (LIGHT, 3.0)):
            painter.setPen(line_pen(painter, with_alpha(colour, 1 - pulse), width))
            painter.drawEllipse(QPointF(*mark.point), side, side)

    def _paint_cross(self, painter: QPainter, at: QPointF) -> None:
        long, short = _ARM * self._pixel, 0.3 * _ARM * self._pixel
        path = QPainterPath()
        for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            path.moveTo(at + QPointF(x * short, y * short))
            path.lineTo(at + QPointF(x * long, y * long))
        for colour, width in ((HALO, 4.5), (LIGHT, 2.0)):
            painter.setPen(line_pen(painter, colour, width))
            painter.drawPath(path)

    def _on_flash_moved(self) -> None:
        if self._flash is None:
            return
        reach = _REACH * self._pixel
        at = QPointF(*self._flash.point)
        self.update(QRectF(at, at).adjusted(-reach, -reach, reach, reach))

    def _on_flash_finished(self) -> None:
        self._on_flash_moved()
        self._flash = None
