"""Masks of other programs: what each kind of pixel means, and what is refused in words."""

from __future__ import annotations

import os
import struct
import zlib
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from vosdesk.arrays import VOID, Size
from vosdesk.errors import MaskError
from vosdesk.export import MaskReader, read_mask
from vosdesk.overlay import davis_palette

if TYPE_CHECKING:
    from pathlib import Path

SIZE = Size(6, 4)
RED, GREEN, WHITE, BLACK = (200, 0, 0), (0, 200, 0), (255, 255, 255), (0, 0, 0)

label_maps = hnp.arrays(np.uint8, (SIZE.height, SIZE.width))


def _save(path: Path, pixels: np.ndarray, palette: np.ndarray | None = None) -> Path:
    image = Image.fromarray(pixels)
    if palette is not None:
        image.putpalette(palette.tobytes())
    image.save(path)
    return path


def _stripes(*values) -> np.ndarray:
    """One column for each value, the first one for the columns left over."""
    columns = [values[0]] * (SIZE.width - len(values)) + list(values)
    return np.array([columns] * SIZE.height, np.uint8)


def _column_ids(labels: np.ndarray) -> list[int]:
    assert labels.dtype == np.uint8
    assert (labels == labels[0]).all()
    return labels[0].tolist()


@settings(deadline=None, max_examples=40)
@given(label_maps)
def test_the_index_is_the_object(tmp_path_factory, labels: np.ndarray):
    path = _save(tmp_path_factory.mktemp("m") / "a.png", labels, davis_palette())
    assert np.array_equal(read_mask(path, SIZE), labels)


def test_indices_count_in_other_palettes_too(tmp_path):
    labels = _stripes(0, 1, 2, VOID)
    palette = np.random.default_rng(0).integers(0, 256, (256, 3), np.uint8)
    assert np.array_equal(read_mask(_save(tmp_path / "a.png", labels, palette), SIZE), labels)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_indices_of_few_bits_are_read(tmp_path, bits):
    labels = _stripes(0, 1)
    image = Image.fromarray(labels)
    image.putpalette(davis_palette()[: 2**bits].tobytes())
    image.save(tmp_path / "a.png", bits=bits)
    assert np.array_equal(read_mask(tmp_path / "a.png", SIZE), labels)


@pytest.mark.parametrize(
    ("greys", "ids"),
    [
        ((0, 255), (0, 1)),
        ((0, 200), (0, 1)),
        ((0,), (0,)),
        ((255,), (1,)),
        ((0, 1, 2), (0, 1, 2)),
        ((0, 3, 32), (0, 3, 32)),
        ((0, 1, VOID), (0, 1, VOID)),
        ((0, 64, 128, 255), (0, 1, 2, 3)),
        ((0, 1, 200), (0, 1, 2)),
    ],
)
@pytest.mark.parametrize("as_colour", [False, True], ids=["grey", "rgb"])
def test_greys(tmp_path, greys, ids, as_colour):
    pixels = _stripes(*greys)
    if as_colour and {*greys} & {64, 128}:
        pixels[pixels == 64] = 60  # 64 and 128 are greys of the DAVIS palette
        pixels[pixels == 128] = 130
    if as_colour:
        pixels = np.stack([pixels] * 3, axis=-1)
    labels = read_mask(_save(tmp_path / "a.png", pixels), SIZE)
    assert np.array_equal(labels, _stripes(*ids))


def test_black_and_white_of_one_bit(tmp_path):
    Image.fromarray(_stripes(0, 255)).convert("1").save(tmp_path / "a.png")
    assert np.array_equal(read_mask(tmp_path / "a.png", SIZE), _stripes(0, 1))


@pytest.mark.parametrize(("values", "ids"), [((0, 65535), (0, 1)), ((0, 1, 2), (0, 1, 2))])
def test_greys_of_sixteen_bits(tmp_path, values, ids):
    pixels = np.array([[values[0]] * (6 - len(values)) + list(values)] * 4, np.uint16)
    assert np.array_equal(read_mask(_save(tmp_path / "a.png", pixels), SIZE), _stripes(*ids))


