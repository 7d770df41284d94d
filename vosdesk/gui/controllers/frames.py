"""Moving through the video: stepping, playing, the next annotated or unsure frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QColor

from vosdesk.gui.notices import Notice
from vosdesk.gui.playback import Playback
from vosdesk.gui.theme import colours
from vosdesk.labelling.summary import UNSURE_ABOVE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from PySide6.QtGui import QAction

    from vosdesk.gui.bridge import Bridge
    from vosdesk.gui.timeline.timeline import Timeline
    from vosdesk.project.annotations import Annotation
    from vosdesk.project.document import Document
    from vosdesk.session import Session, events


REFRESH_MS = 100
"""Frames are embedded and labelled by the hundred; nobody sees the track change more often."""
SURE_BELOW = 0.02
"""Less doubt than this sends nobody anywhere."""
VALLEY = 0.75
"""Two peaks of doubt are apart where it falls below this part of the lower one between them."""


class FrameController(QObject):
    """Playhead and timeline.

    Attributes:
        proved_changed: The share of labels that is proved, 0..1; NaN where there are none.
        told: A notice: there is no frame to go to.
    """

    proved_changed = Signal(float)
    told = Signal(Notice)

    def __init__(
        self,
        session: Session,
        bridge: Bridge,
        actions: Mapping[str, QAction],
        timeline: Timeline,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._timeline = timeline
        self._play = actions["play"]
        self._visited: set[int] = set()
        self._marks: dict[int, list[QColor]] = {}
        self._refresh = QTimer(self, singleShot=True, interval=REFRESH_MS)
        self._refresh.timeout.connect(self._show_finished)
        self.playback = Playback(self)
        self._connect_actions(actions)
        timeline.frame_selected.connect(self.go_to)
        timeline.play_toggled.connect(self._on_play_toggled)
        self.playback.frame_due.connect(session.seek)
        self.playback.playing_changed.connect(self._on_playing_changed)
        bridge.source_opened.connect(self._on_source_opened)
        bridge.source_closed.connect(self._on_source_closed)
        bridge.playhead_moved.connect(self._on_playhead_moved)
        bridge.frames_embedded.connect(self._refresh_soon)
        bridge.labels_changed.connect(self._refresh_soon)
        bridge.document_changed.connect(self._on_document_changed)

    def go_to(self, frame_index: int) -> None:
        """Make a frame the visible one; playing goes on from there."""
        self._session.seek(frame_index)
        self.playback.jump(self._session.playhead)

    def toggle_play(self) -> None:
        """Play, or stop playing."""
        self._on_play_toggled(not self.playback.playing)

    def _connect_actions(self, actions: Mapping[str, QAction]) -> None:
        for name, step in (
            ("previous_frame", -1),
            ("next_frame", 1),
            ("back_10", -10),
            ("forward_10", 10),
        ):
            actions[name].triggered.connect(
                lambda _checked=False, step=step: self.go_to(self._session.playhead + step)
            )
        actions["first_frame"].triggered.connect(lambda: self.go_to(0))
        actions["last_frame"].triggered.connect(lambda: self.go_to(self._timeline.frame_count - 1))
        actions["play"].triggered.connect(self._on_play_toggled)
        for name, way in (("previous", -1), ("next", 1)):
            actions[f"{name}_annotated"].triggered.connect(
                lambda _checked=False, way=way: self._go_to_annotated(way)
            )
            actions[f"{name}_unsure"].triggered.connect(
                lambda _checked=False, way=way: self._go_to_unsure(way)
            )

    def _go_to_annotated(self, way: int) -> None:
        document = self._session.document
        frames = {item.frame for item in document.annotations} | {k.frame for k in document.locks}
        self._go_to_nearest(frames, way, "No other frame is annotated.")

    def _go_to_unsure(self, way: int) -> None:
        """Go to a peak of doubt that was not looked at since the labels changed."""
        book = self._session.book
        if book is None or not book.state.engine.references:
            self.told.emit(Notice("info", "No frame is labelled yet.", "Paint on an object first."))
            return
        peaks = unsure_peaks(book.unsure)
        fresh = [frame for frame in peaks if frame not in self._visited]
        self._go_to_nearest(fresh or peaks, way, "No other frame is unsure.")

    def _go_to_nearest(self, frames: Iterable[int], way: int, none: str) -> None:
        """Go to the nearest of the frames that way, past the video's end from its other end on."""
        here, count = self._session.playhead, self._timeline.frame_count
        others = [frame for frame in frames if frame != here]
        if others:
            self.go_to(min(others, key=lambda frame: (frame - here) * way % count))
        else:
            self.told.emit(Notice("info", none))

    def _on_play_toggled(self, playing: bool) -> None:
        source = self._session.source
        if playing and source is not None:
            self.playback.start(source, self._session.playhead)
        else:
            self.playback.stop()

    def _on_playing_changed(self, playing: bool) -> None:
        self._play.setChecked(playing)
        self._timeline.set_playing(playing)

    def _on_source_opened(self, event: events.SourceOpened) -> None:
        source = event.source
        self._visited.clear()
        self._timeline.set_frame_count(source.frame_count, source.fps, event.times)
        self._timeline.set_playhead(0)
        self._marks.clear()
        self._on_document_changed(None)

    def _on_source_closed(self, _event: events.SourceClosed) -> None:
        self.playback.stop()
        self._refresh.stop()
        self._timeline.set_frame_count(0, 0)

    def _on_playhead_moved(self, event: events.PlayheadMoved) -> None:
        self._visited.add(event.frame_index)
        self._timeline.set_playhead(event.frame_index)

    def _refresh_soon(self, _event: object) -> None:
        if not self._refresh.isActive():
            self._refresh.start()

    def _show_finished(self) -> None:
        """Show what is embedded and how doubtful the labels are."""
        book, source = self._session.book, self._session.source
        if source is None:
            return
        finished = self._session.finished_frames()
        self._timeline.set_embedded(finished)
        unsure = proved = np.full(source.frame_count, np.nan, np.float32)
        if book is not None and book.state.engine.references:
            unsure, proved = book.unsure, np.where(finished, book.proved, np.float32(np.nan))
        self._timeline.set_unsure(unsure)
        self._timeline.set_proved(proved)
        self.proved_changed.emit(float(proved[finished].mean()) if finished.any() else np.nan)

    def _on_document_changed(self, event: events.DocumentChanged | None) -> None:
        if event is not None and event.change.labels:
            self._visited = {self._session.playhead}
        document = self._session.document
        if event is None or event.change.objects:
            frames = {annotation.frame for annotation in document.annotations} | self._marks.keys()
        else:
            frames = event.change.frames
        self._marks.update(marks_of(document, frames))
        self._timeline.set_annotated({i: mark for i, mark in self._marks.items() if mark})
        self._timeline.set_locked({lock.frame for lock in document.locks})


