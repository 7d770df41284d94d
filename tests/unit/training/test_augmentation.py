from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from vosdesk.training.augmentation import augment, relight
from vosdesk.training.dataset import cell_labels, load_videos
from vosdesk.training.triplets import teaches


@pytest.fixture
def frames(tiny_davis):
    return load_videos(tiny_davis, "train", mirror=True)[0][:3]


def test_views_show_the_object_in_all_frames_and_labels_follow_the_picture(frames):
    for seed in range(10):
        views = augment(frames, 64, np.random.default_rng(seed))
        assert {view.picture.shape for view in views} == {(64, 64, 3)}
        assert teaches([cell_labels(view.labels) for view in views])
        for view in views:
            on, off = (view.picture[view.labels == label].mean() for label in (1, 0))
            assert on - off > 40  # the square is 90 levels brighter, less what relighting takes


def test_views_differ_in_place_scale_and_light(frames):
    views = [augment(frames, 64, np.random.default_rng(seed))[0] for seed in range(12)]
    assert len({int((view.labels == 1).sum()) for view in views}) > 6
    light = [view.picture[view.labels == 0].mean() for view in views]
    assert np.ptp(light) > 15


def test_the_same_chance_gives_the_same_views(frames):
    one, other = (augment(frames, 64, np.random.default_rng(5)) for _ in range(2))
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a.picture, b.picture)
        np.testing.assert_array_equal(a.labels, b.labels)


def test_whole_frames_are_shown_where_no_window_serves(frames):
    for frame, column in zip(frames, (0, 40, 80), strict=True):  # no window has all of them
        mask = np.zeros((64, 96), np.uint8)
        mask[:, column : column + 16] = 255
        Image.fromarray(mask).save(frame.annotation)
    views = augment(frames, 64, np.random.default_rng(0))
    assert {view.picture.shape for view in views} == {(64, 96, 3)}
    assert {view.labels.shape for view in views} == {(64, 96)}


def test_relighting_keeps_what_is_brighter_brighter():
    grey = np.broadcast_to(np.arange(256, dtype=np.uint8)[:, None, None], (256, 2, 3))
    for seed in range(20):
        lit = relight(grey, np.random.default_rng(seed)).astype(int)
        assert (np.diff(lit, axis=0) >= 0).all()
        assert lit[200].min() > lit[60].max()
