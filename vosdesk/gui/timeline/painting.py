"""Draws the track's layers. The cost depends on the width in pixels, not on the frame count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from vosdesk.gui.theme import SPACE, Colours, icon
from vosdesk.gui.timeline.axis import (
    Axis,
    highest_per_column,
    ruler_step,
    runs,
    share_per_column,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from vosdesk.gui.timeline.axis import Flags, Values
    from vosdesk.gui.timeline.frame_marks import FrameMarks

_LOCK_SIZE = 12
_PILL_HEIGHT = 16
_MINOR_TICK_SPACING = 6.0
_CEILINGS = (0.1, 0.25, 0.5, 0.75, 1.0)
"""Doubts that may be the top of the curve."""
_PROVED_LEVELS = (0.25, 0.5, 0.75, 1.0)
"""Shares of proved labels that are told apart; each adds as much to the line's strength."""


@dataclass(frozen=True)
class Lanes:
    """Where each layer lies, from the top, in pixels."""

    ruler: QRectF
    marks: QRectF
    curve: QRectF
    embedded: QRectF

    @classmethod
    def of(cls, width: float, height: float) -> Lanes:
        """Divide the track; what is left over goes to the curve."""
        ruler, marks, bar = 28.0, 40.0, 4.0
        curve = max(16.0, height - ruler - marks - bar - 2 * SPACE)
        return cls(
            QRectF(0, 0, width, ruler),
            QRectF(0, ruler, width, marks),
            QRectF(0, ruler + marks, width, curve),
            QRectF(0, ruler + marks + curve + SPACE, width, bar),
        )


def paint_layers(
    painter: QPainter, lanes: Lanes, axis: Axis, marks: FrameMarks, colours: Colours
) -> None:
    """Draw everything but playhead and pointer."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _paint_ruler(painter, lanes.ruler, axis, colours)
    _paint_locked(painter, lanes, axis, marks, colours)
    _paint_curve(painter, lanes.curve, axis, marks, colours)
    _paint_proved(painter, lanes.curve, axis, marks.proved, colours)
    _paint_embedded(painter, lanes.embedded, axis, marks.embedded, colours)
    _paint_annotated(painter, lanes.marks, axis, marks, colours)


def paint_playhead(
    painter: QPainter, lanes: Lanes, axis: Axis, frame_index: int, colours: Colours
) -> None:
    """Draw the frame's cell, the line through its middle and the handle to drag."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    bottom = lanes.embedded.bottom()
    top = lanes.ruler.bottom()
    if axis.frame_width >= 3:
        cell = QRectF(axis.start_of(frame_index), top, axis.frame_width, bottom - top)
        painter.fillRect(cell, _faded(colours.accent, 0.18))
    x = axis.centre_of(frame_index)
    accent = QColor(colours.accent)
    painter.fillRect(QRectF(x - 0.75, top - 6, 1.5, bottom - top + 6), accent)
    handle = QPolygonF(
        [
            QPointF(x - 6, top - 14),
            QPointF(x + 6, top - 14),
            QPointF(x + 6, top - 7),
            QPointF(x, top - 1),
            QPointF(x - 6, top - 7),
        ]
    )
    pen = QPen(accent, 2)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(accent)
    painter.drawPolygon(handle)


def _paint_ruler(painter: QPainter, lane: QRectF, axis: Axis, colours: Colours) -> None:
    step = ruler_step(axis)
    baseline = lane.bottom() - 1
    painter.fillRect(QRectF(axis.left, baseline, axis.width, 1), QColor(colours.border))
    minor = _minor_step(step, axis)
    painter.setPen(QColor(colours.border))
    for frame_index in range(0, axis.frame_count, minor):
        x = axis.centre_of(frame_index)
        painter.drawLine(QPointF(x, baseline - 4), QPointF(x, baseline))
    font = painter.font()
    font.setPixelSize(11)
    painter.setFont(font)
    for frame_index in range(0, axis.frame_count, step):
        x = axis.centre_of(frame_index)
        painter.setPen(QColor(colours.strong_border))
        painter.drawLine(QPointF(x, baseline - 6), QPointF(x, baseline))
        painter.setPen(QColor(colours.muted_text))
        box = QRectF(x + 4, lane.top() + 3, 80, 13)
        if box.left() + 8 * len(str(frame_index)) <= lane.right():
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft, f"{frame_index}")


def _minor_step(step: int, axis: Axis) -> int:
    """Return the finest division of a step whose ticks stay apart."""
    for parts in (10, 5, 2):
        if step % parts == 0 and step / parts * axis.frame_width >= _MINOR_TICK_SPACING:
            return step // parts
    return step


def _paint_embedded(
    painter: QPainter, lane: QRectF, axis: Axis, embedded: Flags, colours: Colours
) -> None:
    track = QRectF(axis.left, lane.top(), axis.width, lane.height())
    painter.fillRect(track, QColor(colours.hover))
    full, some = embedded, np.zeros_like(embedded)
    scale = 1.0
    if axis.crowded:
        share = share_per_column(embedded, axis)
        full, some = share >= 1.0, (share > 0.0) & (share < 1.0)
        scale = axis.frame_count / axis.columns
    for flags, opacity in ((full, 1.0), (some, 0.5)):
        for start, stop in runs(flags):
            left, right = axis.start_of(start * scale), axis.start_of(stop * scale)
            painter.fillRect(
                QRectF(left, lane.top(), right - left, lane.height()),
                _faded(colours.embedded, opacity),
            )


