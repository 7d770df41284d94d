"""Paths as text in a file, also those whose names are no Unicode."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote_to_bytes

_ESCAPED = "percent:"
_MAX_LENGTH = 32_768


def read_path(value: Any) -> Path:
    """Undo ``write_path``; a Path is taken as it is.

    Raises:
        ValueError: It cannot be a path.
    """
    if isinstance(value, Path):
        return value
    if not isinstance(value, str):
        raise ValueError("a path is text")
    if not value or len(value) > _MAX_LENGTH or "\0" in value:
        raise ValueError("the path is empty, too long or holds a zero byte")
    if value.startswith(_ESCAPED):
        return Path(os.fsdecode(unquote_to_bytes(value.removeprefix(_ESCAPED))))
    return Path(value)


def write_path(path: Path) -> str:
    """Write a path as text with forward slashes; one that is no Unicode is percent-encoded."""
    text = path.as_posix()
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return _ESCAPED + quote(os.fsencode(text))
    return _ESCAPED + quote(text) if text.startswith(_ESCAPED) else text
