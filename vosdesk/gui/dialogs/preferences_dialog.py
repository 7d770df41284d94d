"""The user's options in one form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from vosdesk.gui.dialogs.fitting import fit_height
from vosdesk.gui.dialogs.questions import ask_clear_stores
from vosdesk.gui.theme import SPACE, colours, indent_text
from vosdesk.gui.wording import format_bytes

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from vosdesk.gui.settings import Preferences

Choices: TypeAlias = Sequence[tuple[str, str]]
"""Values and what the user reads for them."""

_THEMES: Choices = (("system", "Like the system"), ("light", "Light"), ("dark", "Dark"))


class PreferencesDialog(QDialog):
    """Shows the options and tells the changed ones when the user saves them.

    Args:
        preferences: As they are now.
        devices: That embeddings can be computed on.
        models: That can be chosen.
        store_size: Of all embedding stores on disk, in bytes.
        parent: The window.

    Attributes:
        preferences_changed: The new Preferences, after the dialog closed; only where they differ.
        stores_cleared: The user agreed that all embedding stores go.
    """

    preferences_changed = Signal(object)
    stores_cleared = Signal()

    def __init__(
        self,
        preferences: Preferences,
        devices: Choices,
        models: Choices,
        store_size: int,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Preferences")
        self.setMinimumWidth(440)
        self._preferences = preferences
        self._store_size = store_size
        self.theme = _combo("Theme", _THEMES, preferences.theme)
        self.device = _combo("Device", devices, preferences.device)
        self.model = _combo("Model", models, preferences.model)
        self.store_limit = _limit_box(preferences.store_limit_gb)
        self.autosave = _autosave_box(preferences.autosave_seconds)
        self.store_text = QLabel()
        self.clear_button = QPushButton("Clear stores…")
        self.buttons = QDialogButtonBox()
        self.save_button = self.buttons.addButton("Save", QDialogButtonBox.ButtonRole.AcceptRole)
        self.cancel_button = self.buttons.addButton(
            "Cancel", QDialogButtonBox.ButtonRole.RejectRole
        )
        self._lay_out()
        self.set_store_size(store_size)
        self.clear_button.clicked.connect(self._on_clear_clicked)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)

    def chosen(self) -> Preferences:
        """Return the options as the form shows them."""
        return self._preferences.model_copy(
            update={
                "theme": self.theme.currentData(),
                "device": self.device.currentData(),
                "model": self.model.currentData(),
                "store_limit_gb": self.store_limit.value(),
                "autosave_seconds": self.autosave.value(),
            }
        )

    def set_store_size(self, size: int) -> None:
        """Show how much room the stores take, in bytes, as after clearing them."""
        self._store_size = size
        self.store_text.setText(format_bytes(size) if size else "No stores")
        self.clear_button.setEnabled(size > 0)

    def showEvent(self, event: QShowEvent) -> None:
        """Make room for the texts in the font that is now known."""
        fit_height(self)
        super().showEvent(event)

    def accept(self) -> None:
        """Close, and tell what changed."""
        super().accept()
        chosen = self.chosen()
        if chosen != self._preferences:
            self.preferences_changed.emit(chosen)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        form = QFormLayout()
        form.setHorizontalSpacing(2 * SPACE)
        form.setVerticalSpacing(SPACE)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        form.addRow("Theme", self.theme)
        form.addRow("Autosave", self.autosave)
        form.addRow(_gap())
        form.addRow("Device", self.device)
        form.addRow("Model", self.model)
        form.addRow("", _note("Fewer pixels are faster. Another model embeds every video anew."))
        form.addRow(_gap())
        form.addRow("Disk for stores", self.store_limit)
        form.addRow("", _note("Embeddings of videos not opened for longest make room first."))
        stores = QHBoxLayout()
        stores.addWidget(self.store_text, 1)
        stores.addWidget(self.clear_button)
        form.addRow("In use", stores)
        column.addLayout(form)
        column.addStretch(1)
        column.addSpacing(2 * SPACE)
        column.addWidget(self.buttons)
        self.clear_button.setAutoDefault(False)
        self.save_button.setDefault(True)

    def _on_clear_clicked(self) -> None:
        if ask_clear_stores(self, self._store_size):
            self.set_store_size(0)
            self.stores_cleared.emit()


def _combo(name: str, choices: Choices, value: str) -> QComboBox:
    """Offer the choices; a value that is none of them (an unplugged card) stays choosable."""
    box = QComboBox()
    box.setAccessibleName(name)
    for data, text in choices:
        box.addItem(text, data)
    if box.findData(value) < 0:
        box.addItem(f"{value} (not here)", value)
    box.setCurrentIndex(box.findData(value))
    return box


def _limit_box(gigabytes: float) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setAccessibleName("Disk for stores")
    box.setRange(0, 100_000)
    box.setDecimals(0 if gigabytes == int(gigabytes) else 1)
    box.setSuffix(" GB")
    box.setSpecialValueText("No limit")
    box.setValue(gigabytes)
    indent_text(box)
    return box


def _autosave_box(seconds: int) -> QSpinBox:
    box = QSpinBox()
    box.setAccessibleName("Autosave")
    box.setRange(0, 3600)
    box.setSingleStep(10)
    box.setPrefix("every ")
    box.setSuffix(" s")
    box.setSpecialValueText("Off")
    box.setToolTip("How often a recovery copy of unsaved work is made")
    box.setValue(seconds)
    indent_text(box)
    return box


def _note(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setStyleSheet(f"color: {colours().muted_text};")
    return label


def _gap() -> QWidget:
    gap = QWidget()
    gap.setFixedHeight(SPACE)
    return gap
