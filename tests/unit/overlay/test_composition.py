"""Composition against plain numpy, against golden arrays, and what must hold for any labels."""

from __future__ import annotations

import time
import tracemalloc
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from vosdesk.arrays import VOID, Frame, LabelMap
from vosdesk.overlay import OverlayMode, OverlayStyle, compose, from_hex, screen_colour
from vosdesk.overlay.composition import compose_again
from vosdesk.overlay.outline import outline_width, part_around

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "overlay_modes.npz"
COLOURS = {1: (230, 159, 0), 2: (86, 180, 233), 3: (213, 94, 0)}

small_labels = hnp.arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12)))


def _frame_like(labels: LabelMap) -> Frame:
    return np.random.default_rng(labels.size).integers(0, 256, (*labels.shape, 3), np.uint8)


def _near(labels: LabelMap, distance: int) -> np.ndarray:
    """Whether another label lies within the distance, in each direction: by brute force."""
    height, width = labels.shape
    near = np.zeros(labels.shape, bool)
    for y, x in np.ndindex(labels.shape):
        window = labels[
            max(0, y - distance) : min(height, y + distance + 1),
            max(0, x - distance) : min(width, x + distance + 1),
        ]
        near[y, x] = (window != labels[y, x]).any()
    return near


def _objects(label_map: LabelMap) -> np.ndarray:
    return (label_map != 0) & (label_map != VOID)


@pytest.mark.parametrize("mode", list(OverlayMode))
@pytest.mark.parametrize("heat", [False, True], ids=["plain", "heat"])
def test_pictures_stay_as_they_were(
    frame: Frame, label_map: LabelMap, mode: OverlayMode, heat: bool
):
    style = OverlayStyle(mode, 0.4, COLOURS, frozenset({3}), heat)
    confidence = np.linspace(0, 1, 20, dtype=np.float32).reshape(4, 5)
    picture = compose(frame, label_map, style, confidence)
    with np.load(GOLDEN) as golden:
        expected = golden[f"{mode.value}_{'heat' if heat else 'plain'}"].astype(int)
    assert picture.shape == expected.shape
    assert np.abs(picture - expected).max() <= 1  # another build of OpenCV may round otherwise


def test_tint_mixes_the_colour_with_the_frame(frame: Frame, label_map: LabelMap):
    picture = compose(frame, label_map, OverlayStyle(opacity=0.25, colours=COLOURS))
    inside = (label_map == 1) & ~_near(label_map, 2)
    assert inside.any()
    expected = frame[inside] * 0.75 + np.array(COLOURS[1]) * 0.25
    assert np.abs(picture[inside] - expected).max() <= 0.51


@pytest.mark.parametrize("mode", [OverlayMode.TINT, OverlayMode.OUTLINE, OverlayMode.NONE])
def test_background_and_void_are_left_as_they_are(
    frame: Frame, label_map: LabelMap, mode: OverlayMode
):
    ground = ~_objects(label_map)
    picture = compose(frame, label_map, OverlayStyle(mode))
    assert np.array_equal(picture[ground], frame[ground])


@pytest.mark.parametrize("mode", [OverlayMode.CUTOUT, OverlayMode.CHECKER, OverlayMode.NONE])
def test_cut_out_objects_are_left_as_they_are(frame: Frame, label_map: LabelMap, mode: OverlayMode):
    objects = _objects(label_map)
    picture = compose(frame, label_map, OverlayStyle(mode))
    assert np.array_equal(picture[objects], frame[objects])


def test_cutout_turns_the_ground_grey_and_darker(frame: Frame, label_map: LabelMap):
    ground = ~_objects(label_map)
    picture = compose(frame, label_map, OverlayStyle(OverlayMode.CUTOUT, opacity=0.75))
    grey = frame[ground] @ np.array([0.299, 0.587, 0.114]) * 0.25
    assert np.abs(picture[ground] - grey[:, None]).max() <= 1.0


def test_checker_shows_nothing_of_the_ground(frame: Frame, label_map: LabelMap):
    ground = ~_objects(label_map)
    style = OverlayStyle(OverlayMode.CHECKER)
    picture = compose(frame, label_map, style)
    assert len(np.unique(picture[ground], axis=0)) == 2
    assert np.array_equal(picture[ground], compose(255 - frame, label_map, style)[ground])


def test_mask_is_flat(frame: Frame, label_map: LabelMap):
    picture = compose(frame, label_map, OverlayStyle(OverlayMode.MASK, colours=COLOURS))
    expected = np.zeros_like(frame)
    for object_id in (1, 2, 3):
        expected[label_map == object_id] = COLOURS[object_id]
    expected[label_map == 4] = from_hex(screen_colour(4))
    assert np.array_equal(picture, expected)


