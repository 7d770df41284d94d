"""The user's options while the window runs: changed at any time, written a moment later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from vosdesk.errors import VosdeskError
from vosdesk.gui.settings import Preferences, load_preferences, save_preferences
from vosdesk.session import EmbeddingChoices

if TYPE_CHECKING:
    from vosdesk.gui.notices import Notice

WRITE_AFTER_MS = 800
"""A slider sends a hundred values; one of them is worth writing."""


class PreferenceKeeper(QObject):
    """Holds the options and writes them when they have come to rest.

    Args:
        override: What the command line says about embedding; it has the last word.
        parent: Who owns it.

    Attributes:
        value: The options now.
        notice: What went wrong when they were read, for whoever can show it.
    """

    changed = Signal(object)
    failed = Signal(object)

    def __init__(
        self, override: EmbeddingChoices | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._override = override or EmbeddingChoices()
        self.value: Preferences
        self.notice: Notice | None
        self.value, self.notice = load_preferences()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(WRITE_AFTER_MS)
        self._timer.timeout.connect(self._write)

    def update(self, **options: object) -> None:
        """Change some options."""
        self.replace(self.value.model_copy(update=options))

    def replace(self, value: Preferences) -> None:
        """Change all options."""
        if value != self.value:
            self.value = value
            self._timer.start()
            self.changed.emit(value)

    def flush(self) -> None:
        """Write what is not written yet."""
        if self._timer.isActive():
            self._timer.stop()
            self._write()

    def embedding_choices(self) -> EmbeddingChoices:
        """Return what command line and options say about embedding."""
        given, default = self._override, EmbeddingChoices()
        return EmbeddingChoices(
            model=given.model if given.model != default.model else self.value.model,
            device=given.device if given.device != default.device else self.value.device,
            store_limit=round(self.value.store_limit_gb * 1e9),
        )

    def _write(self) -> None:
        try:
            save_preferences(self.value)
        except VosdeskError as error:
            self.failed.emit(error)
