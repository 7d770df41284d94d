"""Neighbours of a new set of references out of those of an old one, at the cost of the difference.

References that were added are searched alone and folded in. Where a reference went that was among
the neighbours, and only there, everything is searched again. The result is the same, bit for bit,
as that of a search from the beginning: similarities do not depend on how many are computed at once
(see ``index``), and equals are ordered by the canonical order of the references, which both sets
share.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from vosdesk.compiled import compiled
from vosdesk.labelling.index import NeighbourIndex, Queries
from vosdesk.labelling.neighbours import Neighbours, merge

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vosdesk.labelling.references import ReferenceSet

MANY = 256
"""Of more added references than this none of the queries is told beforehand to be too far."""


@dataclass(frozen=True, eq=False)
class Renumbering:
    """What became of references.

    Attributes:
        kept: (n,) int32 for each old reference its new number; -1 where it is gone.
        added: (k,) int32 numbers of the references that are new, ascending.
    """

    kept: NDArray[np.int32]
    added: NDArray[np.int32]

    @staticmethod
    @lru_cache(maxsize=8)
    def between(old: ReferenceSet, new: ReferenceSet) -> Renumbering:
        """Return what became of one set's references in another; what they say may differ."""
        kept = np.full(len(old), -1, dtype=np.int32)
        if old.embeddings.shape[1] == new.embeddings.shape[1]:  # not so where one is empty
            _find_again(*_parts(old), *_parts(new), kept)
        is_new = np.ones(len(new), dtype=np.bool_)
        is_new[kept[kept >= 0]] = False
        return Renumbering(kept, np.flatnonzero(is_new).astype(np.int32))

    def within(self, old: NDArray[np.bool_], new: NDArray[np.bool_]) -> Renumbering:
        """Return what became of a part of the references: (n,) bool which were in it, and are."""
        kept = np.where(old & (self.kept >= 0) & new[self.kept], self.kept, np.int32(-1))
        is_new = new.copy()
        is_new[kept[kept >= 0]] = False
        return Renumbering(kept, np.flatnonzero(is_new).astype(np.int32))


def search_among(
    references: ReferenceSet,
    members: NDArray[np.integer],
    queries: NDArray[np.floating] | Queries,
    neighbours: int,
) -> Neighbours:
    """Return the neighbours of queries among some of the references.

    Args:
        references: The whole set.
        members: Numbers of those that count, ascending.
        queries: (m, d).
        neighbours: How many.
    """
    if not len(members) or not len(queries):
        return Neighbours.none((len(queries),), neighbours)
    whole = len(members) == len(references)
    embeddings = references.embeddings if whole else references.embeddings[members]
    similarity, place = NeighbourIndex(embeddings).search(queries, neighbours)
    number = np.where(place >= 0, members[place], -1).astype(np.int32)
    return Neighbours(similarity, number)


def fold_in(
    found: Neighbours,
    references: ReferenceSet,
    added: NDArray[np.integer],
    queries: NDArray[np.floating] | Queries,
) -> Neighbours:
    """Return the lists with references that were added.

    Args:
        found: (m, K) lists without them.
        references: The whole set.
        added: Numbers of those that were added, ascending.
        queries: (m, d).
    """
    neighbours = found.number.shape[1]
    if not len(added) or not len(found):
        return found
    if len(added) > MANY:
        return merge(found, search_among(references, added, queries, neighbours))
    asked = queries if isinstance(queries, Queries) else Queries.of(queries)
    index = NeighbourIndex(references.embeddings[added])
    near = np.flatnonzero(index.best(asked) >= found.similarity[:, -1])
    folded = merge(found.take(near), search_among(references, added, asked[near], neighbours))
    result = Neighbours(found.similarity.copy(), found.number.copy())
    result.similarity[near], result.number[near] = folded.similarity, folded.number
    return result


def renumbered(found: Neighbours, step: Renumbering) -> tuple[Neighbours, NDArray[np.bool_]]:
    """Return lists with the new numbers, and (m,) which lists lost a reference."""
    if not len(step.kept):
        return found, np.zeros(len(found), dtype=np.bool_)
    there = found.number >= 0
    number = np.where(there, step.kept.take(found.number), np.int32(-1))
    lost = np.asarray(((number < 0) & there).any(axis=1))
    return Neighbours(found.similarity, number), lost


def renewed(
    found: Neighbours,
    step: Renumbering,
    references: ReferenceSet,
    members: NDArray[np.integer],
    queries: NDArray[np.floating] | Queries,
) -> Neighbours:
    """Return the lists for a new set of references.

    Args:
        found: (m, K) lists of the first m queries among the old references.
        step: What became of the references that count.
        references: The new set.
        members: Numbers of those that count, ascending.
        queries: (n, d), n >= m.
    """
    neighbours = found.number.shape[1]
    kept, lost = renumbered(found, step)
    again = np.concatenate([lost, np.ones(len(queries) - len(found), dtype=np.bool_)])
    if not again.any():
        return fold_in(kept, references, step.added, queries)
    result = Neighbours.none((len(queries),), neighbours)
    sound = np.flatnonzero(~again)
    folded = fold_in(kept.take(sound), references, step.added, queries[sound])
    anew = np.flatnonzero(again)
    searched = search_among(references, members, queries[anew], neighbours)
    for place, part in ((sound, folded), (anew, searched)):
        result.similarity[place], result.number[place] = part.similarity, part.number
    return result


def _parts(references: ReferenceSet) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return (n, 4) what references are known by, in canonical order, and their embeddings."""
    by = (references.frame_indices, *references.cells.T, references.annotation_ids)
    return np.stack(by, axis=1), np.ascontiguousarray(references.embeddings)


@compiled
def _find_again(
    old: NDArray[np.int32],
    old_embeddings: NDArray[np.float32],
    new: NDArray[np.int32],
    new_embeddings: NDArray[np.float32],
    kept: NDArray[np.int32],
) -> None:
    """Fill in the new number of each old reference that is among the new ones.

    Both sets are in canonical order, so that one look at each reference is enough.

    Args:
        old: (n, 4) what the old references are known by.
        old_embeddings: (n, d).
        new: (m, 4) the same of the new ones.
        new_embeddings: (m, d).
        kept: (n,), -1 everywhere.
    """
    place, parts = 0, old.shape[1]
    for number in range(len(old)):
        same = False
        while place < len(new):
            part = 0
            while part < parts and new[place, part] == old[number, part]:
                part += 1
            same = part == parts
            if same or new[place, part] > old[number, part]:
                break
            place += 1
        if place == len(new):
            return
        for dimension in range(old_embeddings.shape[1]):
            same = same and old_embeddings[number, dimension] == new_embeddings[place, dimension]
        if same:
            kept[number] = place
