"""All keys on one sheet, grouped like the menus."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from vosdesk.gui.theme import SPACE, colours

if TYPE_CHECKING:
    from collections.abc import Sequence

_COLUMNS = 2
_OR = " or "


class KeySheet(QDialog):
    """A sheet to read, with a field to search it.

    Args:
        rows: (group, what it does, its keys joined by " or "), rows of a group in a row.
        parent: The window.
    """

    def __init__(self, rows: Sequence[tuple[str, str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        self.resize(760, 640)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search for an action or a key")
        self.search.setAccessibleName("Search keys")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._on_search_changed)
        self._nothing = QLabel("No action or key has that in it.")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._nothing.hide()
        self._groups = [
            _KeyGroup(title, [(text, keys) for _, text, keys in own])
            for title, own in groupby(rows, key=lambda row: row[0])
        ]
        self._lay_out()

    def visible_rows(self) -> list[tuple[str, str]]:
        """Return (what it does, its keys) of the rows that the search leaves."""
        return [row for group in self._groups for row in group.visible_rows()]

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        column.setSpacing(2 * SPACE)
        column.addWidget(self.search)
        column.addWidget(self._nothing)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(self._sheet())
        area.setAccessibleName("Keys")
        column.addWidget(area, 1)
        buttons = QDialogButtonBox()
        close = buttons.addButton("Close", QDialogButtonBox.ButtonRole.RejectRole)
        close.setAutoDefault(False)
        buttons.rejected.connect(self.close)
        column.addWidget(buttons)

    def _sheet(self) -> QWidget:
        """Fill the columns so that they end at about the same height."""
        sheet = QWidget()
        row = QHBoxLayout(sheet)
        row.setContentsMargins(0, 0, 2 * SPACE, 0)
        row.setSpacing(4 * SPACE)
        columns = [QVBoxLayout() for _ in range(_COLUMNS)]
        heights = [0] * _COLUMNS
        for group in self._groups:
            place = heights.index(min(heights))
            columns[place].addWidget(group)
            heights[place] += group.size + 2
        for column in columns:
            column.setSpacing(3 * SPACE)
            column.addStretch(1)
            row.addLayout(column, 1)
        return sheet

    def _on_search_changed(self, text: str) -> None:
        for group in self._groups:
            group.search(text)
        self._nothing.setVisible(not self.visible_rows())


class _KeyGroup(QWidget):
    """One menu's rows below its name."""

    def __init__(self, title: str, rows: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._title = title
        self._rows = [(text, keys, QLabel(text), _caps(keys)) for text, keys in rows]
        self.size = len(self._rows)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(SPACE)
        grid.setVerticalSpacing(6)
        heading = QLabel(title)
        heading.setStyleSheet(f"color: {colours().accent}; font-weight: 600;")
        grid.addWidget(heading, 0, 0, 1, 2)
        for place, (_, _, label, caps) in enumerate(self._rows, start=1):
            label.setWordWrap(True)
            grid.addWidget(label, place, 0)
            grid.addWidget(caps, place, 1, Qt.AlignmentFlag.AlignRight)
        grid.setColumnStretch(0, 1)

    def visible_rows(self) -> list[tuple[str, str]]:
        """Return the texts of the rows that are shown."""
        return [(text, keys) for text, keys, label, _ in self._rows if not label.isHidden()]

    def search(self, wanted: str) -> None:
        """Hide the rows that do not have the text in action, key or title."""
        needle = wanted.strip().casefold()
        for text, keys, label, caps in self._rows:
            found = needle in f"{self._title} {text} {keys}".casefold()
            label.setVisible(found)
            caps.setVisible(found)
        self.setVisible(bool(self.visible_rows()))


def _caps(keys: str) -> QWidget:
    """Return keys drawn like those of a keyboard."""
    box = QWidget()
    row = QHBoxLayout(box)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(SPACE // 2)
    now = colours()
    for key in keys.split(_OR):
        cap = QLabel(key)
        cap.setStyleSheet(
            f"background: {now.raised}; border: 1px solid {now.strong_border};"
            " border-bottom-width: 2px; border-radius: 4px; padding: 1px 6px;"
        )
        row.addWidget(cap)
    return box
