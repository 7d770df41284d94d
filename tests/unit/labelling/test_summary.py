"""One frame in a few figures."""

from __future__ import annotations

import numpy as np
import pytest

from vosdesk.labelling.engine import FrameLabels
from vosdesk.labelling.summary import UNSURE_ABOVE, summarise


def labels_of(background, object_ids=(0, 4)):
    """Return labels of two kinds from the background's scores."""
    background = np.asarray(background, dtype=np.float32)
    scores = np.stack([background, 1 - background])
    confidence = np.abs(2 * background - 1)
    return FrameLabels(0, object_ids, scores, confidence, np.zeros(background.shape, np.int32))


def test_certain_labels_leave_no_doubt():
    background = np.ones((6, 8))
    background[2:4, 3:6] = 0
    summary = summarise(labels_of(background))
    assert summary.unsure == 0
    assert summary.object_ids == (4,)


def test_a_small_object_in_doubt_counts_as_much_as_a_large_one():
    small, large = np.ones((60, 107)), np.ones((60, 107))
    small[:8, :8] = 0.4
    large[:40, :40] = 0.4
    doubt = 0.16 / 0.52
    assert summarise(labels_of(small)).unsure == pytest.approx(doubt, rel=0.2)
    assert summarise(labels_of(large)).unsure == pytest.approx(doubt, rel=0.01)
    assert summarise(labels_of(small)).unsure > UNSURE_ABOVE


def test_doubt_is_what_the_scores_let_expect_of_j():
    dice = np.random.default_rng(3)
    background = dice.beta(0.4, 0.4, (60, 107))
    probability = (1 - background) ** 2 / ((1 - background) ** 2 + background**2)
    label_map = background < 0.5
    drawn = dice.random((50, *background.shape)) < probability
    j = [(truth & label_map).sum() / (truth | label_map).sum() for truth in drawn]
    assert summarise(labels_of(background)).unsure == pytest.approx(1 - np.mean(j), abs=0.005)


def test_nearly_certain_background_does_not_drown_an_object():
    background = np.full((60, 107), 0.99)
    background[30, 40:80] = 0.5
    assert summarise(labels_of(background)).unsure > UNSURE_ABOVE
    background[30, 40:80] = 0.01
    assert summarise(labels_of(background)).unsure < 0.02


def test_a_little_doubt_everywhere_is_little_where_there_is_no_object():
    assert summarise(labels_of(np.full((60, 107), 0.99))).unsure < UNSURE_ABOVE


def test_which_object_it_is_can_be_in_doubt_too():
    scores = np.zeros((3, 20, 20), np.float32)
    scores[0], scores[:, 5:15, 5:15] = 1, np.array([0, 0.55, 0.45])[:, None, None]
    confidence, nearest = np.ones((20, 20), np.float32), np.zeros((20, 20), np.int32)
    summary = summarise(FrameLabels(0, (0, 1, 2), scores, confidence, nearest))
    assert summary.unsure > 3 * UNSURE_ABOVE
    assert summary.object_ids == (1,)


def test_more_doubt_is_more():
    figures = [summarise(labels_of(np.full((4, 4), b))).unsure for b in (0.0, 0.1, 0.3, 0.49)]
    assert figures == sorted(figures)
    assert figures[-1] == pytest.approx(0.48, abs=0.01)


def test_nothing_annotated_is_all_doubt_and_background_alone_none():
    ones, nowhere = np.ones((1, 4, 4), np.float32), np.full((4, 4), -1, np.int32)
    nothing = FrameLabels(0, (0,), ones, np.zeros((4, 4), np.float32), nowhere)
    background = FrameLabels(0, (0,), ones, ones[0], nowhere)
    assert summarise(nothing).unsure == 1
    assert summarise(background).unsure == 0
    assert summarise(nothing).object_ids == summarise(background).object_ids == ()


def test_an_object_that_wins_nowhere_is_not_there():
    assert summarise(labels_of(np.full((4, 4), 0.6))).object_ids == ()