def test_outlines_are_two_pixels_inside_each_object(frame: Frame, label_map: LabelMap):
    """Touching objects keep a line each; the border of the picture is no outline."""
    picture = compose(frame, label_map, OverlayStyle(OverlayMode.OUTLINE, colours=COLOURS))
    changed = (picture != frame).any(axis=-1)
    shown = np.where(_objects(label_map), label_map, 0)
    assert np.array_equal(changed, _near(shown, 2) & (shown > 0))
    assert not changed[24:, 34:].any()  # object 3 runs into the corner


def test_outlines_grow_with_the_frame():
    labels = np.zeros((2160, 64), np.uint8)
    labels[1000:] = 1
    frame = np.zeros((2160, 64, 3), np.uint8)
    narrow = compose(frame, labels, OverlayStyle(OverlayMode.OUTLINE))
    wide_labels = np.zeros((2160, 2160), np.uint8)
    wide_labels[1000:] = 1
    wide = compose(
        np.zeros((2160, 2160, 3), np.uint8), wide_labels, OverlayStyle(OverlayMode.OUTLINE)
    )
    assert narrow[:, 9].any(axis=-1).sum() == 2
    assert wide[:, 9].any(axis=-1).sum() == 4


def test_objects_of_one_colour_are_told_apart_by_their_outline():
    frame = np.full((40, 40, 3), 90, np.uint8)
    square = np.zeros((40, 40), np.uint8)
    square[4:36, 4:36] = 1
    colours = dict.fromkeys(range(1, 6), (200, 200, 40))
    pictures = [
        compose(frame, square * np.uint8(object_id), OverlayStyle(OverlayMode.OUTLINE, 1, colours))
        for object_id in range(1, 6)
    ]
    for first in range(4):
        for second in range(first + 1, 4):
            assert (pictures[first] != pictures[second]).any(axis=-1).mean() > 0.02
    assert np.array_equal(pictures[4], pictures[0])  # after four, the turns begin again


@pytest.mark.parametrize(("colour", "gap"), [((250, 240, 60), 0), ((10, 20, 90), 255)])
def test_gaps_of_the_dashes_contrast_with_the_colour(colour: tuple[int, int, int], gap: int):
    frame = np.full((40, 40, 3), 128, np.uint8)
    labels = np.zeros((40, 40), np.uint8)
    labels[5:35, 5:35] = 2
    picture = compose(frame, labels, OverlayStyle(OverlayMode.OUTLINE, colours={2: colour}))
    line = picture[(picture != 128).any(axis=-1)]
    assert {tuple(row) for row in line.tolist()} == {colour, (gap, gap, gap)}


@settings(deadline=None, max_examples=40)
@given(small_labels, st.sampled_from(OverlayMode), st.frozensets(st.integers(1, 254), max_size=4))
def test_hidden_objects_are_as_if_they_were_background(
    labels: LabelMap, mode: OverlayMode, hidden: frozenset[int]
):
    hidden |= {int(labels[0, 0])} - {0, VOID}
    frame = _frame_like(labels)
    without = np.where(np.isin(labels, [*hidden]), 0, labels).astype(np.uint8)
    assert np.array_equal(
        compose(frame, labels, OverlayStyle(mode, hidden=hidden)),
        compose(frame, without, OverlayStyle(mode)),
    )


@settings(deadline=None, max_examples=40)
@given(small_labels, st.sampled_from(OverlayMode), st.booleans())
def test_any_labels_make_a_new_picture_and_change_nothing(
    labels: LabelMap, mode: OverlayMode, heat: bool
):
    frame = _frame_like(labels)
    frame_before, labels_before = frame.copy(), labels.copy()
    picture = compose(frame, labels, OverlayStyle(mode, heat=heat), np.float32([[0.3]]))
    assert picture.shape == frame.shape
    assert picture.dtype == np.uint8
    assert not np.shares_memory(picture, frame)
    assert np.array_equal(frame, frame_before)
    assert np.array_equal(labels, labels_before)


def test_a_view_of_a_larger_array_is_drawn_like_its_copy(frame: Frame, label_map: LabelMap):
    crop = (slice(2, 30), slice(1, 39))
    assert np.array_equal(
        compose(frame[crop], label_map[crop], OverlayStyle()),
        compose(frame[crop].copy(), label_map[crop].copy(), OverlayStyle()),
    )


def _heat(frame: Frame, confidence: float) -> Frame:
    style = OverlayStyle(OverlayMode.NONE, heat=True)
    labels = np.zeros(frame.shape[:2], np.uint8)
    return compose(frame, labels, style, np.full((3, 4), confidence, np.float32))


def test_where_all_is_sure_there_is_no_heat(frame: Frame):
    assert np.array_equal(_heat(frame, 1.0), frame)


def test_heat_gets_brighter_and_more_opaque_with_doubt():
    black, white = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 255, np.uint8)
    steps = np.linspace(1, 0, 11)
    on_black = [float(_heat(black, c)[0, 0] @ np.array([0.2126, 0.7152, 0.0722])) for c in steps]
    assert all(later > earlier for earlier, later in pairwise(on_black))
    see_through = [
        float((_heat(white, c).astype(int) - _heat(black, c))[0, 0].mean()) for c in steps
    ]
    assert all(later < earlier for earlier, later in pairwise(see_through))
    assert see_through[-1] > 20  # even then the picture is seen below


