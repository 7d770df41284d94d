"""What the codewords of a video answer to a set of references: labels of all frames by look-up.

Each codeword keeps its K best references of every kind (see ``certificate``), which is at once its
K best of all, and what is needed to prove the labels of the cells that it stands for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from vosdesk.arrays import BACKGROUND
from vosdesk.labelling.certificate import (
    Vote,
    critical_levels,
    kinds,
    lengths,
)
from vosdesk.labelling.codebook import TOO_FAR
from vosdesk.labelling.engine import FrameLabels
from vosdesk.labelling.neighbours import Neighbours, merge
from vosdesk.labelling.renewal import Renumbering, renewed, search_among
from vosdesk.labelling.summary import FrameSummary, expected, unsure_from

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from vosdesk.arrays import GridSize
    from vosdesk.labelling.codebook import Histogram
    from vosdesk.labelling.engine import LabellingEngine


@dataclass(frozen=True, eq=False)
class Answers:
    """The codewords' answers to one engine's references; they never change.

    Attributes:
        engine: The references, and how they vote.
        codewords: (n, d) float32.
        lists: The K best references of each codeword, (n, K), by kind.
        kinds: (n,) int32 kind of each of the engine's references.
        found: The K best of all kinds, (n, K).
        labels: The codewords' labels, as those of a frame of one row of n cells.
        winner: (n,) uint8 the object id that each codeword votes for.
    """

    engine: LabellingEngine
    codewords: NDArray[np.float32]
    kinds: NDArray[np.int32]
    lists: Mapping[int, Neighbours]
    found: Neighbours
    labels: FrameLabels
    winner: NDArray[np.uint8]

    @staticmethod
    def of(
        engine: LabellingEngine, codewords: NDArray[np.float32], before: Answers | None = None
    ) -> Answers:
        """Ask the codewords.

        Args:
            engine: The references.
            codewords: (n, d).
            before: Answers of the first of these codewords to other references: only what is
                different between the two sets is then searched.
        """
        if before is not None and before.engine.settings.neighbours != engine.settings.neighbours:
            before = None
        kind_of = kinds(engine.references)
        lists = _lists(engine, kind_of, codewords, before)
        found = Neighbours.none((len(codewords),), engine.settings.neighbours)
        for part in lists.values():
            found = merge(found, part)
        labels = engine.vote(-1, found.reshape(1, len(codewords)))
        object_ids = np.array(labels.object_ids, dtype=np.uint8)
        winner = object_ids[labels.scores[:, 0].argmax(axis=0)]
        return Answers(engine, codewords, kind_of, lists, found, labels, winner)

    @cached_property
    def _figures(self) -> NDArray[np.float32]:
        """(n, 3 + L): what each codeword adds to a frame's figures, and 1 for its label."""
        sums = expected(self.labels.scores[:, 0])
        is_winner = self.winner == np.array(self.labels.object_ids, np.uint8)[:, None]
        return np.stack([*sums, self.labels.confidence[0], *is_winner], axis=1).astype(np.float32)

    def summary(self, histogram: Histogram) -> FrameSummary:
        """Return the figures of a frame with these codes, without touching its cells."""
        codes, times = histogram
        figures = times.astype(np.float32) @ self._figures[codes]
        intersection, union, confidence, *won = figures.tolist()
        cells = int(times.sum())
        if len(self.labels.object_ids) == 1:
            return FrameSummary(1 - confidence / cells, ())
        present = zip(self.labels.object_ids, won, strict=True)
        return FrameSummary(
            unsure=unsure_from(intersection, union, cells),
            object_ids=tuple(i for i, count in present if count and i != BACKGROUND),
        )

    @cached_property
    def critical(self) -> NDArray[np.int16]:
        """(n,) level of the angle up to which the label of a cell is proved to be its codeword's.

        NOTHING where none is, see ``certificate``.
        """
        if len(self.labels.object_ids) == 1:  # also where there are no references at all
            return np.full(len(self.codewords), TOO_FAR - 1, dtype=np.int16)
        settings = self.engine.settings
        friends, foes = _sides(self.lists, self.winner.astype(np.int32), settings.neighbours)
        vote = Vote(
            temperature=settings.temperature,
            floor=self.engine.floor,
            voters=min(settings.neighbours, len(self.engine.references)),
            length_error=float(np.abs(lengths(self.engine.references.embeddings) - 1).max()),
        )
        length = np.maximum(lengths(self.codewords), np.float32(0.5))[:, None]
        friends, foes = np.divide(friends, length), np.divide(foes, length)
        return critical_levels(friends, foes, self.winner == BACKGROUND, vote)

    def frame_labels(
        self, frame_index: int, codes: NDArray[np.uint16], grid: GridSize
    ) -> FrameLabels:
        """Return the labels that the codes of a frame look up."""
        scores = self.labels.scores[:, 0].take(codes, axis=1)
        return FrameLabels(
            frame_index=frame_index,
            object_ids=self.labels.object_ids,
            scores=scores.reshape(-1, *grid),
            confidence=self.labels.confidence[0].take(codes).reshape(grid),
            nearest=self.labels.nearest[0].take(codes).reshape(grid),
        )


def _lists(
    engine: LabellingEngine,
    kind_of: NDArray[np.int32],
    codewords: NDArray[np.float32],
    before: Answers | None,
) -> dict[int, Neighbours]:
    """Return the best references of each kind."""
    references, neighbours = engine.references, engine.settings.neighbours
    step = None if before is None else Renumbering.between(before.engine.references, references)
    lists = {}
    for kind in np.unique(kind_of).tolist():
        is_kind = kind_of == kind
        members = np.flatnonzero(is_kind)
        if before is None or step is None or kind not in before.lists:
            lists[kind] = search_among(references, members, codewords, neighbours)
        else:
            of_kind = step.within(before.kinds == kind, is_kind)
            known = before.lists[kind]
            lists[kind] = renewed(known, of_kind, references, members, codewords)
    return lists


def _sides(
    lists: Mapping[int, Neighbours], kind: NDArray[np.int32], neighbours: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return (n, K) similarities of the best references of the kind, and of all others."""
    friends = np.full((len(kind), neighbours), -np.inf, dtype=np.float32)
    foes = friends.copy()
    for name, part in lists.items():
        is_friend = (kind == name)[:, None]
        friends = np.where(is_friend, part.similarity, friends)
        others = np.where(is_friend, np.float32(-np.inf), part.similarity)
        foes = -np.sort(-np.concatenate([foes, others], axis=1), axis=1)[:, :neighbours]
    return friends, foes
