"""Playing at the source's speed: which frame is due now."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal

if TYPE_CHECKING:
    from collections.abc import Callable

    from vosdesk.video import FrameSource


class Playback(QObject):
    """Asks for frames by the clock; where the machine is too slow, frames are left out.

    Args:
        clock: Seconds that only grow; a test brings its own.
    """

    frame_due = Signal(int)
    playing_changed = Signal(bool)

    def __init__(
        self, parent: QObject | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(parent)
        self._clock = clock
        self._source: FrameSource | None = None
        self._started_at = 0.0
        self._offset = 0.0
        self._frame_index = 0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(8)
        self._timer.timeout.connect(self._on_timeout)

    @property
    def playing(self) -> bool:
        """Whether frames are being asked for."""
        return self._timer.isActive()

    def start(self, source: FrameSource, frame_index: int) -> None:
        """Play from a frame on; from the beginning where it is the last one."""
        if source.frame_count < 2:
            return
        if frame_index >= source.frame_count - 1:
            frame_index = 0
            self.frame_due.emit(0)
        self._source, self._frame_index = source, frame_index
        self._offset, self._started_at = source.timestamp(frame_index), self._clock()
        self._timer.start()
        self.playing_changed.emit(True)

    def stop(self) -> None:
        """Stay at the frame that was asked for last."""
        if self.playing:
            self._timer.stop()
            self._source = None
            self.playing_changed.emit(False)

    def jump(self, frame_index: int) -> None:
        """Go on playing from another frame, where the user moved the playhead meanwhile."""
        if self._source is not None and frame_index != self._frame_index:
            self._frame_index = frame_index
            self._offset, self._started_at = self._source.timestamp(frame_index), self._clock()

    def _on_timeout(self) -> None:
        source = self._source
        if source is None:
            return
        now = self._offset + self._clock() - self._started_at
        due = self._frame_index
        while due + 1 < source.frame_count and source.timestamp(due + 1) <= now:
            due += 1
        if due != self._frame_index:
            self._frame_index = due
            self.frame_due.emit(due)
        if due == source.frame_count - 1:
            self.stop()
