"""What became of references, and lists that follow; in any order of edits see test_retrieval."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.labelling.number_video import NumberVideo
from vosdesk.labelling.references import ReferenceSet
from vosdesk.labelling.renewal import Renumbering, fold_in, renewed, renumbered, search_among

VIDEO = NumberVideo()
OLD = VIDEO.references({0: {(0, 0): (1, 0), (2, 2): (2, 1)}, 3: {(5, 5): (3, 1)}})
NEW = VIDEO.references({0: {(0, 0): (1, 2), (1, 7): (4, 1)}, 3: {(5, 5): (3, 1)}})
"""One recoloured, one gone, one come between, one as it was."""


def test_references_are_known_again_by_their_place_and_annotation():
    step = Renumbering.between(OLD, NEW)
    assert step.kept.tolist() == [0, -1, 2]
    assert step.added.tolist() == [1]


strokes = st.dictionaries(
    st.integers(0, 2),
    st.dictionaries(
        st.tuples(st.integers(0, 5), st.integers(0, 7)),
        st.tuples(st.integers(1, 3), st.integers(0, 2)),
        min_size=1,
        max_size=12,
    ),
    max_size=3,
)


@given(strokes, strokes)
def test_who_is_in_both_sets_is_found_whatever_comes_between(before, after):
    old, new = VIDEO.references(before), VIDEO.references(after)
    step = Renumbering.between(old, new)

    def known_by(references):
        parts = (references.frame_indices, *references.cells.T, references.annotation_ids)
        return list(zip(*(part.tolist() for part in parts), strict=True))

    numbers = {key: number for number, key in enumerate(known_by(new))}
    assert step.kept.tolist() == [numbers.get(key, -1) for key in known_by(old)]
    assert step.added.tolist() == sorted(set(numbers.values()) - set(step.kept.tolist()))


def test_who_has_another_embedding_is_another():
    other = replace(OLD, embeddings=-OLD.embeddings)
    assert Renumbering.between(OLD, other).kept.tolist() == [-1, -1, -1]


def test_from_nothing_all_are_added_and_to_nothing_none_is_kept():
    nothing = ReferenceSet.empty()
    assert Renumbering.between(nothing, NEW).added.tolist() == [0, 1, 2]
    assert Renumbering.between(OLD, nothing).kept.tolist() == [-1, -1, -1]


def test_who_changes_sides_leaves_one_part_and_joins_the_other():
    step = Renumbering.between(OLD, NEW)
    is_background = np.array([True, False, False]), np.zeros(3, np.bool_)
    of_background = step.within(*is_background)
    of_objects = step.within(~is_background[0], ~is_background[1])
    assert of_background.kept.tolist() == [-1, -1, -1]
    assert of_background.added.tolist() == []
    assert of_objects.kept.tolist() == [-1, -1, 2]
    assert of_objects.added.tolist() == [0, 1]


def test_only_lists_that_lost_a_reference_are_told_so():
    queries = VIDEO.maps[1].reshape(-1, VIDEO.maps[1].shape[-1])
    found = search_among(OLD, np.arange(3), queries, 1)
    _lists, lost = renumbered(found, Renumbering.between(OLD, NEW))
    np.testing.assert_array_equal(lost, found.number[:, 0] == 1)


def test_renewed_lists_are_those_of_a_new_search_also_of_queries_that_are_new():
    queries = VIDEO.maps[1].reshape(-1, VIDEO.maps[1].shape[-1])
    every = np.arange(3)
    before = search_among(OLD, every, queries[:30], 2)
    after = renewed(before, Renumbering.between(OLD, NEW), NEW, every, queries)
    expected = search_among(NEW, every, queries, 2)
    np.testing.assert_array_equal(after.number, expected.number)
    np.testing.assert_array_equal(after.similarity, expected.similarity)


@pytest.mark.parametrize("many", [0, 256])
def test_folding_in_finds_what_a_search_of_all_finds(many, monkeypatch):
    monkeypatch.setattr("vosdesk.labelling.renewal.MANY", many)
    queries = VIDEO.maps[1].reshape(-1, VIDEO.maps[1].shape[-1])
    every, added = np.arange(3), np.array([0, 2])
    for neighbours in (1, 2, 4):
        known = search_among(NEW, np.array([1]), queries, neighbours)
        before = known.similarity.copy()
        found = fold_in(known, NEW, added, queries)
        expected = search_among(NEW, every, queries, neighbours)
        np.testing.assert_array_equal(found.number, expected.number)
        np.testing.assert_array_equal(found.similarity, expected.similarity)
        np.testing.assert_array_equal(known.similarity, before)
