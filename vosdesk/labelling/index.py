"""The nearest references of many pixels at once: the only place that knows faiss.

Embeddings are compared as whole multiples of 1 / GRID. Their products and all sums of those are
then whole numbers below 2^24 (for embeddings of unit length), which float32 holds exactly: a
similarity comes out the same, bit for bit, however many pixels are searched at once, on however
many threads, by whatever order of additions. It moves a similarity by about 0.0001.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import faiss
import numpy as np

from vosdesk.compiled import compiled, compiled_for_whole_numbers
from vosdesk.sharing import in_parts, share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

GRID = 4000
"""The square of it is below 2^24, with 4 % to spare for lengths that were rounded."""

_BRUTE_FORCE_NUMBERS = 1 << 20
"""Similarities that are looked through at a time, where references tie."""
_FEW_NUMBERS = 1 << 18
"""The same where references are few: they stay in a processor's own memory."""
SCATTERED = 16
"""So many similarities of a product of matrices cost as much as one that is asked for alone."""
LANES = 32
"""Similarities that are compared with a bound at a time, which is a step or two of a processor."""

FEW = 2048
"""Up to so many embeddings are compared by plain products, which takes half of faiss's time with a
quarter as many, and as long with twice as many."""

ONE_THREAD = 1 << 21
"""Comparisons up to which one of faiss's threads is enough."""