def _paint_curve(
    painter: QPainter, lane: QRectF, axis: Axis, marks: FrameMarks, colours: Colours
) -> None:
    """Draw doubt as a filled curve; frames without a value leave a gap.

    Where all doubt is small the curve is enlarged: it is there to find the worst frames. The
    scale goes in steps, so that it holds still while values come in.
    """
    values, scale = marks.unsure, 1.0
    if axis.crowded:
        values = highest_per_column(values, axis)
        scale = axis.frame_count / axis.columns
    painter.fillRect(QRectF(axis.left, lane.bottom(), axis.width, 1), QColor(colours.border))
    values = values / _curve_ceiling(values)
    for start, stop in runs(np.isfinite(values)):
        left, right = axis.start_of(start * scale), axis.start_of(stop * scale)
        heights = [float(value) * (lane.height() - 4) for value in values[start:stop].clip(0, 1)]
        top = [
            QPointF(axis.start_of((start + place + 0.5) * scale), lane.bottom() - height)
            for place, height in enumerate(heights)
        ]
        top = [QPointF(left, top[0].y()), *top, QPointF(right, top[-1].y())]
        _paint_area(painter, top, lane.bottom(), colours.unsure)


def _paint_proved(
    painter: QPainter, lane: QRectF, axis: Axis, proved: Values, colours: Colours
) -> None:
    """Underline the curve, the more firmly the more of a frame's labels is proved."""
    values, scale = np.nan_to_num(proved, nan=0.0), 1.0
    if axis.crowded:
        values = 1 - highest_per_column(1 - values, axis)  # a column is as good as its worst frame
        scale = axis.frame_count / axis.columns
    for level in _PROVED_LEVELS:
        for start, stop in runs(values >= level):
            left, right = axis.start_of(start * scale), axis.start_of(stop * scale)
            line = QRectF(left, lane.bottom(), right - left, 2)
            painter.fillRect(line, _faded(colours.unsure, 1 / len(_PROVED_LEVELS)))


def _curve_ceiling(values: Values) -> float:
    """Return the doubt that reaches the top."""
    highest = float(np.fmax.reduce(values, initial=0.0))
    return next(ceiling for ceiling in _CEILINGS if ceiling >= min(highest, 1.0))


def _paint_area(painter: QPainter, top: list[QPointF], bottom: float, colour: str) -> None:
    area = [QPointF(top[0].x(), bottom), *top, QPointF(top[-1].x(), bottom)]
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_faded(colour, 0.28))
    painter.drawPolygon(QPolygonF(area))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(colour), 1.25))
    painter.drawPolyline(QPolygonF(top))


def _paint_locked(
    painter: QPainter, lanes: Lanes, axis: Axis, marks: FrameMarks, colours: Colours
) -> None:
    """Shade locked frames, with a lock where there is room for one."""
    glyph = icon("lock", colours.text)
    free_from = -1.0
    for left, right in _stretches(marks.locked, axis):
        shade = QRectF(left, lanes.marks.top(), right - left, 0)
        shade.setBottom(lanes.curve.bottom())
        painter.fillRect(shade, _faded(colours.muted_text, 0.16))
        x = (left + right - _LOCK_SIZE) / 2
        if x >= free_from:
            place = QRectF(x, lanes.marks.bottom() - _LOCK_SIZE - 4, _LOCK_SIZE, _LOCK_SIZE)
            glyph.paint(painter, place.toRect())
            free_from = x + _LOCK_SIZE + 2


def _stretches(frames: Collection[int], axis: Axis) -> list[tuple[float, float]]:
    """Return left and right of each stretch of neighbouring frames, in pixels."""
    known = np.fromiter(frames, np.int64, len(frames))
    flags = np.zeros(axis.frame_count, np.bool_)
    flags[known[(known >= 0) & (known < axis.frame_count)]] = True
    scale = 1.0
    if axis.crowded:
        flags, scale = share_per_column(flags, axis) > 0, axis.frame_count / axis.columns
    return [
        (axis.start_of(start * scale), axis.start_of(stop * scale)) for start, stop in runs(flags)
    ]


def _paint_annotated(
    painter: QPainter, lane: QRectF, axis: Axis, marks: FrameMarks, colours: Colours
) -> None:
    """Draw a pill for each annotated frame, one in a column at most."""
    width = min(max(axis.frame_width - 2, 4.0), 8.0)
    for frame_index in _one_per_column(marks.annotated, axis):
        x = axis.centre_of(frame_index) - width / 2
        pill = QRectF(x, lane.top() + 4, width, _PILL_HEIGHT)
        _paint_pill(painter, pill, marks.annotated[frame_index], colours)


def _one_per_column(frames: Collection[int], axis: Axis) -> list[int]:
    """Return the first frame in each pixel column: more could not be seen."""
    ordered = np.sort(np.fromiter(frames, np.int64, len(frames)))
    columns = ordered * axis.columns // axis.frame_count if axis.crowded else ordered
    _, first = np.unique(columns, return_index=True)
    return [int(frame_index) for frame_index in ordered[first]]


def _paint_pill(painter: QPainter, box: QRectF, own: Sequence[QColor], colours: Colours) -> None:
    shape = QPainterPath()
    shape.addRoundedRect(box, box.width() / 2.5, box.width() / 2.5)
    painter.save()
    painter.setClipPath(shape)
    shown = list(own) or [QColor(colours.annotated)]
    part = box.height() / len(shown)
    for place, colour in enumerate(shown):
        painter.fillRect(QRectF(box.left(), box.top() + place * part, box.width(), part), colour)
    painter.restore()
    painter.setPen(QPen(QColor(colours.strong_border), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(shape)


def _faded(colour: str, opacity: float) -> QColor:
    result = QColor(colour)
    result.setAlphaF(opacity)
    return result