@settings(deadline=None, max_examples=40)
@given(label_maps)
def test_colours_of_the_davis_palette_are_their_ids(tmp_path_factory, labels: np.ndarray):
    path = _save(tmp_path_factory.mktemp("m") / "a.png", davis_palette()[labels])
    assert np.array_equal(read_mask(path, SIZE), labels)


def test_other_colours_take_ids_the_most_frequent_first(tmp_path):
    path = _save(tmp_path / "a.png", _stripes(BLACK, BLACK, BLACK, GREEN, RED, RED))
    assert _column_ids(read_mask(path, SIZE)) == [0, 0, 0, 2, 1, 1]


def test_other_colours_take_ids_that_davis_colours_leave(tmp_path):
    first = tuple(davis_palette()[1].tolist())
    path = _save(tmp_path / "a.png", _stripes(BLACK, WHITE, WHITE, first, RED))
    assert _column_ids(read_mask(path, SIZE)) == [0, 0, 2, 2, 1, 3]


def test_transparent_pixels_are_background_whatever_their_colour(tmp_path):
    pixels = _stripes((*RED, 0), (*GREEN, 0), (*WHITE, 255))
    assert _column_ids(read_mask(_save(tmp_path / "a.png", pixels), SIZE)) == [0, 0, 0, 0, 0, 1]


def test_half_transparent_edges_are_refused(tmp_path):
    path = _save(tmp_path / "a.png", _stripes((*BLACK, 255), (*RED, 128), (*RED, 255)))
    with pytest.raises(MaskError, match="anti-aliased") as caught:
        read_mask(path, SIZE)
    assert "without anti-aliasing" in caught.value.advice


@pytest.mark.parametrize("kind", ["grey", "colour", "indexed"])
def test_a_disc_with_smooth_edges_is_refused(tmp_path, kind):
    pixels = np.zeros((60, 80, 3), np.uint8)
    cv2.circle(pixels, (40, 30), 20, (255, 160, 30), -1, cv2.LINE_AA)
    cv2.circle(pixels, (15, 12), 9, (30, 160, 255), -1, cv2.LINE_AA)
    image = Image.fromarray(cv2.GaussianBlur(pixels, (5, 5), 0))
    if kind == "indexed":
        image = image.quantize(200)
    (image.convert("L") if kind == "grey" else image).save(tmp_path / "smooth.png")
    with pytest.raises(MaskError, match="anti-aliased") as caught:
        read_mask(tmp_path / "smooth.png", Size(80, 60))
    assert "smooth.png" in caught.value.sentence


def test_a_photograph_is_refused_at_once(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3), np.uint8)
    with pytest.raises(MaskError, match="anti-aliased"):
        read_mask(_save(tmp_path / "a.png", noise), Size(300, 200))


def test_the_same_disc_with_hard_edges_is_read(tmp_path):
    pixels = np.zeros((60, 80), np.uint8)
    cv2.circle(pixels, (40, 30), 20, 255, -1)
    labels = read_mask(_save(tmp_path / "a.png", pixels), Size(80, 60))
    assert np.array_equal(labels, (pixels > 0).astype(np.uint8))


def test_a_reader_keeps_shades_and_colours_to_their_objects(tmp_path):
    reader = MaskReader(SIZE)
    first = _save(tmp_path / "1.png", _stripes(BLACK, RED, RED, GREEN))
    second = _save(tmp_path / "2.png", _stripes(BLACK, GREEN, GREEN, WHITE))
    third = _save(tmp_path / "3.png", _stripes(0, 255, 100))
    assert _column_ids(reader.read(first)) == [0, 0, 0, 1, 1, 2]
    assert _column_ids(reader.read(second)) == [0, 0, 0, 2, 2, 3]
    assert _column_ids(reader.read(third)) == [0, 0, 0, 0, 3, 4]


