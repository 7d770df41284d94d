from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from vosdesk.arrays import Size
from vosdesk.errors import MaskError
from vosdesk.project.annotations import (
    ERASED,
    MAX_POINTS,
    Click,
    MaskAnnotation,
    Region,
    Scribble,
)
from vosdesk.project.masks import encode_label_map

CLICK = {"frame": 3, "object_id": 1, "x": 4.0, "y": 5.0}


@pytest.mark.parametrize(
    "wrong",
    [
        {"x": float("nan")},
        {"x": float("inf")},
        {"y": 1e6},
        {"x": "4"},
        {"radius": 0.4},
        {"radius": 2001.0},
        {"frame": -1},
        {"frame": True},
        {"frame": 1.5},
        {"object_id": 256},
        {"object_id": -1},
        {"id": -1},
        {"muted": 1},
        {"colour": "red"},
    ],
)
def test_a_click_out_of_bounds_cannot_be_made(wrong):
    assert Click(**CLICK).radius == 4.0
    with pytest.raises(ValidationError):
        Click(**{**CLICK, **wrong})


def test_annotations_cannot_change():
    with pytest.raises(ValidationError):
        Click(**CLICK).x = 9.0


def test_copies_are_checked_like_new_ones():
    click = Click(**CLICK)
    assert click.model_copy(update={"x": 6.0}).x == 6.0
    with pytest.raises(ValidationError):
        click.model_copy(update={"x": float("nan")})
    with pytest.raises(ValidationError):
        click.model_copy(update={"nonsense": 1})


def test_strokes_and_outlines_have_a_bounded_number_of_points():
    point = (1.0, 2.0)
    Scribble(frame=0, object_id=1, points=(point,) * MAX_POINTS)
    for make in (
        lambda: Scribble(frame=0, object_id=1, points=()),
        lambda: Scribble(frame=0, object_id=1, points=(point,) * (MAX_POINTS + 1)),
        lambda: Scribble(frame=0, object_id=1, points=((1.0, 2.0, 3.0),)),
        lambda: Region(frame=0, object_id=1, outline=(point, point)),
    ):
        with pytest.raises(ValidationError):
            make()


def test_an_eraser_shows_no_object():
    assert Click(**{**CLICK, "object_id": ERASED}).object_ids == ()
    assert Click(**{**CLICK, "object_id": 0}).object_ids == (0,)


def test_a_mask_finds_its_objects_and_its_size(label_map):
    mask = MaskAnnotation(frame=2, png=encode_label_map(label_map))
    assert mask == MaskAnnotation.of(2, label_map)
    assert mask.object_ids == (0, 1, 2)
    assert mask.size == Size(32, 24)
    np.testing.assert_array_equal(mask.label_map(), label_map)


def test_the_object_of_a_mask_is_the_only_one_it_shows(label_map):
    assert MaskAnnotation.of(0, label_map).object_id == 255
    assert MaskAnnotation.of(0, np.where(label_map == 2, 2, 0).astype(np.uint8)).object_id == 2
    assert MaskAnnotation.of(0, np.zeros((24, 32), np.uint8)).object_id == 255


def test_a_copy_with_another_picture_has_its_size(label_map):
    mask = MaskAnnotation.of(0, label_map)
    assert mask.size == Size(32, 24)
    copy = mask.model_copy(update={"png": encode_label_map(label_map.T.copy())})
    assert copy.size == Size(24, 32)


def test_a_picture_may_not_show_what_its_list_denies(label_map):
    mask = MaskAnnotation(frame=0, png=encode_label_map(label_map), object_ids=(0, 1))
    with pytest.raises(MaskError, match="object 2"):
        mask.label_map()


@pytest.mark.parametrize("object_ids", [(1, 0), (1, 1), (255,), (-1,)])
def test_a_list_of_objects_is_sorted_and_in_range(object_ids, label_map):
    with pytest.raises(ValidationError):
        MaskAnnotation(frame=0, png=encode_label_map(label_map), object_ids=object_ids)


@pytest.mark.parametrize("values", [{"png": "?"}, {"png": "?", "object_ids": (1,)}, {"png": 3}, {}])
def test_a_mask_needs_a_picture(values):
    with pytest.raises(ValidationError):
        MaskAnnotation(frame=0, **values)
