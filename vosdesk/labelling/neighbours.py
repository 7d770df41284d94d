"""What a search finds, before anything votes: lists of the most similar references."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vosdesk.arrays import GridSize


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The K most similar references of every cell of a frame, or of any other list of cells.

    References of the same similarity come in the order of their numbers, which is the canonical
    one; so of one set of references there is one list of neighbours only.

    Attributes:
        similarity: (rows, columns, K) or (m, K) float32 cosines, the highest first; -inf where
            there are fewer references than K.
        number: The same shape, int32: numbers of the references in the engine's ``references``;
            -1 where there are fewer.
    """

    similarity: NDArray[np.float32]
    number: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.number)

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.number.shape[0], self.number.shape[1]

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the arrays take."""
        return self.similarity.nbytes + self.number.nbytes

    @staticmethod
    def none(shape: GridSize | tuple[int, ...], neighbours: int) -> Neighbours:
        """Return what a search among no references finds."""
        every = (*shape, neighbours)
        return Neighbours(np.full(every, -np.inf, np.float32), np.full(every, -1, np.int32))

    def take(self, chosen: slice | NDArray[np.integer] | NDArray[np.bool_]) -> Neighbours:
        """Return the lists of some of the cells of a list, by place or by a boolean mask."""
        return Neighbours(self.similarity[chosen], self.number[chosen])

    def reshape(self, *shape: int) -> Neighbours:
        """Return the same lists for cells laid out otherwise."""
        every = (*shape, self.number.shape[-1])
        return Neighbours(self.similarity.reshape(every), self.number.reshape(every))


def merge(one: Neighbours, other: Neighbours) -> Neighbours:
    """Return the K best of two lists (m, K) that have no reference in common."""
    neighbours = one.number.shape[1]
    similarity, number = one.similarity.copy(), one.number.copy()
    touched = np.flatnonzero(other.similarity[:, 0] >= similarity[:, -1])
    both = np.concatenate([similarity[touched], other.similarity[touched]], axis=1)
    numbers = np.concatenate([number[touched], other.number[touched]], axis=1)
    # what was not found is -inf and comes last, whatever its number
    order = np.lexsort((numbers, -both), axis=1)[:, :neighbours]
    similarity[touched] = np.take_along_axis(both, order, axis=1)
    number[touched] = np.take_along_axis(numbers, order, axis=1)
    return Neighbours(similarity, number)
