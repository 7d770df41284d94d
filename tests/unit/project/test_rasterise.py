from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vosdesk.arrays import VOID, Size
from vosdesk.errors import MaskError
from vosdesk.project.annotations import ERASED, Click, MaskAnnotation, Region, Scribble
from vosdesk.project.rasterise import UNPAINTED, cover, paint, painted_label_map

SIZE = Size(24, 16)

coordinates = st.floats(-6, 30)
places = st.tuples(coordinates, coordinates)
shown = st.sampled_from([0, 1, 2, ERASED])


@st.composite
def pictures(draw: st.DrawFn) -> np.ndarray:
    labels = np.full((16, 24), VOID, np.uint8)
    top, left = draw(st.integers(0, 15)), draw(st.integers(0, 23))
    labels[top : top + 5, left : left + 7] = draw(st.integers(0, 2))
    return labels


shapes = st.one_of(
    st.builds(
        lambda at, **fields: Click(x=at[0], y=at[1], **fields),
        at=places,
        frame=st.just(0),
        object_id=shown,
        radius=st.floats(0.5, 6),
        muted=st.booleans(),
    ),
    st.builds(
        Scribble,
        frame=st.just(0),
        object_id=shown,
        points=st.lists(places, min_size=1, max_size=4).map(tuple),
        radius=st.floats(0.5, 4),
        muted=st.booleans(),
    ),
    st.builds(
        Region,
        frame=st.just(0),
        object_id=shown,
        outline=st.lists(places, min_size=3, max_size=5).map(tuple),
    ),
    st.builds(MaskAnnotation.of, st.just(0), pictures()),
)


def numbered(annotations):
    return tuple(item.model_copy(update={"id": n + 1}) for n, item in enumerate(annotations))


def same(one, other) -> bool:
    if one is None or other is None:
        return one is other
    return bool((one.labels == other.labels).all() and (one.owners == other.owners).all())


@settings(max_examples=60, deadline=None)
@given(st.lists(shapes, max_size=6).map(numbered))
def test_every_pixel_belongs_to_the_last_one_that_covers_it(annotations):
    labels = np.full((16, 24), VOID, np.uint8)
    owners = np.full((16, 24), UNPAINTED, np.int32)
    for item in annotations:
        if item.muted:
            continue
        if isinstance(item, MaskAnnotation):
            mine = item.label_map() != VOID
            labels[mine] = item.label_map()[mine]
        else:
            mine = np.zeros((16, 24), bool)
            if (covered := cover(item, SIZE)) is not None:
                mine[covered[0].rows, covered[0].columns] = covered[1]
            labels[mine] = item.object_id
        owners[mine] = item.id
    owners[labels == VOID] = UNPAINTED
    painted = paint(annotations, 0, SIZE)
    assert (painted is None) == (labels == VOID).all()
    if painted is not None:
        assert (painted.frame_index, painted.labels.dtype, painted.owners.dtype) == (
            0,
            np.uint8,
            np.int32,
        )
        np.testing.assert_array_equal(painted.labels, labels)
        np.testing.assert_array_equal(painted.owners, owners)


@settings(max_examples=60, deadline=None)
@given(st.lists(shapes, min_size=1, max_size=5).map(numbered), st.data())
def test_muting_is_as_if_it_had_never_been_there(annotations, data):
    place = data.draw(st.integers(0, len(annotations) - 1))
    without = annotations[:place] + annotations[place + 1 :]
    muted = annotations[place].model_copy(update={"muted": True})
    silent = (*annotations[:place], muted, *annotations[place + 1 :])
    assert same(paint(silent, 0, SIZE), paint(without, 0, SIZE))


@settings(max_examples=60, deadline=None)
@given(places, st.floats(0.5, 6))
def test_a_click_inside_the_frame_holds_its_own_pixel(place, radius):
    x, y = min(max(place[0], 0.0), 23.9), min(max(place[1], 0.0), 15.9)
    click = Click(id=7, frame=2, object_id=1, x=x, y=y, radius=radius)
    painted = paint((click,), 2, SIZE)
    assert painted.labels[int(y), int(x)] == 1
    assert painted.owners[int(y), int(x)] == 7
    assert (painted.labels != VOID).sum() <= (2 * radius + 1) ** 2


def test_an_eraser_gives_the_pixels_back_to_nobody():
    stroke = Scribble(id=1, frame=0, object_id=1, points=((2.0, 8.0), (22.0, 8.0)), radius=2.0)
    eraser = Scribble(id=2, frame=0, object_id=ERASED, points=((12.0, 8.0),), radius=5.0)
    painted = paint((stroke, eraser), 0, SIZE)
    assert painted.labels[8, 12] == VOID
    assert painted.owners[8, 12] == UNPAINTED
    assert painted.labels[8, 3] == 1
    assert paint((eraser,), 0, SIZE) is None
    again = stroke.model_copy(update={"id": 3})
    assert paint((stroke, eraser, again), 0, SIZE).owners[8, 12] == 3


def test_a_region_too_thin_for_any_centre_still_leaves_its_outline():
    line = Region(id=1, frame=0, object_id=1, outline=((3.1, 4.1), (9.9, 4.1), (9.9, 4.2)))
    painted = paint((line,), 0, SIZE)
    assert np.argwhere(painted.labels == 1).tolist() == [[4, x] for x in range(3, 10)]


def test_void_in_a_mask_leaves_what_was_painted_before():
    labels = np.full((16, 24), VOID, np.uint8)
    labels[:, 12:] = 2
    click = Click(id=1, frame=0, object_id=1, x=12.0, y=8.0, radius=3.0)
    mask = MaskAnnotation.of(0, labels).model_copy(update={"id": 2})
    painted = paint((click, mask), 0, SIZE)
    assert painted.labels[8, 11] == 1
    assert painted.labels[8, 12] == 2
    assert painted.owners[8, 12] == 2


def test_a_mask_of_another_size_is_told_in_words():
    mask = MaskAnnotation.of(0, np.zeros((4, 4), np.uint8))
    with pytest.raises(MaskError, match="frame 0 is 4 x 4 pixels, but the video is 24 x 16"):
        paint((mask,), 0, SIZE)


def test_annotations_of_another_frame_are_a_mistake():
    with pytest.raises(ValueError, match="frame 3"):
        paint((Click(frame=3, object_id=1, x=1.0, y=1.0),), 0, SIZE)


def test_nothing_paints_nothing():
    assert paint((), 0, SIZE) is None
    assert paint((Click(frame=0, object_id=1, x=-90.0, y=4.0),), 0, SIZE) is None


def test_a_click_on_a_large_frame_works_on_its_box_alone():
    click = Click(frame=0, object_id=1, x=8000.0, y=8000.0)
    box, mask = cover(click, Size(16384, 16384))
    assert mask.shape == box.shape == (9, 9)


def test_what_nobody_painted_is_background():
    size = Size(20, 10)
    stroke = Scribble(id=1, frame=0, object_id=3, points=((5.0, 5.0),), radius=2.0)
    painted = paint((stroke,), 0, size)
    shown = painted_label_map(painted, size)
    assert shown.shape == (10, 20)
    assert ((shown == 3) == (painted.owners == 1)).all()
    assert ((shown == 0) == (painted.owners == UNPAINTED)).all()
    assert not painted_label_map(None, size).any()
