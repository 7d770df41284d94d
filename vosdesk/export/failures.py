"""What the operating system says about a failed write, in words for the user."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from vosdesk.errors import ExportError

if TYPE_CHECKING:
    from pathlib import Path

NOT_ALLOWED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_OTHER_FOLDER = "Choose another folder."
_WORDS: tuple[tuple[frozenset[int], str, str], ...] = (
    (
        frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}),
        "The disk of {folder} is full.",
        "Make room, or choose a folder on another disk.",
    ),
    (
        frozenset({errno.EFBIG}),
        "A file of the export into {folder} became larger than the system allows.",
        "Choose a folder on another disk, or raise the limit.",
    ),
    (NOT_ALLOWED, "You may not write to {folder}.", _OTHER_FOLDER),
    (
        frozenset({errno.ENOTDIR, errno.EEXIST}),
        "There is a file in the way of the folder {folder}.",
        _OTHER_FOLDER,
    ),
    (
        frozenset({errno.ENOTEMPTY}),
        "The folder {folder} is not empty any more: another export has ended there meanwhile.",
        "Choose another folder, or agree to replace that export.",
    ),
    (
        frozenset({errno.ENAMETOOLONG}),
        "A name in the export into {folder} is too long for its disk.",
        "Choose a folder with a shorter path, or shorten the names of the frames.",
    ),
)
"""Error numbers, what is said about them, and what to do."""


def export_error(folder: Path, error: OSError) -> ExportError:
    """Return the one error to show for a system call that failed while exporting."""
    for numbers, sentence, advice in _WORDS:
        if error.errno in numbers:
            return ExportError(sentence.format(folder=folder), advice)
    reason = error.strerror or str(error)
    return ExportError(f"The export into {folder} failed: {reason}.", "Nothing was changed there.")
