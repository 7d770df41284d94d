"""Dialogs as high as their wrapped texts need: Qt's own first guess is too low."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QDialog


def fit_height(dialog: QDialog) -> None:
    """Make room for texts that wrap at the dialog's width; never shrink it."""
    layout = dialog.layout()
    layout.activate()
    width = max(dialog.width(), dialog.minimumSizeHint().width(), dialog.minimumWidth())
    needed = max(layout.totalHeightForWidth(width), layout.totalMinimumSize().height())
    dialog.setMinimumHeight(needed)
    dialog.resize(width, max(dialog.height(), needed))
