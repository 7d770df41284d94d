from __future__ import annotations

import io
import json

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from rich.console import Console

from vosdesk.arrays import VOID
from vosdesk.evaluation.clicks import COUNTS, click_along, evaluate_clicks, largest_error, render
from vosdesk.evaluation.truth import Truth
from vosdesk.jobs import run_to_end


def squares(*boxes, shape=(40, 60)):
    truth = np.zeros(shape, np.uint8)
    for label, top, left, side in boxes:
        truth[top : top + side, left : left + side] = label
    return truth


class OneMoreEachTime:
    """Learns one connected error for each click, as if every click were understood at once."""

    def __init__(self, truths):
        self.truths = truths
        self.frame_count = len(truths)
        self.known = [np.zeros_like(truth) for truth in truths]

    def set_painted(self, painted):
        for frame in painted:
            truth = self.truths[frame.frame_index]
            for label in np.unique(frame.labels[frame.labels != VOID]):
                _count, numbers = cv2.connectedComponents((truth == label).astype(np.uint8))
                touched = np.unique(numbers[frame.labels == label])
                assert 0 not in touched  # the click was on the right object
                self.known[frame.frame_index][np.isin(numbers, touched)] = label

    def label_maps(self):
        return iter([known.copy() for known in self.known])


def test_the_largest_error_anywhere():
    truths = [squares((1, 2, 2, 10)), squares((1, 2, 2, 12), (2, 20, 20, 14)), squares()]
    nothing = [np.zeros_like(truth) for truth in truths]
    error = largest_error(nothing, truths)
    assert (error.frame_index, error.object_id, error.component.sum()) == (1, 2, 14 * 14)
    spilled = [nothing[0], truths[1], squares((2, 0, 0, 30))]
    error = largest_error(spilled, truths)
    assert (error.frame_index, error.object_id, error.component.sum()) == (2, 0, 900)
    assert largest_error(truths, truths) is None


def test_many_small_errors_do_not_make_a_large_one():
    crumbs = squares(*[(1, top, left, 4) for top in range(0, 40, 5) for left in range(0, 60, 5)])
    whole = squares((1, 10, 10, 9))
    nothing = [np.zeros_like(whole)] * 2
    assert largest_error(nothing, [crumbs, whole]).frame_index == 1


def test_void_is_no_error():
    truth = np.full((5, 5), VOID, np.uint8)
    assert largest_error([np.zeros_like(truth)], [truth]) is None


label_maps = hnp.arrays(np.uint8, (2, 9, 11), elements=st.sampled_from([0, 1, 2, VOID]))


@settings(max_examples=60, deadline=None)
@given(label_maps, label_maps)
def test_no_error_is_larger(predicted, truths):
    predicted[predicted == VOID] = 0
    error = largest_error(list(predicted), list(truths))
    areas = [
        cv2.connectedComponentsWithStats(
            ((truth == label) & (label_map != label)).astype(np.uint8), connectivity=8
        )[2][1:, cv2.CC_STAT_AREA]
        for label_map, truth in zip(predicted, truths, strict=True)
        for label in (0, 1, 2)
    ]
    sizes = np.concatenate(areas)
    if error is None:
        assert not len(sizes)
    else:
        assert error.component.sum() == sizes.max()
        assert (truths[error.frame_index][error.component] == error.object_id).all()


def test_clicks_go_from_the_largest_error_to_the_smallest_and_end():
    truths = [squares((1, 2, 2, 10)), squares((1, 2, 2, 12), (2, 20, 20, 14)), squares()]
    clicked = run_to_end(click_along(Truth.of(truths), OneMoreEachTime(truths)))
    assert [(c.frame_index, c.object_id) for c in clicked.clicks] == [(1, 2), (1, 1), (0, 1)]
    assert list(clicked.scores) == list(COUNTS)
    assert clicked.quality[2:] == [1.0] * 4
    assert clicked.quality[0] < clicked.quality[1] < 1
    assert len(clicked.labelling_seconds) == 3


def test_clicks_bring_labels_close_to_the_truth(tiny_davis, by_colour):
    seen = []
    report = run_to_end(evaluate_clicks(tiny_davis, "val", by_colour), seen.append)
    assert list(report.clicks) == [1, 2, 3, 5, 10, 20]
    assert report.clicks[20] > report.clicks[2] > 0.5
    assert report.clicks[20] > 0.85
    clicks = report.sequences["fast"].clicks
    assert [one.object_id for one in clicks[:2]] == [1, 0]
    assert len(clicks) <= 20
    assert {progress.total for progress in seen} == {10 * 21}
    done = [progress.done for progress in seen]
    assert done == sorted(done)

    figures = json.loads(json.dumps(report.as_json()))
    assert {"mean", "sequences", "seconds_per_frame", "clicks"} <= set(figures)
    assert list(figures["clicks"]) == ["1", "2", "3", "5", "10", "20"]
    assert figures["clicks"]["20"] == pytest.approx(figures["mean"]["J&F"])
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(render(report))
    assert "20 clicks" in console.export_text()
