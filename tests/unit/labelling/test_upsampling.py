"""From the grid to pixels: exact geometry, painted pixels, bounded memory."""

from __future__ import annotations

import tracemalloc

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vosdesk.arrays import (
    UPSAMPLING_NUMBERS,
    UPSAMPLING_ONE,
    UPSAMPLING_WEIGHTS,
    UPSAMPLING_ZERO,
    VOID,
    PaintedFrame,
    Size,
)
from vosdesk.embedding.input_size import grid_of
from vosdesk.labelling.engine import FrameLabels
from vosdesk.labelling.quarters import near_borders
from vosdesk.labelling.sampling import sample_cells
from vosdesk.labelling.upsampling import REACH, confidence_at, mix_cells, to_label_map

SIDES = st.integers(8, 200)


def frame_labels(scores, object_ids=None):
    scores = np.asarray(scores, dtype=np.float32)
    object_ids = tuple(range(len(scores))) if object_ids is None else object_ids
    nowhere = np.full(scores.shape[1:], -1, dtype=np.int32)
    return FrameLabels(0, object_ids, scores, scores.max(axis=0), nowhere)


def round_trip(mask, network):
    """Bring a mask to the grid as soft labels, as a reference would be, and back."""
    size = Size(mask.shape[1], mask.shape[0])
    painted = PaintedFrame(0, mask.astype(np.uint8), np.ones(mask.shape, np.int32))
    sampled = sample_cells(painted, network)
    scores = np.zeros((2, *grid_of(network)), np.float32)
    scores[0] = 1
    for column, object_id in enumerate(sampled.object_ids):
        scores[object_id][tuple(sampled.cells.T)] = sampled.labels[:, column]
    return to_label_map(frame_labels(scores), size, network) == 1


def overlap(one, other):
    return (one & other).sum() / (one | other).sum()


def linear(pixels, network_pixels, cells):
    """Return (pixels, cells) weights of linear interpolation between centres of cells."""
    place = (np.arange(pixels) + 0.5) * network_pixels / (8 * pixels) - 0.5
    return np.maximum(0, 1 - np.abs(np.clip(place, 0, cells - 1)[:, None] - np.arange(cells)))


@settings(max_examples=60, deadline=None)
@example(width=16, height=16, across=125, down=125, seed=0)
@given(width=SIDES, height=SIDES, across=SIDES, down=SIDES, seed=st.integers(0, 99))
def test_confidence_is_linear_between_the_centres_of_cells(width, height, across, down, seed):
    network = Size(across, down)
    grid = grid_of(network)
    scores = np.random.default_rng(seed).random((1, *grid))
    found = confidence_at(frame_labels(scores), Size(width, height), network)
    expected = linear(height, down, grid.rows) @ scores[0] @ linear(width, across, grid.columns).T
    assert found.dtype == np.float32
    assert found.flags.c_contiguous
    np.testing.assert_allclose(found, expected, atol=1e-5)


@settings(max_examples=40, deadline=None)
@given(
    width=st.integers(150, 260),
    height=st.integers(150, 260),
    scale=st.sampled_from([0.5, 0.75, 1.0, 1.3]),
    turn=st.floats(0, 3.2),
)
def test_a_mask_survives_the_grid_at_any_size(width, height, scale, turn):
    y, x = np.mgrid[:height, :width] + 0.5
    across, down = x - width / 2, y - height / 2
    along = across * np.cos(turn) + down * np.sin(turn)
    beside = down * np.cos(turn) - across * np.sin(turn)
    mask = (along / 70) ** 2 + (beside / 45) ** 2 < 1
    network = Size(round(width * scale), round(height * scale))
    assert overlap(round_trip(mask, network), mask) > (0.97 if scale >= 1 else 0.93)


@pytest.mark.parametrize("size", [Size(161, 163), Size(167, 161), Size(160, 168)])
def test_a_mask_at_the_far_corner_does_not_shift(size):
    """There the grid reaches beyond the picture; a shift of one pixel shows in the border."""
    mask = np.zeros((size.height, size.width), bool)
    mask[size.height - 57 :, size.width - 65 :] = True
    back = round_trip(mask, size)
    assert overlap(back, mask) > 0.98
    rows, columns = np.nonzero(back)
    assert abs(rows.min() - (size.height - 57)) <= 1
    assert abs(columns.min() - (size.width - 65)) <= 1
    assert back[-1, -1]


def test_the_best_label_wins_and_of_equals_the_smaller():
    scores = [[[0.4, 0.2, 0.5]], [[0.4, 0.3, 0.0]], [[0.2, 0.5, 0.5]]]
    label_map = to_label_map(frame_labels(scores, (0, 3, 200)), Size(3, 1), Size(24, 8))
    assert label_map.dtype == np.uint8
    assert label_map.tolist() == [[0, 200, 0]]


