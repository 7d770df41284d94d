from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from vosdesk.arrays import Size
from vosdesk.errors import VideoError
from vosdesk.video.images import image_size, read_image

COLOURS = np.random.default_rng(3).integers(0, 256, (6, 9, 3), dtype=np.uint8)
GREY = COLOURS[:, :, 0]


def grey_frame(values: np.ndarray) -> np.ndarray:
    return np.repeat(values.astype(np.uint8)[:, :, None], 3, axis=2)


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "TIFF", "webp"])
def test_eight_bit_colours_arrive_unchanged(tmp_path, suffix):
    path = tmp_path / f"image.{suffix}"
    Image.fromarray(COLOURS).save(path, **({"lossless": True} if suffix == "webp" else {}))
    assert image_size(path) == Size(9, 6)
    np.testing.assert_array_equal(read_image(path), COLOURS)


def test_jpeg(tmp_path):
    plain = np.full((16, 16, 3), (200, 40, 90), np.uint8)
    Image.fromarray(plain).save(tmp_path / "image.jpeg", quality=95)
    assert np.abs(read_image(tmp_path / "image.jpeg").astype(int) - plain).max() <= 4


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bits_keep_the_upper_eight(tmp_path, suffix):
    path = tmp_path / f"deep.{suffix}"
    deep = COLOURS.astype(np.uint16) * 256 + 77
    path.write_bytes(cv2.imencode(f".{suffix}", deep[:, :, ::-1])[1].tobytes())
    np.testing.assert_array_equal(read_image(path), COLOURS)
    path.write_bytes(cv2.imencode(f".{suffix}", deep[:, :, 0])[1].tobytes())
    np.testing.assert_array_equal(read_image(path), grey_frame(GREY))


def test_floating_point_holds_zero_to_one(tmp_path):
    values = np.array([[0.0, 0.5, 1.0], [-3.0, 7.0, np.nan]], np.float32)
    Image.fromarray(values).save(tmp_path / "float.tif")
    expected = grey_frame(np.array([[0, 128, 255], [0, 255, 0]]))
    np.testing.assert_array_equal(read_image(tmp_path / "float.tif"), expected)


def test_grey_palette_and_black_and_white(tmp_path):
    Image.fromarray(GREY).save(tmp_path / "grey.png")
    np.testing.assert_array_equal(read_image(tmp_path / "grey.png"), grey_frame(GREY))
    table = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 8, 7]], np.uint8)
    indexed = Image.frombytes("P", (9, 6), (GREY % 4).tobytes())
    indexed.putpalette(table.ravel().tolist())
    indexed.save(tmp_path / "palette.png")
    np.testing.assert_array_equal(read_image(tmp_path / "palette.png"), table[GREY % 4])
    Image.fromarray(GREY > 127).save(tmp_path / "bits.png")
    expected = grey_frame((GREY > 127) * 255)
    np.testing.assert_array_equal(read_image(tmp_path / "bits.png"), expected)


def test_transparency_lies_over_black(tmp_path):
    alpha = np.where(GREY > 127, 255, 0).astype(np.uint8)
    Image.fromarray(np.dstack([COLOURS, alpha])).save(tmp_path / "clear.png")
    expected = COLOURS * (alpha > 0)[:, :, None]
    np.testing.assert_array_equal(read_image(tmp_path / "clear.png"), expected)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(tmp_path, orientation):
    upright = {
        1: COLOURS,
        2: COLOURS[:, ::-1],
        3: COLOURS[::-1, ::-1],
        4: COLOURS[::-1],
        5: COLOURS.transpose(1, 0, 2),
        6: np.rot90(COLOURS, -1),
        7: COLOURS[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(COLOURS, 1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    for suffix in ("png", "tif"):
        path = tmp_path / f"turned.{suffix}"
        Image.fromarray(COLOURS).save(path, exif=exif)
        assert image_size(path) == Size(upright.shape[1], upright.shape[0])
        np.testing.assert_array_equal(read_image(path), upright)


def png_of_size(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("size", [(16385, 1), (1, 16385), (9000, 9000), (60000, 60000)])
def test_a_bomb_is_refused_by_its_header(tmp_path, size):
    path = tmp_path / "bomb.png"
    path.write_bytes(png_of_size(*size))
    for read in (image_size, read_image):
        with pytest.raises(VideoError, match=r"bomb\.png .*pixels"):
            read(path)


def test_a_file_that_only_pretends(tmp_path):
    path = tmp_path / "script.png"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n")
    with pytest.raises(VideoError, match=r"script\.png is damaged or not an image"):
        read_image(path)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@settings(max_examples=60, deadline=None)
@given(data=st.data(), suffix=st.sampled_from(["png", "jpg", "tif", "bmp", "webp"]))
def test_a_damaged_image_is_named(tmp_path_factory, data, suffix):
    path = tmp_path_factory.mktemp("damaged") / f"hurt.{suffix}"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(COLOURS).save(path, **({} if suffix == "bmp" else {"exif": exif}))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    try:
        frame = read_image(path)
    except VideoError as error:
        named = "hurt." in error.sentence
    else:
        named = frame.dtype == np.uint8 and frame.shape[2] == 3
    assert named
