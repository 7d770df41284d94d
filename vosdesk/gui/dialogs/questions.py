"""Questions with a few answers: each button a verb, Escape the answer that loses nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from vosdesk.gui.theme import colours, icon
from vosdesk.gui.wording import format_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

_Role = QMessageBox.ButtonRole
_ICON_SIDE = 32


@dataclass(frozen=True)
class _Answer:
    name: str
    text: str
    role: QMessageBox.ButtonRole


def ask_unsaved(parent: QWidget | None, name: str) -> Literal["save", "discard", "cancel"]:
    """Ask what to do with unsaved work before it would be gone.

    Args:
        parent: The window.
        name: Of the project or video.
    """
    return _ask(
        parent,
        "warning",
        f"Save the changes to {name}?",
        "Without saving, the strokes made since the last save are lost.",
        (
            _Answer("save", "Save", _Role.AcceptRole),
            _Answer("discard", "Discard changes", _Role.DestructiveRole),
            _Answer("cancel", "Cancel", _Role.RejectRole),
        ),
    )


def ask_video_moved(
    parent: QWidget | None, expected: Path, reason: str, *, usable: bool = False
) -> Literal["choose", "use", "cancel"]:
    """Ask where a project's video is now.

    Args:
        parent: The window.
        expected: Where the project remembers it.
        reason: What is wrong, in a sentence.
        usable: Whether a video of the same size and length is there, only with other content.
    """
    answers = [
        _Answer("choose", "Choose video…", _Role.AcceptRole),
        _Answer("cancel", "Cancel", _Role.RejectRole),
    ]
    advice = f"It was expected at\n{expected}"
    if usable:
        answers.insert(1, _Answer("use", "Use it anyway", _Role.ActionRole))
        advice += "\n\nThe strokes fit a video of this size and length, but maybe not its pictures."
    return _ask(parent, "help", reason, advice, answers)


def ask_recover(
    parent: QWidget | None, name: str, saved_at: datetime
) -> Literal["recover", "discard", "later"]:
    """Ask what to do with work that a crash left behind.

    Args:
        parent: The window.
        name: Of the project, or of the video where the work was never saved.
        saved_at: When the copy was made, in local time.
    """
    return _ask(
        parent,
        "help",
        f"Recover unsaved work on {name}?",
        f"vosdesk ended before it was saved. A copy from {saved_at:%d %B %Y, %H:%M} is there.",
        (
            _Answer("recover", "Recover", _Role.AcceptRole),
            _Answer("discard", "Discard copy", _Role.DestructiveRole),
            _Answer("later", "Ask later", _Role.RejectRole),
        ),
    )


def ask_replace(parent: QWidget | None, path: Path) -> bool:
    """Ask whether a file may be replaced.

    Args:
        parent: The window.
        path: The file.
    """
    return _agrees(
        parent,
        f"Replace {path.name}?",
        f"There is a project of this name already in\n{path.parent}",
        "Replace",
    )


def ask_large_store(parent: QWidget | None, needed: int) -> bool:
    """Ask whether embeddings may take that much room.

    Args:
        parent: The window.
        needed: Bytes on disk.
    """
    answer = _ask(
        parent,
        "help",
        f"Use {format_bytes(needed)} of disk for this video?",
        "Its embeddings are computed once and kept, so that it opens at once the next time. "
        "Stores can be cleared in Preferences.",
        (
            _Answer("embed", "Embed video", _Role.AcceptRole),
            _Answer("later", "Not now", _Role.RejectRole),
        ),
    )
    return answer == "embed"


def ask_clear_stores(parent: QWidget | None, size: int) -> bool:
    """Ask whether all embeddings on disk may go.

    Args:
        parent: The window.
        size: Of all stores, in bytes.
    """
    return _agrees(
        parent,
        f"Clear {format_bytes(size)} of embeddings?",
        "Projects and videos stay as they are. A video is embedded again when it is opened.",
        "Clear stores",
    )


def ask_end_export(parent: QWidget | None) -> bool:
    """Ask whether a running export may end before it is done.

    Args:
        parent: The window.
    """
    return _agrees(
        parent,
        "Cancel the running export?",
        "It is not done yet, and nothing half done stays behind.",
        "Cancel export",
        "Keep exporting",
    )


def _agrees(
    parent: QWidget | None, question: str, advice: str, agree: str, refuse: str = "Cancel"
) -> bool:
    """Ask about something that destroys; Return and Escape refuse."""
    answers = (
        _Answer("agree", agree, _Role.DestructiveRole),
        _Answer("refuse", refuse, _Role.RejectRole),
    )
    return _ask(parent, "warning", question, advice, answers) == "agree"


def _ask(
    parent: QWidget | None,
    picture: str,
    question: str,
    advice: str,
    answers: Sequence[_Answer],
) -> str:
    """Show the question and return the name of the answer; Escape gives the last one."""
    box = QMessageBox(parent)
    box.setWindowTitle("vosdesk")
    box.setText(question)
    colour = colours().warning if picture == "warning" else colours().accent
    size = QSize(_ICON_SIDE, _ICON_SIDE)
    box.setIconPixmap(icon(picture, colour).pixmap(size, box.devicePixelRatio()))
    box.setOption(QMessageBox.Option.DontUseNativeDialog)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(advice)
    buttons = [box.addButton(answer.text, answer.role) for answer in answers]
    accepting = [
        button
        for button, answer in zip(buttons, answers, strict=True)
        if answer.role == _Role.AcceptRole
    ]
    box.setDefaultButton(accepting[0] if accepting else buttons[-1])
    box.setEscapeButton(buttons[-1])
    box.exec()
    clicked = box.clickedButton()
    name = next(
        (answer.name for b, answer in zip(buttons, answers, strict=True) if b is clicked),
        answers[-1].name,
    )
    box.deleteLater()
    return name
