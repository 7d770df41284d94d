"""Why a pixel has its label: what it rests on, and the way to the strokes that say so."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from vosdesk.gui.panels.swatches import SIDE, swatch, swatch_icon
from vosdesk.gui.theme import SPACE, set_icon

_INVITATION = "Ask with the Why tool, or with Shift and a click, where a label comes from."


@dataclass(frozen=True)
class WhyRow:
    """A place that a label comes from: a reference that voted, or the end of a path.

    Attributes:
        title: The frame that it is on, and what it is: "12 · Scribble".
        colour: Of the object that it speaks for, ``#rrggbb``.
        similarity: Cosine, -1..1; None for the end of a path.
        weight: Its part of the vote, 0..1; None for the end of a path.
    """

    title: str
    colour: str
    similarity: float | None = None
    weight: float | None = None


@dataclass(frozen=True)
class WhyAnswer:
    """Why a pixel has its label, in words.

    Attributes:
        label: The object's name.
        colour: The object's, ``#rrggbb``.
        where: Which pixel of which frame.
        reason: A sentence.
        rows: The references, the one that counts most first.
    """

    label: str
    colour: str
    where: str
    reason: str
    rows: tuple[WhyRow, ...] = ()


class WhyPanel(QWidget):
    """Shows an answer, and tells which reference the user wants to see.

    Attributes:
        reference_requested: The place of a row that the user wants to be taken to.
        pixel_requested: The user wants to be taken back to the pixel asked about.
    """

    reference_requested = Signal(int)
    pixel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label, self.where, self.reason = QLabel(), QLabel(), QLabel()
        self._swatch = QLabel()
        self._answer: WhyAnswer | None = None
        self.view = QTreeWidget()
        self.go_button, self.back_button = QToolButton(), QToolButton()
        self._lay_out()
        self.view.itemActivated.connect(lambda _item: self._request_current())
        self.view.itemClicked.connect(lambda _item: self._request_current())
        self.view.currentItemChanged.connect(lambda *_items: self._refresh_buttons())
        self.go_button.clicked.connect(self._request_current)
        self.back_button.clicked.connect(self.pixel_requested)
        self.set_answer(None)

    def set_answer(self, answer: WhyAnswer | None) -> None:
        """Show an answer; None shows how to ask. The same one again leaves the marked row alone."""
        if answer == self._answer and answer is not None:
            return
        self._answer = answer
        self._swatch.setVisible(answer is not None)
        if answer is not None:
            ratio = self.devicePixelRatio()
            self._swatch.setPixmap(swatch(QColor(answer.colour), ratio))
        self.label.setText(answer.label if answer else "")
        self.where.setText(answer.where if answer else "")
        self.where.setVisible(answer is not None)
        self.reason.setText(answer.reason if answer else _INVITATION)
        self.view.clear()
        self.view.addTopLevelItems([_item(row) for row in (answer.rows if answer else ())])
        self.view.setVisible(bool(answer and answer.rows))
        if answer and answer.rows:
            self.view.setCurrentItem(self.view.topLevelItem(0))
        self.back_button.setEnabled(answer is not None)
        self._refresh_buttons()

    def current(self) -> int:
        """Return the place of the marked row; -1 for none."""
        return self.view.indexOfTopLevelItem(self.view.currentItem())

    def _request_current(self) -> None:
        if self.current() >= 0:
            self.reference_requested.emit(self.current())

    def _refresh_buttons(self) -> None:
        self.go_button.setEnabled(self.current() >= 0)

    def _lay_out(self) -> None:
        self.setMinimumWidth(220)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        self._swatch.setFixedSize(SIDE, SIDE)
        self.reason.setWordWrap(True)
        self.where.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        font = self.label.font()
        font.setBold(True)
        self.label.setFont(font)
        for label, name in (
            (self.label, "Label"),
            (self.where, "Pixel"),
            (self.reason, "Reason"),
        ):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setAccessibleName(name)
        self._set_up_view()
        head = QHBoxLayout()
        head.setSpacing(SPACE)
        head.addWidget(self._swatch)
        head.addWidget(self.label, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE, SPACE, SPACE, SPACE // 2)
        column.setSpacing(SPACE)
        column.addLayout(head)
        column.addWidget(self.where)
        column.addWidget(self.reason)
        column.addWidget(self.view, 1)
        column.addStretch(0)
        column.addLayout(self._button_row())

    def _set_up_view(self) -> None:
        view = self.view
        view.setAccessibleName("References")
        view.setHeaderLabels(["Frame", "Alike", "Vote"])
        view.headerItem().setToolTip(1, "How similar it is: 1 is the same")
        view.headerItem().setToolTip(2, "Its part of the vote")
        view.setRootIsDecorated(False)
        view.setUniformRowHeights(True)
        view.setAllColumnsShowFocus(True)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        header = view.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)

    def _button_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(SPACE // 2)
        for button, picture, text, tip in (
            (self.go_button, "frame", "Reference", "Show the frame of the reference (Y)"),
            (self.back_button, "why", "Pixel", "Go back to the pixel (Shift+Y)"),
        ):
            set_icon(button, picture)
            button.setText(text)
            button.setToolTip(tip)
            button.setAccessibleName(tip.partition(" (")[0])
            button.setIconSize(QSize(18, 18))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(button)
        row.addStretch(1)
        return row


def _item(row: WhyRow) -> QTreeWidgetItem:
    alike = "" if row.similarity is None else f"{row.similarity:.2f}"
    item = QTreeWidgetItem([row.title, alike, "" if row.weight is None else f"{row.weight:.0%}"])
    item.setToolTip(0, row.title)  # a longer one is cut off
    item.setIcon(0, swatch_icon(QColor(row.colour)))
    for column in (1, 2):
        item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return item
