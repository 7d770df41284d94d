"""What stands in the canvas while there is no picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from vosdesk.gui.canvas.ink import with_alpha
from vosdesk.gui.theme import SPACE, Colours, icon

if TYPE_CHECKING:
    from collections.abc import Sequence

_ICON_SIDE = 48
_CARD_WIDTH = 440.0
_ROUNDING = 12.0
_WRAPPED = Qt.AlignmentFlag.AlignHCenter.value | Qt.TextFlag.TextWordWrap.value


@dataclass(frozen=True)
class Placeholder:
    """Words for an empty canvas.

    Attributes:
        message: One line in large letters.
        hints: Keys and what they do, one line each.
    """

    message: str
    hints: Sequence[tuple[str, str]] = ()


def paint_placeholder(
    painter: QPainter, room: QRectF, placeholder: Placeholder, colours: Colours, font: QFont
) -> None:
    """Paint the words in the middle of the room, as a place that things can be dropped on."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    large = QFont(font)
    large.setPointSizeF(font.pointSizeF() * 1.5)
    large.setWeight(QFont.Weight.DemiBold)
    width = min(_CARD_WIDTH, room.width() - 2 * SPACE)
    space = QRectF(0, 0, width - 4 * SPACE, room.height())
    words = QFontMetricsF(large).boundingRect(space, _WRAPPED, placeholder.message)
    hints_height = _row_height(font) * len(placeholder.hints)
    gap = SPACE if placeholder.hints else 0
    height = 3 * SPACE + _ICON_SIDE + 1.5 * SPACE + words.height() + gap + hints_height + 3 * SPACE
    card = QRectF(0, 0, width, height)
    card.moveCenter(room.center())
    if placeholder.hints:
        _paint_card(painter, card, colours)
    middle, top = card.center().x(), card.top() + 3 * SPACE
    painter.setOpacity(0.55)
    place = QRectF(middle - _ICON_SIDE / 2, top, _ICON_SIDE, _ICON_SIDE)
    icon("open-video").paint(painter, place.toRect())
    painter.setOpacity(1.0)
    words.moveTop(top + _ICON_SIDE + 1.5 * SPACE)
    words.setLeft(card.left() + 2 * SPACE)
    words.setRight(card.right() - 2 * SPACE)
    painter.setFont(large)
    painter.setPen(QColor(colours.text))
    painter.drawText(words, _WRAPPED, placeholder.message)
    painter.setFont(font)
    _paint_hints(painter, QPointF(middle, words.bottom() + gap), placeholder, colours)


def paint_drop_frame(painter: QPainter, room: QRectF, colours: Colours) -> None:
    """Show that files over the canvas may be let go."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(with_alpha(QColor(colours.accent), 0.12))
    painter.setPen(QPen(QColor(colours.accent), 2))
    inset = SPACE / 2
    painter.drawRoundedRect(room.adjusted(inset, inset, -inset, -inset), _ROUNDING, _ROUNDING)


def _row_height(font: QFont) -> float:
    return QFontMetricsF(font).height() + 1.5 * SPACE


def _paint_card(painter: QPainter, card: QRectF, colours: Colours) -> None:
    pen = QPen(QColor(colours.strong_border), 1.5, Qt.PenStyle.CustomDashLine)
    pen.setDashPattern([4, 4])
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(card, _ROUNDING, _ROUNDING)


def _paint_hints(
    painter: QPainter, top_centre: QPointF, placeholder: Placeholder, colours: Colours
) -> None:
    """Keys right-aligned on a middle line, what they do left-aligned beside it."""
    metrics = QFontMetricsF(painter.font())
    widths = [metrics.horizontalAdvance(key) + 2 * SPACE for key, _ in placeholder.hints]
    texts = [metrics.horizontalAdvance(text) for _, text in placeholder.hints]
    if not widths:
        return
    split = top_centre.x() + (max(widths) - max(texts) - SPACE) / 2
    row = _row_height(painter.font())
    for number, ((key, text), width) in enumerate(zip(placeholder.hints, widths, strict=True)):
        middle = top_centre.y() + row * (number + 0.5)
        cap = QRectF(split - width, middle - metrics.height() / 2 - 3, width, metrics.height() + 6)
        painter.setPen(QPen(QColor(colours.border), 1))
        painter.setBrush(QColor(colours.raised))
        painter.drawRoundedRect(cap, 4, 4)
        painter.setPen(QColor(colours.text))
        painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, key)
        painter.setPen(QColor(colours.muted_text))
        line = QRectF(split + 1.5 * SPACE, cap.top(), max(texts) + SPACE, cap.height())
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, text)
