"""Which cells of a frame stand fast, because the user painted them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vosdesk.labelling.carrying import quantised

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vosdesk.arrays import ObjectId
    from vosdesk.labelling.references import ReferenceSet

MOSTLY = 0.5
"""A cell of which less is painted does not stand fast."""


@dataclass(frozen=True, eq=False)
class PaintedCells:
    """The cells of one frame that stand fast.

    Attributes:
        cells: (m,) numbers of the cells, row by row.
        kept: (L - 1, m) their kept shares, see ``carrying``.
    """

    cells: NDArray[np.intp]
    kept: NDArray[np.uint8]

    def same(self, other: PaintedCells | None) -> bool:
        """Whether the same cells are painted alike."""
        return (
            other is not None
            and np.array_equal(self.cells, other.cells)
            and np.array_equal(self.kept, other.kept)
        )


def painted_cells(
    references: ReferenceSet, object_ids: tuple[ObjectId, ...], columns: int
) -> dict[int, PaintedCells]:
    """Return the cells of each frame of which at least half is painted.

    What several annotations painted is their mean.

    Args:
        references: What is annotated.
        object_ids: The L labels, background first.
        columns: Of the grid.
    """
    painted: dict[int, PaintedCells] = {}
    wanted = [
        references.object_ids.index(i) if i in references.object_ids else -1 for i in object_ids
    ]
    spread = np.concatenate(
        [references.labels, np.zeros((len(references), 1), np.float32)], axis=1
    )[:, wanted]
    mostly = spread.sum(axis=1) >= MOSTLY
    for frame_index in np.unique(references.frame_indices[mostly]).tolist():
        chosen = mostly & (references.frame_indices == frame_index)
        rows, across = references.cells[chosen].T
        cells, place = np.unique(rows.astype(np.intp) * columns + across, return_inverse=True)
        shares = np.zeros((len(cells), len(object_ids)), dtype=np.float32)
        np.add.at(shares, place, spread[chosen])
        shares /= shares.sum(axis=1, keepdims=True)
        painted[frame_index] = PaintedCells(cells, quantised(shares.T))
    return painted
