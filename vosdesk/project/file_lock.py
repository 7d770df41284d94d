"""A lock that ends with its process, however that ends."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    _FAR = 2**30  # a byte behind the text, which stays readable for others

    def _try_lock(descriptor: int) -> None:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
else:
    import fcntl

    def _try_lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FileLock:
    """An exclusive lock on a small file, held until ``release`` or the end of the process.

    Asking the system is exact where asking for a process number is not: numbers are used again.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor: int | None = descriptor

    @classmethod
    def take(cls, path: Path) -> Self | None:
        """Return the lock, or None where another holds it. The file is made where there is none.

        Raises:
            OSError: The file cannot be made or opened.
        """
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                _try_lock(descriptor)
            except OSError:
                os.close(descriptor)
                return None
            if _is_still(path, descriptor):
                return cls(path, descriptor)
            os.close(descriptor)  # its last holder removed it in between

    def write(self, text: str) -> None:
        """Replace the file's text.

        Raises:
            OSError: It cannot be written.
        """
        if self._descriptor is None:
            raise ValueError("the lock was released")
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        os.write(self._descriptor, text.encode("utf-8"))

    def release(self, remove: bool) -> None:
        """Let others have it; may be called again.

        Args:
            remove: Whether the file goes too.
        """
        if self._descriptor is None:
            return
        if remove and sys.platform != "win32":
            self._unlink()  # before others can lock it
        os.close(self._descriptor)
        self._descriptor = None
        if remove and sys.platform == "win32":
            self._unlink()  # an open file cannot be removed there

    def _unlink(self) -> None:
        with contextlib.suppress(OSError):
            self.path.unlink()


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
