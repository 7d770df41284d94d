"""Label maps as text: indexed PNG in the DAVIS palette, in base64, as the document keeps them."""

from __future__ import annotations

import base64
import io
import zlib

import numpy as np
from PIL import Image

from vosdesk.arrays import VOID, LabelMap, ObjectId, Size
from vosdesk.errors import MaskError
from vosdesk.overlay.png import indexed_image, png_header_size

MAX_SIDE = 16384
"""Pixels; larger pictures are refused before anything is decoded."""
MAX_PIXELS = 2**26
"""Twice as many as 8K video has, and below the number at which Pillow suspects an attack."""
MAX_PNG_CHARACTERS = 64 * 2**20
_INDEXED_MODES = ("P", "L")


def encode_label_map(labels: LabelMap) -> str:
    """Return (height, width) uint8 object ids as an indexed PNG in base64.

    Raises:
        MaskError: It is not such an array, it is empty, or larger than MAX_SIDE or MAX_PIXELS.
    """
    if labels.dtype != np.uint8 or labels.ndim != 2:
        raise MaskError(f"A label map is uint8 (height, width), not {labels.dtype} {labels.shape}.")
    _check_size(Size(labels.shape[1], labels.shape[0]))
    buffer = io.BytesIO()
    indexed_image(labels).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def decode_label_map(png: str, size: Size | None = None) -> LabelMap:
    """Return the object ids of an indexed PNG in base64, (height, width) uint8.

    Args:
        png: The picture.
        size: The size it must have; any where None.

    Raises:
        MaskError: It is no indexed PNG, it is damaged, or it has another size.
    """
    image = _open(png)
    found = Size(*image.size)
    if size is not None and found != size:
        raise MaskError(
            f"The mask is {found} pixels, but the video is {size}.", "Use a mask of the same size."
        )
    try:
        return np.array(image, dtype=np.uint8)
    except (OSError, ValueError, SyntaxError, zlib.error) as cause:
        raise MaskError("The mask's picture is damaged.") from cause


def png_size(png: str) -> Size:
    """Return width and height from the PNG's header, without decoding a pixel.

    Raises:
        MaskError: It is no indexed PNG, or larger than MAX_SIDE or MAX_PIXELS.
    """
    return Size(*_open(png).size)


def object_ids_in(labels: LabelMap) -> tuple[ObjectId, ...]:
    """Return the object ids in a label map, sorted, BACKGROUND included and VOID left out."""
    counts = np.bincount(labels.ravel(), minlength=256)
    return tuple(int(value) for value in np.flatnonzero(counts[:VOID]))


def _open(png: str) -> Image.Image:
    if len(png) > MAX_PNG_CHARACTERS:
        raise MaskError(f"The mask's picture is longer than {MAX_PNG_CHARACTERS} characters.")
    try:
        data = base64.b64decode(png, validate=True)
    except ValueError as cause:
        raise MaskError("The mask's picture is not base64.") from cause
    size = png_header_size(data)
    if size is None:
        raise MaskError("The mask's picture is not a PNG.")
    _check_size(size)
    try:
        image = Image.open(io.BytesIO(data), formats=("PNG",))
    except (OSError, ValueError, SyntaxError) as cause:
        raise MaskError("The mask's picture is not a PNG.") from cause
    if image.mode not in _INDEXED_MODES:
        raise MaskError(f"The mask's picture is of kind {image.mode}, not indexed.")
    return image


def _check_size(size: Size) -> None:
    if not (1 <= size.width <= MAX_SIDE and 1 <= size.height <= MAX_SIDE):
        raise MaskError(f"The mask is {size} pixels, but a side has 1 to {MAX_SIDE}.")
    if size.width * size.height > MAX_PIXELS:
        raise MaskError(f"The mask is {size} pixels, more than {MAX_PIXELS} in all.")
