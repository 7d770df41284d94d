"""Copies of unsaved work, and the offer to take it up again after a crash."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from vosdesk.errors import ProjectError
from vosdesk.project.file_lock import FileLock
from vosdesk.project.path_text import read_path, write_path
from vosdesk.project.storage import SUFFIX, load_project, save_project

if TYPE_CHECKING:
    from vosdesk.project.document import Document

logger = logging.getLogger(__name__)

_LOCK = ".lock"
_MAX_NOTE = 65_536


def recovery_folder() -> Path:
    """Return where unsaved work is kept for this user."""
    return platformdirs.user_state_path("vosdesk") / "recovery"


@dataclass(frozen=True)
class Recovery:
    """Unsaved work of a session that ended without saving or discarding it.

    Attributes:
        path: The copy.
        project_path: The project file that the work belongs to; None where it was never saved.
        saved_at: When the copy was made, in local time.
    """

    path: Path
    project_path: Path | None
    saved_at: datetime

    @property
    def name(self) -> str:
        """The project's name, or that of the video where the work was never saved."""
        if self.project_path is not None:
            return self.project_path.stem
        return _OF_OUR_OWN.sub("", self.path.stem)

    def load(self) -> Document:
        """Return the document.

        Raises:
            ProjectError: The copy cannot be read.
        """
        document = load_project(self.path)
        if document.video is None:
            return document
        # the copy's own place says nothing about where the video lies
        video = document.video.model_copy(update={"relative_path": None})
        if self.project_path is not None:
            video = video.beside(self.project_path)
        return document.with_fields(video=video)


class Autosave:
    """Keeps a copy of one session's document; has no timer of its own.

    Each session holds a lock on its copy while it lives, so that a second window is not offered the
    work of the first. Every method may be called from any thread.

    Args:
        folder: Where copies lie; the user's own recovery folder where None.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = recovery_folder() if folder is None else folder
        self._busy = threading.Lock()
        self._lock: FileLock | None = None
        self._path: Path | None = None
        self._key: Path | None = None
        self._saved: Document | None = None

    @property
    def path(self) -> Path | None:
        """This session's copy; None where there is none."""
        return self._path

    def autosave(self, document: Document, project_path: Path | None = None) -> Path:
        """Copy the document and return where to; a document that is copied already costs nothing.

        Args:
            document: What would be lost.
            project_path: The project file it belongs to; None where it was never saved.

        Raises:
            ProjectError: The copy cannot be written; an earlier one is as it was.
        """
        key = _key(document, project_path)
        with self._busy:
            path = self._path
            if path is None or key != self._key:
                path = self._start(document, project_path, key)
            elif document is not self._saved:
                save_project(document, path)
            self._saved = document
            return path

    def discard(self, recovery: Recovery | None = None) -> None:
        """Remove a copy that is not needed: this session's, or one that ``pending`` offered.

        Raises:
            ProjectError: It cannot be removed.
        """
        if recovery is not None:
            _remove(recovery.path)
            _remove(recovery.path.with_suffix(_LOCK))
            return
        with self._busy:
            if self._path is not None:
                _remove(self._path)
            self._release()

    def pending(self) -> list[Recovery]:
        """Return the copies of sessions that are no more, the newest first.

        Raises:
            ProjectError: The folder cannot be read.
        """
        if not self.folder.is_dir():
            return []
        try:
            copies = [_abandoned(path) for path in self.folder.glob(f"*{SUFFIX}")]
        except OSError as cause:
            raise ProjectError(
                f"The folder {self.folder} of unsaved work cannot be read."
            ) from cause
        return sorted(filter(None, copies), key=lambda recovery: recovery.saved_at, reverse=True)

    def _start(self, document: Document, project_path: Path | None, key: Path) -> Path:
        """Begin a copy under a new name, and only then remove the one of the old name."""
        before = self._path, self._lock
        path, lock = self._claim(key)
        try:
            lock.write(_note(project_path))
            save_project(document, path)
        except OSError as cause:
            lock.release(remove=True)
            raise _no_copy(path) from cause
        except ProjectError:
            lock.release(remove=True)
            raise
        self._path, self._lock, self._key = path, lock, key
        if before[0] is not None and before[1] is not None:
            _remove(before[0])
            before[1].release(remove=True)
        return path

    def _claim(self, key: Path) -> tuple[Path, FileLock]:
        """Lock a name that neither a living session nor a copy from before a crash has."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for number in count(1):
                path = self.folder / f"{_stem(key)}{f'-{number}' if number > 1 else ''}{SUFFIX}"
                lock = FileLock.take(path.with_suffix(_LOCK))
                if lock is None:
                    continue
                if not path.exists():
                    return path, lock
                lock.release(remove=False)
        except OSError as cause:
            raise _no_copy(self.folder) from cause
        raise AssertionError("counting does not end")

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release(remove=True)
        self._lock = self._path = self._key = self._saved = None


def _key(document: Document, project_path: Path | None) -> Path:
    """Return the path that a copy is named after."""
    if project_path is not None:
        return project_path.absolute()
    return Path("untitled") if document.video is None else document.video.path


_OF_OUR_OWN = re.compile(r"-[0-9a-f]{8}(-\d+)?$")
"""What a copy's name has behind the readable part; see ``_stem``."""


def _stem(key: Path) -> str:
    readable = re.sub(r"[^\w.-]+", "_", key.stem)[:40]
    return f"{readable}-{hashlib.sha256(os.fsencode(key)).hexdigest()[:8]}"


def _note(project_path: Path | None) -> str:
    """Return what stands in the lock's file: to whom the copy belongs."""
    path = None if project_path is None else write_path(project_path.absolute())
    return json.dumps({"project": path, "process": os.getpid()})


def _noted_project(lock_path: Path) -> Path | None:
    """Return the project that a copy belongs to; a note that cannot be read names none."""
    try:
        with lock_path.open("rb") as file:
            note = json.loads(file.read(_MAX_NOTE))
        project = note["project"]
        return None if project is None else read_path(project)
    except (OSError, ValueError, KeyError, TypeError):
        logger.info("the note %s beside a recovery copy cannot be read", lock_path)
        return None


def _abandoned(path: Path) -> Recovery | None:
    """Describe a copy, or return None where its session lives or has just removed it."""
    lock_path = path.with_suffix(_LOCK)
    lock = FileLock.take(lock_path)
    if lock is None:
        return None
    try:
        saved_at = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC).astimezone()
    except FileNotFoundError:
        lock.release(remove=True)
        return None
    recovery = Recovery(path, _noted_project(lock_path), saved_at)
    lock.release(remove=False)
    return recovery


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as cause:
        raise ProjectError(f"The copy {path} of unsaved work cannot be removed.") from cause


def _no_copy(path: Path) -> ProjectError:
    return ProjectError(
        f"No copy of unsaved work can be kept in {path}.", "Save the project often."
    )
