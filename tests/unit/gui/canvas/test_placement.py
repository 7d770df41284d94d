"""Zoom and position as numbers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vosdesk.arrays import Size
from vosdesk.gui.canvas.placement import Placement, centred, fitting_scale

scales = st.floats(0.01, 64)
offsets = st.floats(-5000, 5000)
placements = st.builds(Placement, scales, offsets, offsets)
sizes = st.builds(Size, st.integers(1, 4000), st.integers(1, 4000))
modest = settings(max_examples=80, deadline=None)


@modest
@given(placement=placements, x=offsets, y=offsets)
def test_source_and_widget_lead_back_to_each_other(placement, x, y):
    assert placement.to_widget(*placement.to_source(x, y)) == pytest.approx((x, y), abs=1e-6)


@modest
@given(placement=placements, scale=scales, x=offsets, y=offsets)
def test_zooming_leaves_the_point_where_it_is(placement, scale, x, y):
    zoomed = placement.zoomed(scale, x, y)
    assert zoomed.scale == scale
    assert zoomed.to_widget(*placement.to_source(x, y)) == pytest.approx((x, y), abs=1e-6)


@modest
@given(placement=placements, dx=offsets, dy=offsets, picture=sizes, widget=sizes)
def test_however_far_it_is_pushed_some_of_the_picture_stays(placement, dx, dy, picture, widget):
    kept = placement.moved(dx, dy).kept_reachable(picture, widget)
    left, top = kept.to_widget(0, 0)
    right, bottom = kept.to_widget(*picture)
    assert kept.scale == placement.scale
    for low, high, room in ((left, right, widget.width), (top, bottom, widget.height)):
        seen = min(high, room) - max(low, 0)
        assert seen >= min(48, high - low, room) - 1e-6
    assert kept.kept_reachable(picture, widget) == kept


@modest
@given(picture=sizes, widget=sizes)
def test_what_fits_lies_within_and_touches_two_borders(picture, widget):
    scale = fitting_scale(picture, widget, margin=0)
    left, top = centred(picture, widget, scale).to_widget(0, 0)
    assert left >= -1e-6
    assert top >= -1e-6
    assert min(left, top) == pytest.approx(0, abs=1e-6)


def test_the_margin_is_left_on_all_sides():
    scale = fitting_scale(Size(100, 100), Size(220, 500), margin=10)
    assert scale == 2.0
    assert centred(Size(100, 100), Size(220, 500), scale) == Placement(2.0, 10.0, 150.0)


def test_a_widget_smaller_than_its_margins_still_has_a_scale():
    assert fitting_scale(Size(100, 100), Size(5, 5), margin=10) > 0


@pytest.mark.parametrize("pixel", [1.0, 0.5, 1 / 1.5])
def test_alignment_moves_by_half_a_screen_pixel_at_most(pixel):
    placement = Placement(1.0, 10.3, -7.8)
    aligned = placement.aligned(pixel)
    for before, after in (
        (placement.offset_x, aligned.offset_x),
        (placement.offset_y, aligned.offset_y),
    ):
        assert abs(after - before) <= pixel / 2 + 1e-9
        assert after / pixel == pytest.approx(round(after / pixel))
