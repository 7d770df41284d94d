"""Which format, which folder, and whether anything there may be replaced."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from vosdesk.gui.dialogs.fitting import fit_height
from vosdesk.gui.theme import SPACE, colours
from vosdesk.gui.wording import count_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QShowEvent

    from vosdesk.export import Exporter


@dataclass(frozen=True)
class ExportChoice:
    """The user's answer.

    Attributes:
        format_name: The format's name.
        folder: Where to write.
        overwrite: Whether an earlier export there may be replaced.
        partial: Whether to export although frames are not embedded yet.
    """

    format_name: str
    folder: Path
    overwrite: bool
    partial: bool


class ExportDialog(QDialog):
    """Asks how to export. Open it with ``open()`` and wait for ``export_requested``.

    Args:
        formats: At least one; the first is chosen to begin with.
        folder: Offered to begin with.
        missing: Frames that are not embedded yet.
        parent: The window.

    Attributes:
        export_requested: The ExportChoice, after the dialog closed.
    """

    export_requested = Signal(object)

    def __init__(
        self,
        formats: Sequence[Exporter],
        folder: Path,
        missing: int = 0,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export")
        self.setMinimumWidth(480)
        self._formats = QButtonGroup(self)
        self._names = [item.name for item in formats]
        self.folder = QLineEdit(str(folder))
        self.browse_button = QPushButton("Choose…")
        self.state = QLabel()
        self.overwrite = QCheckBox("Replace the earlier export")
        self.partial = QCheckBox("Export anyway, with painted pixels only on those frames")
        self.buttons = QDialogButtonBox()
        self.export_button = self.buttons.addButton(
            "Export", QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.cancel_button = self.buttons.addButton(
            "Cancel", QDialogButtonBox.ButtonRole.RejectRole
        )
        self._missing = missing
        self._lay_out(formats)
        self._connect()
        self._check()

    def choice(self) -> ExportChoice:
        """Return what is chosen now."""
        return ExportChoice(
            self._names[self._formats.checkedId()],
            self._path(),
            self.overwrite.isVisibleTo(self) and self.overwrite.isChecked(),
            self.partial.isChecked(),
        )

    def choose_format(self, name: str) -> None:
        """Check a format, as when it was used the last time."""
        self._formats.button(self._names.index(name)).setChecked(True)

    def showEvent(self, event: QShowEvent) -> None:
        """Make room for the texts in the font that is now known."""
        fit_height(self)
        super().showEvent(event)

    def accept(self) -> None:
        """Close, and tell the choice."""
        super().accept()
        self.export_requested.emit(self.choice())

    def _path(self) -> Path:
        return Path(self.folder.text().strip()).expanduser()

    def _lay_out(self, formats: Sequence[Exporter]) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        column.setSpacing(SPACE)
        column.addWidget(_heading("Format"))
        for place, item in enumerate(formats):
            column.addLayout(self._format_row(place, item))
        column.addSpacing(SPACE)
        column.addWidget(_heading("Folder"))
        column.addLayout(self._folder_row())
        self.state.setWordWrap(True)
        column.addWidget(self.state)
        column.addWidget(self.overwrite)
        if self._missing:
            column.addSpacing(SPACE)
            column.addWidget(_heading("Not embedded yet"))
            missing = count_of(self._missing, "frame has", "frames have")
            column.addWidget(QLabel(f"{missing} no labels yet."))
            column.addWidget(self.partial)
        column.addStretch(1)
        column.addSpacing(SPACE)
        column.addWidget(self.buttons)
        self.export_button.setDefault(True)

    def _format_row(self, place: int, item: Exporter) -> QVBoxLayout:
        button = QRadioButton(item.title)
        button.setAccessibleDescription(item.description)
        button.setChecked(place == 0)
        self._formats.addButton(button, place)
        description = QLabel(item.description)
        description.setWordWrap(True)
        description.setContentsMargins(3 * SPACE, 0, 0, 0)
        description.setStyleSheet(f"color: {colours().muted_text};")
        row = QVBoxLayout()
        row.setSpacing(2)
        row.addWidget(button)
        row.addWidget(description)
        return row

    def _folder_row(self) -> QHBoxLayout:
        self.folder.setAccessibleName("Folder to write to")
        self.folder.setPlaceholderText("Folder to write to")
        self.browse_button.setAutoDefault(False)
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(self.folder, 1)
        row.addWidget(self.browse_button)
        return row

    def _connect(self) -> None:
        self.folder.textChanged.connect(self._check)
        self.overwrite.toggled.connect(self._check)
        self.partial.toggled.connect(self._check)
        self.browse_button.clicked.connect(self._browse)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)

    def _browse(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Folder to write to", str(self._path()))
        if chosen:
            self.folder.setText(chosen)

    def _check(self) -> None:
        """Say what is in the folder, and offer Export only where it can work."""
        problem, occupied = _look_at(self._path() if self.folder.text().strip() else None)
        self.state.setText(problem or _OCCUPIED if occupied or problem else "")
        self.state.setVisible(bool(self.state.text()))
        colour = colours().error if problem else colours().warning
        self.state.setStyleSheet(f"color: {colour};")
        self.overwrite.setVisible(occupied)
        allowed = not occupied or self.overwrite.isChecked()
        complete = not self._missing or self.partial.isChecked()
        self.export_button.setEnabled(not problem and allowed and complete)
        if self.isVisible():
            fit_height(self)


_OCCUPIED = "This folder is not empty. Only files of an earlier export can be replaced."


def _look_at(folder: Path | None) -> tuple[str, bool]:
    """Return what is wrong with a folder, and whether something is in it already."""
    if folder is None:
        return "Choose a folder.", False
    try:
        if not folder.is_absolute():
            return "Write the whole path of the folder.", False
        if folder.is_dir():
            with os.scandir(folder) as entries:
                return "", any(entries)
        if folder.exists():
            return "This is a file, not a folder.", False
    except (OSError, ValueError):
        return "This folder cannot be read.", False
    return "", False


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    font = label.font()
    font.setBold(True)
    label.setFont(font)
    label.setAlignment(Qt.AlignmentFlag.AlignLeft)
    return label
