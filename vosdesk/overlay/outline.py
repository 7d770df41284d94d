"""Outlines that tell objects apart without their colour: each id in turn has its own dashes."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, cast

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vosdesk.arrays import Frame, LabelMap

_PERIOD = 16
_DASHES = ("1111111111111111", "1111111100000000", "1100110011001100", "1111111111001100")
"""One period of each outline: solid, dashes, dots, dashes and dots."""

_DARK = 110
"""Grey level up to which white is the better contrast."""


def outline_width(height: int, width: int) -> int:
    """Return the width of outlines in pixels: 2 up to HD, in proportion beyond.

    A 4K frame is looked at scaled down; two of its pixels would not be seen.
    """
    return max(2, round(min(height, width) / 540))


def part_around(pixels: NDArray[np.uint8], margin: int, width: int) -> tuple[slice, slice]:
    """Return the rows and columns around what is not zero, for drawing on them alone.

    Dashes run on as in the whole picture: the part begins where they begin anew.

    Args:
        pixels: (height, width) uint8.
        margin: Rows and columns more on every side, at least; outlines of a whole picture are
            right up to ``width`` from the part's own border.
        width: Of outlines.
    """
    left, top, across, down = cv2.boundingRect(pixels)
    period = _PERIOD * (width // 2)
    begins = (max(0, begin - margin) // period * period for begin in (top, left))
    lasts = (top + down + margin, left + across + margin)
    ends = (min(length, last) for length, last in zip(pixels.shape, lasts, strict=True))
    rows, columns = (slice(*pair) for pair in zip(begins, ends, strict=True))
    return rows, columns


def draw_outline(picture: Frame, labels: LabelMap, colours: Frame, width: int) -> Frame:
    """Draw every object's outline, inside the object, onto the picture, which is changed.

    Touching objects each have their own line. The border of the picture is no outline.

    Args:
        picture: (height, width, 3) uint8.
        labels: (height, width) uint8; every label but BACKGROUND is an object.
        colours: (height, width, 3) uint8: each pixel's object's colour.
        width: Of the lines, in pixels; see ``outline_width``.
    """
    edge = _edges(labels, width)
    cv2.copyTo(colours, edge, picture)
    gaps = cv2.bitwise_and(edge, _gaps(labels, width))
    return cast("Frame", cv2.copyTo(_contrast(colours), gaps, picture))


def _edges(labels: LabelMap, width: int) -> NDArray[np.uint8]:
    """Return 255 where an object has another label within ``width`` pixels, else 0."""
    window = np.ones((2 * width + 1, 2 * width + 1), np.uint8)
    differs = cv2.compare(cv2.dilate(labels, window), cv2.erode(labels, window), cv2.CMP_NE)
    _, objects = cv2.threshold(labels, 0, 255, cv2.THRESH_BINARY)
    return cast("NDArray[np.uint8]", cv2.bitwise_and(differs, objects))


def _gaps(labels: LabelMap, width: int) -> NDArray[np.uint8]:
    """Return 255 where the dashes of the pixel's label have a gap, else 0.

    The phase runs along x + 2 y, so that lines of either axis and both diagonals are dashed.
    """
    height, columns = labels.shape
    scale = width // 2
    across = (np.arange(columns) // scale % _PERIOD).astype(np.uint8)
    down = (2 * (np.arange(height) // scale) % _PERIOD).astype(np.uint8)
    phase = (across + down[:, None]) & np.uint8(_PERIOD - 1)
    codes = cv2.bitwise_or(cv2.LUT(labels, _first_codes()), phase)
    return cast("NDArray[np.uint8]", cv2.LUT(codes, _gap_table()))


@cache
def _first_codes() -> NDArray[np.uint8]:
    """Return each label's first code: one code for each phase of each outline."""
    return (np.arange(-1, 255) % len(_DASHES) * _PERIOD).astype(np.uint8)


@cache
def _gap_table() -> NDArray[np.uint8]:
    table = np.zeros(256, np.uint8)
    table[: len(_DASHES) * _PERIOD] = [255 * (mark == "0") for mark in "".join(_DASHES)]
    return table


def _contrast(colours: Frame) -> Frame:
    """Return black where the colour is light and white where it is dark."""
    grey = cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY)
    _, white = cv2.threshold(grey, _DARK, 255, cv2.THRESH_BINARY_INV)
    return cast("Frame", cv2.cvtColor(white, cv2.COLOR_GRAY2RGB))
