"""Indexed pictures, and the size in a PNG's header."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp
from PIL import Image

from vosdesk.arrays import Size
from vosdesk.overlay import davis_palette
from vosdesk.overlay.png import PNG_HEADER_BYTES, indexed_image, png_header_size


def encoded(image: Image.Image, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


@settings(max_examples=30, deadline=None)
@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=20)))
def test_indices_are_object_ids_and_the_header_tells_the_size(labels):
    for given_labels in (labels, labels.T):  # a view is taken like an array of its own
        png = encoded(indexed_image(given_labels))
        found = Image.open(io.BytesIO(png))
        np.testing.assert_array_equal(np.asarray(found), given_labels)
        assert found.getpalette("RGB")[:6] == davis_palette()[:2].ravel().tolist()
        assert png_header_size(png[:PNG_HEADER_BYTES]) == Size(*given_labels.shape[::-1])


@pytest.mark.parametrize("cut", [0, 8, PNG_HEADER_BYTES - 1])
def test_a_header_that_is_cut_off_is_none(cut):
    png = encoded(Image.new("L", (3, 2)))
    assert png_header_size(png[:cut]) is None


def test_another_format_is_none_and_so_is_another_chunk():
    assert png_header_size(encoded(Image.new("L", (64, 64)), "BMP")) is None
    png = encoded(Image.new("L", (3, 2)))
    assert png_header_size(png.replace(b"IHDR", b"IDAT", 1)) is None
