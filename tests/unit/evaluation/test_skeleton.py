from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from vosdesk.evaluation.skeleton import clearance, longest_path, medial_axis


@st.composite
def blobs(draw):
    """Regions of all shapes: a coarse random pattern, drawn large."""
    coarse = draw(hnp.arrays(np.bool_, st.tuples(st.integers(1, 5), st.integers(1, 5))))
    factor = draw(st.integers(1, 7))
    return np.kron(coarse, np.ones((factor, factor), bool))


def component_count(mask):
    return cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)[0] - 1


@settings(max_examples=60, deadline=None)
@given(blobs())
def test_the_axis_lies_in_the_region_and_has_as_many_pieces(region):
    axis = medial_axis(region)
    assert not (axis & ~region).any()
    assert component_count(axis) == component_count(region)


@settings(max_examples=30, deadline=None)
@given(blobs())
def test_a_disc_smaller_than_the_clearance_stays_inside(region):
    framed = np.pad(region, 1)
    ys, xs = np.nonzero(~framed)
    for y, x in np.argwhere(framed)[:20]:
        nearest = np.hypot(ys - y, xs - x).min()
        assert clearance(region)[y - 1, x - 1] == pytest.approx(nearest, abs=1e-3)


def test_a_bar_becomes_a_line_along_its_middle():
    region = np.zeros((20, 60), bool)
    region[5:14, 4:56] = True
    axis = medial_axis(region)
    assert axis[9, 8:52].all()
    assert axis[:, 30].sum() == 1
    path = longest_path(axis)
    assert abs(path[0][0] - path[-1][0]) >= 52 - 9


def test_the_axis_of_something_round_runs_from_end_to_end():
    y, x = np.ogrid[-30:31, -30:31]
    path = longest_path(medial_axis(x * x + y * y <= 30 * 30))
    assert len(path) > 40


def test_a_hole_stays_a_hole():
    region = np.ones((31, 31), bool)
    region[13:18, 13:18] = False
    outside = ~np.pad(medial_axis(region), 1)
    assert cv2.connectedComponents(outside.astype(np.uint8), connectivity=4)[0] - 1 == 2


def test_the_longest_path_leaves_out_the_shortest_branch():
    skeleton = np.zeros((30, 30), bool)
    skeleton[10, 2:28] = True  # 26 pixels across
    skeleton[10:28, 20] = True  # a branch of 17 pixels, 8 from the right end
    path = longest_path(skeleton)
    assert {path[0], path[-1]} == {(2, 10), (20, 27)}
    steps = np.abs(np.diff(path, axis=0))
    assert steps.max() == 1
    assert skeleton[tuple(np.array(path).T[::-1])].all()
    assert len(set(path)) == len(path)


def test_a_single_pixel_is_its_own_path():
    skeleton = np.zeros((3, 4), bool)
    skeleton[1, 2] = True
    assert longest_path(skeleton) == [(2, 1)]


def test_nothing_has_no_path():
    with pytest.raises(ValueError, match="empty"):
        longest_path(np.zeros((3, 3), bool))