def marks_of(document: Document, frames: Collection[int]) -> dict[int, list[QColor]]:
    """Return the colours of the objects painted on each of these frames; maybe none."""
    own = {item.id: QColor(item.colour) for item in document.objects}
    marks: dict[int, dict[int, QColor]] = {frame: {} for frame in frames}
    for annotation in document.annotations:
        if annotation.frame in marks:
            marks[annotation.frame].update(_mark_colours(annotation, own))
    return {frame: list(mark.values()) for frame, mark in marks.items()}


def _mark_colours(annotation: Annotation, own: Mapping[int, QColor]) -> dict[int, QColor]:
    """Colours of the objects that an annotation paints; a neutral one for background."""
    neutral = QColor(colours().annotated)
    return {object_id: own.get(object_id, neutral) for object_id in annotation.object_ids}


def unsure_peaks(unsure: np.ndarray) -> list[int]:
    """Return the frames that are the most unsure of those around them.

    They are unsure enough to be worth a look; where no frame is, those that come nearest to it.
    Peaks without a VALLEY between them are one, and count where it is highest: a correction there
    reaches the others too.

    Args:
        unsure: (frame_count,) float32, 0..1; NaN where not known.
    """
    known = np.nan_to_num(unsure, nan=0.0)
    above = max(SURE_BELOW, min(UNSURE_ABOVE, float(known.max(initial=0.0)) / 2))
    peaks: list[int] = []
    for frame in np.flatnonzero(known > above).tolist():
        last = peaks[-1] if peaks else None
        if last is None or known[last:frame].min() < VALLEY * min(known[last], known[frame]):
            peaks.append(frame)
        elif known[frame] > known[last]:
            peaks[-1] = frame
    return peaks
