"""Points, lines and outlines."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vosdesk.arrays import Size
from vosdesk.gui.canvas.geometry import (
    area,
    box_outline,
    clamped,
    clipped,
    distance_to_line,
    encloses,
    inside,
    rounded,
    runs_near,
    simplified,
)

SIZE = Size(100, 60)
coordinates = st.floats(-150, 250, allow_nan=False).map(lambda value: round(value, 3))
points = st.tuples(coordinates, coordinates)
modest = settings(max_examples=60, deadline=None)


class TestSimplified:
    def test_a_straight_line_is_its_two_ends(self):
        assert simplified([(float(i), 2.0 * i) for i in range(50)], 0.25) == ((0, 0), (49, 98))

    def test_a_corner_stays(self):
        line = [(float(i), 0.0) for i in range(20)] + [(19.0, float(i)) for i in range(1, 20)]
        assert simplified(line, 0.25) == ((0, 0), (19, 0), (19, 19))

    def test_a_closed_line_does_not_fall_into_its_start(self):
        loop = [(math.cos(i / 10) * 30, math.sin(i / 10) * 30) for i in range(63)]
        loop.append(loop[0])
        kept = simplified(loop, 0.25)
        assert 8 < len(kept) < 40

    @pytest.mark.parametrize("line", [[], [(1.0, 2.0)], [(1.0, 2.0), (1.0, 2.0)]])
    def test_short_lines_stay_as_they_are(self, line):
        assert simplified(line, 0.25) == tuple(line)

    @modest
    @given(line=st.lists(points, min_size=1, max_size=60), tolerance=st.floats(0.01, 20))
    def test_ends_stay_and_no_point_is_left_further_than_the_tolerance(self, line, tolerance):
        kept = simplified(line, tolerance)
        assert (kept[0], kept[-1]) == (line[0], line[-1])
        remaining = iter(line)
        assert all(point in remaining for point in kept), "points of the line, in its order"
        assert all(distance_to_line(kept, point) <= tolerance + 1e-9 for point in line)

    def test_the_longest_stroke_is_simplified_at_once(self):
        zigzag = [(float(i), float(i % 7)) for i in range(20_000)]
        assert len(simplified(zigzag, 0.25)) > 5000


class TestClipped:
    def test_what_lies_inside_stays(self):
        outline = ((10.0, 10.0), (50.0, 12.0), (30.0, 40.0))
        assert clipped(outline, SIZE) == outline

    def test_what_lies_outside_is_gone(self):
        assert clipped(box_outline((-50, -50), (-10, 200)), SIZE) == ()
        assert clipped((), SIZE) == ()

    def test_a_box_around_the_picture_becomes_the_picture(self):
        assert set(clipped(box_outline((-9, -9), (500, 500)), SIZE)) == {
            (0, 0),
            (100, 0),
            (100, 60),
            (0, 60),
        }

    def test_a_corner_is_cut_where_the_border_runs(self):
        diamond = ((0.0, -20.0), (20.0, 0.0), (0.0, 20.0), (-20.0, 0.0))
        assert area(clipped(diamond, SIZE)) == pytest.approx(200)

    @modest
    @given(outline=st.lists(points, min_size=3, max_size=12), point=points)
    def test_a_point_of_the_picture_is_enclosed_as_before(self, outline, point):
        part = clipped(outline, SIZE)
        assert all(-1e-6 <= x <= 100 + 1e-6 and -1e-6 <= y <= 60 + 1e-6 for x, y in part)
        well_inside = inside(point, SIZE, margin=-0.01)
        on_the_line = distance_to_line([*outline, outline[0]], point) < 0.01
        if well_inside and not on_the_line:
            assert encloses(outline, point) == (len(part) > 2 and encloses(part, point))


@modest
@given(
    line=st.lists(points, min_size=1, max_size=30),
    corner=points,
    sides=st.tuples(st.floats(0, 90), st.floats(0, 90)),
    margin=st.floats(0, 20),
)
def test_runs_near_a_rectangle_leave_out_nothing_that_touches_it(line, corner, sides, margin):
    opposite = (corner[0] + sides[0], corner[1] + sides[1])
    runs = runs_near(line, corner, opposite, margin)
    middle = ((corner[0] + opposite[0]) / 2, (corner[1] + opposite[1]) / 2)
    for point in (corner, opposite, middle):
        gap = distance_to_line(line, point)
        if gap < margin:
            assert min(distance_to_line(run, point) for run in runs) == pytest.approx(gap)
    kept = sum(len(run) for run in runs)
    assert kept <= 2 * len(line)


def test_runs_far_away_are_left_out():
    line = [(0.0, 0.0), (10.0, 0.0), (500.0, 0.0), (510.0, 0.0), (510.0, 300.0), (0.0, 300.0)]
    assert runs_near(line, (-5, -5), (15, 5), 2) == [line[:3]]
    assert runs_near(line, (-5, -5), (15, 5), 300) == [line[:3], line[4:]]
    assert runs_near(line[:1], (-5, -5), (15, 5), 2) == [line[:1]]
    assert runs_near(line[:1], (50, 50), (60, 60), 2) == []


@modest
@given(a=points, b=points)
def test_a_boxs_area_is_the_product_of_its_sides(a, b):
    outline = box_outline(a, b)
    assert area(outline) == pytest.approx(abs(a[0] - b[0]) * abs(a[1] - b[1]), abs=1e-6)
    assert box_outline(b, a) == outline


def test_area_counts_neither_direction_nor_too_few_points():
    triangle = ((0.0, 0.0), (10.0, 0.0), (0.0, 10.0))
    assert area(triangle) == area(triangle[::-1]) == 50
    assert area(triangle[:2]) == area(()) == 0


def test_what_is_enclosed_twice_is_outside():
    """Even-odd, as regions are painted."""
    small, large = box_outline((40, 20), (60, 40)), box_outline((10, 5), (90, 55))
    both = (*large, large[0], *small, small[0])
    assert not encloses(both, (50, 30))
    assert encloses(both, (20, 30))


def test_distances_to_a_line():
    line = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)]
    assert distance_to_line(line, (5.0, -3.0)) == 3
    assert distance_to_line(line, (13.0, 14.0)) == 5
    assert distance_to_line(line[:1], (3.0, 4.0)) == 5
    assert distance_to_line([line[0], line[0]], (3.0, 4.0)) == 5


def test_a_point_on_the_far_border_belongs_to_no_pixel():
    assert inside((0.0, 0.0), SIZE)
    assert inside((99.99, 59.99), SIZE)
    assert not inside((100.0, 30.0), SIZE)
    assert not inside((-0.01, 30.0), SIZE)
    assert inside((-3.0, 63.0), SIZE, margin=4)


@modest
@given(point=points, margin=st.floats(0, 20))
def test_clamping_moves_only_what_is_outside(point, margin):
    x, y = clamped(point, SIZE, margin)
    assert -margin <= x <= 100 + margin
    assert -margin <= y <= 60 + margin
    if inside(point, SIZE, margin):
        assert (x, y) == point


def test_rounding_keeps_hundredths():
    assert rounded([(1.23456, 7.0), (0.005001, -2.999)]) == ((1.23, 7.0), (0.01, -3.0))
