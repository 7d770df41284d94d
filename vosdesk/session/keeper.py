"""Keeps what the user made: the project's file, and copies of unsaved work for after a crash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vosdesk.jobs import once
from vosdesk.project.autosave import Autosave, Recovery
from vosdesk.project.storage import save_project
from vosdesk.session.events import RecoveriesFound, SaveEnded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from vosdesk.project.document import Document
    from vosdesk.session.desk import Desk
    from vosdesk.session.events import Event


class Keeper:
    """Writes documents on the disk's thread; nothing that it began is lost by closing a video.

    Args:
        desk: Starts the jobs.
        tell: Is given every event.
    """

    def __init__(self, desk: Desk, tell: Callable[[Event], None]) -> None:
        self._desk, self._tell = desk, tell
        self._autosave = Autosave()

    def save(self, document: Document, target: Path, on_saved: Callable[[], None]) -> None:
        """Write a project's file; the copy of the unsaved work is then of no more use.

        Raises:
            ProjectError: Without threads only; otherwise the session is told.
        """

        def write() -> None:
            save_project(document, target)
            self._autosave.discard()

        def saved(_nothing: None) -> None:
            on_saved()
            self._tell(SaveEnded(target))

        self._desk.start(
            "disk",
            "save",
            once(write),
            on_done=saved,
            on_ended=lambda _failed: self._tell(SaveEnded(None)),
            lasting=True,
        )

    def autosave(self, document: Document, path: Path | None) -> None:
        """Keep a copy of what is not saved; ``path`` is the project's file, if it has one."""
        copy = once(lambda: self._autosave.autosave(document, path))
        self._desk.start("disk", "autosave", copy, lasting=True)

    def find_recoveries(self) -> None:
        """Look for what crashed sessions left; tells RecoveriesFound."""
        self._desk.start(
            "disk",
            "recoveries",
            once(self._autosave.pending),
            on_done=lambda found: self._tell(RecoveriesFound(tuple(found))),
            lasting=True,
        )

    def discard(self, recovery: Recovery | None) -> None:
        """Remove a copy of unsaved work; this session's own where None."""
        discard = once(lambda: self._autosave.discard(recovery))
        # a key for each copy: of one key only the newest would be removed
        whose = "own" if recovery is None else recovery.path.name
        self._desk.start("disk", f"discard {whose}", discard, lasting=True)
