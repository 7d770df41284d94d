"""Names that become files: frame names are checked, object names are made safe.

The user's characters stay, whatever the script; only what some file system forbids is replaced,
so that a folder written on one system can be copied to any other.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from vosdesk.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vosdesk.export.sequence import ExportObject

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]')
_LONGEST = 120
"""Bytes of UTF-8 of an object's name; most file systems stop at 255 for a name, some earlier."""


def object_folder_name(item: ExportObject) -> str:
    """Return a folder's name for the object, such as ``1_Cat``: safe on every system.

    The id in front makes it unique, and keeps it clear of names that Windows reserves (CON, NUL).
    """
    text = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", item.name))
    text = text.encode()[:_LONGEST].decode(errors="ignore").strip().rstrip(". ")
    return f"{item.id}_{text}" if text else str(item.id)


def check_frame_names(names: Sequence[str]) -> None:
    """Check that each frame can have a file of its name to itself.

    Raises:
        ExportError: A name is not one plain file name, or two are one name on some system.
    """
    seen: dict[str, str] = {}
    for name in names:
        if not _is_plain(name):
            raise ExportError(
                f"The frame name {name!r} cannot be the name of a file.",
                "Rename that frame in the source folder.",
            )
        key = unicodedata.normalize("NFC", name).casefold()
        if key in seen:
            raise ExportError(
                f"Two frames would be written to one file: {seen[key]!r} and {name!r}.",
                "Rename one of them in the source folder.",
            )
        seen[key] = name


def _is_plain(name: str) -> bool:
    if name in ("", ".", "..") or re.search(r"[\x00-\x1f\ud800-\udfff]", name):
        return False
    return PurePosixPath(name).name == name and PureWindowsPath(name).name == name
