"""From the session's events to Qt's signals, and from its threads to the window's.

The session does not know Qt; this is the only place where a call crosses threads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from vosdesk.session import events

if TYPE_CHECKING:
    from collections.abc import Callable


class Bridge(QObject):
    """Signals of one session, all emitted on the window's thread; each carries its event."""

    noticed = Signal(object)
    source_opening = Signal(object)
    source_not_opened = Signal(object)
    source_opened = Signal(object)
    source_closed = Signal(object)
    video_missed = Signal(object)
    recoveries_found = Signal(object)
    document_changed = Signal(object)
    project_changed = Signal(object)
    save_ended = Signal(object)
    playhead_moved = Signal(object)
    frame_rendered = Signal(object)
    embedding_changed = Signal(object)
    frames_embedded = Signal(object)
    store_consent_asked = Signal(object)
    surroundings_found = Signal(object)
    labels_changed = Signal(object)
    pixel_explained = Signal(object)
    export_changed = Signal(object)

    _posted = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._posted.connect(self._on_posted, Qt.ConnectionType.QueuedConnection)
        self._signals = {
            events.Notice: self.noticed,
            events.SourceOpening: self.source_opening,
            events.SourceNotOpened: self.source_not_opened,
            events.SourceOpened: self.source_opened,
            events.SourceClosed: self.source_closed,
            events.VideoMissing: self.video_missed,
            events.RecoveriesFound: self.recoveries_found,
            events.DocumentChanged: self.document_changed,
            events.ProjectChanged: self.project_changed,
            events.SaveEnded: self.save_ended,
            events.PlayheadMoved: self.playhead_moved,
            events.FrameRendered: self.frame_rendered,
            events.EmbeddingChanged: self.embedding_changed,
            events.FramesEmbedded: self.frames_embedded,
            events.StoreConsentNeeded: self.store_consent_asked,
            events.SurroundingsFound: self.surroundings_found,
            events.LabelsChanged: self.labels_changed,
            events.PixelExplained: self.pixel_explained,
            events.ExportChanged: self.export_changed,
        }

    def dispatch(self, call: Callable[[], None]) -> None:
        """Run a call on the window's thread, soon; may be called from any thread."""
        self._posted.emit(call)

    def tell(self, event: events.Event) -> None:
        """Emit the event's signal; called on the window's thread."""
        self._signals[type(event)].emit(event)

    def _on_posted(self, call: Callable[[], None]) -> None:
        call()
