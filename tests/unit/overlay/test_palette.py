"""The palettes: DAVIS bit for bit, and screen colours that people can see and tell apart."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from vosdesk.arrays import BACKGROUND, MAX_OBJECTS, VOID
from vosdesk.overlay import davis_palette, from_hex, screen_colour, to_hex

if TYPE_CHECKING:
    from pathlib import Path

# The first rows and the last as printed in the VOC development kit's documentation.
VOC_COLOURS = [
    (0, 0, 0),
    (128, 0, 0),
    (0, 128, 0),
    (128, 128, 0),
    (0, 0, 128),
    (128, 0, 128),
    (0, 128, 128),
    (128, 128, 128),
    (64, 0, 0),
    (192, 0, 0),
]


def _luminance(colour: tuple[int, int, int]) -> float:
    """Relative luminance of sRGB (WCAG 2)."""
    linear = [
        c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4
        for c in np.array(colour) / 255.0
    ]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def test_davis_palette_is_the_colour_map_of_voc():
    palette = davis_palette()
    assert palette.shape == (256, 3)
    assert palette.dtype == np.uint8
    assert [tuple(row) for row in palette[:10].tolist()] == VOC_COLOURS
    assert tuple(palette[VOID].tolist()) == (224, 224, 192)
    assert len(np.unique(palette, axis=0)) == 256


def test_davis_palette_is_the_callers_own():
    davis_palette()[:] = 7
    assert tuple(davis_palette()[1].tolist()) == VOC_COLOURS[1]


@pytest.mark.davis
def test_davis_palette_is_that_of_the_data_set(davis: Path):
    root = davis.parent / "davis2017" / "Annotations" / "480p"
    masks = sorted(root.rglob("00000.png"))
    if not masks:
        pytest.skip("the masks of DAVIS 2017 are not here")
    with Image.open(masks[0]) as image:
        theirs = np.array(image.getpalette(), np.uint8).reshape(-1, 3)
    assert np.array_equal(theirs, davis_palette()[: len(theirs)])


def test_no_two_objects_share_a_screen_colour():
    colours = [screen_colour(object_id) for object_id in range(BACKGROUND, MAX_OBJECTS + 1)]
    assert len(set(colours)) == len(colours)


def test_screen_colours_can_be_seen_on_black():
    for object_id in range(1, MAX_OBJECTS + 1):
        contrast = (_luminance(from_hex(screen_colour(object_id))) + 0.05) / 0.05
        assert contrast >= 3.0, object_id


# Dichromats' view (Vienot, Brettel and Mollon 1999): linear RGB to linear RGB.
PROTANOPIA = np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]])
DEUTERANOPIA = np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]])


@pytest.mark.parametrize("eye", [np.eye(3), PROTANOPIA, DEUTERANOPIA])
def test_the_first_seven_objects_differ_for_every_eye(eye: np.ndarray):
    colours = np.array([from_hex(screen_colour(object_id)) for object_id in range(1, 8)])
    seen = np.clip((colours / 255.0) ** 2.2 @ eye.T, 0, 1) ** (1 / 2.2) * 255
    for a, b in combinations(range(7), 2):
        assert np.linalg.norm(seen[a] - seen[b]) > 30, (a + 1, b + 1)


@pytest.mark.parametrize("object_id", [-1, VOID])
def test_screen_colour_refuses_what_is_never_shown(object_id: int):
    with pytest.raises(ValueError, match=r"0\.\.254"):
        screen_colour(object_id)


def test_hex_goes_there_and_back():
    assert to_hex((1, 171, 255)) == "#01abff"
    assert from_hex("#01ABff") == (1, 171, 255)


@pytest.mark.parametrize("text", ["", "01abff", "#01abf", "#01abfg", "#01 bff", "#01abff\n", "red"])
def test_from_hex_refuses_anything_else(text: str):
    with pytest.raises(ValueError, match="#rrggbb"):
        from_hex(text)
