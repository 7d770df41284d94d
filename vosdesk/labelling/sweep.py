"""The sweep: labels carried through the video along its links, away from what is annotated.

Two sweeps go through the frames, one forwards and one backwards. Each gives a frame's cells the
shares that ``carrying`` makes of what the references say and what the frames before (or after) it
have got; painted cells and those of locked frames stand fast. A frame's labels are then what both
neighbours' sweeps and the references say together. Of a frame that is painted in part, paint is
first spread over what the references say; see ``spreading``.

A sweep's shares of a frame depend on that frame and on those on the one side alone. So they are the
same in whatever order frames are worked through and annotations were made, and after a change only
frames are done again whose own retrieval changed, or which are linked to one whose shares did.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from vosdesk.arrays import GridSize
from vosdesk.embedding.link_format import OFFSETS
from vosdesk.labelling.carrying import (
    ONE,
    agreed,
    as_shares,
    carry,
    mixed,
    neighbours_of,
    of_side,
    quantised,
    side_weights,
    weights_of,
)
from vosdesk.labelling.engine import FrameLabels, margin
from vosdesk.labelling.painting import PaintedCells, painted_cells

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from vosdesk.arrays import ObjectId
    from vosdesk.embedding.link_store import LinkStore
    from vosdesk.labelling.references import ReferenceSet
    from vosdesk.labelling.spreading import Spreading

Side = Literal[0, 1]
"""Where a sweep's labels come from: 0 the frames before, 1 those after."""
BEFORE: Side = 0
AFTER: Side = 1
SIDES: tuple[Side, Side] = (BEFORE, AFTER)
SURROUNDINGS = 48
"""So many frames on either side of the visible one are done first."""


@dataclass(frozen=True)
class Trace:
    """From where a cell got its label along the links.

    Attributes:
        steps: Frame index, row and column of the cell itself, then of each cell that gave it its
            label, up to the last one.
        painted: Whether that one is painted; otherwise what came to it came by retrieval.
    """

    steps: tuple[tuple[int, int, int], ...]
    painted: bool