def test_more_colours_than_ids_are_refused(tmp_path):
    reader = MaskReader(SIZE)
    for first in range(1, 254, 5):
        colours = [(number, 1, 2) for number in range(first, min(first + 5, 255))]
        reader.read(_save(tmp_path / "a.png", _stripes(BLACK, *colours)))
    path = _save(tmp_path / "b.png", _stripes(BLACK, (255, 1, 2)))
    with pytest.raises(MaskError, match="254") as caught:
        reader.read(path)
    assert "b.png" in caught.value.sentence


def test_another_size_is_refused_with_both_sizes(tmp_path):
    path = _save(tmp_path / "a.png", _stripes(0, 255))
    with pytest.raises(MaskError, match="6 x 4 pixels, but the video is 4 x 6"):
        read_mask(path, Size(4, 6))


def _png(width: int, height: int, pixels: bytes) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    content = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + content


@pytest.mark.parametrize("side", [5000, 12_000, 100_000])
def test_a_bomb_is_refused_by_its_header(tmp_path, side):
    """A decoder would need 25 MB to 10 GB; the file's pixels are not even there."""
    path = tmp_path / "bomb.png"
    path.write_bytes(_png(side, side, b""))
    with pytest.raises(MaskError, match=f"{side} x {side} pixels, but the video is 6 x 4"):
        read_mask(path, SIZE)


def test_pixels_that_are_missing_are_damage(tmp_path):
    path = tmp_path / "short.png"
    path.write_bytes(_png(6, 4, b"\0" * 5))
    with pytest.raises(MaskError, match=r"short.png cannot be read"):
        read_mask(path, SIZE)


def test_what_is_no_picture_is_refused(tmp_path):
    (tmp_path / "a.png").write_text("no picture")
    with pytest.raises(MaskError, match="not a PNG") as caught:
        read_mask(tmp_path / "a.png", SIZE)
    assert "PNG" in caught.value.advice


def test_a_jpeg_is_refused_since_it_has_blurred_the_mask(tmp_path):
    path = _save(tmp_path / "a.jpg", _stripes(0, 255))
    with pytest.raises(MaskError, match="not a PNG") as caught:
        read_mask(path, SIZE)
    assert "JPEG" in caught.value.advice


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(MaskError, match=r"no mask .*gone\.png"):
        read_mask(tmp_path / "gone.png", SIZE)
    with pytest.raises(MaskError, match="cannot be read"):
        read_mask(tmp_path, SIZE)


@pytest.mark.skipif(os.name != "posix", reason="rights as POSIX has them")
def test_a_file_that_may_not_be_read_is_refused(tmp_path):
    path = _save(tmp_path / "a.png", _stripes(0, 255))
    path.chmod(0)
    user = os.geteuid()
    try:
        if user == 0:
            os.seteuid(65534)
        with pytest.raises(MaskError, match="Permission denied"):
            read_mask(path, SIZE)
    finally:
        os.seteuid(user)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 120), st.binary(min_size=1, max_size=12), st.sampled_from(["P", "L", "RGBA"]))
def test_no_damage_makes_anything_but_a_mask_or_an_error(
    tmp_path_factory, place: int, junk: bytes, mode: str
):
    path = tmp_path_factory.mktemp("m") / "a.png"
    Image.fromarray(_stripes(0, 1)).convert(mode).save(path)
    content = bytearray(path.read_bytes())
    content[place : place + len(junk)] = junk
    path.write_bytes(content)
    try:
        labels = read_mask(path, SIZE)
    except MaskError:
        return
    assert labels.shape == (SIZE.height, SIZE.width)
    assert labels.dtype == np.uint8


@pytest.mark.davis
def test_masks_of_davis_2016_are_one_object(davis: Path):
    path = davis / "Annotations" / "480p" / "camel" / "00000.png"
    labels = read_mask(path, Size(854, 480))
    with Image.open(path) as image:
        assert np.array_equal(labels, (np.array(image.convert("L")) > 127).astype(np.uint8))