@pytest.mark.parametrize(("confidence", "as_if"), [(np.nan, 0.0), (-3.0, 0.0), (7.0, 1.0)])
def test_odd_confidences_are_brought_into_range(frame: Frame, confidence: float, as_if: float):
    assert np.array_equal(_heat(frame, confidence), _heat(frame, as_if))


def test_doubt_lies_where_its_cells_lie(frame: Frame):
    confidence = np.float32([[1, 1, 1, 0]])
    labels = np.zeros(frame.shape[:2], np.uint8)
    picture = compose(frame, labels, OverlayStyle(OverlayMode.NONE, heat=True), confidence)
    changed = (picture != frame).any(axis=(0, 2))
    assert not changed[:25].any()  # the last cell's influence begins at the centre of the third
    assert changed[27:].all()


def test_heat_is_shown_only_where_styled(frame: Frame, label_map: LabelMap):
    confidence = np.zeros((2, 2), np.float32)
    plain = compose(frame, label_map, OverlayStyle())
    assert np.array_equal(compose(frame, label_map, OverlayStyle(), confidence), plain)
    assert np.array_equal(compose(frame, label_map, OverlayStyle(heat=True)), plain)


@pytest.mark.parametrize("opacity", [-0.1, 1.1, float("nan")])
def test_an_opacity_out_of_range_is_refused(opacity: float):
    with pytest.raises(ValueError, match="opacity"):
        OverlayStyle(opacity=opacity)


def test_labels_of_another_size_are_refused(frame: Frame, label_map: LabelMap):
    with pytest.raises(TypeError, match="label map"):
        compose(frame, label_map[:-1], OverlayStyle())
    with pytest.raises(TypeError, match="label map"):
        compose(frame, label_map.astype(np.int32), OverlayStyle())
    with pytest.raises(TypeError, match="frame"):
        compose(frame[..., 0], label_map, OverlayStyle())


def test_a_frame_of_480p_takes_milliseconds():
    """About 4 ms on one core; the bound is wide, since the machine may be busy."""
    labels = np.zeros((480, 854), np.uint8)
    labels[100:400, 200:500] = 1
    labels[150:350, 500:700] = 2
    frame = _frame_like(labels)

    def seconds() -> float:
        start = time.process_time()
        compose(frame, labels, OverlayStyle())
        return time.process_time() - start

    assert min(seconds() for _ in range(15)) < 0.032


def test_memory_is_a_few_frames_whatever_the_labels():
    labels = np.random.default_rng(1).integers(0, 255, (1080, 1920), np.uint8)
    frame = np.zeros((1080, 1920, 3), np.uint8)
    style = OverlayStyle(heat=True)
    tracemalloc.start()
    try:
        compose(frame, labels, style, np.zeros((135, 240), np.float32))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * frame.nbytes


boxes = st.tuples(st.integers(0, 90), st.integers(0, 60), st.integers(1, 40), st.integers(1, 40))


@given(st.lists(boxes, max_size=3), st.lists(boxes, max_size=2), st.data())
@settings(max_examples=60, deadline=None)
def test_drawing_what_has_changed_gives_the_whole_picture(objects, changes, data):
    mode = data.draw(st.sampled_from(OverlayMode))
    hidden = data.draw(st.sampled_from([frozenset(), frozenset({2})]))
    before = np.zeros((70, 100), np.uint8)
    for number, (left, top, width, height) in enumerate(objects, start=1):
        before[top : top + height, left : left + width] = number
    now = before.copy()
    for left, top, width, height in changes:
        now[top : top + height, left : left + width] = data.draw(st.sampled_from([0, 1, 2, 4]))
    frame, style = _frame_like(now), OverlayStyle(mode, 0.4, COLOURS, hidden)
    known = compose(frame, before, style)
    kept = known.copy()
    np.testing.assert_array_equal(
        compose_again(known, before, frame, now, style), compose(frame, now, style)
    )
    np.testing.assert_array_equal(known, kept)


@pytest.mark.parametrize("shape", [(480, 854), (2160, 3840)])
def test_a_part_begins_where_dashes_do(shape: tuple[int, int]):
    width = outline_width(*shape)
    pixels = np.zeros(shape, np.uint8)
    pixels[200:240, 300:330] = 1
    rows, columns = part_around(pixels, width, width)
    assert rows.start <= 200 - width < 240 + width <= rows.stop
    assert columns.start <= 300 - width < 330 + width <= columns.stop
    assert rows.start % 16 == columns.start % 16 == 0
    assert (rows.stop - rows.start) * (columns.stop - columns.start) < pixels.size / 10


def test_a_part_around_nothing_is_small():
    rows, columns = part_around(np.zeros((480, 854), np.uint8), 2, 2)
    assert rows.stop - rows.start < 8
    assert columns.stop - columns.start < 8
