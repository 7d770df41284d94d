"""What the strips of the status bar are made of, so that they look alike."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QToolButton, QWidget

from vosdesk.gui.theme import SPACE, set_icon


def strip_row(strip: QWidget) -> QHBoxLayout:
    """Lay a strip's parts out in a row."""
    row = QHBoxLayout(strip)
    row.setContentsMargins(SPACE, 2, SPACE, 2)
    row.setSpacing(SPACE)
    return row


def dress_bar(bar: QProgressBar, name: str, width: int) -> None:
    """Give a bar its width, and its name to those who cannot see it; its text stands beside it."""
    bar.setTextVisible(False)
    bar.setFixedWidth(width)
    bar.setAccessibleName(name)


def dress_button(button: QToolButton, picture: str, text: str) -> None:
    """Give a small button its picture and say what it does."""
    set_icon(button, picture)
    button.setToolTip(text)
    button.setAccessibleName(text)
    button.setIconSize(QSize(16, 16))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
