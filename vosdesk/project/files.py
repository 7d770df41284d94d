"""Reading with a bound and writing without ever leaving half a file."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import secrets
import stat
import time
from pathlib import Path

from vosdesk.errors import ProjectError

logger = logging.getLogger(__name__)

_LEFTOVER_SECONDS = 3600
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG} if hasattr(errno, "EDQUOT") else {errno.ENOSPC}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


def read_bounded(path: Path, limit: int) -> bytes:
    """Return a regular file's content.

    Args:
        path: The file.
        limit: Bytes above which it is refused before it is read.

    Raises:
        ProjectError: It is not there, no regular file, too large, or cannot be read.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file"
            raise ProjectError(f"{path} is {kind}.", "Choose a file.")
        if status.st_size > limit:
            raise _too_large(path, limit)
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except FileNotFoundError as cause:
        raise ProjectError(f"There is no file {path}.") from cause
    except (OSError, ValueError) as cause:
        raise ProjectError(f"{path} cannot be read: {_reason(cause)}.") from cause
    if len(data) > limit:
        raise _too_large(path, limit)
    return data


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that at any moment the old or the new one is there, whole.

    The data goes to a second file in the same folder, is forced to the disk, and takes the place of
    the first. A symbolic link is followed, and the file's mode is kept.

    Raises:
        ProjectError: It cannot be written; an earlier file is as it was.
    """
    try:
        target = Path(os.path.realpath(path))
        mode = _check_target(path, target)
        _sweep(target.parent)
        temporary = target.parent / f".vosdesk-{secrets.token_hex(6)}.part"
        try:
            _write_through(temporary, data, mode)
            temporary.replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
    except (OSError, ValueError) as cause:
        raise _not_written(path, cause) from cause
    _sync_folder(target.parent)


def _check_target(path: Path, target: Path) -> int | None:
    """Return the mode to keep; None where there is no file yet."""
    try:
        status = target.stat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(status.st_mode):
        raise ProjectError(
            f"{path} cannot be saved: a folder has this name.", "Choose another one."
        )
    if not stat.S_ISREG(status.st_mode):
        raise ProjectError(f"{path} cannot be saved: it is not a regular file.")
    if not status.st_mode & 0o222 or not os.access(target, os.W_OK):
        # replacing it would work, but would not be what write protection means
        raise ProjectError(
            f"{path} cannot be saved: the file is write-protected.", "Save under another name."
        )
    return stat.S_IMODE(status.st_mode)


def _write_through(path: Path, data: bytes, mode: int | None) -> None:
    descriptor = os.open(
        path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666
    )
    with os.fdopen(descriptor, "wb") as file:
        if mode is not None:
            path.chmod(mode)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sweep(folder: Path) -> None:
    """Remove what a killed process left behind; a younger one may belong to a living process."""
    now = time.time()
    for leftover in folder.glob(".vosdesk-*.part"):
        with contextlib.suppress(OSError):
            if now - leftover.stat().st_mtime > _LEFTOVER_SECONDS:
                leftover.unlink()


def _sync_folder(folder: Path) -> None:
    """Force the new name to the disk, where the system can do that."""
    if os.name != "posix":
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        logger.info("the folder %s cannot be opened to force it to the disk", folder)
        return
    try:
        os.fsync(descriptor)
    except OSError:
        logger.info("the folder %s cannot be forced to the disk", folder)
    finally:
        os.close(descriptor)


def _too_large(path: Path, limit: int) -> ProjectError:
    return ProjectError(f"{path} is larger than the {limit // 2**20} MiB that are read.")


def _not_written(path: Path, cause: OSError | ValueError) -> ProjectError:
    number = cause.errno if isinstance(cause, OSError) else None
    sentence = f"{path} cannot be saved: {_reason(cause)}."
    if number in _FULL:
        return ProjectError(sentence, "Make room, or save to another disk.")
    if number in _FORBIDDEN:
        return ProjectError(sentence, "Save to a folder of your own.")
    if number == errno.ENOENT:
        return ProjectError(sentence, "Make the folder first, or save to another.")
    return ProjectError(sentence, "Save under another name or to another folder.")


def _reason(cause: OSError | ValueError) -> str:
    if not isinstance(cause, OSError):
        return str(cause)
    if cause.errno in _FULL:
        return "the disk is full"
    if cause.errno in _FORBIDDEN:
        return "you have no rights to do so"
    if cause.errno == errno.ENOENT:
        return "its folder does not exist"
    return (cause.strerror or str(cause)).lower()
