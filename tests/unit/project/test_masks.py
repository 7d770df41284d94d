from __future__ import annotations

import base64
import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp
from PIL import Image

from vosdesk.arrays import Size
from vosdesk.errors import MaskError
from vosdesk.overlay.palette import davis_palette
from vosdesk.project.masks import (
    MAX_SIDE,
    decode_label_map,
    encode_label_map,
    object_ids_in,
    png_size,
)


def as_png(array: np.ndarray) -> str:
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def header_only(width: int, height: int) -> str:
    """A PNG that promises a size and holds next to no pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0"))
    return base64.b64encode(data + chunk(b"IEND", b"")).decode()


@settings(max_examples=40, deadline=None)
@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=30)))
def test_any_label_map_survives_its_png(labels):
    decoded = decode_label_map(encode_label_map(labels), Size(labels.shape[1], labels.shape[0]))
    np.testing.assert_array_equal(decoded, labels)
    assert decoded.flags.writeable
    assert object_ids_in(labels) == tuple(sorted({*labels.ravel().tolist()} - {255}))


def test_the_png_is_indexed_in_the_davis_palette(label_map):
    image = Image.open(io.BytesIO(base64.b64decode(encode_label_map(label_map))))
    assert image.mode == "P"
    assert image.getpalette()[: 3 * 3] == davis_palette()[:3].ravel().tolist()
    assert png_size(encode_label_map(label_map)) == Size(32, 24)


def test_a_grey_png_is_taken_by_its_values(label_map):
    np.testing.assert_array_equal(decode_label_map(as_png(label_map)), label_map)


def test_another_size_is_refused_in_words(label_map):
    with pytest.raises(MaskError, match=r"32 x 24 pixels, but the video is 24 x 32") as error:
        decode_label_map(encode_label_map(label_map), Size(24, 32))
    assert error.value.advice


def test_a_huge_promise_is_refused_before_decoding():
    with pytest.raises(MaskError, match="1 to 16384"):
        decode_label_map(header_only(MAX_SIDE + 1, 10))
    with pytest.raises(MaskError):
        decode_label_map(header_only(2**31 - 1, 2**31 - 1))
    with pytest.raises(MaskError, match="in all"):
        decode_label_map(header_only(MAX_SIDE, MAX_SIDE))


def test_a_picture_with_missing_rows_is_damaged():
    assert png_size(header_only(100, 100)) == Size(100, 100)
    with pytest.raises(MaskError, match="damaged"):
        decode_label_map(header_only(100, 100))


@pytest.mark.parametrize(
    ("png", "words"),
    [
        ("not base64!", "not base64"),
        (base64.b64encode(b"GIF89a and no more").decode(), "not a PNG"),
        ("", "not a PNG"),
        ("ü", "not base64"),
        (as_png(np.zeros((4, 4, 3), np.uint8)), "kind RGB"),
    ],
)
def test_what_is_no_indexed_png_is_refused(png, words):
    with pytest.raises(MaskError, match=words):
        decode_label_map(png)


@pytest.mark.parametrize(
    "array", [np.zeros((3, 3), np.int64), np.zeros((3, 3, 3), np.uint8), np.zeros((0, 4), np.uint8)]
)
def test_what_is_no_label_map_is_not_encoded(array):
    with pytest.raises(MaskError):
        encode_label_map(array)
