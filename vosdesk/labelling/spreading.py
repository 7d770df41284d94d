"""Paint spread over its own frame: what lies beside painted cells and is like them is theirs.

A scribble crosses a car's doors, and the references that it gives say little of the car's windows
and roof: of all that was painted, these are more like the background. But on the painted frame
itself windows and roof lie beside the doors, with no edge between as strong as the car's outline.
So there, what the references say, y, becomes x, the label with which a random walk ends that begins
in the cell: it ends where it comes to paint, or on its way, by a small chance, at any cell, and
takes that cell's y (Grady, "Random walks for image segmentation", PAMI 2006, with the prior of his
"Multilabel random walker image segmentation using prior models", CVPR 2005):

    sum_j w_ij (x_i - x_j) + g_i (x_i - y_i) = 0,    w_ij = exp((s_ij - 1) / EDGE) / d_ij

over the eight cells j around each cell i, with the cosine s_ij and the distance d_ij of the two.
g is PULL, or PAINTED at painted cells, where y is the paint. Where no paint reaches, x is y, evened
out between edges. Links carry x to other frames.

J&F of ten DAVIS validation sequences after one, two and three rounds of scribbles is .747, .781 and
.820, without spreading .733, .762 and .804; most is gained by drift-chicane, .673 to .837 after two
rounds. Paint spread over what references and links together say was worse: after three rounds .794
instead of .812, on six sequences and with RETRIEVED .05. EDGE and PULL were chosen by J&F of every
twelfth frame with its first two scribbles alone, .729 by the references:

    PULL           .0005   .001    .002    .005    .01
    EDGE .04         -       -     .798      -       -
    EDGE .05       .797    .802    .802    .796    .784
    EDGE .06         -     .791    .798      -       -
    EDGE .1          -       -       -       -     .775

The cells are eliminated line by line, along the shorter side of the grid. What is then left of each
line's block depends on the frame and on which cells are painted up to there, and its inverse is
kept: as long as a frame's paint stays, it is spread anew in a twentieth of the time, and a stroke
costs the lines from its first one on.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vosdesk.compiled import compiled
from vosdesk.labelling.index import in_single

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from vosdesk.arrays import EmbeddingMap

EDGE = 0.05
PULL = 0.002
PAINTED = 1.0
"""See the formula above."""
KEPT_FRAMES = 64
"""So many frames' inverses are kept, 3 MB each of a frame of 480 rows: a change of input asks for
those of every painted frame in turn, so that with more of them none would be found again."""


@dataclass(frozen=True, eq=False)
class _Elimination:
    """The equations of one frame, half solved.

    Attributes:
        cells: (m,) which cells are painted.
        carries: (lines - 1, n, n) float32 what a line hands on to the next one: the weights between
            the two, times the inverse of the line's block. Turned round it is what comes back.
        inverses: (lines, n, n) float32 of each line's block, after the lines before it.
    """

    cells: NDArray[np.intp]
    carries: NDArray[np.float32]
    inverses: NDArray[np.float32]

    def solve(self, pulls: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the shares, (lines, n, labels), from g y of each cell and label."""
        met = pulls.copy()
        for line, carry in enumerate(self.carries):
            met[line + 1] += carry @ met[line]
        shares: NDArray[np.float32] = self.inverses @ met
        for line in range(len(pulls) - 2, -1, -1):
            shares[line] += self.carries[line].T @ shares[line + 1]
        return shares


class Spreading:
    """Spreads paint over its frame; every method may be called from any thread.

    Args:
        read: Returns a frame's embedding map; it may raise StoreError.
    """

    def __init__(self, read: Callable[[int], EmbeddingMap]) -> None:
        self._read = read
        self._guard = threading.Lock()
        self._known: OrderedDict[int, _Elimination] = OrderedDict()

    def spread(
        self,
        frame_index: int,
        cells: NDArray[np.intp],
        painted: NDArray[np.float32],
        known: NDArray[np.float32],
    ) -> NDArray[np.float32]:
        """Return (L, rows, columns) shares of a frame's labels; see the formula above.

        Args:
            frame_index: The frame.
            cells: (m,) numbers of the painted cells, row by row.
            painted: (L, m) their shares.
            known: (L, rows, columns) what the references say.

        Raises:
            StoreError: The frame's embeddings cannot be read.
        """
        equations = self._elimination(frame_index, cells)
        labels, rows, columns = known.shape
        pulls = known * np.float32(PULL)
        pulls.reshape(labels, -1)[:, cells] = painted * np.float32(PAINTED)
        lies = rows <= columns
        lines = np.ascontiguousarray(pulls.transpose(2, 1, 0) if lies else pulls.transpose(1, 2, 0))
        shares = equations.solve(lines).transpose((2, 1, 0) if lies else (2, 0, 1)).clip(0, 1)
        shares /= shares.sum(axis=0)
        return np.ascontiguousarray(shares)

    def source(
        self,
        frame_index: int,
        cells: NDArray[np.intp],
        painted: NDArray[np.float32],
        known: NDArray[np.float32],
        cell: tuple[int, int],
        label: int,
    ) -> tuple[int, int]:
        """Return the cell from which a cell has most of a label: a painted one, or it was known.

        From each cell to the neighbour of which most of the label comes, w (x_j - x_i), and so
        never back, until no neighbour gives more than what the references say, g (y_i - x_i).

        Args:
            frame_index: See ``spread``.
            cells: See ``spread``.
            painted: See ``spread``.
            known: See ``spread``.
            cell: Row and column to begin with.
            label: The place of the label among the L.

        Raises:
            StoreError: The frame's embeddings cannot be read.
        """
        shares = self.spread(frame_index, cells, painted, known)[label]
        embeddings = in_single(self._read(frame_index))
        is_painted = np.zeros(shares.shape, dtype=np.bool_)
        is_painted.reshape(-1)[cells] = True
        while not is_painted[cell]:
            around = _neighbours(cell, shares.shape)
            gains = [
                float(_weights(embeddings[cell], embeddings[at], np.hypot(*np.subtract(at, cell))))
                * float(shares[at] - shares[cell])
                for at in around
            ]
            best = int(np.argmax(gains))
            if gains[best] <= max(0.0, PULL * float(known[label][cell] - shares[cell])):
                break
            cell = around[best]
        return cell

    def _elimination(self, frame_index: int, cells: NDArray[np.intp]) -> _Elimination:
        with self._guard:
            known = self._known.get(frame_index)
        if known is None or not np.array_equal(known.cells, cells):
            known = _eliminated(self._read(frame_index), cells, known)
        with self._guard:
            self._known[frame_index] = known
            self._known.move_to_end(frame_index)
            while len(self._known) > KEPT_FRAMES:
                self._known.popitem(last=False)
        return known


