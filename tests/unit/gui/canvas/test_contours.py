"""Outlines around painted areas."""

from __future__ import annotations

import math

import numpy as np
import pytest

from vosdesk.gui.canvas.contours import band_outlines, mask_outlines
from vosdesk.gui.canvas.geometry import area, distance_to_line


@pytest.mark.parametrize("radius", [0.5, 3.0, 20.0, 400.0])
def test_one_point_is_a_disc(radius):
    (outline,) = band_outlines([(100.5, 40.25)], radius)
    distances = [math.dist(point, (100.5, 40.25)) for point in outline]
    slack = max(0.35, radius * 0.02)
    assert min(distances) >= radius - slack
    assert max(distances) <= radius + slack


def test_a_band_keeps_the_pens_distance_from_its_line():
    line = [(10.0, 10.0), (60.0, 30.0), (60.0, 90.0), (20.0, 120.0)]
    (outline,) = band_outlines(line, 7.0)
    assert all(abs(distance_to_line(line, point) - 7.0) < 0.5 for point in outline)


def test_a_ring_has_a_hole():
    ring = [(50 + 30 * math.cos(i / 10), 50 + 30 * math.sin(i / 10)) for i in range(64)]
    outlines = sorted(band_outlines(ring, 5.0), key=area)
    assert [area(outline) for outline in outlines] == pytest.approx(
        [math.pi * 25**2, math.pi * 35**2], rel=0.03
    )


def test_the_largest_stroke_costs_little_memory():
    (outline,) = band_outlines([(-1e5, -1e5), (1e5, 1e5)], 2000.0)
    assert area(outline) == pytest.approx(2000 * 2 * 2e5 * 2**0.5 + math.pi * 2000**2, rel=0.15)


def test_a_masks_outline_encloses_its_pixels():
    mask = np.zeros((40, 60), bool)
    mask[10:20, 30:50] = True
    (outline,) = mask_outlines(mask)
    assert area(outline) == pytest.approx(10 * 20, rel=0.08)
    xs, ys = zip(*outline, strict=True)
    assert (min(xs), min(ys), max(xs), max(ys)) == pytest.approx((30, 10, 50, 20), abs=0.3)


def test_a_mask_at_the_border_and_its_hole_are_outlined():
    mask = np.ones((30, 30), bool)
    mask[10:20, 10:20] = False
    assert len(mask_outlines(mask)) == 2


def test_an_empty_mask_has_no_outline():
    assert mask_outlines(np.zeros((8, 8), bool)) == []
