"""How a row of the objects panel looks, and where it can be clicked."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QWidget,
)

from vosdesk.arrays import BACKGROUND
from vosdesk.gui.panels.objects_model import Role
from vosdesk.gui.panels.swatches import paint_swatch
from vosdesk.gui.theme import SPACE, colours, icon
from vosdesk.gui.wording import count_of
from vosdesk.project.objects import MAX_NAME

ROW_HEIGHT = 32
_SWATCH = 16
_EYE = 18
_DIGIT = 16
_COUNT = 36


@dataclass(frozen=True)
class RowPlaces:
    """The parts of one row, from left to right, in pixels."""

    digit: QRect
    swatch: QRect
    name: QRect
    count: QRect
    eye: QRect

    @classmethod
    def of(cls, row: QRect) -> RowPlaces:
        """Divide a row; the name takes what is left."""
        digit = QRect(row.left() + SPACE, row.top(), _DIGIT, row.height())
        swatch = QRect(
            digit.right() + SPACE // 2, row.center().y() - _SWATCH // 2 + 1, _SWATCH, _SWATCH
        )
        eye = QRect(row.right() - SPACE - _EYE, row.center().y() - _EYE // 2 + 1, _EYE, _EYE)
        count = QRect(eye.left() - SPACE - _COUNT, row.top(), _COUNT, row.height())
        name = QRect(swatch.right() + SPACE, row.top(), 0, row.height())
        name.setRight(count.left() - 4)
        return cls(digit, swatch, name, count, eye)


class ObjectsDelegate(QStyledItemDelegate):
    """Digit, colour, name, number of strokes, eye.

    Attributes:
        colour_clicked: The id of the object whose colour was clicked.
        eye_clicked: The id of the object whose eye was clicked.
    """

    colour_clicked = Signal(int)
    eye_clicked = Signal(int)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        """Return one height for all rows."""
        return QSize(160, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Draw the row; a hidden object's texts are muted."""
        now, places = colours(), RowPlaces.of(option.rect)
        painter.save()
        _paint_ground(painter, option)
        visible = index.data(Role.VISIBLE)
        paint_swatch(painter, QRectF(places.swatch), QColor(index.data(Role.COLOUR)))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(now.text if visible else now.muted_text))
        name = option.fontMetrics.elidedText(
            index.data(), Qt.TextElideMode.ElideRight, places.name.width()
        )
        painter.drawText(places.name, middle | Qt.AlignmentFlag.AlignLeft, name)
        painter.setPen(QColor(now.muted_text))
        painter.drawText(
            places.digit, middle | Qt.AlignmentFlag.AlignHCenter, index.data(Role.DIGIT)
        )
        if strokes := index.data(Role.STROKES):
            painter.drawText(places.count, middle | Qt.AlignmentFlag.AlignRight, f"{strokes}")
        if index.data(Role.OBJECT_ID) != BACKGROUND:
            eye = icon("eye") if visible else icon("eye-off", now.muted_text)
            eye.paint(painter, places.eye)
        painter.restore()

    def createEditor(
        self, parent: QWidget, option: QStyleOptionViewItem, index: QModelIndex
    ) -> QWidget:
        """Edit the name in place."""
        editor = QLineEdit(parent)
        editor.setMaxLength(MAX_NAME)
        editor.setAccessibleName("Name of the object")
        return editor

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        """Put the editor where the name is."""
        place = RowPlaces.of(option.rect).name
        editor.setGeometry(place.adjusted(-SPACE, 2, 0, -2))

    def editorEvent(
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: QModelIndex,
    ) -> bool:
        """Take clicks on colour and eye; the rest selects or edits."""
        if not isinstance(event, QMouseEvent) or index.data(Role.OBJECT_ID) == BACKGROUND:
            return super().editorEvent(event, model, option, index)
        places, where = RowPlaces.of(option.rect), event.position().toPoint()
        for place, clicked in (
            (places.swatch, self.colour_clicked),
            (places.eye, self.eye_clicked),
        ):
            if place.adjusted(-4, -4, 4, 4).contains(where):
                left = event.button() == Qt.MouseButton.LeftButton
                if left and event.type() == QEvent.Type.MouseButtonRelease:
                    clicked.emit(index.data(Role.OBJECT_ID))
                return left
        return super().editorEvent(event, model, option, index)

    def helpEvent(
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,
        index: QModelIndex,
    ) -> bool:
        """Say what a click would do."""
        if index.isValid():
            QToolTip.showText(event.globalPos(), _tip(index, option.rect, event), view)
        return True


def _paint_ground(painter: QPainter, option: QStyleOptionViewItem) -> None:
    now = colours()
    if option.state & QStyle.StateFlag.State_Selected:
        painter.fillRect(option.rect, QColor(now.selection))
        painter.fillRect(
            QRect(option.rect.left(), option.rect.top(), 3, option.rect.height()),
            QColor(now.accent),
        )
    elif option.state & QStyle.StateFlag.State_MouseOver:
        painter.fillRect(option.rect, QColor(now.hover))
    if option.state & QStyle.StateFlag.State_HasFocus:
        painter.setPen(QPen(QColor(now.accent), 1))
        painter.drawRect(option.rect.adjusted(0, 0, -1, -1))


def _tip(index: QModelIndex, row: QRect, event: QHelpEvent) -> str:
    places = RowPlaces.of(row)
    name, background = index.data(), index.data(Role.OBJECT_ID) == BACKGROUND
    if not background and places.swatch.contains(event.pos()):
        return f"Change the colour of {name}"
    if not background and places.eye.contains(event.pos()):
        return f"{'Hide' if index.data(Role.VISIBLE) else 'Show'} {name}"
    strokes = count_of(index.data(Role.STROKES), "stroke")
    digit = index.data(Role.DIGIT)
    return f"{name}: {strokes}" + (f"\nPress {digit} to paint it" if digit else "")
