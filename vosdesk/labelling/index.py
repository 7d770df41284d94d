"""The nearest references of many pixels at once: the only place that knows faiss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import faiss
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class NeighbourIndex:
    """Exact search by inner product, which is the cosine where lengths are one.

    It never changes once it is made, so any number of threads may search at once.

    Args:
        embeddings: (n, d) float32.
    """

    def __init__(self, embeddings: NDArray[np.float32]) -> None:
        self._index = faiss.IndexFlatIP(embeddings.shape[1])
        self._index.add(np.ascontiguousarray(embeddings, dtype=np.float32))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(
        self, queries: NDArray[np.float32], neighbours: int
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return the most similar embeddings of each query, the most similar first.

        Embeddings of exactly the same computed similarity come in the order of their numbers.

        Args:
            queries: (m, d) float32.
            neighbours: How many; k below.

        Returns:
            Similarities (m, k) float32 and numbers (m, k) int64. Where there are fewer than k
            embeddings, or a query is not a number, the rest is -inf and -1.
        """
        shape = (len(queries), neighbours)
        similarity = np.full(shape, -np.inf, dtype=np.float32)
        number = np.full(shape, -1, dtype=np.int64)
        k = min(neighbours, len(self))
        if k and len(queries):
            found, where = self._index.search(np.ascontiguousarray(queries, np.float32), k)
            found[where < 0] = -np.inf
            order = np.lexsort((where, -found), axis=1)
            similarity[:, :k] = np.take_along_axis(found, order, axis=1)
            number[:, :k] = np.take_along_axis(where, order, axis=1)
        return similarity, number
