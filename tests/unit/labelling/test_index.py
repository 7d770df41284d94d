"""The search, compared with brute force."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vosdesk.labelling.index import NeighbourIndex


def unit(rng, *shape):
    vectors = rng.standard_normal(shape).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


@settings(max_examples=60, deadline=None)
@given(
    references=st.integers(1, 300),
    queries=st.integers(0, 60),
    neighbours=st.integers(1, 20),
    dimensions=st.integers(1, 40),
    seed=st.integers(0, 1000),
)
def test_agrees_with_brute_force(references, queries, neighbours, dimensions, seed):
    rng = np.random.default_rng(seed)
    embeddings, asked = unit(rng, references, dimensions), unit(rng, queries, dimensions)
    similarity, number = NeighbourIndex(embeddings).search(asked, neighbours)
    k = min(neighbours, references)
    every = asked @ embeddings.T
    np.testing.assert_allclose(similarity[:, :k], -np.sort(-every, axis=1)[:, :k], atol=1e-5)
    np.testing.assert_allclose(
        np.take_along_axis(every, number[:, :k], axis=1), similarity[:, :k], atol=1e-5
    )
    assert all(len(set(row)) == k for row in number[:, :k].tolist())
    assert (similarity[:, k:] == -np.inf).all()
    assert (number[:, k:] == -1).all()
    assert similarity.dtype == np.float32
    assert number.dtype == np.int64


def test_equals_come_in_order_of_their_numbers():
    embeddings = np.eye(4, dtype=np.float32)[[2, 0, 1, 0, 0, 1]]
    _similarity, number = NeighbourIndex(embeddings).search(np.eye(4, dtype=np.float32)[:1], 6)
    assert number[0].tolist() == [1, 3, 4, 0, 2, 5]


def test_no_references_give_no_neighbours():
    index = NeighbourIndex(np.empty((0, 8), np.float32))
    similarity, number = index.search(np.ones((3, 8), np.float32), 2)
    assert len(index) == 0
    assert (similarity == -np.inf).all()
    assert (number == -1).all()


def test_what_is_not_a_number_has_no_neighbours():
    asked = np.ones((2, 8), np.float32)
    asked[1] = np.nan
    _similarity, number = NeighbourIndex(np.ones((3, 8), np.float32)).search(asked, 2)
    assert number.tolist() == [[0, 1], [-1, -1]]


def test_the_index_does_not_see_later_changes():
    embeddings = np.eye(3, dtype=np.float32)
    index = NeighbourIndex(embeddings)
    embeddings[:] = 0
    assert index.search(np.eye(3, dtype=np.float32), 1)[1].tolist() == [[0], [1], [2]]


@pytest.mark.parametrize("threads", [4])
def test_many_threads_may_search(threads):
    rng = np.random.default_rng(0)
    index, asked = NeighbourIndex(unit(rng, 500, 16)), unit(rng, 200, 16)
    alone = index.search(asked, 5)
    with ThreadPoolExecutor(threads) as pool:
        for found in pool.map(lambda _i: index.search(asked, 5), range(20)):
            np.testing.assert_array_equal(found[0], alone[0])
            np.testing.assert_array_equal(found[1], alone[1])