class Sweep:
    """The sweeps through one video; every method may be called from any thread.

    Args:
        frame_count: Frames of the video.
        grid: Rows and columns of an embedding map.
        links: The video's links.
        spreading: Spreads paint over its frame; None for paint that says nothing of other cells.
    """

    def __init__(
        self,
        frame_count: int,
        grid: GridSize,
        links: LinkStore,
        spreading: Spreading | None = None,
    ) -> None:
        self._frame_count, self._grid, self._links = frame_count, grid, links
        self._spreading = spreading
        self._guard = threading.RLock()
        self._object_ids: tuple[ObjectId, ...] = ()
        self._strength = 0.0
        self._painted: dict[int, PaintedCells] = {}
        self._annotated = np.empty(0, dtype=np.int32)
        self._retrieved: dict[int, NDArray[np.uint8]] = {}
        self._shares: tuple[dict[int, NDArray[np.uint8]], ...] = ({}, {})
        self._due = np.zeros((2, frame_count), dtype=np.bool_)
        self._linked = self._links_there()
        self._said: tuple[int, list[NDArray[np.float32] | None]] | None = None
        self._edition = 0

    @property
    def edition(self) -> int:
        """Grows whenever the sweeps may say something else of some frame."""
        return self._edition

    @property
    def settled(self) -> NDArray[np.bool_]:
        """(frame_count,) which frames' labels are as they will be, as far as the sweeps go."""
        with self._guard:
            none_due_before = ~np.logical_or.accumulate(self._due[BEFORE])
            none_due_after = ~np.logical_or.accumulate(self._due[AFTER, ::-1])[::-1]
            settled: NDArray[np.bool_] = none_due_before & none_due_after
            return settled

    # -- what the sweeps start from

    def use(self, references: ReferenceSet, object_ids: Sequence[ObjectId], links: float) -> None:
        """Take up what is annotated now.

        Args:
            references: The painted cells stand fast; they need not be thinned.
            object_ids: The labels of every frame, background first.
            links: How much the links count, 0..1.
        """
        with self._guard:
            if tuple(object_ids) != self._object_ids:
                self._rename(tuple(object_ids))
            if links != self._strength:
                self._strength = links
                self._due[:, list(self._retrieved)] = True
            painted = painted_cells(references, self._object_ids, self._grid.columns)
            for frame_index in painted.keys() | self._painted.keys():
                now = painted.get(frame_index)
                same = now is not None and now.same(self._painted.get(frame_index))
                if frame_index in self._retrieved and not same:
                    self._due[:, frame_index] = True
            self._painted = painted
            self._annotated = np.unique(references.frame_indices)

    def take(self, labels: FrameLabels) -> None:
        """Take up what the references say of a frame; of other objects it comes too late."""
        kept = quantised(labels.scores.reshape(len(labels.object_ids), -1))
        with self._guard:
            if labels.object_ids != self._object_ids:
                return
            before = self._retrieved.get(labels.frame_index)
            if before is None or not np.array_equal(before, kept):
                self._retrieved[labels.frame_index] = kept
                self._due[:, labels.frame_index] = True

    def look_for_links(self) -> None:
        """Take up links that were found meanwhile."""
        with self._guard:
            linked = self._links_there()
            for row, offset in enumerate(OFFSETS):
                new = linked[row] & ~self._linked[row]
                self._due[BEFORE] |= new
                self._due[AFTER, : self._frame_count - offset] |= new[offset:]
            self._linked = linked
            self._say_anew()
            known = np.zeros(self._frame_count, dtype=np.bool_)
            known[list(self._retrieved)] = True
            self._due &= known

    # -- sweeping

    def run_around(self, frame_index: int) -> Iterator[int]:
        """Do what is due near a frame, as far as it comes to that frame; see ``run``."""
        yield from self._pass(BEFORE, max(0, frame_index - SURROUNDINGS), frame_index)
        yield from self._pass(AFTER, frame_index, frame_index + SURROUNDINGS)

    def run(self) -> Iterator[int]:
        """Do what is due.

        Yields:
            After each frame that was done in one direction, its index.

        Raises:
            StoreError: Links or embeddings cannot be read.
        """
        for side in SIDES:
            yield from self._pass(side, 0, self._frame_count - 1)

    def labels(self, retrieved: FrameLabels) -> FrameLabels:
        """Return a frame's labels from what the references say of it and from both sides.

        What is due is not waited for: the labels are then as the sweeps last left its neighbours.

        Raises:
            StoreError: Links or embeddings cannot be read.
        """
        with self._guard:
            count = len(self._object_ids)
            if retrieved.object_ids != self._object_ids or count == 1 or not self._strength:
                return retrieved
            frame_index = retrieved.frame_index
            weights = side_weights(*self._distances(frame_index))
            if self._said is None or self._said[0] != frame_index:
                self._said = frame_index, [self._carried(frame_index, side) for side in SIDES]
            said = self._said[1]
            strength, painted = self._strength, self._painted.get(frame_index)
        own = self._spread(frame_index, painted, retrieved.scores.reshape(count, -1))
        outcome = mixed(quantised(own), list(zip(weights, said, strict=True)), strength)
        scores = agreed(own, outcome)
        linked = np.logical_or.reduce([~np.isnan(s[0]) for s in said if s is not None], axis=0)
        scores = np.where(linked, scores, own) if np.any(linked) else own.copy()
        if painted is not None:
            scores[1:, painted.cells] = painted.kept / np.float32(ONE)
            scores[0, painted.cells] = 1 - scores[1:, painted.cells].sum(axis=0)
        return FrameLabels(
            frame_index=frame_index,
            object_ids=self._object_ids,
            scores=scores.astype(np.float32, copy=False).reshape(retrieved.scores.shape),
            confidence=margin(scores).reshape(self._grid).astype(np.float32, copy=False),
            nearest=retrieved.nearest,
            heard=retrieved.heard,
        )

    def trace(self, labels: FrameLabels, cell: tuple[int, int]) -> Trace:
        """Follow the label of a cell back, from each cell to the one that gave it most of it.

        On an annotated frame the last step is to where paint was spread from.

        Args:
            labels: The frame's, as ``labels`` returned them.
            cell: Row and column.

        Returns:
            The way back, to an annotated frame at the farthest.

        Raises:
            StoreError: Links or embeddings cannot be read.
        """
        frame_index, place = labels.frame_index, cell[0] * self._grid.columns + cell[1]
        label = int(labels.scores[:, cell[0], cell[1]].argmax())
        with self._guard:
            places = [(frame_index, place)]
            side = self._side_of(frame_index, place, label)
            while side is not None and places[-1][0] not in self._annotated:
                step = self._giver(*places[-1], side, label)
                if step is None:
                    break
                places.append(step)
            source = self._source(*places[-1], label)
            if source != places[-1][1]:
                places.append((places[-1][0], source))
            painted = self._is_painted(*places[-1])
        columns = self._grid.columns
        return Trace(tuple((f, *divmod(p, columns)) for f, p in places), painted)

    def _pass(self, side: Side, first: int, last: int) -> Iterator[int]:
        """Do what is due in some frames, in the order in which labels are carried."""
        step = 1 if side == BEFORE else -1
        frame_index = first if side == BEFORE else min(last, self._frame_count - 1)
        while first <= frame_index <= min(last, self._frame_count - 1):
            with self._guard:
                if self._due[side, frame_index]:
                    self._do(side, frame_index)
                    done = True
                else:
                    done = False
            if done:
                yield frame_index
            frame_index += step

    def _do(self, side: Side, frame_index: int) -> None:
        """Find a frame's shares; where they changed, those that are linked to it are due."""
        retrieved = self._retrieved[frame_index]
        painted = self._painted.get(frame_index)
        if painted is not None:
            retrieved = quantised(self._spread(frame_index, painted, as_shares(retrieved)))
        said = self._carried(frame_index, side)
        kept = retrieved
        if said is not None:
            shares = quantised(mixed(retrieved, [(1.0, said)], self._strength))
            kept = np.where(np.isnan(said[0]), retrieved, shares)
        if painted is not None:
            kept = kept.copy()
            kept[:, painted.cells] = painted.kept
        self._due[side, frame_index] = False
        before = self._shares[side].get(frame_index)
        if before is None or not np.array_equal(before, kept):
            self._shares[side][frame_index] = kept
            self._say_anew()
            for offset in OFFSETS:
                other = frame_index + (offset if side == BEFORE else -offset)
                if other in self._retrieved:
                    self._due[side, other] = True

    def _spread(
        self, frame_index: int, painted: PaintedCells | None, shares: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return (L, cells) shares with the frame's paint spread over them, if links count."""
        spreading = self._spreading
        if spreading is None or painted is None or len(painted.cells) == shares.shape[1]:
            return shares
        paint, known = as_shares(painted.kept), shares.reshape(-1, *self._grid)
        spread = spreading.spread(frame_index, painted.cells, paint, known).reshape(shares.shape)
        return shares + np.float32(self._strength) * (spread - shares)

    def _source(self, frame_index: int, place: int, label: int) -> int:
        """Return the cell of the same frame from which paint was spread to a cell, or itself."""
        spreading, painted = self._spreading, self._painted.get(frame_index)
        retrieved = self._retrieved.get(frame_index)
        if spreading is None or painted is None or retrieved is None:
            return place
        if self._is_painted(frame_index, place):
            return place
        columns, cells = self._grid.columns, painted.cells
        paint, known = as_shares(painted.kept), as_shares(retrieved).reshape(-1, *self._grid)
        start = divmod(place, columns)
        row, column = spreading.source(frame_index, cells, paint, known, start, label)
        return row * columns + column

    def _carried(self, frame_index: int, side: Side) -> NDArray[np.float32] | None:
        linked = [(links, kept) for _frame, links, kept in self._linked_frames(frame_index, side)]
        return carry(linked, self._grid.columns)

    def _linked_frames(
        self, frame_index: int, side: Side
    ) -> list[tuple[int, NDArray[np.uint16], NDArray[np.uint8]]]:
        """Return the frames on one side that are linked, with links (LINKS, cells) and shares."""
        found = []
        for row, offset in enumerate(OFFSETS):
            other = frame_index + (-offset if side == BEFORE else offset)
            later = max(frame_index, other)
            kept = self._shares[side].get(other)
            if kept is not None and later < self._frame_count and self._linked[row, later]:
                links = of_side(self._links.read(later, offset), side)
                found.append((other, links, kept))
        return found

    # -- inside

    def _say_anew(self) -> None:
        self._said = None
        self._edition += 1

    def _links_there(self) -> NDArray[np.bool_]:
        return np.stack([self._links.finished(offset) for offset in OFFSETS])

    def _rename(self, object_ids: tuple[ObjectId, ...]) -> None:
        """Keep of the shares what belongs to labels that stay, until they are found anew."""
        before = {object_id: n for n, object_id in enumerate(self._object_ids[1:])}
        taken = [before.get(object_id, -1) for object_id in object_ids[1:]]
        for shares in (self._retrieved, *self._shares):
            for frame_index, kept in shares.items():
                none = np.zeros_like(kept, shape=(1, *kept.shape[1:]))
                shares[frame_index] = np.concatenate([kept, none])[taken]
        self._object_ids = object_ids
        self._say_anew()
        self._painted = {}
        self._due[:, list(self._retrieved)] = True

    def _distances(self, frame_index: int) -> tuple[float, float]:
        """Return how many frames away the nearest annotated ones before and after are."""
        frames = self._annotated
        before, after = frames[frames <= frame_index], frames[frames >= frame_index]
        return (
            float(frame_index - before[-1]) if len(before) else np.inf,
            float(after[0] - frame_index) if len(after) else np.inf,
        )

    def _is_painted(self, frame_index: int, place: int) -> bool:
        painted = self._painted.get(frame_index)
        return painted is not None and bool((painted.cells == place).any())

    def _side_of(self, frame_index: int, place: int, label: int) -> Side | None:
        """Return from which side a cell got more of its label; None where from neither."""
        distances = self._distances(frame_index)
        best: tuple[float, Side] | None = None
        for side, weight, distance in zip(SIDES, side_weights(*distances), distances, strict=True):
            said = self._carried(frame_index, side)
            if said is not None and distance < np.inf and not np.isnan(said[0, place]):
                gave = weight * float(said[label, place])
                if best is None or gave > best[0]:
                    best = (gave, side)
        return None if best is None else best[1]

    def _giver(
        self, frame_index: int, place: int, side: Side, label: int
    ) -> tuple[int, int] | None:
        """Return the linked cell that gave a cell most of a label."""
        best, giver = 0.0, None
        for other, links, kept in self._linked_frames(frame_index, side):
            places = neighbours_of(links, self._grid.columns)[:, place]
            shares = kept[:, places].astype(np.float32)
            share = ONE - shares.sum(axis=0) if label == 0 else shares[label - 1]
            gave = weights_of(links[:, place]) * share
            if gave.max() > best:
                best = float(gave.max())
                giver = (other, int(places[gave.argmax()]))
        return giver


def linked_to(frame_index: int, frame_count: int) -> frozenset[int]:
    """Return a frame and those whose labels its shares may change."""
    around = {frame_index + sign * offset for offset in OFFSETS for sign in (-1, 1)}
    return frozenset(i for i in around | {frame_index} if 0 <= i < frame_count)


def sweep_all(
    retrieved: Sequence[FrameLabels],
    references: ReferenceSet,
    links: LinkStore,
    spreading: Spreading,
    strength: float,
) -> Iterator[FrameLabels]:
    """Yield the labels of a whole video in order.

    Args:
        retrieved: What the references say of every frame, in order.
        references: What is annotated.
        links: Of the video.
        spreading: Of the video.
        strength: How much links count, 0..1.

    Raises:
        StoreError: Links or embeddings cannot be read.
    """
    if strength and retrieved:
        rows, columns = retrieved[0].confidence.shape
        grid = GridSize(rows, columns)
        sweep = Sweep(len(retrieved), grid, links, spreading)
        sweep.use(references, retrieved[0].object_ids, strength)
        for labels in retrieved:
            sweep.take(labels)
        for _frame_index in sweep.run():
            pass
        yield from map(sweep.labels, retrieved)
    else:
        yield from retrieved
