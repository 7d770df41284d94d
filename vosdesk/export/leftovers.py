"""What a killed export left beside its folder: known by its name, and removed if nobody's any more.

A running export holds a lock on the folder that it stages in. The lock ends with its process,
however that ends; asking for it is exact where asking for a process number is not. Windows cannot
lock a folder: leftovers stay there until the user removes them.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

if sys.platform != "win32":
    import fcntl

logger = logging.getLogger(__name__)


class Claim:
    """Says that a folder is in use, until ``release`` or the end of the process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor = None if sys.platform == "win32" else os.open(folder, os.O_RDONLY)

    def take(self) -> bool:
        """Return whether the folder is ours now; not where another holds or has removed it.

        On a file system that knows no locks it always is.
        """
        if sys.platform == "win32" or self._descriptor is None:
            return True
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            pass
        try:
            return os.path.samestat(self._folder.stat(), os.fstat(self._descriptor))
        except FileNotFoundError:
            return False

    def release(self) -> None:
        """Give it up; may be called again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def remove_leftovers(parent: Path, stem: str) -> None:
    """Remove the folders ``STEM-XXXXXXXX`` that no living export claims.

    Args:
        parent: Where they lie; it may be missing.
        stem: What comes before the token.
    """
    if sys.platform == "win32":
        return
    for folder in list(_leftovers(parent, stem)):
        try:
            descriptor = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW)
        except OSError:
            continue  # gone meanwhile, or not ours to open
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
            logger.info("removed %s, which a killed export left", folder)
        except OSError:
            logger.info("%s belongs to a running export", folder)
        finally:
            os.close(descriptor)


def _leftovers(parent: Path, stem: str) -> Iterator[Path]:
    pattern = re.compile(re.escape(stem) + "-[0-9a-f]{8}")
    try:
        entries = list(parent.iterdir())
    except OSError:
        return
    for path in entries:
        if pattern.fullmatch(path.name) and path.is_dir() and not path.is_symlink():
            yield path
