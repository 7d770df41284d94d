"""Answers to questions that wait for one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Question:
    """What was asked."""

    text: str
    advice: str
    buttons: tuple[str, ...]
    default: str


@pytest.fixture
def answer() -> Callable[[str], list[Question]]:
    """Press a button of the next question by its text, or Escape where the text is ``Esc``.

    Returns a function; its list holds the question once it was answered.
    """

    def prepare(text: str) -> list[Question]:
        seen: list[Question] = []

        def press() -> None:
            box = QApplication.activeModalWidget()
            assert isinstance(box, QMessageBox)
            buttons = {button.text(): button for button in box.buttons()}
            default = box.defaultButton().text()
            seen.append(Question(box.text(), box.informativeText(), tuple(buttons), default))
            if text == "Esc":
                QTest.keyClick(box, Qt.Key.Key_Escape)
                return
            QTest.mouseClick(buttons[text], Qt.MouseButton.LeftButton)

        QTimer.singleShot(0, press)
        return seen

    return prepare
