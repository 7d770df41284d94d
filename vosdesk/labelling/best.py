"""Which label is the best of each cell: of equals the first, background before all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vosdesk.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray


def best_labels(scores: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the place of the largest score of each cell: what ``argmax(axis=0)`` does, sooner.

    Args:
        scores: (L, ...), L at most 256.

    Returns:
        (...) uint8.
    """
    best = np.empty(scores.shape[1:], dtype=np.uint8)
    _find_best(scores.reshape(len(scores), -1), best.reshape(-1))
    return best


@compiled
def _find_best(scores: NDArray[np.float32], best: NDArray[np.uint8]) -> None:
    for cell in range(scores.shape[1]):
        label = 0
        for other in range(1, scores.shape[0]):
            if scores[other, cell] > scores[label, cell]:
                label = other
        best[cell] = label
