from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from vosdesk.arrays import BACKGROUND, VOID, Size
from vosdesk.evaluation.davis import davis_sequences, object_ids, read_annotation
from vosdesk.evaluation.robot import (
    Stroke,
    click,
    correction_strokes,
    covered_pixels,
    error_regions,
    first_strokes,
    paint_strokes,
    pen_radius,
)


def size_of(array):
    return Size(array.shape[1], array.shape[0])


@st.composite
def predictions(draw):
    """A prediction and its truth, each of a few rectangles with labels."""
    shape = draw(st.tuples(st.integers(1, 60), st.integers(1, 60)))
    boxes = st.tuples(*[st.integers(0, 59)] * 4, st.sampled_from([0, 1, 2, 254]))
    both = []
    for labels in (0, VOID):  # only a truth can be void
        picture = np.zeros(shape, np.uint8)
        for top, left, bottom, right, label in draw(st.lists(boxes, max_size=5)):
            picture[top : bottom + 1, left : right + 1] = label or labels
        both.append(picture)
    return both


@settings(max_examples=100, deadline=None)
@given(predictions())
def test_strokes_stay_in_their_error_region(pair):
    predicted, truth = pair
    strokes = correction_strokes(3, predicted, truth)
    errors = error_regions(predicted, truth)
    assert bool(strokes) == bool(errors)
    counts = Counter(stroke.object_id for stroke in strokes)
    assert max(counts.values(), default=0) <= 1
    for stroke in strokes:
        covered = covered_pixels(stroke, size_of(truth))
        assert covered.any()
        assert (truth[covered] == stroke.object_id).all()
        assert (predicted[covered] != stroke.object_id).all()
        assert stroke.frame_index == 3
    assert correction_strokes(3, predicted, truth) == strokes


@settings(max_examples=30, deadline=None)
@given(predictions())
def test_the_first_strokes_lie_on_each_object_and_on_the_background(pair):
    truth = pair[1]
    strokes = first_strokes(0, truth)
    present = {*object_ids(truth), *({BACKGROUND} if (truth == BACKGROUND).any() else ())}
    assert {stroke.object_id for stroke in strokes} == present
    for stroke in strokes:
        assert (truth[covered_pixels(stroke, size_of(truth))] == stroke.object_id).all()


@settings(max_examples=40, deadline=None)
@given(hnp.arrays(np.bool_, st.tuples(st.integers(1, 30), st.integers(1, 30))).filter(np.any))
def test_a_click_stays_in_its_component(component):
    clicked = click(0, 7, component)
    assert len(clicked.path) == 1
    covered = covered_pixels(clicked, size_of(component))
    assert covered.any()
    assert not (covered & ~component).any()


def test_a_click_is_in_the_middle():
    component = np.zeros((101, 201), bool)
    component[20:61, 40:161] = True
    component[61, 40] = True
    (point,) = click(0, 1, component).path
    assert point[1] == pytest.approx(40 / 100)
    assert 60 / 200 <= point[0] <= 140 / 200


def test_missed_object_and_wrong_object_both_get_their_true_label():
    truth = np.zeros((80, 120), np.uint8)
    truth[10:40, 10:50] = 2
    predicted = np.zeros_like(truth)
    predicted[50:70, 60:110] = 1
    strokes = {s.object_id: s for s in correction_strokes(0, predicted, truth)}
    assert set(strokes) == {0, 2}
    rows, columns = np.nonzero(covered_pixels(strokes[0], size_of(truth)))
    assert rows.min() >= 50
    assert columns.min() >= 60


def test_of_several_errors_the_largest_is_drawn_on():
    truth = np.zeros((80, 120), np.uint8)
    truth[5:15, 5:15] = truth[30:70, 20:100] = truth[5:20, 80:100] = 1
    (stroke,) = correction_strokes(0, np.zeros_like(truth), truth)
    rows, columns = np.nonzero(covered_pixels(stroke, size_of(truth)))
    assert rows.min() >= 30
    assert columns.max() - columns.min() > 35  # along the region, not a dot in it


