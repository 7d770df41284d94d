"""Which annotation lies below a point."""

from __future__ import annotations

import base64
import logging

import numpy as np
import pytest

from vosdesk.arrays import VOID
from vosdesk.gui.canvas.hit_testing import annotation_at, distance_to
from vosdesk.project.annotations import Click, MaskAnnotation, Region, Scribble

LINE = Scribble(id=1, frame=0, object_id=1, points=((10, 10), (50, 10)), radius=4.0)
BOX = Region(id=2, frame=0, object_id=2, outline=((40, 0), (80, 0), (80, 30), (40, 30)))
DOT = Click(id=3, frame=0, object_id=1, x=20.0, y=60.0, radius=4.0)


@pytest.mark.parametrize(
    ("annotation", "point", "gap"),
    [
        (LINE, (30, 12), -2),
        (LINE, (30, 17), 3),
        (LINE, (5, 10), 1),
        (BOX, (60, 15), 0),
        (BOX, (85, 15), 5),
        (BOX, (60, -2), 2),
        (DOT, (20, 60), -4),
        (DOT, (20, 70), 6),
    ],
)
def test_distances_are_to_what_is_painted(annotation, point, gap):
    assert distance_to(annotation, point) == pytest.approx(gap)


def test_the_last_painted_is_on_top():
    assert annotation_at((LINE, BOX), (45, 10), 5) is BOX
    assert annotation_at((BOX, LINE), (45, 10), 5) is LINE


def test_what_lies_below_the_point_is_meant_before_what_lies_beside_it():
    assert annotation_at((BOX, LINE), (60, 10), 20) is BOX


def test_beside_all_of_them_the_nearest_is_meant():
    other = DOT.model_copy(update={"id": 4, "x": 40.0})
    assert annotation_at((DOT, other), (26, 60), 5) is DOT
    assert annotation_at((other, DOT), (26, 60), 5) is DOT


def test_further_than_the_tolerance_there_is_none():
    assert annotation_at((LINE, BOX, DOT), (20, 70), 5.9) is None
    assert annotation_at((LINE, BOX, DOT), (20, 70), 6.1) is DOT
    assert annotation_at((), (20, 70), 100) is None


class TestMask:
    @pytest.fixture
    def mask(self) -> MaskAnnotation:
        labels = np.full((40, 60), VOID, np.uint8)
        labels[10:20, 30:50] = 1
        labels[0:5, 0:5] = 0
        return MaskAnnotation.of(0, labels).model_copy(update={"id": 9})

    @pytest.mark.parametrize("point", [(30.0, 10.0), (49.9, 19.9), (0.0, 0.0)])
    def test_it_lies_where_it_says_something(self, mask, point):
        assert annotation_at((mask,), point, 3) is mask

    @pytest.mark.parametrize("point", [(29.9, 15.0), (50.0, 15.0), (-0.5, 0.0), (60.0, 2.0)])
    def test_and_nowhere_else(self, mask, point):
        assert annotation_at((mask,), point, 3) is None

    def test_a_damaged_one_is_passed_over(self, mask, caplog):
        png = base64.b64decode(mask.png)
        broken = base64.b64encode(png[: len(png) - 30]).decode()
        damaged = MaskAnnotation(id=8, frame=0, png=broken, object_ids=mask.object_ids)
        with caplog.at_level(logging.WARNING):
            assert annotation_at((LINE, damaged), (30, 10), 3) is LINE
        assert "annotation 8" in caplog.text
