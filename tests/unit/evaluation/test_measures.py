from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays

from vosdesk.evaluation.measures import contour_accuracy, jaccard, summarise

masks = arrays(np.bool_, (9, 12))
EMPTY = np.zeros((60, 80), np.bool_)


def box(top, left, height, width, shape=(60, 80)):
    mask = np.zeros(shape, np.bool_)
    mask[top : top + height, left : left + width] = True
    return mask


def test_jaccard_is_shared_area_over_joint_area():
    assert jaccard(box(0, 0, 10, 10), box(0, 5, 10, 10)) == pytest.approx(50 / 150)
    assert jaccard(EMPTY, EMPTY) == 1
    assert jaccard(EMPTY, box(0, 0, 2, 2)) == 0


@given(masks, masks)
def test_jaccard_is_symmetric_and_one_only_for_the_same_mask(a, b):
    assert jaccard(a, b) == jaccard(b, a)
    assert 0 <= jaccard(a, b) <= 1
    assert (jaccard(a, b) == 1) == np.array_equal(a, b)


def slow_contour(mask):
    height, width = mask.shape
    points = []
    for y in range(height):
        for x in range(width):
            right, below = min(x + 1, width - 1), min(y + 1, height - 1)
            here = mask[y, x]
            if mask[y, right] != here or mask[below, x] != here or mask[below, right] != here:
                points.append((y, x))
    return points


def slow_contour_accuracy(mask, truth, tolerance):
    mine, theirs = slow_contour(mask), slow_contour(truth)
    if not mine or not theirs:
        return float(not mine and not theirs)

    def part_near(points, others):
        return np.mean(
            [any(np.hypot(y - v, x - u) <= tolerance for v, u in others) for y, x in points]
        )

    precision, recall = part_near(mine, theirs), part_near(theirs, mine)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


@settings(max_examples=60, deadline=None)
@given(masks, masks)
def test_contour_accuracy_agrees_with_the_definition_point_by_point(a, b):
    # 0.008 of this picture's diagonal is below one pixel and is rounded up to one
    assert contour_accuracy(a, b) == pytest.approx(slow_contour_accuracy(a, b, 1))


def test_a_contour_within_the_tolerance_counts_and_one_beyond_does_not():
    shape = (480, 854)  # the diagonal times 0.008 is 7.8, so 8 pixels are forgiven
    truth = box(100, 200, 100, 100, shape)
    assert contour_accuracy(box(108, 200, 100, 100, shape), truth) == 1
    assert contour_accuracy(box(109, 200, 100, 100, shape), truth) < 1


@pytest.mark.parametrize(
    ("mask", "truth", "expected"),
    [(EMPTY, EMPTY, 1), (EMPTY, box(9, 9, 9, 9), 0), (box(9, 9, 9, 9), EMPTY, 0)],
)
def test_contours_of_empty_masks(mask, truth, expected):
    assert contour_accuracy(mask, truth) == expected


def test_summary():
    summary = summarise([1.0, 1.0, 0.5, 0.6, 0.2, 0.2, 0.2, 0.2])
    assert summary.mean == pytest.approx(3.9 / 8)
    assert summary.recall == pytest.approx(3 / 8)  # 0.5 itself does not count
    assert summary.decay == pytest.approx((1 + 1 + 0.5) / 3 - 0.2)


def test_a_single_value_has_no_decay():
    assert summarise([0.7]).decay == 0


def test_nothing_cannot_be_summarised():
    with pytest.raises(ValueError, match="nothing"):
        summarise([])
