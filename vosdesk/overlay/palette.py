"""Colours of objects: the DAVIS ones for files, colour-blind-friendly ones for the screen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from vosdesk.arrays import BACKGROUND, MAX_OBJECTS, ObjectId

if TYPE_CHECKING:
    from numpy.typing import NDArray

Colour: TypeAlias = tuple[int, int, int]
"""Red, green, blue, each 0..255."""

# Okabe and Ito, "Color Universal Design" (2008), without black, in the order in which
# neighbouring ids differ most on video: warm and cold alternate.
_OKABE_ITO = ("#e69f00", "#56b4e9", "#d55e00", "#009e73", "#cc79a7", "#0072b2", "#f0e442")
_BACKGROUND_ON_SCREEN = "#9a9a9a"
_LIGHTEST, _DARKEST = 0.6, -0.2


def davis_palette() -> NDArray[np.uint8]:
    """Return the colour map of PASCAL VOC and DAVIS, shape (256, 3) uint8 RGB, a fresh array.

    Bit ``3 k + c`` of the index becomes bit ``7 - k`` of channel ``c`` (VOCdevkit,
    ``VOClabelcolormap.m``).
    """
    index = np.arange(256)
    palette = np.zeros((256, 3), np.int64)
    for k in range(8):
        for channel in range(3):
            palette[:, channel] |= ((index >> (3 * k + channel)) & 1) << (7 - k)
    return palette.astype(np.uint8)


def screen_colour(object_id: ObjectId) -> str:
    """Return a colour that tells the object apart on video, as ``#rrggbb``.

    The first seven are those of Okabe and Ito, which colour-blind people can tell apart; later
    rounds are lighter and darker versions of them. No two ids share a colour. The background is
    grey.

    Raises:
        ValueError: It is not 0..254.
    """
    if object_id == BACKGROUND:
        return _BACKGROUND_ON_SCREEN
    if not 1 <= object_id <= MAX_OBJECTS:
        raise ValueError(f"an object on screen has an id of 0..{MAX_OBJECTS}, not {object_id}")
    round_number, place = divmod(object_id - 1, len(_OKABE_ITO))
    return to_hex(_shade(from_hex(_OKABE_ITO[place]), _lightness(round_number)))


def to_hex(colour: Colour) -> str:
    """Write a colour as ``#rrggbb``."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def from_hex(text: str) -> Colour:
    """Read ``#rrggbb``.

    Raises:
        ValueError: It is not written like that.
    """
    if not re.fullmatch("#[0-9a-fA-F]{6}", text):
        raise ValueError(f"a colour is written #rrggbb, not {text!r}")
    red, green, blue = bytes.fromhex(text[1:])
    return red, green, blue


def _lightness(round_number: int) -> float:
    """Return 0 for the first round, then van der Corput's sequence over dark to light.

    The sequence halves the largest gap each time, so early rounds differ most.
    """
    if round_number == 0:
        return 0.0
    value, denominator = 0.0, 1.0
    while round_number:
        denominator *= 2
        round_number, bit = divmod(round_number, 2)
        value += bit / denominator
    return _LIGHTEST + (_DARKEST - _LIGHTEST) * ((value + 0.75) % 1.0)


def _shade(colour: Colour, lightness: float) -> Colour:
    """Mix with white (lightness above 0) or black (below 0)."""
    target = 255 if lightness > 0 else 0
    red, green, blue = (round(part + (target - part) * abs(lightness)) for part in colour)
    return red, green, blue
