from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from vosdesk.arrays import BACKGROUND, VOID
from vosdesk.errors import VosdeskError
from vosdesk.training.dataset import cell_labels
from vosdesk.training.stills import load_stills
from vosdesk.training.synthetic import SIZE, draw_synthetic
from vosdesk.training.triplets import teaches

SEEDS = range(12)


@pytest.fixture
def drawn(stills):
    found = load_stills(stills)
    return [draw_synthetic(found, np.random.default_rng(seed)) for seed in SEEDS]


def ids_in(views):
    return {int(i) for view in views for i in np.unique(view.labels)} - {BACKGROUND, VOID}


def test_three_frames_that_all_show_an_object_and_background(drawn):
    for views in drawn:
        assert len(views) == 3
        assert teaches([cell_labels(view.labels) for view in views])
        for view in views:
            assert view.picture.shape == (SIZE.height, SIZE.width, 3)
            assert view.labels.shape == (SIZE.height, SIZE.width)
            assert view.picture.dtype == view.labels.dtype == np.uint8


def test_frames_of_a_video_differ(drawn):
    for first, second, third in drawn:
        assert (first.labels != second.labels).any()
        assert (second.labels != third.labels).any()


def test_some_show_objects_of_other_pictures_as_objects_of_their_own(drawn):
    """The pictures here have two objects, 1 and 2."""
    several = [views for views in drawn if ids_in(views) - {1, 2}]
    assert 0 < len(several) < len(drawn)


def test_picture_and_labels_move_together(tmp_path):
    """The one object is as bright as can be, all else dark."""
    for part in ("images", "masks"):
        (tmp_path / part).mkdir()
    labels = np.zeros((90, 120), np.uint8)
    labels[25:65, 30:90] = 1
    Image.fromarray(np.repeat(labels[..., None] * 255, 3, axis=2)).save(tmp_path / "images/a.png")
    Image.fromarray(labels).save(tmp_path / "masks/a.png")
    (tmp_path / "images/a.png").rename(tmp_path / "images/a.jpg")  # exact, and found by its name
    found = load_stills(tmp_path)
    for seed in SEEDS:
        for view in draw_synthetic(found, np.random.default_rng(seed)):
            bright = view.picture.mean(axis=2) > 127
            assert np.mean(bright != (view.labels != BACKGROUND)) < 0.04


def test_the_same_chance_makes_the_same_video(stills):
    found = load_stills(stills)
    one, other = (draw_synthetic(found, np.random.default_rng(5)) for _ in range(2))
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a.picture, b.picture)
        np.testing.assert_array_equal(a.labels, b.labels)


def test_pictures_without_objects_are_refused_in_words(stills):
    for path in (stills / "masks").iterdir():
        Image.fromarray(np.zeros((50, 70), np.uint8)).save(path)
    with pytest.raises(VosdeskError, match="show no objects"):
        draw_synthetic(load_stills(stills), np.random.default_rng(0))
