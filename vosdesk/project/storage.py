"""The project file: UTF-8 JSON with one object, annotation or lock a line, written atomically."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from vosdesk.errors import ProjectError
from vosdesk.project.document import Document
from vosdesk.project.files import read_bounded, write_atomically
from vosdesk.project.migrations import migrate
from vosdesk.project.validation import describe

if TYPE_CHECKING:
    from pathlib import Path

    from vosdesk.project.migrations import Content

SUFFIX = ".vosdesk"
FORMAT = "vosdesk project"
MAX_BYTES = 256 * 2**20
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def save_project(document: Document, path: Path) -> None:
    """Write the document; an earlier file stays as it was until the new one is whole.

    The video's path is written relative to the file too, so that a folder that holds both can be
    moved.

    Raises:
        ProjectError: It cannot be written, with what to do about it.
    """
    if document.video is not None:
        document = document.with_fields(video=document.video.beside(path))
    data = to_text(document).encode("utf-8")
    if len(data) > MAX_BYTES:
        raise ProjectError(
            f"{path} cannot be saved: the project is larger than {MAX_BYTES // 2**20} MiB.",
            "Unlock frames that you don't need to keep.",
        )
    write_atomically(path, data)


def load_project(path: Path) -> Document:
    """Read a document; nothing in the file is trusted.

    Raises:
        ProjectError: It is not there, too large, not a project, damaged (saying where), or made by
            a newer version.
    """
    content = _read_content(path, read_bounded(path, MAX_BYTES))
    try:
        content = migrate(content)
    except ProjectError as cause:
        raise ProjectError(f"{path.name}: {cause.sentence}", cause.advice) from cause
    try:
        return Document.model_validate_json(to_json(content, inf_nan_mode="constants"))
    except ValidationError as cause:
        raise _damaged(path, describe(cause)) from cause


def to_text(document: Document) -> str:
    """Return the project file's text."""
    content = {"format": FORMAT, **document.model_dump(mode="json")}
    fields = (f" {_dump(key)}: {_dump_field(value)}" for key, value in content.items())
    return "{\n" + ",\n".join(fields) + "\n}\n"


def _dump_field(value: Any) -> str:
    if not isinstance(value, list) or not value:
        return _dump(value)
    return "[\n  " + ",\n  ".join(_dump(_pictures_last(item)) for item in value) + "\n ]"


def _pictures_last(item: dict[str, Any]) -> dict[str, Any]:
    """Put the long text at the end of the line, where it does not hide the rest from a reader."""
    return dict(sorted(item.items(), key=lambda field: field[0] == "png"))


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _read_content(path: Path, data: bytes) -> Content:
    try:
        content = from_json(data.removeprefix(_BYTE_ORDER_MARK))
    except ValueError as cause:
        raise _damaged(path, f"it is not whole JSON text ({cause})") from cause
    if not isinstance(content, dict) or content.pop("format", None) != FORMAT:
        raise ProjectError(f"{path.name} is not a vosdesk project.", "Choose another file.")
    version = content.get("version")
    if type(version) is not int or version < 0:
        raise _damaged(path, "version should be a whole number")
    return content


def _damaged(path: Path, what: str) -> ProjectError:
    return ProjectError(
        f"{path.name} is damaged: {what}.", "Open an older copy of the project, or mend the file."
    )
