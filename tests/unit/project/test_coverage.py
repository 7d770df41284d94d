from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vosdesk.arrays import Size
from vosdesk.project import coverage
from vosdesk.project.coverage import Box, box_around, cover_polygon, cover_stroke

SIZE = Size(40, 30)
X, Y = np.meshgrid(np.arange(SIZE.width) + 0.5, np.arange(SIZE.height) + 0.5)
WHOLE = Box(0, 0, *SIZE)

# halves and whole numbers meet pixel centres and borders exactly, where mistakes hide
coordinates = st.one_of(
    st.floats(-15, 55, allow_subnormal=False),
    st.integers(-20, 100).map(lambda half: half / 2),
)
points = st.tuples(coordinates, coordinates)
radii = st.one_of(st.floats(0.5, 20), st.integers(1, 30).map(lambda half: half / 2))


def distance_to_line(line: np.ndarray) -> np.ndarray:
    """Distance of every pixel's centre from the line, one piece after the other."""
    result = np.hypot(X - line[0, 0], Y - line[0, 1])
    for (ax, ay), (bx, by) in pairwise(line):
        dx, dy = bx - ax, by - ay
        square = dx * dx + dy * dy
        way = np.clip(((X - ax) * dx + (Y - ay) * dy) / square, 0, 1) if square > 0 else 0.0
        result = np.minimum(result, np.hypot(X - ax - way * dx, Y - ay - way * dy))
    return result


def in_frame(box: Box | None, mask_of) -> np.ndarray:
    result = np.zeros((SIZE.height, SIZE.width), bool)
    if box is not None:
        result[box.rows, box.columns] = mask_of(box)
    return result


def stroke(line: np.ndarray, radius: float) -> np.ndarray:
    return in_frame(box_around(line, radius, SIZE), lambda box: cover_stroke(line, radius, box))


@settings(max_examples=150, deadline=None)
@given(st.lists(points, min_size=1, max_size=6), radii)
def test_a_stroke_covers_the_pixels_with_their_centre_within_its_radius(line, radius):
    line = np.array(line)
    covered = stroke(line, radius)
    distance = distance_to_line(line)
    own = np.zeros_like(covered)
    for x, y in line:
        if 0 <= x < SIZE.width and 0 <= y < SIZE.height:
            own[int(y), int(x)] = True
    # a hair's breadth of rounding is left open
    assert covered[(distance < radius - 1e-9) | own].all()
    assert not covered[(distance > radius + 1e-9) & ~own].any()


@settings(max_examples=100, deadline=None)
@given(st.lists(points, min_size=3, max_size=8))
def test_a_polygon_covers_the_pixels_with_their_centre_inside(outline):
    outline = np.array(outline)
    covered = in_frame(box_around(outline, 0.0, SIZE), lambda box: cover_polygon(outline, box))
    crossings = np.zeros(X.shape, int)
    undecided = np.zeros(X.shape, bool)
    for (ax, ay), (bx, by) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        crosses = (ay <= Y) != (by <= Y)
        if abs(by - ay) < 1e-12:  # the quotient below says nothing any more
            undecided |= crosses
        else:
            at = ax + (Y - ay) / (by - ay) * (bx - ax)
            crossings += crosses & (at <= X)
            undecided |= crosses & (np.abs(at - X) < 1e-9)
    np.testing.assert_array_equal(covered[~undecided], (crossings % 2 == 1)[~undecided])


def test_a_box_between_pixel_borders_covers_just_these_pixels():
    outline = np.array([[10.0, 5.0], [20.0, 5.0], [20.0, 8.0], [10.0, 8.0]])
    expected = np.zeros((SIZE.height, SIZE.width), bool)
    expected[5:8, 10:20] = True
    for turned in (outline, outline[::-1], np.roll(outline, 1, axis=0)):
        covered = in_frame(box_around(turned, 0, SIZE), lambda b, o=turned: cover_polygon(o, b))
        np.testing.assert_array_equal(covered, expected)


def test_where_an_outline_crosses_itself_the_middle_is_left_out():
    star = np.array([[20, 1], [32, 28], [2, 11], [38, 11], [8, 28]], float)
    covered = cover_polygon(star, WHOLE)
    assert not covered[15, 20]
    assert covered[5, 20]


@settings(max_examples=60, deadline=None)
@given(points, points)
def test_the_thinnest_pen_leaves_no_gap(start, end):
    line = np.clip(np.array([start, end]), 0.5, [SIZE.width - 0.5, SIZE.height - 0.5])
    covered = stroke(line, coverage.THIN)
    rows, columns = np.nonzero(covered)
    low, high = np.floor(line.min(axis=0)), np.floor(line.max(axis=0))
    if high[0] - low[0] >= high[1] - low[1]:
        assert set(range(int(low[0]), int(high[0]) + 1)) <= set(columns.tolist())
    else:
        assert set(range(int(low[1]), int(high[1]) + 1)) <= set(rows.tolist())


def test_the_smallest_pen_marks_the_pixel_that_it_touches():
    covered = stroke(np.array([[10.02, 7.97]]), coverage.THIN)
    assert np.argwhere(covered).tolist() == [[7, 10]]


@pytest.mark.parametrize("tiny", [5e-324, 2.2e-309, 1e-200, 1e-16, 1e-12])
def test_lines_next_to_level_and_next_to_nothing_are_no_trouble(tiny):
    for x, y in ((1.0, tiny), (tiny, 1.0), (tiny, tiny), (tiny, 0.0), (0.0, -tiny)):
        start = np.array([5.0, 5.0])
        line = np.array([start, start + np.array([x, y]), (0.0, 0.0), (x, y)])
        distance = distance_to_line(np.round(line, 6))
        covered = stroke(line, 2.25)
        assert covered[distance < 2.249].all()
        assert not covered[distance > 2.251].any()


def test_small_portions_give_the_same_as_one_large(monkeypatch):
    generator = np.random.default_rng(3)
    line, outline = generator.uniform(-10, 50, (40, 2)), generator.uniform(0, 40, (40, 2))
    whole = cover_stroke(line, 3.3, WHOLE), cover_polygon(outline, WHOLE)
    monkeypatch.setattr(coverage, "_BAND_CELLS", 100)
    monkeypatch.setattr(coverage, "_SPANS_AT_ONCE", 7)
    np.testing.assert_array_equal(cover_stroke(line, 3.3, WHOLE), whole[0])
    np.testing.assert_array_equal(cover_polygon(outline, WHOLE), whole[1])


@pytest.mark.parametrize("point", [(-3.1, 5.0), (43.1, 5.0), (5.0, -3.1), (5.0, 33.1)])
def test_outside_the_frame_there_is_no_box(point):
    assert box_around(np.array([point]), 3.0, SIZE) is None
