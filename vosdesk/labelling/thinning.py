"""Fewer references where there are more than can be searched in time.

Whole masks bring thousands of references, most of them in the middle of something and much like
the ones beside them. What tells objects apart lies along their edges. So each annotation of a
frame gets a fair share: those with few references, such as clicks and scribbles, keep all of
them; the large ones keep their edges, and of their middle as many as fit, evenly spread. What is
kept depends on the set alone, not on chance nor on the order of work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vosdesk.labelling.references import ReferenceSet


def thin(references: ReferenceSet, budget: int) -> ReferenceSet:
    """Return at most ``budget`` references, but at least one of each annotation and frame."""
    if len(references) <= budget:
        return references
    group = _groups(references)
    counts = np.bincount(group)
    share = _fair_share(counts, budget)
    is_edge = _edges(references)
    chosen = counts[group] <= share
    for large in np.flatnonzero(counts > share):
        members = np.flatnonzero(group == large)
        edge, middle = members[is_edge[members]], members[~is_edge[members]]
        edges = min(len(edge), max(share - len(middle), -(-share // 2)))
        chosen[_evenly(edge, edges)] = True
        chosen[_evenly(middle, share - edges)] = True
    return references.take(chosen)


def _groups(references: ReferenceSet) -> NDArray[np.intp]:
    """Return a number for each reference that tells its annotation and frame."""
    pairs = np.column_stack([references.frame_indices, references.annotation_ids])
    _pairs, group = np.unique(pairs, axis=0, return_inverse=True)
    return group.reshape(-1)


def _fair_share(counts: NDArray[np.intp], budget: int) -> int:
    """Return the largest share for which the sum of min(count, share) is within the budget."""
    low, high = 1, int(counts.max())
    while low < high:
        middle = (low + high + 1) // 2
        if np.minimum(counts, middle).sum() <= budget:
            low = middle
        else:
            high = middle - 1
    return low


def _edges(references: ReferenceSet) -> NDArray[np.bool_]:
    """Return which references lie beside a cell of their frame that is not labelled like them.

    A cell of mixed labels is an edge by itself.
    """
    votes = references.labels.sum(axis=1)
    pure = references.labels.max(axis=1) > (1 - 1e-6) * votes
    label = np.where(pure, references.labels.argmax(axis=1), -1)
    rows, columns = references.cells.max(axis=0) + 1
    is_edge: NDArray[np.bool_] = ~pure
    for frame_index in np.unique(references.frame_indices):
        members = np.flatnonzero(references.frame_indices == frame_index)
        at = tuple(references.cells[members].T)
        grid = np.full((rows, columns), -1)
        grid[at] = label[members]
        around = np.pad(grid, 1, mode="edge")
        beside = (around[:-2, 1:-1], around[2:, 1:-1], around[1:-1, :-2], around[1:-1, 2:])
        differs = np.logical_or.reduce([side != grid for side in beside])
        is_edge[members] |= differs[at]
    return is_edge


def _evenly(members: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    """Return ``count`` of the members, spread evenly over their order."""
    count = min(count, len(members))
    return members[np.arange(count) * len(members) // max(1, count)]
