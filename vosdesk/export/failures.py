"""What the operating system says about a failed write, in words for the user."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from vosdesk.errors import ExportError

if TYPE_CHECKING:
    from pathlib import Path

NOT_ALLOWED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
_FILE_IN_THE_WAY = frozenset({errno.ENOTDIR, errno.EEXIST})


def export_error(folder: Path, error: OSError) -> ExportError:
    """Return the one error to show for a system call that failed while exporting."""
    if error.errno in _FULL:
        return ExportError(
            f"The disk of {folder} is full.", "Make room, or choose a folder on another disk."
        )
    if error.errno == errno.EFBIG:
        return ExportError(
            f"A file of the export into {folder} became larger than the system allows.",
            "Choose a folder on another disk, or raise the limit.",
        )
    if error.errno in NOT_ALLOWED:
        return ExportError(f"You may not write to {folder}.", "Choose another folder.")
    if error.errno in _FILE_IN_THE_WAY:
        return ExportError(
            f"There is a file in the way of the folder {folder}.", "Choose another folder."
        )
    if error.errno == errno.ENAMETOOLONG:
        return ExportError(
            f"A name in the export into {folder} is too long for its disk.",
            "Choose a folder with a shorter path, or shorten the names of the frames.",
        )
    reason = error.strerror or str(error)
    return ExportError(f"The export into {folder} failed: {reason}.", "Nothing was changed there.")
