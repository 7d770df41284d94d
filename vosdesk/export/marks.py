"""How an export knows its own files again: each carries its exporter's mark inside.

No list of files beside them that could go missing or be edited, and a file that somebody has
changed in another program since has lost the mark and counts as theirs.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import av
from PIL.PngImagePlugin import PngInfo

from vosdesk.overlay.png import PNG_SIGNATURE

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Image

_PNG_KEYWORD = "Software"
VIDEO_TAG = "comment"
"""The tag of an mp4 that holds the mark."""


def mark_of(exporter_name: str) -> str:
    """Return the text that an exporter leaves in its files."""
    return f"vosdesk: {exporter_name}"


def write_png(image: Image, path: Path, mark: str) -> None:
    """Write the image as a PNG with the mark.

    Raises:
        OSError: It cannot be written.
    """
    text = PngInfo()
    text.add_text(_PNG_KEYWORD, mark)
    image.save(path, format="PNG", pnginfo=text)


def read_mark(path: Path) -> str | None:
    """Return the mark of a PNG or mp4; None where there is none or the file cannot be read."""
    try:
        match path.suffix.lower():
            case ".png":
                return _png_mark(path)
            case ".mp4":
                with av.open(path, metadata_errors="replace") as container:
                    return container.metadata.get(VIDEO_TAG)
    except (OSError, av.error.FFmpegError):
        return None
    return None


def _png_mark(path: Path) -> str | None:
    """Walk the chunks before the pixels; nothing is decoded, whatever the header claims."""
    with path.open("rb") as file:
        if file.read(len(PNG_SIGNATURE)) != PNG_SIGNATURE:
            return None
        while len(head := file.read(8)) == 8:
            length, kind = struct.unpack(">I4s", head)
            if kind == b"IDAT":
                return None
            if kind == b"tEXt" and length < 1000:
                content, check = file.read(length), file.read(4)
                keyword, _, text = content.partition(b"\0")
                intact = check == struct.pack(">I", zlib.crc32(kind + content))
                if intact and keyword == _PNG_KEYWORD.encode():
                    return text.decode("latin-1")
            else:
                file.seek(length + 4, 1)
    return None
