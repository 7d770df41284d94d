"""Reference sets: one canonical order, whatever the order of work."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vosdesk.arrays import VOID, PaintedFrame, Size
from vosdesk.labelling.references import ReferenceSet, frame_references

NETWORK = Size(40, 24)


def embedding_map(frame_index, dimensions=6):
    rng = np.random.default_rng(frame_index)
    return rng.standard_normal((3, 5, dimensions)).astype(np.float16)


def references(frame_index, label=1, owner=1, place=slice(None)):
    labels = np.full((24, 40), VOID, dtype=np.uint8)
    owners = np.full((24, 40), -1, dtype=np.int32)
    labels[:, place] = label
    owners[:, place] = owner
    painted = PaintedFrame(frame_index, labels, owners)
    return frame_references(painted, embedding_map(frame_index), NETWORK)


def assert_same(one, other):
    assert one.object_ids == other.object_ids
    for field in dataclasses.fields(one):
        if field.name != "object_ids":
            np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name))


def test_a_reference_has_its_cells_embedding():
    found = references(4, label=2, owner=9)
    assert len(found) == 15
    assert found.object_ids == (2,)
    assert found.embeddings.dtype == np.float32
    for embedding, (row, column) in zip(found.embeddings, found.cells, strict=True):
        np.testing.assert_array_equal(embedding, embedding_map(4)[row, column])
    assert set(found.frame_indices.tolist()) == {4}
    assert set(found.annotation_ids.tolist()) == {9}


def test_nothing_painted_gives_no_references():
    found = references(0, place=slice(0))
    assert not found
    assert found.object_ids == ()


def test_an_embedding_map_of_another_input_size_is_refused():
    painted = PaintedFrame(0, np.zeros((24, 40), np.uint8), np.zeros((24, 40), np.int32))
    with pytest.raises(ValueError, match="is not that of a network input of 48 x 24"):
        frame_references(painted, embedding_map(0), Size(48, 24))


def test_merging_keeps_every_label_in_its_column():
    merged = ReferenceSet.merge([references(3, label=7), references(1, label=0), references(2, 3)])
    assert merged.object_ids == (0, 3, 7)
    assert merged.knows_background
    assert merged.frame_indices.tolist() == [1] * 15 + [2] * 15 + [3] * 15
    np.testing.assert_array_equal(merged.labels, np.repeat(np.eye(3), 15, axis=0))


@settings(max_examples=30, deadline=None)
@given(order=st.permutations(range(5)), split=st.integers(0, 5))
def test_merging_does_not_depend_on_the_order(order, split):
    parts = [references(i, label=i % 3, owner=i) for i in range(5)]
    shuffled = [parts[i] for i in order]
    nested = [ReferenceSet.merge(shuffled[:split]), ReferenceSet.merge(shuffled[split:])]
    assert_same(ReferenceSet.merge(nested), ReferenceSet.merge(parts))


def test_empty_sets_merge_with_any():
    assert_same(ReferenceSet.merge([ReferenceSet.empty(), references(1)]), references(1))
    assert len(ReferenceSet.merge([])) == 0
    assert not ReferenceSet.empty().knows_background


def test_the_same_reference_twice_is_an_error():
    with pytest.raises(ValueError, match="there twice"):
        ReferenceSet.merge([references(1), references(1)])


@pytest.mark.parametrize("field", ["frame_indices", "cells"])
def test_another_order_is_an_error(field):
    parts = [references(frame_index, owner=frame_index) for frame_index in (1, 2)]
    merged = ReferenceSet.merge(parts)
    upside_down = getattr(merged, field)[::-1]
    with pytest.raises(ValueError, match="canonical order"):
        dataclasses.replace(merged, **{field: upside_down})


def test_parts_of_different_length_are_an_error():
    with pytest.raises(ValueError, match="length"):
        dataclasses.replace(references(1), annotation_ids=np.zeros(3, np.int32))


def test_embeddings_of_different_length_do_not_merge():
    painted = PaintedFrame(2, np.zeros((24, 40), np.uint8), np.zeros((24, 40), np.int32))
    other = frame_references(painted, embedding_map(2, dimensions=7), NETWORK)
    with pytest.raises(ValueError, match="dimension"):
        ReferenceSet.merge([references(1), other])


def test_taking_some_drops_labels_that_no_longer_occur():
    merged = ReferenceSet.merge([references(1, label=0), references(2, label=5)])
    taken = merged.take(merged.frame_indices == 2)
    assert_same(taken, references(2, label=5))


def test_votes_come_nearer_to_one_and_shares_stay():
    half = references(0, label=3, place=slice(0, 4))  # the first column of cells, half of each
    both = ReferenceSet.merge([half, references(1, label=0)])
    assert both.background_count == 15
    assert half.background_count == 0
    votes = [both.votes_nearer_to_one(part).sum(axis=1) for part in (0.0, 0.5, 1.0)]
    is_half = both.frame_indices == 0
    np.testing.assert_allclose([v[is_half].mean() for v in votes], [0.5, 0.75, 1])
    np.testing.assert_allclose([v[~is_half] for v in votes], 1)
    assert ReferenceSet.empty().votes_nearer_to_one(1.0).shape == (0, 0)


def test_background_in_part_counts_as_that_part():
    mixed = references(0, label=3)
    labels = np.tile(np.float32([0.1, 0.4]), (len(mixed), 1))
    mixed = dataclasses.replace(mixed, labels=labels, object_ids=(0, 3))
    assert mixed.background_count == pytest.approx(15 * 0.2)