@settings(max_examples=30, deadline=None)
@given(labels=st.integers(1, 6), seed=st.integers(0, 99))
def test_agrees_with_argmax_of_all_scores_at_once(labels, seed):
    network, size = Size(40, 30), Size(53, 47)
    scores = np.random.default_rng(seed).dirichlet(np.ones(labels), grid_of(network))
    scores = np.moveaxis(scores, 2, 0)
    expected = np.stack([linear(47, 30, 4) @ score @ linear(53, 40, 5).T for score in scores])
    label_map = to_label_map(frame_labels(scores), size, network)
    best_two = np.sort(expected, axis=0)[-2:]
    clear = best_two[-1] - best_two[0] > 1e-4 if labels > 1 else np.ones(label_map.shape, bool)
    assert (label_map == expected.argmax(axis=0))[clear].all()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 99))
def test_painted_pixels_win(seed):
    rng = np.random.default_rng(seed)
    network, size = Size(40, 30), Size(53, 47)
    labels = frame_labels(np.moveaxis(rng.dirichlet(np.ones(3), grid_of(network)), 2, 0))
    paint = rng.choice(np.array([0, 1, 2, 7, VOID], np.uint8), (47, 53))
    painted = PaintedFrame(0, paint, np.where(paint == VOID, -1, 1).astype(np.int32))
    label_map = to_label_map(labels, size, network, painted)
    is_painted = paint != VOID
    assert (label_map[is_painted] == paint[is_painted]).all()
    retrieved = to_label_map(labels, size, network)
    assert (label_map[~is_painted] == retrieved[~is_painted]).all()


def test_wrong_grids_and_wrong_paint_are_errors():
    labels = frame_labels(np.ones((1, 4, 5)))
    with pytest.raises(ValueError, match="48 x 30"):
        to_label_map(labels, Size(53, 47), Size(48, 30))
    with pytest.raises(ValueError, match="48 x 30"):
        confidence_at(labels, Size(53, 47), Size(48, 30))
    painted = PaintedFrame(0, np.zeros((46, 53), np.uint8), np.zeros((46, 53), np.int32))
    with pytest.raises(TypeError):
        to_label_map(labels, Size(53, 47), Size(40, 30), painted)


def test_many_labels_take_no_more_memory_than_a_few():
    network, size = Size(160, 96), Size(1920, 1080)
    scores = np.full((40, *grid_of(network)), 1 / 40)

    def peak(labels):
        tracemalloc.start()
        to_label_map(frame_labels(scores[:labels]), size, network)
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(40) < 1.05 * peak(3)
    assert peak(40) < 4 * 4 * 1920 * 1080


def bilinear_weights(grid):
    """Return an upsampling map that mixes cells as bilinear interpolation does."""
    near = linear(4 * 3, 8 * 3, 3)[4:8]  # of the middle one of three cells
    weights = np.einsum("yi,xj->ijyx", near, near).reshape(-1)
    return whole_map(np.broadcast_to(weights, (*grid, UPSAMPLING_WEIGHTS)))


def whole_map(weights):
    """Return the upsampling map with these weights, (rows, columns, UPSAMPLING_WEIGHTS)."""
    stored = np.full((*weights.shape[:2], UPSAMPLING_NUMBERS), 128, dtype=np.uint8)
    stored[..., :UPSAMPLING_WEIGHTS] = np.rint(UPSAMPLING_ONE * weights + UPSAMPLING_ZERO)
    return stored


@settings(max_examples=30, deadline=None)
@given(network=st.builds(Size, SIDES, SIDES), labels=st.integers(1, 4), seed=st.integers(0, 99))
def test_bilinear_weights_change_hardly_a_pixel(network, labels, seed):
    grid = grid_of(network)
    scores = np.random.default_rng(seed).dirichlet(np.ones(labels), grid).transpose(2, 0, 1)
    frame = frame_labels(scores)
    plain = to_label_map(frame, network, network)
    mixed = to_label_map(frame, network, network, upsampling=bilinear_weights(grid))
    assert (plain == mixed).mean() > 0.95


