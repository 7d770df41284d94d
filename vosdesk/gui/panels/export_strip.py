"""The export's progress, in the status bar while there is one."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QToolButton, QWidget

from vosdesk.gui.theme import SPACE, set_icon

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
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE, 2, SPACE, 2)
        row.setSpacing(SPACE)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(_BAR_WIDTH)
        self.bar.setAccessibleName("Progress of the export")
        set_icon(self.cancel_button, "stop")
        self.cancel_button.setToolTip("Cancel the export; nothing half done stays behind")
        self.cancel_button.setAccessibleName("Cancel the export")
        self.cancel_button.setIconSize(QSize(16, 16))
        self.cancel_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        for widget in (self.text, self.bar, self.cancel_button):
            row.addWidget(widget)
