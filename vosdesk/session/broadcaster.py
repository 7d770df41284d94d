"""Who is told what happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vosdesk.errors import VosdeskError
from vosdesk.session.events import Notice, Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from vosdesk.session.events import Event


class Broadcaster:
    """Tells events to whoever listens, in the order of subscription."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[Event], None]] = []

    def subscribe(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """Tell the listener every event from now on; the returned call ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def notify(self, severity: Severity, error: VosdeskError | str, advice: str = "") -> None:
        """Put one sentence before the user, and what to do about it."""
        if isinstance(error, VosdeskError):
            self._tell(Notice(severity, error.sentence, error.advice))
        else:
            self._tell(Notice(severity, error, advice))

    def _tell(self, event: Event) -> None:
        for listener in tuple(self._listeners):
            listener(event)

    def _on_job_failed(self, key: str, error: BaseException) -> None:
        if not isinstance(error, VosdeskError):
            error = VosdeskError(
                f"Something went wrong while working on: {key}.",
                "What you made is kept. The log has the details.",
            )
        self.notify(Severity.ERROR, error)
