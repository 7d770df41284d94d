"""All of an export or nothing of it: files are staged beside the folder and renamed at the end.

* While an export runs, its files are in ``NAME.unfinished-XXXXXXXX`` beside the folder NAME. Their
  place is on the same disk, so the end is a rename: the folder appears with all files in it.
  A cancelled or failed export removes what it staged. A killed one leaves it, under a name that
  says what it is, until the next export into NAME (``leftovers.py``); the folder is untouched.
* An earlier export is replaced only where the caller agreed (``overwrite``). Then the old folder
  is renamed to ``NAME.replaced-XXXXXXXX``, the new one takes its place, and only then is the old
  one deleted. A kill between the two renames leaves both whole, beside the place of NAME.
* Only files with our own mark (``marks.py``) from the same kind of export are ever replaced or
  deleted. Anybody else's file stays where it is, and if its name is needed the export is refused
  before it begins. In such a shared folder the files are renamed one by one rather than with the
  folder; a failure on the way puts everything back. A kill in that moment, which is as long as the
  renames take, can leave whole files of both exports, none of them lost.
* Where nothing can be put beside the folder (it is a mount point, or its parent is not writable),
  and where the folder is the working directory of the process and must stay the very same, the
  files are renamed one by one as well.
"""

from __future__ import annotations

import errno
import logging
import os
import secrets
import shutil
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from vosdesk.errors import ExportError
from vosdesk.export.earlier import Earlier, find_earlier
from vosdesk.export.failures import NOT_ALLOWED, export_error
from vosdesk.export.leftovers import Claim, remove_leftovers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

logger = logging.getLogger(__name__)


def check_target(folder: Path, *, overwrite: bool) -> None:
    """Refuse at once a folder that no export could be put in, before there is anything to write.

    Raises:
        ExportError: It is in use and may not be overwritten, it may not be written to, or a file
            stands in its way.
    """
    real = Path(os.path.realpath(folder))
    try:
        nearest = next(path for path in (real, *real.parents) if path.exists())
        if not nearest.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "no folder", str(nearest))
        if not overwrite:
            _check_empty(folder, real)
        if not _may_write(nearest):
            raise PermissionError(errno.EACCES, "read-only", str(nearest))
    except OSError as error:
        raise export_error(folder, error) from error


@contextmanager
def staged(folder: Path, names: Sequence[str], *, mark: str, overwrite: bool) -> Iterator[Staging]:
    """Stage an export into the folder; what is not published is gone when the block ends.

    Args:
        folder: Where the result goes; made with its parents if missing.
        names: Every file of the result, relative to the folder, with ``/``; one level of folders.
        mark: What the files carry, to be known again.
        overwrite: Whether an earlier export in the folder may be replaced.

    Raises:
        ExportError: The folder is in use and may not be overwritten, or a file cannot be written.
    """
    staging = Staging(folder, names, mark, overwrite)
    try:
        staging.begin()
        yield staging
    except OSError as error:
        raise export_error(folder, error) from error
    finally:
        staging.discard()


