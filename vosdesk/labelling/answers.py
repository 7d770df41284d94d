"""What the codewords of a video answer to a set of references: labels of all frames by look-up.

Each codeword keeps its K best references of every kind (see ``certificate``), which is at once its
K best of all, and what is needed to prove the labels of the cells that it stands for. When the
references change, only the codewords whose lists change vote again, and are judged again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, reduce
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from vosdesk.arrays import BACKGROUND
from vosdesk.labelling.best import best_labels
from vosdesk.labelling.certificate import (
    NOTHING,
    Vote,
    critical_levels,
    kinds,
    length_error,
    lengths,
)
from vosdesk.labelling.codebook import TOO_FAR
from vosdesk.labelling.engine import FrameLabels
from vosdesk.labelling.neighbours import Neighbours, merge
from vosdesk.labelling.renewal import Renumbering, renewed, renumbered, search_among
from vosdesk.labelling.summary import FrameSummary, expected, unsure_from

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from vosdesk.arrays import GridSize
    from vosdesk.labelling.codebook import Histogram
    from vosdesk.labelling.engine import LabellingEngine


Number = TypeVar("Number", bound=np.generic)

UNKNOWN = -2
"""The critical level of a codeword that is still to be judged."""


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
        judged: For which kind of vote the levels of ``critical`` are known from other answers, and
            these: (n,) int16, UNKNOWN where the codeword's lists changed.
    """

    engine: LabellingEngine
    codewords: NDArray[np.float32]
    kinds: NDArray[np.int32]
    lists: Mapping[int, Neighbours]
    found: Neighbours
    labels: FrameLabels
    winner: NDArray[np.uint8]
    judged: tuple[Vote, NDArray[np.int16]] | None = None

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
        count, kind_of = len(codewords), kinds(engine.references)
        if before is None:
            lists = _searched(engine, kind_of, codewords)
            found, labels = _voted(engine, lists, np.arange(count))
            return Answers(engine, codewords, kind_of, lists, found, labels, winner_of(labels))
        step = Renumbering.between(before.engine.references, engine.references)
        lists = _renewed(engine, kind_of, codewords, before, step)
        changed, judged = np.arange(count), None
        if engine.votes_as(before.engine, step):
            changed = _changed(lists, before, step, count)
        found, labels = _voted(engine, lists, changed)
        if len(changed) < count:
            found, labels = _with_the_rest(found, labels, changed, before, step, count)
            judged = before._judged_but(changed, count)
        return Answers(engine, codewords, kind_of, lists, found, labels, winner_of(labels), judged)

    @cached_property
    def candidates(self) -> NDArray[np.int32]:
        """(n, c) numbers of each codeword's best references of all kinds, and -1 for none."""
        none = np.empty((len(self.codewords), 0), dtype=np.int32)
        return np.concatenate([none, *(part.number for part in self.lists.values())], axis=1)

    @cached_property
    def _figures(self) -> NDArray[np.float32]:
        """(n, 3 + L): what each codeword adds to a frame's figures, and 1 for its label."""
        sums = expected(self.labels.scores[:, 0])
        is_winner = self.winner == np.array(self.labels.object_ids, np.uint8)[:, None]
        return np.stack([*sums, self.labels.confidence[0], *is_winner], axis=1).astype(np.float32)

    def summary(self, histogram: Histogram) -> FrameSummary:
        """Return the figures of a frame with these codes, without touching its cells."""
        codes, times = histogram
        figures = times.astype(np.float32) @ self._figures.take(codes, axis=0)
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
    def vote(self) -> Vote:
        """How the engine votes, as far as it decides what is proved."""
        settings, references = self.engine.settings, self.engine.references
        return Vote(
            temperature=settings.temperature,
            floor=self.engine.floor,
            voters=min(settings.neighbours, len(references)),
            length_error=length_error(references.embeddings),
        )

    @cached_property
    def critical(self) -> NDArray[np.int16]:
        """(n,) level of the angle up to which the label of a cell is proved to be its codeword's.

        NOTHING where none is, see ``certificate``.
        """
        if len(self.labels.object_ids) == 1:  # also where there are no references at all
            return np.full(len(self.codewords), TOO_FAR - 1, dtype=np.int16)
        levels = np.full(len(self.codewords), UNKNOWN, dtype=np.int16)
        if self.judged is not None and self.judged[0] == self.vote:
            levels = self.judged[1].copy()
        unknown = np.flatnonzero(levels == UNKNOWN)
        winner = self.winner[unknown]
        lists = {kind: found.take(unknown) for kind, found in self.lists.items()}
        friends, foes = _sides(lists, winner.astype(np.int32), self.engine.settings.neighbours)
        length = np.maximum(lengths(self.codewords[unknown]), np.float32(0.5))[:, None]
        friends, foes = np.divide(friends, length), np.divide(foes, length)
        levels[unknown] = critical_levels(friends, foes, winner == BACKGROUND, self.vote)
        return levels

    def levels_of(self, doubt: float) -> NDArray[np.int16]:
        """Return (n,) the highest level of angles at which a cell is of no more doubt than this.

        Doubt is the angle over that up to which the label is proved, so of one at most where it is;
        beyond every number where nothing is proved, or about a cell that is too far.
        """
        known = self._levels.get(doubt)
        if known is None:
            highest = np.floor(doubt * (self.critical + np.float32(0.5)))
            known = highest.clip(NOTHING, TOO_FAR - 1).astype(np.int16)
            self._levels[doubt] = known
        return known

    @cached_property
    def _levels(self) -> dict[float, NDArray[np.int16]]:
        """What ``levels_of`` returned, since every frame asks for the same."""
        return {}

    def _judged_but(
        self, changed: NDArray[np.intp], count: int
    ) -> tuple[Vote, NDArray[np.int16]] | None:
        """Return what ``judged`` is of answers that differ in these of ``count`` codewords."""
        known = vars(self).get("critical")  # nothing is judged here for others alone
        if known is None or len(self.labels.object_ids) == 1:
            return None
        unknown = np.full(len(changed), UNKNOWN, dtype=np.int16)
        return self.vote, _placed(known, changed, unknown, count)

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


