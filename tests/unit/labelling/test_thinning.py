"""Thinning: within the budget, fair, and the same every time."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vosdesk.arrays import VOID, PaintedFrame, Size
from vosdesk.labelling.references import ReferenceSet, frame_references
from vosdesk.labelling.thinning import thin

NETWORK = Size(160, 160)


def masked(frame_index, owner=1, click_owner=None):
    """Return 400 references of a mask with a square, and one more of a click on it."""
    labels = np.zeros((160, 160), np.uint8)
    labels[40:80, 40:120] = 1
    owners = np.full((160, 160), owner, np.int32)
    if click_owner is not None:
        labels[100:103, 100:103] = 2
        owners[100:103, 100:103] = click_owner
    embedding_map = np.ones((20, 20, 2), np.float16)
    return frame_references(PaintedFrame(frame_index, labels, owners), embedding_map, NETWORK)


def clicked(frame_index, owner):
    labels = np.full((160, 160), VOID, np.uint8)
    labels[3, 3] = 1
    owners = np.where(labels == 1, owner, -1).astype(np.int32)
    embedding_map = np.ones((20, 20, 2), np.float16)
    return frame_references(PaintedFrame(frame_index, labels, owners), embedding_map, NETWORK)


def places(references):
    return list(
        zip(
            references.frame_indices.tolist(),
            map(tuple, references.cells.tolist()),
            references.annotation_ids.tolist(),
            strict=True,
        )
    )


def test_within_the_budget_nothing_changes():
    references = masked(0)
    assert thin(references, 400) is references


@settings(max_examples=40, deadline=None)
@given(masks=st.integers(1, 4), clicks=st.integers(0, 4), budget=st.integers(12, 1200))
def test_is_within_the_budget_fair_and_a_selection(masks, clicks, budget):
    parts = [masked(i, owner=1, click_owner=2) for i in range(masks)]
    parts += [clicked(10 + i, owner=3) for i in range(clicks)]
    references = ReferenceSet.merge(parts)
    thinned = thin(references, budget)
    assert len(thinned) <= budget
    assert len(thinned) > min(len(references), budget) - masks
    assert set(places(thinned)) <= set(places(references))
    assert (thinned.annotation_ids == 2).sum() == masks
    assert (thinned.annotation_ids == 3).sum() == clicks
    assert places(thin(references, budget)) == places(thinned)


def test_edges_stay_and_the_middle_is_spread():
    references = masked(0)
    square = np.zeros((20, 20), bool)
    square[5:10, 5:15] = True
    padded = np.pad(square, 1, mode="edge")
    edge = np.zeros_like(square)
    for side in (padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]):
        edge |= side != square
    thinned = thin(references, 200)
    kept = np.zeros_like(square)
    kept[tuple(thinned.cells.T)] = True
    assert kept[edge].all()
    assert len(thinned) == 200
    quarters = [kept[:10, :10], kept[:10, 10:], kept[10:, :10], kept[10:, 10:]]
    assert min(quarter.sum() for quarter in quarters) > 30


def test_a_share_smaller_than_the_edges_still_has_some_of_the_middle():
    thinned = thin(masked(0), 20)
    assert len(thinned) == 20
    inside = (thinned.labels.argmax(axis=1) == 0) & (thinned.cells[:, 0] > 12)
    assert inside.any()


def test_each_annotation_keeps_one_whatever_the_budget():
    references = ReferenceSet.merge([clicked(i, owner=1) for i in range(9)])
    assert len(thin(references, 3)) == 9