def _eliminated(
    embedding_map: EmbeddingMap, cells: NDArray[np.intp], before: _Elimination | None
) -> _Elimination:
    """Return the equations of a frame with these cells painted.

    Args:
        embedding_map: The frame's.
        cells: (m,) which cells are painted.
        before: The same of other cells: lines before the first that differs stay as they are.
    """
    rows, columns, _dimensions = embedding_map.shape
    pull = np.full((rows, columns), PULL, dtype=np.float32)
    pull.reshape(-1)[cells] = PAINTED
    embeddings = in_single(embedding_map)
    if rows <= columns:  # lines are columns
        embeddings, pull = embeddings.swapaxes(0, 1), pull.T
    blocks, couplings = _equations(embeddings, pull)
    inverses, carries = np.empty_like(blocks), np.empty_like(couplings)
    first = 0
    if before is not None:
        changed = np.setxor1d(cells, before.cells)
        lines = changed % columns if rows <= columns else changed // columns
        first = int(lines.min())
        inverses[:first], carries[:first] = before.inverses[:first], before.carries[:first]
    for line in range(first, len(blocks)):
        left = blocks[line]
        if line > 0:
            coupling = couplings[line - 1]
            carries[line - 1] = coupling.T @ inverses[line - 1]
            left = left - carries[line - 1] @ coupling
        _invert(left, inverses[line])
    return _Elimination(cells, carries, inverses)


@compiled
def _invert(matrix: NDArray[np.float32], inverse: NDArray[np.float32]) -> None:
    """Fill in the inverse, in double precision, by Gauss and Jordan: numpy takes twice as long.

    No pivot is looked for: in every row the diagonal is larger than all else together.

    Args:
        matrix: (n, n), symmetric.
        inverse: (n, n).
    """
    n = len(matrix)
    rows = np.empty((n, n), dtype=np.float64)
    pivot = np.empty(n, dtype=np.float64)
    for row in range(n):
        for column in range(n):
            rows[row, column] = matrix[row, column]
    for place in range(n):
        divisor = rows[place, place]
        rows[place, place] = 1
        for column in range(n):
            pivot[column] = rows[place, column] / divisor
        for row in range(n):
            own = rows[row]
            factor = own[place]
            own[place] = 0
            for column in range(n):
                own[column] -= factor * pivot[column]
        for column in range(n):
            rows[place, column] = pivot[column]
    for row in range(n):
        for column in range(n):
            inverse[row, column] = rows[row, column]


def _equations(
    embeddings: NDArray[np.float32], pull: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return (lines, n, n) blocks of each line, and (lines - 1, n, n) the weights between lines.

    Args:
        embeddings: (lines, n, d).
        pull: (lines, n) g.
    """
    lines, n = pull.shape
    along = _weights(embeddings[:, :-1], embeddings[:, 1:], 1.0)
    across = _weights(embeddings[:-1], embeddings[1:], 1.0)
    forth = _weights(embeddings[:-1, :-1], embeddings[1:, 1:], np.sqrt(2))
    back = _weights(embeddings[:-1, 1:], embeddings[1:, :-1], np.sqrt(2))
    here, after = np.arange(n - 1), np.arange(1, n)
    couplings = np.zeros((lines - 1, n, n), dtype=np.float32)
    couplings[:, np.arange(n), np.arange(n)] = across
    couplings[:, here, after] = forth
    couplings[:, after, here] = back
    blocks = np.zeros((lines, n, n), dtype=np.float32)
    blocks[:, here, after] = blocks[:, after, here] = -along
    whole = pull - blocks.sum(axis=2)
    whole[:-1] += couplings.sum(axis=2)
    whole[1:] += couplings.sum(axis=1)
    blocks[:, np.arange(n), np.arange(n)] = whole
    return blocks, couplings


def _neighbours(cell: tuple[int, int], shape: tuple[int, ...]) -> list[tuple[int, int]]:
    rows, columns = (
        range(max(0, at - 1), min(length, at + 2)) for at, length in zip(cell, shape, strict=True)
    )
    return [(row, column) for row in rows for column in columns if (row, column) != cell]


def _weights(
    some: NDArray[np.float32], others: NDArray[np.float32], distance: float
) -> NDArray[np.float32]:
    """Return w of pairs of cells: (.., d) and (.., d)."""
    cosine = np.nan_to_num(np.einsum("...d,...d->...", some, others)).clip(-1, 1)
    weights: NDArray[np.float32] = np.exp((cosine - 1) / np.float32(EDGE)) / np.float32(distance)
    return weights