def _searched(
    engine: LabellingEngine, kind_of: NDArray[np.int32], codewords: NDArray[np.float32]
) -> dict[int, Neighbours]:
    """Return the best references of each kind."""
    return {
        kind: search_among(
            engine.references,
            np.flatnonzero(kind_of == kind),
            codewords,
            engine.settings.neighbours,
        )
        for kind in np.unique(kind_of).tolist()
    }


def _renewed(
    engine: LabellingEngine,
    kind_of: NDArray[np.int32],
    codewords: NDArray[np.float32],
    before: Answers,
    step: Renumbering,
) -> dict[int, Neighbours]:
    """Return the best references of each kind, out of those before."""
    references, lists = engine.references, {}
    for kind in np.unique(kind_of).tolist():
        is_kind = kind_of == kind
        members = np.flatnonzero(is_kind)
        if kind in before.lists:
            of_kind = step.within(before.kinds == kind, is_kind)
            lists[kind] = renewed(before.lists[kind], of_kind, references, members, codewords)
        else:
            lists[kind] = search_among(references, members, codewords, engine.settings.neighbours)
    return lists


def _changed(
    lists: Mapping[int, Neighbours], before: Answers, step: Renumbering, count: int
) -> NDArray[np.intp]:
    """Return which of ``count`` codewords have other references on any list than before."""
    changed = np.ones(count, dtype=np.bool_)
    known = len(before.codewords)
    if lists.keys() == before.lists.keys():
        changed[:known] = False
        for kind, found in lists.items():
            kept, lost = renumbered(before.lists[kind], step)
            changed[:known] |= lost | (kept.number != found.number[:known]).any(axis=1)
    return np.flatnonzero(changed)


def _voted(
    engine: LabellingEngine, lists: Mapping[int, Neighbours], chosen: NDArray[np.intp]
) -> tuple[Neighbours, FrameLabels]:
    """Return the best of all kinds for these codewords, and what they vote for."""
    parts = [part.take(chosen) for part in lists.values()]
    none = Neighbours.none((len(chosen),), engine.settings.neighbours)
    found = reduce(merge, parts) if parts else none
    return found, engine.vote(-1, found.reshape(1, len(chosen)))


def _with_the_rest(
    found: Neighbours,
    labels: FrameLabels,
    changed: NDArray[np.intp],
    before: Answers,
    step: Renumbering,
    count: int,
) -> tuple[Neighbours, FrameLabels]:
    """Return the lists and labels of ``count`` codewords, given those of the changed ones."""
    rest, _lost = renumbered(before.found, step)
    every = Neighbours(
        _placed(rest.similarity, changed, found.similarity, count),
        _placed(rest.number, changed, found.number, count),
    )
    said = before.labels
    nearest = np.where(said.nearest[0] < 0, np.int32(-1), rest.number[:, 0])
    pairs = zip(said.scores[:, 0], labels.scores[:, 0], strict=True)
    scores = np.stack([_placed(old, changed, new, count) for old, new in pairs])
    confidence = _placed(said.confidence[0], changed, labels.confidence[0], count)
    nearest = _placed(nearest, changed, labels.nearest[0], count)
    return every, FrameLabels(
        frame_index=labels.frame_index,
        object_ids=labels.object_ids,
        scores=scores[:, None],
        confidence=confidence[None],
        nearest=nearest[None],
    )


def _placed(
    before: NDArray[Number], changed: NDArray[np.intp], anew: NDArray[Number], count: int
) -> NDArray[Number]:
    """Return (count, ...) values: those before for the first ones, others for what changed."""
    values = np.empty((count, *anew.shape[1:]), dtype=anew.dtype)
    values[: len(before)] = before
    values[changed] = anew
    return values


def winner_of(labels: FrameLabels) -> NDArray[np.uint8]:
    """Return the object id with the best score, (n,) of a single row of n cells."""
    object_ids = np.array(labels.object_ids, dtype=np.uint8)
    winner: NDArray[np.uint8] = object_ids[best_labels(labels.scores[:, 0])]
    return winner


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
