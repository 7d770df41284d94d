"""The search, compared with brute force."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vosdesk.labelling.index import (
    GRID,
    LANES,
    NeighbourIndex,
    in_single,
    nearest,
    on_grid,
    train_centroids,
)


@pytest.fixture(autouse=True, params=[0, 1024], ids=["faiss", "products"])
def few(request, monkeypatch):
    """Search in both ways, whatever the number of embeddings is."""
    monkeypatch.setattr("vosdesk.labelling.index.FEW", request.param)


def unit(rng, *shape):
    vectors = rng.standard_normal(shape).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def brute_force(asked, embeddings, k):
    """Return the k best by whole numbers, of equals the lowest numbers."""
    every = on_grid(asked).astype(np.int64) @ on_grid(embeddings).astype(np.int64).T
    number = np.argsort(-every, axis=1, kind="stable")[:, :k]
    best = np.take_along_axis(every, number, axis=1).astype(np.float32)
    return best / np.float32(GRID**2), number


@settings(max_examples=60, deadline=None)
@given(
    references=st.integers(1, 300),
    different=st.integers(1, 300),
    queries=st.integers(0, 60),
    neighbours=st.integers(1, 20),
    dimensions=st.integers(1, 40),
    seed=st.integers(0, 1000),
)
def test_agrees_with_brute_force_bit_for_bit(
    references, different, queries, neighbours, dimensions, seed
):
    rng = np.random.default_rng(seed)
    embeddings, asked = unit(rng, references, dimensions), unit(rng, queries, dimensions)
    embeddings = embeddings[rng.integers(0, different, references) % references]
    index = NeighbourIndex(embeddings)
    similarity, number = index.search(asked, neighbours)
    k = min(neighbours, references)
    expected, best = brute_force(asked, embeddings, k)
    np.testing.assert_array_equal(similarity[:, :k], expected)
    np.testing.assert_array_equal(number[:, :k], best)
    assert (similarity[:, k:] == -np.inf).all()
    assert (number[:, k:] == -1).all()
    assert similarity.dtype == np.float32
    assert number.dtype == np.int32
    for place in range(0, queries, 7):
        alone = index.search(asked[place : place + 1], neighbours)
        np.testing.assert_array_equal(alone[0][0], similarity[place])
        np.testing.assert_array_equal(alone[1][0], number[place])


@settings(max_examples=40, deadline=None)
@given(
    references=st.integers(1, 3 * LANES),
    different=st.integers(1, 60),
    neighbours=st.integers(1, 8),
    seed=st.integers(0, 1000),
)
def test_hints_change_no_result(references, different, neighbours, seed):
    rng = np.random.default_rng(seed)
    asked = unit(rng, 30, 6)
    index = NeighbourIndex(unit(rng, different, 6)[rng.integers(0, different, references)])
    hints = np.full((len(asked), neighbours), -1, dtype=np.int32)
    k = min(neighbours, references)
    hints[:, :k] = [rng.permutation(references)[:k] for _query in asked]
    hints[rng.random(len(asked)) < 0.2] = -1
    for plain, hinted in zip(
        index.search(asked, neighbours), index.search(asked, neighbours, hints), strict=True
    ):
        np.testing.assert_array_equal(plain, hinted)


@settings(max_examples=40, deadline=None)
@given(
    references=st.integers(1, 40),
    different=st.integers(1, 40),
    neighbours=st.integers(1, 8),
    seed=st.integers(0, 1000),
)
def test_among_candidates_is_as_if_there_were_no_others(references, different, neighbours, seed):
    rng = np.random.default_rng(seed)
    embeddings = unit(rng, different, 6)[rng.integers(0, different, references)]
    asked = unit(rng, 5, 6)
    counts = rng.integers(0, references + 1, len(asked))
    candidates = np.full((len(asked), references + 1), -1, dtype=np.int32)
    for query, count in enumerate(counts):
        candidates[query, 1 : count + 1] = rng.permutation(references)[:count]
    found = NeighbourIndex(embeddings).search_among(asked, candidates, neighbours)
    for query, count in enumerate(counts):
        chosen = np.sort(candidates[query, 1 : count + 1])
        alone = NeighbourIndex(embeddings[chosen]).search(asked[query : query + 1], neighbours)
        np.testing.assert_array_equal(found[0][query], alone[0][0])
        number = np.where(alone[1][0] < 0, -1, np.append(chosen, -1)[alone[1][0]])
        np.testing.assert_array_equal(found[1][query], number)


def test_what_threads_share_is_what_one_finds(monkeypatch):
    rng = np.random.default_rng(0)
    asked, hints = unit(rng, 500, 16), np.tile(np.arange(5, dtype=np.int32), (500, 1))
    index = NeighbourIndex(unit(rng, 300, 16))
    alone = index.search(asked, 5, hints)
    monkeypatch.setattr("vosdesk.labelling.index._FEW_NUMBERS", 10_000)
    for one, several in zip(alone, index.search(asked, 5, hints), strict=True):
        np.testing.assert_array_equal(one, several)


def test_the_grid_moves_a_similarity_by_less_than_anybody_notices():
    rng = np.random.default_rng(0)
    embeddings, asked = unit(rng, 300, 128), unit(rng, 100, 128)
    similarity, number = NeighbourIndex(embeddings).search(asked, 5)
    exact = np.take_along_axis(asked.astype(np.float64) @ embeddings.T, number, axis=1)
    np.testing.assert_allclose(similarity, exact, atol=5e-4)


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


def test_a_hint_that_is_not_a_number_bounds_nothing():
    embeddings = np.eye(4, dtype=np.float32)
    embeddings[1] = np.nan
    hints = np.array([[0, 1]], dtype=np.int32)
    _similarity, number = NeighbourIndex(embeddings).search(embeddings[:1], 2, hints)
    assert number[0].tolist() == [0, 2]


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


@pytest.mark.parametrize(("n", "m", "d"), [(50, 7, 8), (201, 70, 128), (3, 40, 128), (0, 5, 8)])
def test_the_nearest_centroid_is_that_of_the_largest_product(n, m, d):
    rng = np.random.default_rng(2)
    points, centroids = unit(rng, n, d), unit(rng, m, d)
    products = points.astype(np.float64) @ centroids.T.astype(np.float64)
    np.testing.assert_array_equal(nearest(points, centroids), products.argmax(axis=1))


def test_every_half_is_converted_as_numpy_does():
    every = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    np.testing.assert_array_equal(in_single(every), every.astype(np.float32))
    numbers = every[np.isfinite(every)].reshape(64, -1)
    for halves in (numbers, numbers[::3, ::2], numbers[:0]):
        expected = halves.astype(np.float32)
        converted = in_single(halves)
        np.testing.assert_array_equal(converted.view(np.uint32), expected.view(np.uint32))
        np.testing.assert_array_equal(on_grid(halves), on_grid(expected))


def test_centroids_are_the_middles_of_clusters_and_always_the_same():
    rng = np.random.default_rng(1)
    middles = np.eye(8, dtype=np.float32)[:4]
    points = middles[np.arange(400) % 4] + 0.05 * rng.standard_normal((400, 8)).astype(np.float32)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    centroids = train_centroids(points, 4, 10)
    assert sorted((centroids @ middles.T).argmax(axis=1).tolist()) == [0, 1, 2, 3]
    assert (centroids @ middles.T).max(axis=1).min() > 0.99
    np.testing.assert_array_equal(train_centroids(points, 4, 10), centroids)


def test_few_points_are_centroids_themselves():
    points = np.eye(3, dtype=np.float32)
    np.testing.assert_array_equal(train_centroids(points, 5, 3), points)