def test_a_rim_is_left_alone_unless_there_is_nothing_else():
    truth = np.zeros((120, 180), np.uint8)
    truth[10:90, 10:120] = 1
    rim = np.zeros_like(truth)
    rim[11:89, 11:119] = 1
    (stroke,) = correction_strokes(0, rim, truth)
    assert stroke.object_id == 1
    wrong_elsewhere = rim.copy()
    wrong_elsewhere[95:115, 90:115] = 1
    (stroke,) = correction_strokes(0, wrong_elsewhere, truth)
    assert stroke.object_id == BACKGROUND


def test_a_single_wrong_pixel_gets_a_dot():
    truth = np.zeros((40, 60), np.uint8)
    truth[39, 59] = 5
    (stroke,) = correction_strokes(0, np.zeros_like(truth), truth)
    assert stroke == Stroke(0, 5, ((1.0, 1.0),), 0)
    assert np.argwhere(covered_pixels(stroke, Size(60, 40))).tolist() == [[39, 59]]


def test_nothing_wrong_gives_nothing():
    truth = np.full((10, 10), 3, np.uint8)
    assert correction_strokes(0, truth, truth) == []


def test_void_is_no_error():
    truth = np.full((20, 20), VOID, np.uint8)
    assert correction_strokes(0, np.ones_like(truth), truth) == []


def test_strokes_are_painted_frame_by_frame_with_their_own_owners():
    strokes = [
        Stroke(4, 1, ((0.0, 0.5), (1.0, 0.5)), 2),
        Stroke(2, 0, ((0.5, 0.5),), 3),
        Stroke(4, 2, ((0.0, 0.0),), 0),
    ]
    fourth, second = paint_strokes(strokes, Size(51, 41))
    assert (fourth.frame_index, second.frame_index) == (4, 2)
    assert (fourth.labels[18:23] == 1).all()
    assert (fourth.labels[23:] == VOID).all()
    assert fourth.labels[0, 0] == 2
    np.testing.assert_array_equal(fourth.owners == 1, fourth.labels == 1)
    np.testing.assert_array_equal(fourth.owners == 3, fourth.labels == 2)
    np.testing.assert_array_equal(fourth.owners == -1, fourth.labels == VOID)
    assert (second.owners == 2).sum() == 29  # the pixels of a disc of radius 3


def test_the_pen_grows_with_the_picture():
    assert pen_radius(Size(854, 480)) == 3
    assert pen_radius(Size(96, 64)) == 2
    assert pen_radius(Size(1080, 1920)) == 6


@pytest.mark.davis
def test_real_errors_are_drawn_on_and_nothing_else(davis):
    published = davis.parent / "published_pml_davis2016" / "Results" / "480p"
    for sequence in davis_sequences(davis, "val")[::2]:
        path = sequence.annotations[20]
        truth, predicted = (
            read_annotation(path),
            read_annotation(published / sequence.name / path.name),
        )
        strokes = correction_strokes(20, predicted, truth)
        assert strokes
        for stroke in strokes:
            covered = covered_pixels(stroke, size_of(truth))
            assert (truth[covered] == stroke.object_id).all()
            assert (predicted[covered] != stroke.object_id).all()


def test_each_label_gets_a_scribble_in_its_largest_piece_and_a_small_one_has_to_wait():
    truth = np.zeros((120, 200), np.uint8)
    truth[10:50, 10:60] = truth[60:100, 10:80] = 1
    truth[60:100, 100:140] = 2
    truth[70:78, 180:188] = 3
    first, second = correction_strokes(0, np.zeros_like(truth), truth)
    assert (first.object_id, second.object_id) == (1, 2)
    assert all(60 <= y * 119 < 100 for _x, y in first.path)
    known = np.where(truth == 3, 0, truth)
    (last,) = correction_strokes(0, known, truth)
    assert last.object_id == 3
