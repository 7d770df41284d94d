"""The embedding's progress, in the status bar."""

from __future__ import annotations

from typing import Literal, TypeAlias

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QToolButton, QWidget

from vosdesk.gui.panels.strip_parts import dress_bar, dress_button, strip_row
from vosdesk.gui.wording import format_bytes

State: TypeAlias = Literal["idle", "loading", "running", "paused", "cancelled", "failed", "done"]

_TITLES: dict[str, str] = {
    "loading": "Loading the model",
    "running": "Embedding",
    "paused": "Embedding paused",
    "cancelled": "Embedding cancelled",
    "failed": "Embedding failed",
    "done": "All frames embedded",
}
_BUSY = ("loading", "running", "paused")
_STOPPED = ("cancelled", "failed")
_BAR_WIDTH = 140
_MAXIMUM = 1_000_000
"""Of the bar, which cannot count further than an int of 32 bits."""


class ProgressStrip(QWidget):
    """What the embedding is doing, a bar, pause and cancel, and the room taken on disk.

    Attributes:
        paused: The user wants it to pause (True) or to go on.
        cancelled: The user wants it to end.
        restarted: The user wants it to go on after it was cancelled or failed.
    """

    paused = Signal(bool)
    cancelled = Signal()
    restarted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = "idle"
        self._sentence = ""
        self._proved = 1.0
        self.text = QLabel()
        self.bar = QProgressBar()
        self.pause_button, self.cancel_button = QToolButton(), QToolButton()
        self.store_size = QLabel()
        self._lay_out()
        self.pause_button.clicked.connect(self._on_pause_clicked)
        self.cancel_button.clicked.connect(self.cancelled)
        self.set_embedding("idle")
        self.set_store_size(None)

    def set_embedding(self, state: State, done: int = 0, total: int = 0, text: str = "") -> None:
        """Show how far the embedding is.

        Args:
            state: What it is doing.
            done: Frames embedded.
            total: Frames of the video; 0 where it is not known, the bar then only moves.
            text: Speed and time left.
        """
        self._state = state
        self._sentence = _sentence(state, done, total, text)
        self._show_text()
        self.bar.setRange(0, _MAXIMUM if total else 0)
        self.bar.setValue(round(_MAXIMUM * done / total) if total else 0)
        self.bar.setAccessibleDescription(self.text.text())
        busy = state in _BUSY
        for widget in (self.bar, self.cancel_button):
            widget.setVisible(busy)
        self.pause_button.setVisible(busy or state in _STOPPED)
        self.pause_button.setEnabled(state != "loading")
        dress_button(self.pause_button, *_pause_look(state))

    def set_proved(self, share: float) -> None:
        """Show that labels are still being proved, by their share that is; NaN for no labels."""
        self._proved = share
        self._show_text()

    def set_store_size(self, size: int | None) -> None:
        """Show how much room the video's store takes on disk, in bytes; None for no store."""
        self.store_size.setVisible(size is not None)
        if size is not None:
            self.store_size.setText(f"Store {format_bytes(size)}")

    def _show_text(self) -> None:
        proving = f"proving labels {self._proved:.0%}" if self._proved < 0.995 else ""
        parts = (self._sentence, proving if self._state not in _BUSY else "")
        self.text.setText(" · ".join(part for part in parts if part))

    def _on_pause_clicked(self) -> None:
        if self._state in _STOPPED:
            self.restarted.emit()
        else:
            self.paused.emit(self._state != "paused")

    def _lay_out(self) -> None:
        row = strip_row(self)
        dress_bar(self.bar, "Progress of the embedding", _BAR_WIDTH)
        self.text.setToolTip(
            "Labels are there at once; what is doubtful is then compared with every reference"
        )
        self.store_size.setToolTip("Room that this video's embeddings take on disk")
        dress_button(self.cancel_button, "stop", "Cancel the embedding; finished frames are kept")
        buttons = QHBoxLayout()
        buttons.setSpacing(2)
        buttons.addWidget(self.pause_button)
        buttons.addWidget(self.cancel_button)
        row.addWidget(self.text)
        row.addWidget(self.bar)
        row.addLayout(buttons)
        row.addWidget(self.store_size)


def _sentence(state: str, done: int, total: int, text: str) -> str:
    if state == "done" and done < total:
        return f"{done} of {total} frames embedded"
    parts = [_TITLES.get(state, "")]
    if total and state not in ("idle", "done", "loading"):
        parts[0] += f" {done} / {total}"
    if text and state in _BUSY:
        parts.append(text)
    return " · ".join(part for part in parts if part)


def _pause_look(state: str) -> tuple[str, str]:
    if state == "paused" or state in _STOPPED:
        return "play", "Go on embedding"
    return "pause", "Pause the embedding"
