"""What this is, and the facts that a bug report needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from vosdesk.gui.dialogs.fitting import fit_height
from vosdesk.gui.theme import SPACE, app_icon, colours

if TYPE_CHECKING:
    from collections.abc import Sequence

_WHAT = "Cut objects out of video: touch one frame, and every frame follows."
_HOW = (
    "By retrieval in a learned embedding space, after Chen, Pont-Tuset, Montes and Van Gool, "
    "“Blazingly Fast Video Object Segmentation with Pixel-Wise Metric Learning”, CVPR 2018."
)


class AboutDialog(QDialog):
    """Name, version, source of the method, and facts to copy.

    Args:
        version: Of vosdesk.
        facts: (name, value): versions of libraries, device, model, folders.
        parent: The window.
    """

    def __init__(
        self, version: str, facts: Sequence[tuple[str, str]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("About vosdesk")
        self.setMinimumWidth(460)
        self._facts = (("vosdesk", version), *facts)
        self.buttons = QDialogButtonBox()
        self.copy_button = self.buttons.addButton(
            "Copy details", QDialogButtonBox.ButtonRole.ActionRole
        )
        self.close_button = self.buttons.addButton("Close", QDialogButtonBox.ButtonRole.RejectRole)
        self._lay_out(version)
        self.copy_button.setAutoDefault(False)
        self.copy_button.clicked.connect(self._on_copy_clicked)
        self.buttons.rejected.connect(self.close)
        self.close_button.setDefault(True)
        self.close_button.setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        """Make room for the texts in the font that is now known."""
        fit_height(self)
        super().showEvent(event)

    def details(self) -> str:
        """Return the facts as text, one a line."""
        return "\n".join(f"{name}: {value}" for name, value in self._facts)

    def _lay_out(self, version: str) -> None:
        picture = QLabel()
        picture.setPixmap(app_icon().pixmap(QSize(72, 72), self.devicePixelRatio()))
        texts = QVBoxLayout()
        texts.setSpacing(SPACE)
        title = QLabel(f"vosdesk {version}")
        title.setStyleSheet("font-size: 20px; font-weight: 600;")
        texts.addWidget(title)
        texts.addWidget(_paragraph(_WHAT))
        texts.addWidget(_paragraph(_HOW, muted=True))
        texts.addLayout(self._table())
        texts.addStretch(1)
        top = QHBoxLayout()
        top.setSpacing(2 * SPACE)
        top.addWidget(picture, alignment=Qt.AlignmentFlag.AlignTop)
        top.addLayout(texts, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        column.setSpacing(2 * SPACE)
        column.addLayout(top, 1)
        column.addWidget(self.buttons)

    def _table(self) -> QFormLayout:
        form = QFormLayout()
        form.setContentsMargins(0, SPACE, 0, 0)
        form.setHorizontalSpacing(2 * SPACE)
        form.setVerticalSpacing(SPACE // 2)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        for name, value in self._facts[1:]:
            text = _paragraph(value)
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            form.addRow(_paragraph(name, muted=True), text)
        return form

    def _on_copy_clicked(self) -> None:
        QGuiApplication.clipboard().setText(self.details())
        self.copy_button.setText("Copied")


def _paragraph(text: str, *, muted: bool = False) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    if muted:
        label.setStyleSheet(f"color: {colours().muted_text};")
    return label