@settings(max_examples=40, deadline=None)
@given(
    rows=st.integers(1, 12),
    columns=st.integers(1, 12),
    labels=st.integers(1, 3),
    seed=st.integers(0, 999),
)
def test_sure_cells_need_no_mixing(rows, columns, labels, seed):
    """Where no weight is negative, labels are those that come of mixing every cell."""
    rng = np.random.default_rng(seed)
    small = rng.dirichlet(np.ones(labels), (-(-rows // 4), -(-columns // 4)))
    scores = small.repeat(4, 0).repeat(4, 1)[:rows, :columns].transpose(2, 0, 1)
    upsampling = any_weights(rng, rows, columns, least=0)
    network = Size(8 * columns, 8 * rows)
    found = to_label_map(frame_labels(scores), network, network, upsampling=upsampling)
    fine = mixed_everywhere(scores, upsampling)
    weights = [linear(8 * n, 32 * n, 4 * n) for n in (rows, columns)]
    full = np.einsum("yi,lij,xj->lyx", weights[0], fine, weights[1])
    best = np.sort(full, axis=0)[-1]
    taken = np.take_along_axis(full, found[None].astype(int), axis=0)[0]
    np.testing.assert_allclose(taken, best, atol=1e-5)


@settings(max_examples=40, deadline=None)
@given(rows=st.integers(1, 16), columns=st.integers(1, 16), seed=st.integers(0, 999))
def test_only_scores_near_borders_decide_pixels(rows, columns, seed):
    """Whatever the weights: no label appears where no cell nearby has it."""
    rng = np.random.default_rng(seed)
    winner = rng.integers(0, 2, (-(-rows // 5), -(-columns // 5)), dtype=np.uint8)
    winner = winner.repeat(5, 0).repeat(5, 1)[:rows, :columns]
    sure = rng.uniform(0.51, 1, (2, rows, columns))
    around = np.ones((2 * REACH + 1, 2 * REACH + 1), np.uint8)
    near = cv2.dilate(winner, around) != cv2.erode(winner, around)
    sure[1] = np.where(near, sure[0], sure[1])  # the second time, other scores far from borders
    upsampling = any_weights(rng, rows, columns, least=-1)
    network = Size(8 * columns, 8 * rows)
    maps = []
    for score in sure:
        first = np.where(winner == 0, score, 1 - score)
        labels = frame_labels([first, 1 - first])
        maps.append(to_label_map(labels, network, network, upsampling=upsampling))
    np.testing.assert_array_equal(*maps)
    far = (~near).repeat(8, 0).repeat(8, 1)
    np.testing.assert_array_equal(maps[0][far], winner.repeat(8, 0).repeat(8, 1)[far])


def any_weights(rng, rows, columns, least):
    """Return weights that add up to one for each fine pixel."""
    shares = rng.dirichlet(np.ones(9), (rows, columns, 16)).swapaxes(2, 3)
    weights = (1 - 9 * least) * shares + least
    return whole_map(weights.reshape(rows, columns, UPSAMPLING_WEIGHTS))


def mixed_everywhere(scores, upsampling):
    labels, rows, columns = scores.shape
    framed = np.pad(scores, ((0, 0), (1, 1), (1, 1)), mode="edge")
    weights = upsampling[..., :UPSAMPLING_WEIGHTS].reshape(rows, columns, 3, 3, 4, 4)
    weights = (weights - float(UPSAMPLING_ZERO)) / UPSAMPLING_ONE
    fine = np.zeros((labels, rows, 4, columns, 4))
    for down in range(3):
        for right in range(3):
            cells = framed[:, down : down + rows, right : right + columns]
            weight = weights[:, :, down, right].transpose(0, 2, 1, 3)
            fine += cells[:, :, None, :, None] * weight
    return fine.reshape(labels, 4 * rows, 4 * columns)


def test_weights_of_another_grid_are_refused():
    ahead, near = np.zeros((1, 4, 5), np.float32), np.ones((4, 5), np.bool_)
    with pytest.raises(ValueError, match="not for 4 x 5 cells"):
        mix_cells(ahead, np.zeros((4, 4, UPSAMPLING_NUMBERS), np.uint8), near)


@settings(max_examples=40, deadline=None)
@given(
    rows=st.integers(1, 12),
    columns=st.integers(2, 12),
    labels=st.integers(2, 4),
    seed=st.integers(0, 999),
)
def test_what_quarters_know_is_added_to_what_cells_make(rows, columns, labels, seed):
    """Scores of cells that are exact mix to something; the changes go on top, bilinearly."""
    rng = np.random.default_rng(seed)
    scores = rng.dirichlet(np.ones(labels), (rows, columns)).transpose(2, 0, 1)
    changes = rng.normal(0, 0.3, (labels, 2 * rows, 2 * columns)).astype(np.float32)
    upsampling = any_weights(rng, rows, columns, least=0)
    network = Size(8 * columns, 8 * rows)
    found = to_label_map(
        frame_labels(scores), network, network, upsampling=upsampling, changes=changes
    )
    across, down = (linear(4 * n, 16 * n, 2 * n) for n in (columns, rows))
    near = near_borders(scores.astype(np.float32)).repeat(4, 0).repeat(4, 1)
    fine = np.where(
        near, mixed_everywhere(scores, upsampling), scores.repeat(4, 1).repeat(4, 2)
    ) + np.einsum("yi,lij,xj->lyx", down, changes, across)
    weights = [linear(8 * n, 32 * n, 4 * n) for n in (rows, columns)]
    full = np.einsum("yi,lij,xj->lyx", weights[0], fine, weights[1])
    taken = np.take_along_axis(full, found[None].astype(int), axis=0)[0]
    np.testing.assert_allclose(taken, full.max(axis=0), atol=1e-4)


def test_changes_of_a_frame_without_objects_are_nothing():
    labels, network = frame_labels(np.ones((1, 2, 3))), Size(24, 16)
    upsampling, changes = bilinear_weights((2, 3)), np.ones((1, 4, 6), np.float32)
    assert not to_label_map(labels, network, network, None, upsampling, None, changes).any()
