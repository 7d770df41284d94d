"""Label maps as indexed PNGs in the DAVIS palette, and the size that any PNG claims to have."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from PIL import Image

from vosdesk.arrays import Size
from vosdesk.overlay.palette import davis_palette

if TYPE_CHECKING:
    from vosdesk.arrays import LabelMap

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER = struct.Struct(">8s4x4sII")
PNG_HEADER_BYTES = _HEADER.size


def indexed_image(labels: LabelMap) -> Image.Image:
    """Return (height, width) uint8 object ids as a picture whose indices they are."""
    image = Image.fromarray(labels)
    image.putpalette(davis_palette().tobytes())
    return image


def png_header_size(head: bytes) -> Size | None:
    """Return width and height from a PNG's first bytes, without decoding; None where it is none.

    Args:
        head: PNG_HEADER_BYTES or more.
    """
    if len(head) < PNG_HEADER_BYTES:
        return None
    signature, kind, width, height = _HEADER.unpack_from(head)
    return Size(width, height) if (signature, kind) == (PNG_SIGNATURE, b"IHDR") else None
