"""The row of buttons under a video player, with the frame's number to type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSpinBox, QToolButton, QWidget

from vosdesk.gui.theme import SPACE, indent_text, set_icon

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from PySide6.QtGui import QAction

_BUTTONS = (
    ("first_frame", "first", "First frame"),
    ("previous_frame", "previous", "Previous frame"),
    ("play", "play", "Play"),
    ("next_frame", "next", "Next frame"),
    ("last_frame", "last", "Last frame"),
)


class TransportRow(QWidget):
    """Buttons to move in time. It follows ``set_position`` and asks by signals.

    Attributes:
        step_requested: Move by that many frames.
        frame_requested: Go to that frame.
        play_toggled: Play (True) or stop.
    """

    step_requested = Signal(int)
    frame_requested = Signal(int)
    play_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._last = 0
        self._playing = False
        self.buttons = {name: _button(picture, text) for name, picture, text in _BUTTONS}
        self.number = QSpinBox()
        self._count = QLabel()
        self._time = QLabel()
        self._lay_out()
        self._connect()
        self.set_frame_count(0)

    def set_frame_count(self, frame_count: int) -> None:
        """Offer the frames 0 up to the last one; none where there is no video."""
        self._last = max(0, frame_count - 1)
        self.number.blockSignals(True)
        self.number.setRange(0, self._last)
        self.number.blockSignals(False)
        self._count.setText(f"/ {self._last}" if frame_count else "")
        self._count.setToolTip(f"{frame_count} frames, counted from 0")
        for widget in (*self.buttons.values(), self.number):
            widget.setEnabled(frame_count > 0)

    def set_position(self, frame_index: int, time_text: str) -> None:
        """Show where the playhead is."""
        self.number.blockSignals(True)
        self.number.setValue(frame_index)
        self.number.blockSignals(False)
        self._time.setText(time_text)

    def set_playing(self, playing: bool) -> None:
        """Show whether the video plays; the button offers the opposite."""
        self._playing = playing
        button = self.buttons["play"]
        set_icon(button, "pause" if playing else "play")
        text = "Stop" if playing else "Play"
        button.setAccessibleName(text)

    def set_tips(self, tips: Mapping[str, str]) -> None:
        """Use the actions' own tips, which name their keys; by action name."""
        for name, button in self.buttons.items():
            button.setToolTip(tips.get(name, button.toolTip()))

    def add_actions(self, actions: Iterable[QAction]) -> None:
        """Put further buttons at the end of the row."""
        for action in actions:
            button = _dressed(QToolButton())
            button.setDefaultAction(action)
            button.setAccessibleName(action.text())
            self.layout().addWidget(button)

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE, SPACE // 2, SPACE, SPACE // 2)
        row.setSpacing(2)
        for button in self.buttons.values():
            row.addWidget(button)
        row.addSpacing(2 * SPACE)
        label = QLabel("Frame")
        indent_text(self.number)
        self.number.setAccessibleName("Frame")
        self.number.setToolTip("Type a frame's number")
        self.number.setKeyboardTracking(False)
        self.number.setMinimumWidth(80)
        self._time.setAccessibleName("Time")
        for widget, gap in ((label, SPACE), (self.number, SPACE // 2 + 2), (self._count, 12)):
            row.addWidget(widget)
            row.addSpacing(gap)
        row.addWidget(self._time)
        row.addStretch(1)

    def _connect(self) -> None:
        self.buttons["first_frame"].clicked.connect(lambda: self.frame_requested.emit(0))
        self.buttons["last_frame"].clicked.connect(lambda: self.frame_requested.emit(self._last))
        self.buttons["previous_frame"].clicked.connect(lambda: self.step_requested.emit(-1))
        self.buttons["next_frame"].clicked.connect(lambda: self.step_requested.emit(1))
        self.buttons["play"].clicked.connect(lambda: self.play_toggled.emit(not self._playing))
        self.buttons["previous_frame"].setAutoRepeat(True)
        self.buttons["next_frame"].setAutoRepeat(True)
        self.number.valueChanged.connect(self.frame_requested)


def _button(picture: str, text: str) -> QToolButton:
    button = _dressed(QToolButton())
    set_icon(button, picture)
    button.setToolTip(text)
    button.setAccessibleName(text)
    return button


def _dressed(button: QToolButton) -> QToolButton:
    """A click must not take the keyboard away from the canvas; Tab still gets here."""
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setIconSize(QSize(20, 20))
    button.setAutoRaise(True)
    return button
