"""Borders at the source's pixels: colours decide near a border, and nowhere else."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vosdesk.arrays import PaintedFrame, Size
from vosdesk.embedding.input_size import grid_of
from vosdesk.labelling.edges import follow_edges, is_finer
from vosdesk.labelling.engine import FrameLabels
from vosdesk.labelling.upsampling import to_label_map

COLOURS = np.array([(40, 90, 60), (200, 60, 50), (60, 70, 220)], np.uint8)


def scene(size, *boxes):
    """Return the truth, and a noisy picture of it."""
    truth = np.zeros((size.height, size.width), np.uint8)
    for object_id, (left, top, right, bottom) in enumerate(boxes, start=1):
        truth[top:bottom, left:right] = object_id
    noise = np.random.default_rng(0).normal(0, 6, (*truth.shape, 3))
    return truth, (COLOURS[truth] + noise).clip(0, 255).astype(np.uint8)


def labels_of(truth, network, objects):
    """Return what part of each cell is which object, as a search would tell it."""
    rows, columns = grid_of(network)
    whole = np.zeros((rows * 8, columns * 8, objects + 1), np.float32)
    parts = (truth[..., None] == np.arange(objects + 1)).astype(np.float32)
    small = cv2.resize(parts, network, interpolation=cv2.INTER_AREA)
    whole[: network.height, : network.width] = small
    cells = whole.reshape(rows, 8, columns, 8, -1).mean(axis=(1, 3))
    scores = np.ascontiguousarray(cells.transpose(2, 0, 1))
    nowhere = np.full((rows, columns), -1, np.int32)
    return FrameLabels(0, tuple(range(objects + 1)), scores, scores.max(axis=0), nowhere)


def overlap(label_map, truth, object_id):
    one, other = label_map == object_id, truth == object_id
    return (one & other).sum() / (one | other).sum()


@pytest.mark.parametrize("network", [Size(160, 96), Size(125, 75)])
def test_a_border_runs_where_the_colours_change(network):
    size = Size(320, 192)
    truth, picture = scene(size, (85, 51, 203, 129))
    labels = labels_of(truth, network, 1)
    plain = to_label_map(labels, size, network)
    sharp = to_label_map(labels, size, network, frame=picture)
    assert overlap(plain, truth, 1) < 0.97
    assert overlap(sharp, truth, 1) > 0.99


def test_every_object_keeps_to_its_own_colour():
    size, network = Size(320, 192), Size(160, 96)
    truth, picture = scene(size, (85, 51, 163, 129), (163, 51, 250, 129))
    labels = labels_of(truth, network, 2)
    sharp = to_label_map(labels, size, network, frame=picture)
    assert overlap(sharp, truth, 1) > 0.99
    assert overlap(sharp, truth, 2) > 0.99


def test_a_picture_of_one_colour_changes_nothing():
    size, network = Size(320, 192), Size(160, 96)
    truth, picture = scene(size, (85, 51, 203, 129))
    labels = labels_of(truth, network, 1)
    plain = to_label_map(labels, size, network)
    same = to_label_map(labels, size, network, frame=np.full_like(picture, 90))
    assert np.count_nonzero(plain != same) < 0.001 * plain.size  # pixels on the very border


def test_the_same_colour_far_from_the_object_stays_background():
    size, network = Size(320, 192), Size(160, 96)
    truth, picture = scene(size, (85, 51, 163, 129))
    picture[60:120, 220:300] = COLOURS[1]
    sharp = to_label_map(labels_of(truth, network, 1), size, network, frame=picture)
    assert not sharp[:, 190:].any()


def test_painted_pixels_stay_what_was_painted():
    size, network = Size(320, 192), Size(160, 96)
    truth, picture = scene(size, (85, 51, 203, 129))
    paint = np.full(truth.shape, 255, np.uint8)
    paint[80:90, 205:215] = 1  # beyond the edge
    owners = np.where(paint == 1, 1, -1).astype(np.int32)
    labels = labels_of(truth, network, 1)
    painted = PaintedFrame(0, paint, owners)
    sharp = to_label_map(labels, size, network, painted, frame=picture)
    assert (sharp[80:90, 205:215] == 1).all()


def test_one_label_needs_no_picture():
    label_map = np.zeros((64, 96), np.uint8)
    fine = np.ones((1, 16, 24), np.float32)
    follow_edges(label_map, np.zeros((64, 96, 3), np.uint8), fine, [0], Size(48, 32))
    assert not label_map.any()


@settings(max_examples=30, deadline=None)
@given(
    width=st.integers(65, 300),
    height=st.integers(65, 300),
    shrink=st.floats(1.05, 4),
    seed=st.integers(0, 99),
)
def test_a_label_appears_only_where_a_score_nearby_tells_it(width, height, shrink, seed):
    size = Size(width, height)
    network = Size(max(8, int(width / shrink)), max(8, int(height / shrink)))
    dice = np.random.default_rng(seed)
    scores = dice.dirichlet(np.full(3, 0.3), grid_of(network)).transpose(2, 0, 1)
    scores = np.ascontiguousarray(scores, dtype=np.float32)
    scores[2, :, : scores.shape[2] // 2] = 0  # the last object is on the right
    nowhere = np.full(scores.shape[1:], -1, np.int32)
    labels = FrameLabels(0, (0, 4, 9), scores, scores.max(axis=0), nowhere)
    picture = dice.integers(0, 256, (height, width, 3), dtype=np.uint8)
    sharp = to_label_map(labels, size, network, frame=picture)
    assert set(np.unique(sharp)) <= {0, 4, 9}
    # fine pixels up to half a cell away have some of it, and change those within two of theirs
    known = (scores.shape[2] // 2 - 0.5) * 8 - 2 * 2 - 2
    assert not (sharp[:, : max(0, int(known * width / network.width))] == 9).any()


def test_what_the_network_saw_whole_is_not_finer():
    assert is_finer(Size(1920, 1080), Size(853, 480))
    assert not is_finer(Size(854, 480), Size(854, 480))
    assert not is_finer(Size(50, 40), Size(80, 64))
