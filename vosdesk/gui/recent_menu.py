"""The menu of files that were open lately."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtWidgets import QMenu


class RecentMenu(QObject):
    """Fills a menu with paths, newest first, above its last entry."""

    path_chosen = Signal(object)
    cleared = Signal()

    def __init__(self, menu: QMenu, clear: QAction, parent: QObject) -> None:
        super().__init__(parent)
        self._menu, self._clear = menu, clear
        self._entries: list[QAction] = []
        clear.triggered.connect(self._on_clear_triggered)

    def show(self, paths: Sequence[str]) -> None:
        """Show these paths instead of the ones before."""
        for entry in self._entries:
            self._menu.removeAction(entry)
            entry.deleteLater()
        self._entries = [self._entry(path) for path in paths]
        self._menu.insertActions(self._clear, self._entries)
        self._menu.setEnabled(bool(paths))

    def _entry(self, path: str) -> QAction:
        # an ampersand in a file's name is no mnemonic
        entry = QAction(Path(path).name.replace("&", "&&"), self._menu)
        entry.setToolTip(path)
        entry.setStatusTip(path)
        entry.triggered.connect(lambda: self.path_chosen.emit(Path(path)))
        return entry

    def _on_clear_triggered(self) -> None:
        self.show(())
        self.cleared.emit()
