"""One image file to one frame: header first, then pixels, whatever the bit depth and palette.

- 16-bit channels keep their upper eight bits; grey becomes three equal channels.
- Floating-point images hold 0..1; values outside are clipped.
- Transparent images are laid over black.
- The orientation in EXIF is applied, in the size as in the pixels.
"""

from __future__ import annotations

import struct
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from PIL import (
    BmpImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from vosdesk.arrays import Frame, Size
from vosdesk.errors import VideoError
from vosdesk.video.source import check_size

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"})
"""Endings of files that are read as images, in lower case."""

# Named, so that a file with such an ending never reaches another of Pillow's readers: some of
# them start other programs
_FORMATS = (
    BmpImagePlugin.BmpImageFile.format,
    JpegImagePlugin.JpegImageFile.format,
    PngImagePlugin.PngImageFile.format,
    TiffImagePlugin.TiffImageFile.format,
    WebPImagePlugin.WebPImageFile.format,
)

_EXIF_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SWAPS_SIDES = frozenset({5, 6, 7, 8})

# What Pillow is known to raise on damaged files
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    OverflowError,
    RuntimeError,
    struct.error,
    zlib.error,
)


def image_size(path: Path) -> Size:
    """Return an image's size as displayed, from its header alone.

    Raises:
        VideoError: It is not an image, cannot be read, or is too large.
    """
    with _opened(path) as image:
        return _displayed_size(image)


def read_image(path: Path) -> Frame:
    """Return an image as a frame, uint8 (height, width, 3) RGB, not writeable.

    Raises:
        VideoError: It is not an image, cannot be read or decoded, or is too large.
    """
    with _opened(path) as image:
        turn = _TURNS.get(_orientation(image))
        upright = image if turn is None else image.transpose(turn)
        frame = _to_rgb(upright)
    frame.flags.writeable = False
    return frame


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open an image whose size is in bounds; whatever damage shows, it is told by name."""
    try:
        with Image.open(path, formats=_FORMATS) as image:
            check_size(_displayed_size(image), path.name)
            yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as cause:
        raise VideoError(
            f"{path.name} has more pixels than vosdesk reads.", "Scale the image down."
        ) from cause
    except (FileNotFoundError, PermissionError) as cause:
        raise VideoError(
            f"{path.name} cannot be read ({cause.strerror}).",
            "Check that the file is there and that you have the right to read it.",
        ) from cause
    except _DAMAGE as cause:
        raise VideoError(
            f"{path.name} is damaged or not an image.",
            "Export this image again or take it out of the folder.",
        ) from cause


def _orientation(image: Image.Image) -> int:
    # Pillow turns a TIFF itself. A PNG may carry EXIF behind its pixels; looking there would
    # decode it to learn its size
    if image.format == "TIFF" or (image.format == "PNG" and "exif" not in image.info):
        return 1
    return int(image.getexif().get(_EXIF_ORIENTATION, 1))


def _displayed_size(image: Image.Image) -> Size:
    width, height = image.size
    return Size(height, width) if _orientation(image) in _SWAPS_SIDES else Size(width, height)


def _to_rgb(image: Image.Image) -> Frame:
    if image.mode.startswith("I"):
        return _grey(np.asarray(image).astype(np.int64).clip(0, 0xFFFF) >> 8)
    if image.mode == "F":
        return _grey(np.nan_to_num(np.asarray(image)).clip(0, 1) * 255 + 0.5)
    if image.has_transparency_data:
        black = Image.new("RGBA", image.size, (0, 0, 0, 255))
        image = Image.alpha_composite(black, image.convert("RGBA"))
    return np.array(image.convert("RGB"))


def _grey(values: NDArray[np.generic]) -> Frame:
    return np.repeat(values.astype(np.uint8)[:, :, None], 3, axis=2)
