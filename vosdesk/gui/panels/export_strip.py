"""The export's progress, in the status bar while there is one."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QProgressBar, QToolButton, QWidget

from vosdesk.gui.panels.strip_parts import dress_bar, dress_button, strip_row

_BAR_WIDTH = 100


class ExportStrip(QWidget):
    """How far the export is, and a button that ends it; hidden where none runs.

    Attributes:
        cancelled: The user wants it to end.
    """

    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = QLabel()
        self.bar = QProgressBar()
        self.cancel_button = QToolButton()
        self._lay_out()
        self.cancel_button.clicked.connect(self.cancelled)
        self.hide()

    def set_progress(self, done: int, total: int) -> None:
        """Show how far it is; a total of 0 where that is not known yet."""
        self.text.setText(f"Exporting {done} / {total}" if total else "Exporting")
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        self.bar.setAccessibleDescription(self.text.text())
        self.show()

    def _lay_out(self) -> None:
        row = strip_row(self)
        dress_bar(self.bar, "Progress of the export", _BAR_WIDTH)
        dress_button(
            self.cancel_button, "stop", "Cancel the export; nothing half done stays behind"
        )
        for widget in (self.text, self.bar, self.cancel_button):
            row.addWidget(widget)
