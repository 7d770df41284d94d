"""What is known of one frame's cells: its codewords' answers, and its own exact lists.

A codeword's candidates serve its cells twice: what is nearest the codeword is likely near the cell,
which bounds a search from its beginning; and a vote among them tells, in a twentieth of a search's
time, whether a cell that nothing is proved about is likely to have another label at all, and so is
worth searching first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from vosdesk.labelling.answers import winner_of
from vosdesk.labelling.neighbours import Neighbours

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vosdesk.arrays import GridSize
    from vosdesk.labelling.answers import Answers
    from vosdesk.labelling.engine import FrameLabels, LabellingEngine
    from vosdesk.labelling.references import ReferenceSet

CLEARLY = 0.5
"""Confidence of a second look that is enough; see ``unclear``."""


@dataclass(frozen=True, eq=False)
class ExactLists:
    """Exact lists of some cells of a frame.

    Attributes:
        references: What their numbers mean.
        cells: (m,) ascending.
        found: (m, K).
    """

    references: ReferenceSet
    cells: NDArray[np.intp]
    found: Neighbours

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the arrays take."""
        return self.cells.nbytes + self.found.nbytes

    def left_of(self, cells: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return those of the cells, ascending, that have no list here."""
        if not len(self.cells):
            return cells
        return np.setdiff1d(cells, self.cells, assume_unique=True)

    def joined(self, cells: NDArray[np.intp], found: Neighbours) -> ExactLists:
        """Return these lists and those of other cells."""
        if not len(self.cells):
            return ExactLists(self.references, cells, found)
        every = np.concatenate([self.cells, cells])
        order = np.argsort(every)
        similarity = np.concatenate([self.found.similarity, found.similarity])[order]
        number = np.concatenate([self.found.number, found.number])[order]
        return ExactLists(self.references, every[order], Neighbours(similarity, number))


@dataclass(frozen=True, eq=False)
class FrameAnswers:
    """All that is known of a frame, for one engine.

    Attributes:
        frame_index: The frame.
        answers: Of the codewords.
        codes: (cells,) which codeword stands for each cell.
        levels: (cells,) how far away it is.
        exact: Of the cells that were searched.
    """

    frame_index: int
    answers: Answers
    codes: NDArray[np.uint16]
    levels: NDArray[np.uint8]
    exact: ExactLists

    def doubtful(self, above: float) -> NDArray[np.intp]:
        """Return the cells of more doubt than this, ascending; see
        ``retrieval.Doubt``.
        """
        return np.flatnonzero(self.levels > self.answers.levels_of(above).take(self.codes))

    def hints(self, cells: NDArray[np.intp]) -> NDArray[np.int32]:
        """Return (m, K) what is nearest the codewords of cells, and so is near these."""
        return self.answers.found.number.take(self.codes.take(cells), axis=0)

    def candidates(self, cells: NDArray[np.intp]) -> NDArray[np.int32]:
        """Return (m, c) what of every kind is nearest the codewords of cells."""
        return self.answers.candidates.take(self.codes.take(cells), axis=0)

    def winner(self, cells: NDArray[np.intp]) -> NDArray[np.uint8]:
        """Return (m,) the object ids that the codewords of cells vote for."""
        return self.answers.winner.take(self.codes.take(cells))

    def labels(self, grid: GridSize) -> FrameLabels:
        """Return the best labels that need no search: exact ones where there are some."""
        labels = self.answers.frame_labels(self.frame_index, self.codes, grid)
        exact = self.exact
        if len(exact.cells):
            engine, count = self.answers.engine, len(labels.object_ids)
            voted = engine.vote(self.frame_index, exact.found.reshape(1, len(exact.cells)))
            labels.scores.reshape(count, -1)[:, exact.cells] = voted.scores[:, 0]
            labels.confidence.reshape(-1)[exact.cells] = voted.confidence[0]
            labels.nearest.reshape(-1)[exact.cells] = voted.nearest[0]
        return replace(labels, heard=self)

    @property
    def engine(self) -> LabellingEngine:
        """The references, and how they vote."""
        return self.answers.engine

    def neighbours(self, cells: NDArray[np.intp]) -> Neighbours:
        """Return (m, K) the neighbours of cells: their own where known, or their codewords'."""
        found = self.answers.found.take(self.codes.take(cells))
        if len(self.exact.cells):
            place = np.searchsorted(self.exact.cells, cells).clip(max=len(self.exact.cells) - 1)
            known = self.exact.cells[place] == cells
            found.similarity[known] = self.exact.found.similarity[place[known]]
            found.number[known] = self.exact.found.number[place[known]]
        return found

    @property
    def nbytes(self) -> int:
        """Bytes of memory that nothing else holds: codes, answers and lists are others'."""
        return 0

    @property
    def proved(self) -> NDArray[np.bool_]:
        """(cells,) whether the label is that of an exact search: no ``doubt`` above one."""
        proved: NDArray[np.bool_] = self.levels <= self.answers.critical.take(self.codes)
        proved[self.exact.cells] = True
        return proved


def unclear(
    engine: LabellingEngine,
    queries: NDArray[np.float16],
    known: Sequence[FrameAnswers],
    cells: Sequence[NDArray[np.intp]],
) -> NDArray[np.bool_]:
    """Return (m,) which cells may well have another label than their codewords.

    Their codewords' best references of every kind are near these cells as well. Where a vote of
    the best of those gives the codeword's label, and clearly, a search seldom gives another.

    Args:
        engine: The references.
        queries: (m, d) the cells' embeddings.
        known: Of some frames.
        cells: Of each of these frames, m together.
    """
    pairs = list(zip(known, cells, strict=True))
    candidates = np.concatenate([frame.candidates(some) for frame, some in pairs])
    winner = np.concatenate([frame.winner(some) for frame, some in pairs])
    labels = engine.vote(-1, engine.search_among(queries, candidates).reshape(1, len(queries)))
    other: NDArray[np.bool_] = (winner_of(labels) != winner) | (labels.confidence[0] < CLEARLY)
    return other