@contextmanager
def _few_threads(comparisons: int) -> Iterator[None]:
    """Let faiss work in the calling thread alone where there is little to do.

    Its threads wait for one another by turning in circles, which takes a hundred times as long as
    the work where the processors are busy with something else, such as embedding.
    """
    before = faiss.omp_get_max_threads()
    if comparisons <= ONE_THREAD:
        faiss.omp_set_num_threads(1)  # for the calling thread only
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def on_grid(embeddings: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return embeddings as whole numbers, GRID to a unit."""
    if embeddings.dtype == np.float16:
        return _looked_up(embeddings, _halves_on_grid())
    scaled: NDArray[np.float32] = embeddings.astype(np.float32)
    scaled *= np.float32(GRID)
    return np.rint(scaled, out=scaled)


def in_single(halves: NDArray[np.float16]) -> NDArray[np.float32]:
    """Return numbers in single precision, in a quarter of the time that numpy takes for it."""
    return _looked_up(halves, _halves())


@cache
def _halves() -> NDArray[np.float32]:
    """Return (65536,) the number of every half, by its bits."""
    return np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float32)


@cache
def _halves_on_grid() -> NDArray[np.float32]:
    with np.errstate(invalid="ignore"):  # some bits are no number, and say so when multiplied
        on_grid: NDArray[np.float32] = np.rint(_halves() * np.float32(GRID))
    return on_grid


def _looked_up(halves: NDArray[np.float16], table: NDArray[np.float32]) -> NDArray[np.float32]:
    found = np.empty(halves.shape, dtype=np.float32)
    _look_up(np.ascontiguousarray(halves).view(np.uint16).reshape(-1), table, found.reshape(-1))
    return found


@compiled
def _look_up(
    bits: NDArray[np.uint16], table: NDArray[np.float32], found: NDArray[np.float32]
) -> None:
    for place in range(len(bits)):
        found[place] = table[bits[place]]


@dataclass(frozen=True, eq=False)
class Queries:
    """Embeddings as a search sees them, for whoever asks with the same ones again and again.

    Attributes:
        rows: (m, d) float32 from ``on_grid``.
    """

    rows: NDArray[np.float32]

    @staticmethod
    def of(embeddings: NDArray[np.floating]) -> Queries:
        """Return (m, d) embeddings as queries."""
        return Queries(on_grid(embeddings))

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, chosen: NDArray[np.integer] | NDArray[np.bool_]) -> Queries:
        return Queries(self.rows[chosen])


class NeighbourIndex:
    """Exact search by inner product, which is the cosine where lengths are one.

    It never changes once it is made, so any number of threads may search at once.

    Args:
        embeddings: (n, d) float32.
    """

    def __init__(self, embeddings: NDArray[np.float32]) -> None:
        self._rows = on_grid(embeddings)
        self._index = faiss.IndexFlatIP(embeddings.shape[1])
        self._index.add(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def search(
        self,
        queries: NDArray[np.floating] | Queries,
        neighbours: int,
        hints: NDArray[np.int32] | None = None,
    ) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """Return the most similar embeddings of each query, the most similar first.

        Embeddings of exactly the same similarity come in the order of their numbers, also where
        only some of them are among the k.

        Args:
            queries: (m, d) floating point.
            neighbours: How many; k below.
            hints: (m, k) numbers of embeddings that are likely to be near each query, no two of
                a query the same; all of a query's count for nothing where one is -1. They change
                no result: the nearer they are, the sooner a search among few has it.

        Returns:
            Similarities (m, k) float32 and numbers (m, k) int32. Where there are fewer than k
            embeddings, or a query is not a number, the rest is -inf and -1.
        """
        shape = (len(queries), neighbours)
        similarity = np.full(shape, -np.inf, dtype=np.float32)
        number = np.full(shape, -1, dtype=np.int32)
        k = min(neighbours, len(self))
        if k and len(queries):
            if len(self) <= FEW:
                self._search_few(queries, similarity, number, hints)
                return similarity, number
            rows = queries.rows if isinstance(queries, Queries) else on_grid(queries)
            with _few_threads(len(rows) * len(self)):
                found, where = self._index.search(rows, min(k + 1, len(self)))
            found[where < 0] = -np.inf
            self._break_ties(rows, found, where, k)
            similarity[:, :k] = found[:, :k] / np.float32(GRID * GRID)
            number[:, :k] = where[:, :k]
        return similarity, number

    def _search_few(
        self,
        queries: NDArray[np.floating] | Queries,
        similarity: NDArray[np.float32],
        number: NDArray[np.int32],
        hints: NDArray[np.int32] | None,
    ) -> None:
        """Fill in (m, k) lists, which are empty yet."""

        def search_part(part: slice) -> None:
            asked = number[:0] if hints is None else hints[part]
            rows = queries.rows[part] if isinstance(queries, Queries) else on_grid(queries[part])
            _take_best(rows @ self._rows.T, asked, similarity[part], number[part])
            similarity[part] /= np.float32(GRID * GRID)

        share(search_part, in_parts(len(queries), _FEW_NUMBERS // len(self)))

    def search_among(
        self,
        queries: NDArray[np.floating],
        candidates: NDArray[np.int32],
        neighbours: int,
    ) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """Return what ``search`` would, were a few candidates of each query all there is.

        Args:
            queries: (m, d) floating point.
            candidates: (m, c) numbers of embeddings, no two of a query the same; -1 for none.
            neighbours: How many.
        """
        shape = (len(queries), neighbours)
        similarity = np.full(shape, -np.inf, dtype=np.float32)
        number = np.full(shape, -1, dtype=np.int32)
        width = max(1, candidates.shape[1])

        def search_part(part: slice) -> None:
            rows = on_grid(queries[part])
            _take_best_among(rows, self._rows, candidates[part], similarity[part], number[part])

        share(search_part, in_parts(len(queries), _FEW_NUMBERS // (SCATTERED * width)))
        similarity /= np.float32(GRID * GRID)
        return similarity, number

    def best(self, queries: Queries) -> NDArray[np.float32]:
        """Return the (m,) highest similarity of each query, for a few embeddings only.

        With few of them one product of matrices is several times as fast as a search for lists.
        """
        # turned round, since numpy is slow at the largest of a few numbers in each of many rows
        products = (queries.rows @ self._rows.T).T.copy()
        best: NDArray[np.float32] = products.max(axis=0) / np.float32(GRID * GRID)
        return best

    def _break_ties(
        self,
        rows: NDArray[np.float32],
        found: NDArray[np.float32],
        where: NDArray[np.int64],
        k: int,
    ) -> None:
        """Put equals in the order of their numbers, in place."""
        equal = (found[:, 1:] == found[:, :-1]) & np.isfinite(found[:, 1:])
        tied = np.flatnonzero(equal.any(axis=1))
        order = np.lexsort((where[tied], -found[tied]), axis=1)
        found[tied] = np.take_along_axis(found[tied], order, axis=1)
        where[tied] = np.take_along_axis(where[tied], order, axis=1)
        if found.shape[1] > k:
            at_the_end = np.flatnonzero(equal[:, k - 1])
            step = max(1, _BRUTE_FORCE_NUMBERS // len(self))
            for begin in range(0, len(at_the_end), step):
                part = at_the_end[begin : begin + step]
                where[part, :k] = self._lowest_numbers(rows[part], found[part, k - 1], k)

    def _lowest_numbers(
        self, rows: NDArray[np.float32], last: NDArray[np.float32], k: int
    ) -> NDArray[np.int64]:
        """Return the (m, k) numbers of the best, where many are as similar as the ``last`` one."""
        every = rows @ self._rows.T
        better = every > last[:, None]
        equal = every == last[:, None]
        room = k - better.sum(axis=1, keepdims=True)
        chosen = better | (equal & (equal.cumsum(axis=1) <= room))
        number = np.nonzero(chosen)[1].reshape(len(rows), k)
        order = np.argsort(-np.take_along_axis(every, number, axis=1), axis=1, kind="stable")
        return np.take_along_axis(number, order, axis=1)


@compiled
def _take_best(
    products: NDArray[np.float32],
    hints: NDArray[np.int32],
    best: NDArray[np.float32],
    number: NDArray[np.int32],
) -> None:
    """Fill in the k largest of each row, the largest first; of equals the first ones, in order.

    The least of any k products of a row is a bound: nothing below it is among the k largest. So
    whole runs of products are passed over where the hints, or what the row before found, are good.

    Args:
        products: (m, n); what is no number is passed over.
        hints: (m, k) numbers of columns, see ``NeighbourIndex.search``; or none, (0, k).
        best: (m, k), -inf everywhere.
        number: (m, k), -1 everywhere.
    """
    queries, references = products.shape
    last = best.shape[1] - 1
    for query in range(queries):
        row, mine, numbers = products[query], best[query], number[query]
        hint = hints[query] if len(hints) else number[max(query - 1, 0)]
        bound = np.float32(np.inf)
        for place in range(last + 1):
            near = row[hint[place]] if hint[place] >= 0 else np.float32(-np.inf)
            bound = np.float32(-np.inf) if np.isnan(near) else min(bound, near)
        for begin in range(0, references, LANES):
            run = row[begin : begin + LANES]
            among = np.int32(0)
            for lane in range(len(run)):
                among += np.int32(run[lane] >= bound)
            if not among:
                continue
            for lane in range(len(run)):
                product = run[lane]
                if product >= bound and product > mine[last]:
                    place = last
                    while place > 0 and product > mine[place - 1]:
                        mine[place] = mine[place - 1]
                        numbers[place] = numbers[place - 1]
                        place -= 1
                    mine[place] = product
                    numbers[place] = begin + lane
                    bound = max(bound, mine[last])


@compiled_for_whole_numbers
def _take_best_among(
    rows: NDArray[np.float32],
    embeddings: NDArray[np.float32],
    candidates: NDArray[np.int32],
    best: NDArray[np.float32],
    number: NDArray[np.int32],
) -> None:
    """Fill in the k candidates of the largest products with each row; of equals the lowest number.

    Args:
        rows: (m, d) from ``on_grid``; what is no number is passed over.
        embeddings: (n, d) from ``on_grid``.
        candidates: (m, c) numbers of embeddings, or -1.
        best: (m, k), -inf everywhere.
        number: (m, k), -1 everywhere.
    """
    last = best.shape[1] - 1
    for query in range(len(rows)):
        row, mine, numbers = rows[query], best[query], number[query]
        for candidate in candidates[query]:
            if candidate < 0:
                continue
            embedding, product = embeddings[candidate], np.float32(0)
            for dimension in range(len(row)):
                product += row[dimension] * embedding[dimension]
            place = last + 1
            while place > 0 and (
                product > mine[place - 1]
                or (product == mine[place - 1] and candidate < numbers[place - 1])
            ):
                place -= 1
            for later in range(last, place, -1):
                mine[later] = mine[later - 1]
                numbers[later] = numbers[later - 1]
            if place <= last:
                mine[place] = product
                numbers[place] = candidate


def nearest(points: NDArray[np.float32], centroids: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return for each point the number of the centroid with which its product is largest, (n,).

    For few centroids: in half the time that faiss takes then.

    Args:
        points: (n, d).
        centroids: (m, d).
    """
    number: NDArray[np.intp] = (points @ centroids.T).argmax(axis=1)
    return number


def train_centroids(points: NDArray[np.float32], count: int, rounds: int) -> NDArray[np.float32]:
    """Return (at most ``count``, d) centres of the points by k-means on the unit sphere.

    The same points give the same centres.

    Args:
        points: (n, d), each of unit length.
        count: How many centres.
        rounds: How often points are assigned anew.
    """
    if len(points) <= count:
        return points.copy()
    begin = np.random.default_rng(1).choice(len(points), count, replace=False)
    centroids = points[np.sort(begin)]
    for _ in range(rounds):
        number = nearest(points, centroids)
        order = np.argsort(number, kind="stable")
        # a centre that lost all of its points stays where it is
        used, begins = np.unique(number[order], return_index=True)
        sums = np.add.reduceat(points[order], begins, axis=0)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        centroids[used] = sums / np.maximum(lengths, np.float32(1e-6))
    return centroids
