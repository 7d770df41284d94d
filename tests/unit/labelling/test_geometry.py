"""Pixels to cells, by way of the network's input size."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vosdesk.arrays import Size
from vosdesk.embedding.input_size import grid_of
from vosdesk.labelling.geometry import cells_of_pixels, check_grid, pixels_per_cell

SIDES = st.integers(1, 4000)


@given(pixels=st.integers(1, 300), network=SIDES)
def test_a_pixel_lies_in_the_cell_under_its_centre(pixels, network):
    cells = cells_of_pixels(pixels, network)
    for pixel, cell in enumerate(cells):
        assert cell == math.floor((pixel + Fraction(1, 2)) * network / (pixels * 8))


@given(pixels=SIDES, network=SIDES)
def test_every_pixel_lies_in_the_grid(pixels, network):
    cells = cells_of_pixels(pixels, network)
    assert cells.min() >= 0
    assert cells.max() < grid_of(Size(network, network)).columns


def test_the_last_cells_may_reach_beyond_the_picture():
    assert grid_of(Size(854, 480)) == (60, 107)
    cells = cells_of_pixels(854, 854)
    assert (cells == 106).sum() == 6
    assert (cells[:848] == [i // 8 for i in range(848)]).all()


def test_cells_are_as_large_as_the_scale_says():
    assert pixels_per_cell(Size(1920, 1080), Size(854, 480)) == (8 * 1920 / 854, 18.0)


def test_a_grid_of_another_input_size_is_refused():
    check_grid((60, 107), Size(854, 480))
    with pytest.raises(ValueError, match="854 x 481"):
        check_grid((60, 107), Size(854, 481))