class Staging:
    """An export on its way; made by ``staged``."""

    def __init__(self, folder: Path, names: Sequence[str], mark: str, overwrite: bool) -> None:
        self._shown = folder
        self._folder = Path(os.path.realpath(folder))
        self._names = names
        self._mark = mark
        self._overwrite = overwrite
        self._token = secrets.token_hex(4)
        self._parent = self._folder.parent
        self._claim: Claim | None = None
        self._made: list[Path] = []

    def begin(self) -> None:
        """Refuse at once what could not be published in the end, and make the place to write to.

        Raises:
            ExportError: A file that is not ours stands in the way.
            OSError: The place cannot be made.
        """
        for place in (self._parent, self._folder):
            remove_leftovers(place, self._stem("unfinished"))
        self._look()
        if self._folder.exists() and not _may_write(self._folder):
            raise PermissionError(errno.EACCES, "read-only", str(self._folder))
        _make_folders(self._parent, self._made)
        if os.path.ismount(self._folder):
            self._parent = self._folder
        try:
            self._make_place()
        except OSError as error:
            if error.errno not in NOT_ALLOWED or not self._folder.is_dir():
                raise
            self._parent = self._folder
            self._make_place()

    def path(self, name: str) -> Path:
        """Return where to write one of the names for now."""
        path = self._place / name
        path.parent.mkdir(exist_ok=True)
        return path

    def publish(self) -> list[Path]:
        """Put the finished files in their place.

        Returns:
            Their paths, in the order of the names.

        Raises:
            ExportError: Meanwhile a file that is not ours stands in the way.
            OSError: They cannot be moved; everything is as it was.
        """
        for name in self._names:
            _flush(self._place / name)
        earlier = self._look()
        old = self._parent / f"{self._stem('replaced')}-{self._token}"
        if self._moves_as_a_whole(earlier):
            _swap(self._folder, self._place, old if earlier.own else None)
        else:
            retired = [(self._folder / name, old / name) for name in earlier.own]
            arriving = [(self._place / name, self._folder / name) for name in self._names]
            _rename_all(retired + arriving)
            _remove_empty(source.parent for source, _ in retired)
        self._made.clear()
        _remove_files(old, earlier.own)
        return [self._shown / name for name in self._names]

    def discard(self) -> None:
        """Remove what is staged, and the parents that were made for it."""
        shutil.rmtree(self._place, ignore_errors=True)
        if os.path.lexists(self._place):
            logger.warning("the unfinished export %s could not be removed", self._place)
        if self._claim is not None:
            self._claim.release()
        _remove_empty(reversed(self._made))

    @property
    def _place(self) -> Path:
        return self._parent / f"{self._stem('unfinished')}-{self._token}"

    def _stem(self, what: str) -> str:
        return f"{self._folder.name[:50]}.{what}"

    def _make_place(self) -> None:
        """Make the place to write to, and claim it before others take it for a leftover."""
        while True:
            self._place.mkdir()
            with suppress(FileNotFoundError):
                self._claim = Claim(self._place)
                if self._claim.take():
                    return
                self._claim.release()
            self._token = secrets.token_hex(4)

    def _look(self) -> Earlier:
        """Look through the folder, and refuse what the export may not touch.

        Where nothing may be overwritten nothing is ever told to be an earlier export: one that
        another puts there after the question whether the folder is empty is not ours to replace.
        """
        if self._overwrite:
            earlier = find_earlier(self._folder, self._mark, ignored={self._place.name})
        else:
            _check_empty(self._shown, self._folder, self._place.name)
            earlier = Earlier(frozenset(), alone=True)
        for name in self._names:
            path = self._folder / name
            blocked = path.parent != self._folder and _is_no_real_folder(path.parent)
            if blocked or (os.path.lexists(path) and name not in earlier.own):
                raise ExportError(
                    f"The export would replace {path.parent if blocked else path}, which it did"
                    " not write.",
                    "Choose another folder, or move that file away.",
                )
        return earlier

    def _moves_as_a_whole(self, earlier: Earlier) -> bool:
        if not self._folder.exists():
            return True
        inside = self._parent == self._folder
        return earlier.alone and not inside and not _is_working_folder(self._folder)


def _check_empty(shown: Path, folder: Path, ignored: str = "") -> None:
    if os.path.lexists(folder) and any(entry.name != ignored for entry in folder.iterdir()):
        raise ExportError(
            f"The folder {shown} is not empty.",
            "Choose another folder, or agree to replace the earlier export in it.",
        )


def _is_no_real_folder(path: Path) -> bool:
    return path.is_symlink() or (path.exists() and not path.is_dir())


def _may_write(folder: Path) -> bool:
    """Return whether files may be made in the folder; a rename of the folder would not ask."""
    return os.access(
        folder, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids
    )


def _is_working_folder(folder: Path) -> bool:
    try:
        return folder.samefile(Path.cwd())
    except FileNotFoundError:  # somebody removed the working directory
        return False


def _make_folders(folder: Path, made: list[Path]) -> None:
    """Make the folder and its missing parents, and note those made, outermost first."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir()
        made.append(path)


def _flush(path: Path) -> None:
    """Wait until the file is on the disk: a full disk may only be noticed then."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _swap(folder: Path, new: Path, old: Path | None) -> None:
    """Put the new folder in place of the folder, which goes to ``old`` if that is given.

    Without ``old`` there was nothing in the folder, and one rename both asks whether that still
    holds and takes the place: of many exports that end at once, one wins and the others fail.

    Raises:
        OSError: Another export has put its files there meanwhile (``ENOTEMPTY``), among others.
    """
    if folder.exists():
        shutil.copymode(folder, new)
        if old is None and sys.platform == "win32":
            folder.rmdir()  # there, a rename never replaces a folder
    if old is not None:
        _rename_all([(folder, old), (new, folder)])
    else:
        new.rename(folder)


def _rename_all(moves: Sequence[tuple[Path, Path]]) -> None:
    """Rename each source to its target; if one fails, put the others back."""
    done: list[tuple[Path, Path]] = []
    made: list[Path] = []
    try:
        for source, target in moves:
            _make_folders(target.parent, made)
            source.rename(target)
            done.append((source, target))
    except BaseException:
        for source, target in reversed(done):
            with suppress(OSError):
                target.rename(source)
        _remove_empty(reversed(made))
        raise


def _remove_files(folder: Path, names: Collection[str]) -> None:
    """Remove these files and their folders; anything else in there stays."""
    for name in names:
        with suppress(OSError):
            (folder / name).unlink()
    _remove_empty([*((folder / name).parent for name in names), folder])
    if os.path.lexists(folder):
        logger.warning("the replaced export %s could not be removed", folder)


def _remove_empty(folders: Iterable[Path]) -> None:
    for folder in dict.fromkeys(folders):
        with suppress(OSError):
            folder.rmdir()
