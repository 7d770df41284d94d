"""The embedding worker in the window: progress, pause, cancel, device and model, room on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from vosdesk.gui.dialogs.questions import ask_large_store
from vosdesk.session.events import EmbeddingState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QWidget

    from vosdesk.gui.bridge import Bridge
    from vosdesk.gui.controllers.preferences import PreferenceKeeper
    from vosdesk.gui.panels.progress_strip import ProgressStrip
    from vosdesk.gui.settings import Preferences
    from vosdesk.session import Session, events

BUSY = (EmbeddingState.LOADING, EmbeddingState.RUNNING, EmbeddingState.PAUSED)
"""States in which there is something to cancel."""


class EmbeddingController(QObject):
    """Embedding menu and progress strip."""

    def __init__(
        self,
        session: Session,
        bridge: Bridge,
        actions: Mapping[str, QAction],
        strip: ProgressStrip,
        preferences: PreferenceKeeper,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._session, self._actions, self._strip, self._window = session, actions, strip, window
        actions["pause_embedding"].triggered.connect(session.pause_embedding)
        actions["cancel_embedding"].triggered.connect(session.cancel_embedding)
        actions["restart_embedding"].triggered.connect(session.embed)
        strip.paused.connect(session.pause_embedding)
        strip.cancelled.connect(session.cancel_embedding)
        strip.restarted.connect(session.embed)
        bridge.embedding_changed.connect(self._on_embedding_changed)
        bridge.store_consent_asked.connect(self._on_store_consent_asked)
        preferences.changed.connect(self._on_preferences_changed)
        self._preferences = preferences

    @property
    def busy(self) -> bool:
        """Whether there is something to cancel."""
        return self._session.embedding.state in BUSY

    def _on_embedding_changed(self, event: events.EmbeddingChanged) -> None:
        busy = event.state in BUSY
        self._strip.set_embedding(event.state.value, event.done, event.total, event.text)
        self._strip.set_store_size(event.store_bytes or None)
        self._actions["pause_embedding"].setEnabled(busy)
        self._actions["pause_embedding"].setChecked(event.state is EmbeddingState.PAUSED)
        self._actions["cancel_embedding"].setEnabled(busy)
        self._actions["restart_embedding"].setEnabled(
            not busy and self._session.source is not None and event.done < event.total
        )

    def _on_store_consent_asked(self, event: events.StoreConsentNeeded) -> None:
        if ask_large_store(self._window, event.needed):
            self._session.agree_to_store(event.needed)

    def _on_preferences_changed(self, _value: Preferences) -> None:
        self._session.set_choices(self._preferences.embedding_choices())
