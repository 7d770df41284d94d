"""What a search finds for every cell of a frame, before anything votes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vosdesk.arrays import GridSize


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The K most similar references of every cell of one frame.

    Attributes:
        similarity: (rows, columns, K) float32 cosines, the highest first; -inf where there are
            fewer references than K.
        number: (rows, columns, K) int32 numbers of the references in the engine's
            ``references``; -1 where there are fewer.
    """

    similarity: NDArray[np.float32]
    number: NDArray[np.int32]

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.number.shape[0], self.number.shape[1]

    @staticmethod
    def none(grid: GridSize | tuple[int, int], neighbours: int) -> Neighbours:
        """Return what a search among no references finds."""
        shape = (*grid, neighbours)
        return Neighbours(np.full(shape, -np.inf, np.float32), np.full(shape, -1, np.int32))
