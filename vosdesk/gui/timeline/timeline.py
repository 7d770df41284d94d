"""Track and transport together: the video in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QVBoxLayout, QWidget

from vosdesk.gui.timeline.frame_marks import FrameMarks
from vosdesk.gui.timeline.track import FrameTrack
from vosdesk.gui.timeline.transport import TransportRow
from vosdesk.gui.wording import format_time

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from numpy.typing import ArrayLike
    from PySide6.QtGui import QAction, QColor


class Timeline(QWidget):
    """All frames of the video, what is known of each, and the playhead.

    The playhead moves at once when the user moves it; ``set_playhead`` moves it without a signal.

    Attributes:
        frame_selected: The user went to a frame.
        play_toggled: The user wants it to play (True) or to stop.
    """

    frame_selected = Signal(int)
    play_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.track = FrameTrack()
        self.transport = TransportRow()
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.transport)
        column.addWidget(self.track, 1)
        self.track.frame_selected.connect(self._on_frame_selected)
        self.transport.frame_requested.connect(self.track.choose)
        self.transport.step_requested.connect(self._on_step_requested)
        self.transport.play_toggled.connect(self.play_toggled)

    @property
    def frame_count(self) -> int:
        """How many frames there are; 0 where no video is open."""
        return self.track.marks.frame_count

    def set_frame_count(
        self, frame_count: int, fps: float, times: Sequence[float] | None = None
    ) -> None:
        """Begin with another video; 0 frames where none is open.

        Args:
            frame_count: Its frames.
            fps: Frames in a second.
            times: Seconds of each frame, where they are not evenly spaced.
        """
        self.track.playhead = 0
        self.track.set_marks(FrameMarks.none(frame_count, float(fps), times))
        self.transport.set_frame_count(frame_count)
        self.set_playing(False)
        self._show_position()

    def set_playhead(self, frame_index: int) -> None:
        """Move the playhead."""
        self.track.set_playhead(frame_index)
        self._show_position()

    def set_embedded(self, embedded: ArrayLike) -> None:
        """Mark the frames in the store: (frame_count,) bool.

        Raises:
            ValueError: The array has another length than the video.
        """
        self.track.marks.embedded = self._for_each_frame(embedded, np.dtype(np.bool_))
        self.track.refresh()

    def set_unsure(self, unsure: ArrayLike) -> None:
        """Draw the doubt of each frame: (frame_count,) 0..1, NaN where it is not known.

        Raises:
            ValueError: The array has another length than the video.
        """
        self.track.marks.unsure = self._for_each_frame(unsure, np.dtype(np.float32))
        self.track.refresh()

    def set_proved(self, proved: ArrayLike) -> None:
        """Underline frames whose labels are proved: (frame_count,) 0..1, NaN without labels.

        Raises:
            ValueError: The array has another length than the video.
        """
        self.track.marks.proved = self._for_each_frame(proved, np.dtype(np.float32))
        self.track.refresh()

    def set_annotated(self, annotated: Mapping[int, Sequence[QColor]]) -> None:
        """Mark frames with the colours of the objects annotated there."""
        if annotated != self.track.marks.annotated:  # most strokes add no mark
            self.track.marks.annotated = dict(annotated)
            self.track.refresh()

    def set_locked(self, locked: Collection[int]) -> None:
        """Mark the frames that keep their labels."""
        if frozenset(locked) != self.track.marks.locked:
            self.track.marks.locked = frozenset(locked)
            self.track.refresh()

    def set_playing(self, playing: bool) -> None:
        """Show whether the video plays."""
        self.transport.set_playing(playing)

    def set_tips(self, tips: Mapping[str, str]) -> None:
        """Give the buttons tips that name their keys, by action name."""
        self.transport.set_tips(tips)

    def add_actions(self, actions: Iterable[QAction]) -> None:
        """Put further buttons at the end of the row: next unsure frame, lock, ..."""
        self.transport.add_actions(actions)

    def _for_each_frame(self, values: ArrayLike, dtype: np.dtype) -> np.ndarray:
        array = np.array(values, dtype)
        if array.shape != (self.track.marks.frame_count,):
            raise ValueError(
                f"{array.shape} values do not fit a video of {self.track.marks.frame_count} frames"
            )
        return array

    def _on_frame_selected(self, frame_index: int) -> None:
        self._show_position()
        self.frame_selected.emit(frame_index)

    def _on_step_requested(self, step: int) -> None:
        self.track.choose(self.track.playhead + step)

    def _show_position(self) -> None:
        marks, playhead = self.track.marks, self.track.playhead
        time = format_time(marks.seconds(playhead)) if marks.frame_count else ""
        self.transport.set_position(playhead, time)
