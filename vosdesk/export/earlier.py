"""What an export finds in a folder: files of an earlier export of its kind, or somebody else's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vosdesk.export.marks import read_mark

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Earlier:
    """The contents of a folder.

    Attributes:
        own: Files with the mark asked for, relative to the folder, with ``/``.
        alone: Whether there is nothing else in the folder.
    """

    own: frozenset[str]
    alone: bool


def find_earlier(folder: Path, mark: str, ignored: Collection[str] = ()) -> Earlier:
    """Look through a folder and the folders right in it, the depth that an export has.

    Symbolic links are never ours and never followed.

    Args:
        folder: May be missing, which is the same as empty.
        mark: What the earlier export left in its files.
        ignored: Names in the folder to look past.

    Raises:
        OSError: The folder cannot be listed, or is a file.
    """
    own: set[str] = set()
    alone = True
    for path in _files(folder, ignored):
        name = path.relative_to(folder).as_posix()
        if not path.is_symlink() and path.is_file() and read_mark(path) == mark:
            own.add(name)
        else:
            alone = False
    return Earlier(frozenset(own), alone)


def _files(folder: Path, ignored: Collection[str]) -> Iterator[Path]:
    """Yield what is no folder, and what is a folder but empty or deeper than an export goes."""
    if not folder.is_symlink() and not folder.exists():
        return
    for entry in folder.iterdir():
        if entry.name in ignored:
            continue
        inside = list(entry.iterdir()) if entry.is_dir() and not entry.is_symlink() else []
        yield from inside or [entry]
