from __future__ import annotations

import numpy as np
import pytest

from vosdesk.labelling import spreading
from vosdesk.labelling.spreading import EDGE, PAINTED, PULL, Spreading

GRIDS = ((4, 7), (7, 4), (5, 5), (1, 6), (6, 1))


def embedding_map(seed, grid):
    raw = np.random.default_rng(seed).normal(size=(*grid, 8))
    raw[..., 0] += 5
    return (raw / np.linalg.norm(raw, axis=2, keepdims=True)).astype(np.float16)


def random_shares(seed, labels, *shape):
    raw = np.random.default_rng(seed).random((labels, *shape))
    return (raw / raw.sum(axis=0)).astype(np.float32)


def two_halves(grid):
    """The left half of a frame is unlike the right one."""
    embeddings = np.zeros((*grid, 8), np.float16)
    middle = grid[1] // 2
    embeddings[:, :middle, 0] = embeddings[:, middle:, 1] = 1
    return embeddings


def by_definition(embeddings, cells, painted, retrieved):
    """The formula of the module, cell by cell."""
    rows, columns = embeddings.shape[:2]
    flat = embeddings.reshape(rows * columns, -1).astype(np.float64)
    pull = np.full(rows * columns, PULL)
    pull[cells] = PAINTED
    pulled_to = retrieved.reshape(len(retrieved), -1).astype(np.float64)
    pulled_to[:, cells] = painted
    equations = np.diag(pull)
    for i in range(rows * columns):
        for j in range(rows * columns):
            apart = np.subtract(divmod(i, columns), divmod(j, columns))
            if i != j and np.abs(apart).max() == 1:
                weight = np.exp((flat[i] @ flat[j] - 1) / EDGE) / np.hypot(*apart)
                equations[i, j] -= weight
                equations[i, i] += weight
    shares = np.linalg.solve(equations, (pull * pulled_to).T).T
    return shares.reshape(retrieved.shape)


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("labels", [2, 3])
def test_shares_solve_the_equations(grid, labels):
    embeddings = embedding_map(1, grid)
    cells = np.array([1, 4])
    painted, retrieved = random_shares(2, labels, 2), random_shares(3, labels, *grid)
    found = Spreading(lambda _frame: embeddings).spread(0, cells, painted, retrieved)
    expected = by_definition(embeddings, cells, painted, retrieved)
    assert found.shape == (labels, *grid)
    assert found.dtype == np.float32
    assert found == pytest.approx(expected, abs=1e-3)
    assert found.sum(axis=0) == pytest.approx(np.ones(grid), abs=1e-5)


def test_paint_fills_what_is_like_it_up_to_the_edge():
    """The references say background of everything, and are not asked where paint reaches."""
    grid = (6, 10)
    retrieved = np.stack([np.full(grid, 0.9), np.full(grid, 0.1)]).astype(np.float32)
    painted = np.array([[0], [1]], np.float32)
    found = Spreading(lambda _frame: two_halves(grid)).spread(0, np.array([31]), painted, retrieved)
    assert (found[1, :, :5] > 0.9).all()
    assert (found[1, :, 5:] < 0.2).all()


def test_new_retrieval_is_spread_as_from_the_beginning(monkeypatch):
    grid, reads = (5, 8), []

    def read(frame_index):
        reads.append(frame_index)
        return embedding_map(frame_index, grid)

    monkeypatch.setattr(spreading, "KEPT_FRAMES", 2)
    known = Spreading(read)
    painted = random_shares(1, 3, 2)
    asked = [(0, [3, 9], 5), (0, [3, 9], 6), (0, [3, 10], 6), (1, [3, 10], 6), (0, [3, 10], 7)]
    for frame_index, cells, seed in asked:
        arguments = frame_index, np.array(cells), painted, random_shares(seed, 3, *grid)
        expected = Spreading(lambda i: embedding_map(i, grid)).spread(*arguments)
        assert np.array_equal(known.spread(*arguments), expected)
    assert reads == [0, 0, 1]
    known.spread(2, np.array([3, 10]), painted, random_shares(8, 3, *grid))
    known.spread(0, np.array([3, 10]), painted, random_shares(8, 3, *grid))
    assert reads == [0, 0, 1, 2]  # of more frames the one is forgotten that was not asked longest


def test_cells_without_a_direction_are_no_way():
    grid = (4, 6)
    embeddings = two_halves(grid)
    embeddings[:, 2] = np.nan
    retrieved = random_shares(4, 2, *grid)
    painted = np.array([[0], [1]], np.float32)
    found = Spreading(lambda _frame: embeddings).spread(0, np.array([0]), painted, retrieved)
    assert np.isfinite(found).all()
    assert found[:, :, 2] == pytest.approx(retrieved[:, :, 2], abs=1e-3)


def test_a_label_comes_from_the_paint_that_no_edge_parts_from_it():
    grid = (6, 10)
    retrieved = np.stack([np.full(grid, 0.9), np.full(grid, 0.1)]).astype(np.float32)
    known = Spreading(lambda _frame: two_halves(grid))
    asked = 0, np.array([31, 58]), np.array([[0, 1], [1, 0]], np.float32), retrieved
    assert known.source(*asked, (0, 4), 1) == (3, 1)
    assert known.source(*asked, (5, 2), 1) == (3, 1)
    assert known.source(*asked, (3, 1), 1) == (3, 1)
    assert known.source(*asked, (0, 6), 0) == (5, 8)


def test_what_the_references_know_best_comes_from_nowhere_else():
    grid = (1, 9)
    retrieved = np.full((2, *grid), 0.5, np.float32)
    retrieved[:, 0, 4] = 0, 1
    known = Spreading(lambda _frame: two_halves(grid))
    asked = 0, np.array([0]), np.array([[1], [0]], np.float32), retrieved
    assert known.source(*asked, (0, 4), 1) == (0, 4)
    assert known.source(*asked, (0, 8), 1) == (0, 4)
