"""Labels of a frame from its embeddings and the references: retrieval, nothing else.

Every grid cell asks its K most similar references (cosines s_1..s_K, soft labels y_1..y_K):

    w_j = exp(s_j / T),    scores = sum_j w_j y_j / sum_j w_j |y_j|

which is the paper's nearest-neighbour vote (Chen et al., CVPR 2018, section 3.3) with soft labels
and soft weights. |y_j|, the sum of a soft label, is one for a cell that is annotated whole and less
for one that is in part (see ``sampling``). Confidence is the best score minus the second.

What happens while little is annotated:

* Objects, but no background yet: a virtual background of constant similarity f competes, with the
  weight of K references: ``K exp(f / T)`` joins the sum above, and all |y_j| are set to one. A cell
  whose K neighbours all have similarity f is then as much background as object. The best of many
  references is similar to anything sooner than the best of a few, so f grows with their number n:

      f = similarity_floor + 0.21 log10(n / 10),    1 <= n <= 100 (what is more counts as 100)

  Measured on ten DAVIS validation sequences, by references alone, with nothing but the object
  annotated on the first frame (every tenth frame, mean J):

      n about                      2 (click)   6 (large click)   45 (scribble)   450 (mask)
      f that is best                  .27           .30               .43            .57
      J with that                     .55           .56               .66            .56
      J with .34, as shipped          .53           .56               .63            .56
      J with a constant f of .4       .45           .50               .65            .38

  (Where f went on growing up to n = 1000, a mask had .46, and a robot's scribbles, by retrieval
  alone, J&F 75.9 in the mean of rounds four to eight, and not 77.1.)
* Objects and a little background: a first click on the background says little of what else there
  is, so the virtual background fades as m, the number of background's references, grows:

      weight  K g exp(f / T),    |y_j| becomes g + (1 - g) |y_j|,
      g = max(0, 1 - m / 1000) exp(-FADING log10(1 + m) / T)

  n then counts the references of objects alone; both n and m are sums of shares, so that nothing
  jumps where a reference is background in part. Measured on four DAVIS validation sequences by
  references alone (every tenth frame with clicks, every sixth with scribbles):

      FADING                        0    .03   .05   .1    .14   .2    gone with the first click
      J, 2 to 20 clicks, mean       -    -    61.8  62.6  62.9  63.1   55.7
      J&F, a minute of scribbles  70.3  74.5  76.0   -    72.6   -     72.1

  Over ten sequences a minute of scribbles gives J&F 74.1 with .05, 72.9 with .07, 71.6 with .1.
* Background only: everything is background, with confidence 1, since nothing else is known.
* Nothing: everything is background, with confidence 0.

Labels are a pure function of references, settings and embeddings.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from vosdesk.arrays import BACKGROUND
from vosdesk.compiled import compiled
from vosdesk.labelling.best import best_labels
from vosdesk.labelling.index import NeighbourIndex
from vosdesk.labelling.neighbours import Neighbours
from vosdesk.labelling.settings import LabellingSettings
from vosdesk.labelling.thinning import thin

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vosdesk.arrays import EmbeddingMap, ObjectId, ScoreMap
    from vosdesk.labelling.references import ReferenceSet
    from vosdesk.labelling.renewal import Renumbering

ACROSS = 0.1
"""Shares of quarters differ by more than this across a border."""
FLOOR_GROWTH = 0.21
FLOOR_REFERENCES = 10
MOST_FLOOR_REFERENCES = 100
FADING = 0.05
ENOUGH_BACKGROUND = 1000
"""See the formula above."""


class Heard(Protocol):
    """Which references the cells of a frame were labelled by."""

    @property
    def engine(self) -> LabellingEngine:
        """The references, and how they vote."""
        ...

    def neighbours(self, cells: NDArray[np.intp]) -> Neighbours:
        """Return (m, K) those of some cells, numbered row by row."""
        ...

    @property
    def nbytes(self) -> int:
        """Bytes of memory that nothing else holds."""
        ...


@dataclass(frozen=True, eq=False)
class FrameLabels:
    """Soft labels of one frame, on its grid.

    Attributes:
        frame_index: The frame.
        object_ids: The L labels, ascending; BACKGROUND is always the first.
        scores: (L, rows, columns) float32; they sum to one over the labels.
        confidence: (rows, columns) float32, best score minus second, 0..1.
        nearest: (rows, columns) int32 number of the most similar reference in the engine's
            ``references``; -1 where none decides: there is none, or the cell is background
            because no reference is similar enough, and not because those of background are.
        heard: Which references they come from, of whose quarters the cells' own quarters are
            labelled; None where that is not known.
    """

    frame_index: int
    object_ids: tuple[ObjectId, ...]
    scores: ScoreMap
    confidence: NDArray[np.float32]
    nearest: NDArray[np.int32]
    heard: Heard | None = None

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the arrays take."""
        heard = 0 if self.heard is None else self.heard.nbytes
        return self.scores.nbytes + self.confidence.nbytes + self.nearest.nbytes + heard


@dataclass(frozen=True, eq=False)
class HeardAll:
    """What a search has found for every cell.

    Attributes:
        engine: The references, and how they vote.
        found: (rows * columns, K).
    """

    engine: LabellingEngine
    found: Neighbours

    def neighbours(self, cells: NDArray[np.intp]) -> Neighbours:
        """Return (m, K) those of some cells, numbered row by row."""
        return self.found.take(cells)

    @property
    def nbytes(self) -> int:
        """Bytes of memory that nothing else holds."""
        return self.found.nbytes


class LabellingEngine:
    """Labels frames from one set of references; it never changes, and any thread may use it.

    Args:
        references: What the user annotated.
        settings: How to vote.

    Attributes:
        references: What is searched: the given set, thinned to the settings' budget.
        object_ids: The labels of every frame, ascending; BACKGROUND is always the first.
        floor: Similarity of the virtual background that has the weight of K references, that is
            ``f + T log g``; None where there is none: no object was annotated, or enough of the
            background.
        votes: (n, L or L - 1) float32 the references' soft labels as they count beside that. Where
            no reference is background there is no column for it.
    """

    def __init__(self, references: ReferenceSet, settings: LabellingSettings | None = None) -> None:
        self.settings = settings or LabellingSettings()
        self.references = thin(references, self.settings.reference_budget)
        self.object_ids = tuple(sorted({BACKGROUND, *self.references.object_ids}))
        self.floor, virtual = _virtual_background(self.references, self.settings)
        # of one layout in memory, for which votes are compiled once
        self.votes = np.ascontiguousarray(self.references.votes_nearer_to_one(virtual))

    @cached_property
    def quarter_votes(self) -> NDArray[np.float32] | None:
        """(n, QUARTERS, L or L - 1) what the quarters of each reference contribute to ``votes``.

        None where the references' quarters are not known.
        """
        references = self.references
        if references.quarters is None:
            return None
        larger = self.votes.sum(axis=1) / references.labels.sum(axis=1)
        return np.ascontiguousarray(references.quarters * larger[:, None, None])

    @cached_property
    def across_borders(self) -> NDArray[np.bool_]:
        """(n,) which references lie across a border: their quarters are not of the same labels."""
        quarters = self.references.quarters
        if quarters is None:
            return np.zeros(len(self.references), dtype=np.bool_)
        sums = quarters.sum(axis=2, keepdims=True)
        shares = np.divide(quarters, sums, out=np.full_like(quarters, np.nan), where=sums > 0)
        apart = np.nanmax(shares, axis=1) - np.nanmin(shares, axis=1)
        across: NDArray[np.bool_] = (apart > np.float32(ACROSS)).any(axis=1)
        return across

    @cached_property
    def _index(self) -> NeighbourIndex:
        return NeighbourIndex(self.references.embeddings)

    @cached_property
    def signature(self) -> bytes:
        """The same for engines with the same references, of one video, and the same settings."""
        references = self.references
        digest = hashlib.sha256(repr((self.settings, references.object_ids)).encode())
        parts = (references.frame_indices, references.cells, references.annotation_ids)
        for part in (*parts, references.labels, references.quarters):
            if part is not None:
                digest.update(np.ascontiguousarray(part).data)
        return digest.digest()

    def votes_as(self, other: LabellingEngine, step: Renumbering) -> bool:
        """Whether the references in both engines vote for the same here as in the other.

        Args:
            other: Another engine.
            step: What became of its references in this one.
        """
        both = step.kept >= 0
        return (
            (self.settings, self.object_ids, self.floor)
            == (other.settings, other.object_ids, other.floor)
        ) and np.array_equal(self.votes[step.kept[both]], other.votes[both])

    def label(self, frame_index: int, embedding_map: EmbeddingMap) -> FrameLabels:
        """Return the soft labels of a frame: ``vote`` on what ``search`` finds."""
        return self.vote(frame_index, self.search(embedding_map))

    def search(
        self, embedding_map: EmbeddingMap, hints: NDArray[np.int32] | None = None
    ) -> Neighbours:
        """Return the most similar references of every cell, by comparing with all of them.

        Args:
            embedding_map: A frame's embeddings, float16 (rows, columns, d).
            hints: (rows * columns, K) references that are likely to be near, which make the search
                faster and no different; see ``NeighbourIndex.search``.

        Raises:
            ValueError: The embeddings are not of the length of the references'.
        """
        rows, columns, dimensions = embedding_map.shape
        if not self.references:
            return Neighbours.none((rows, columns), self.settings.neighbours)
        if dimensions != self.references.embeddings.shape[1]:
            raise ValueError(
                f"embeddings of {dimensions} numbers meet references of "
                f"{self.references.embeddings.shape[1]}"
            )
        queries = embedding_map.reshape(-1, dimensions)
        similarity, number = self._index.search(queries, self.settings.neighbours, hints)
        shape = (rows, columns, self.settings.neighbours)
        return Neighbours(similarity.reshape(shape), number.reshape(shape))

    def search_among(
        self, embeddings: NDArray[np.floating], candidates: NDArray[np.int32]
    ) -> Neighbours:
        """Return the (m, K) most similar of a few references of each of a list of cells.

        Args:
            embeddings: (m, d).
            candidates: (m, c) numbers of references, -1 for none; no two of a cell the same.
        """
        found = self._index.search_among(embeddings, candidates, self.settings.neighbours)
        return Neighbours(*found)

    def vote(self, frame_index: int, neighbours: Neighbours) -> FrameLabels:
        """Return the soft labels that the references found for a frame vote for.

        Args:
            frame_index: The frame.
            neighbours: What was found, numbered as in ``references``.
        """
        rows, columns = neighbours.grid
        if not self.references:
            return self._all_background(frame_index, rows, columns)
        flat = neighbours.reshape(rows * columns)
        number = flat.number[:, 0]
        scores, virtual = self._vote(flat)
        nearest = number.copy()
        nearest[(best_labels(scores) == 0) & (virtual > scores[0] / 2)] = -1
        confidence = np.where(number < 0, np.float32(0), margin(scores))
        return FrameLabels(
            frame_index=frame_index,
            object_ids=self.object_ids,
            scores=scores.reshape(len(self.object_ids), rows, columns),
            confidence=confidence.reshape(rows, columns),
            nearest=nearest.reshape(rows, columns),
            heard=HeardAll(self, flat),
        )

    def shares(self, found: Neighbours) -> NDArray[np.float32]:
        """Return what each of the (m, K) neighbours' votes counts; see the formulae above.

        The scores are the sum of these times the neighbours' soft labels; the rest is the virtual
        background's.
        """
        shares = np.zeros(found.number.shape, dtype=np.float32)
        floor = np.float32(-np.inf if self.floor is None else self.floor)
        temperature = np.float32(self.settings.temperature)
        sums = self.votes.sum(axis=1)
        _share(found.similarity, found.number, sums, floor, temperature, shares)
        return shares

    def _vote(self, found: Neighbours) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Take the vote of (m, K) neighbours.

        Returns:
            (L, m) scores, and (m,) what the virtual background has of background's.
        """
        scores = np.zeros((len(self.object_ids), len(found)), dtype=np.float32)
        virtual = np.zeros(len(found), dtype=np.float32)
        floor = np.float32(-np.inf if self.floor is None else self.floor)
        temperature = np.float32(self.settings.temperature)
        _add_votes(found.similarity, found.number, self.votes, floor, temperature, scores, virtual)
        return scores, virtual

    def _all_background(self, frame_index: int, rows: int, columns: int) -> FrameLabels:
        return FrameLabels(
            frame_index=frame_index,
            object_ids=(BACKGROUND,),
            scores=np.ones((1, rows, columns), dtype=np.float32),
            confidence=np.zeros((rows, columns), dtype=np.float32),
            nearest=np.full((rows, columns), -1, dtype=np.int32),
        )


@compiled
def _add_votes(
    similarity: NDArray[np.float32],
    number: NDArray[np.int32],
    votes: NDArray[np.float32],
    floor: np.float32,
    temperature: np.float32,
    scores: NDArray[np.float32],
    virtual: NDArray[np.float32],
) -> None:
    """Fill in scores, and what the virtual background has of them; see the formulae above.

    Args:
        similarity: (m, K).
        number: (m, K).
        votes: (n, L) or, where no reference is background, (n, L - 1).
        floor: Of the virtual background; -inf where there is none.
        temperature: Of the weights.
        scores: (L, m), zeros yet.
        virtual: (m,), zeros yet.
    """
    labels, cells = scores.shape
    first = labels - votes.shape[1]
    for cell in range(cells):
        if number[cell, 0] < 0:
            scores[0, cell] = 1
            continue
        shift = max(similarity[cell, 0], floor)  # exp() of small numbers only
        voters = 0
        for place in range(number.shape[1]):
            reference = number[cell, place]
            if reference >= 0:
                voters += 1
                weight = np.exp((similarity[cell, place] - shift) / temperature)
                for label in range(first, labels):
                    scores[label, cell] += weight * votes[reference, label - first]
        weight = np.float32(voters) * np.exp((floor - shift) / temperature)
        scores[0, cell] += weight
        total = np.float32(0)
        for label in range(labels):
            total += scores[label, cell]
        for label in range(labels):
            scores[label, cell] /= total
        virtual[cell] = weight / total


@compiled
def _share(
    similarity: NDArray[np.float32],
    number: NDArray[np.int32],
    sums: NDArray[np.float32],
    floor: np.float32,
    temperature: np.float32,
    shares: NDArray[np.float32],
) -> None:
    """Fill in what each neighbour counts; see the formulae above.

    Args:
        similarity: (m, K).
        number: (m, K).
        sums: (n,) of the references' votes.
        floor: Of the virtual background; -inf where there is none.
        temperature: Of the weights.
        shares: (m, K), zeros yet.
    """
    for cell in range(number.shape[0]):
        if number[cell, 0] < 0:
            continue
        shift = max(similarity[cell, 0], floor)
        total, voters = np.float32(0), 0
        for place in range(number.shape[1]):
            reference = number[cell, place]
            if reference >= 0:
                voters += 1
                weight = np.exp((similarity[cell, place] - shift) / temperature)
                shares[cell, place] = weight
                total += weight * sums[reference]
        total += np.float32(voters) * np.exp((floor - shift) / temperature)
        for place in range(number.shape[1]):
            shares[cell, place] /= total


def _virtual_background(
    references: ReferenceSet, settings: LabellingSettings
) -> tuple[float | None, float]:
    """Return the floor, see ``LabellingEngine``, and g of the formula above; None and 0 without."""
    if references.object_ids in ((), (BACKGROUND,)):
        return None, 0.0
    background = references.background_count
    temperature = settings.temperature
    fading = FADING * math.log10(1 + background)
    left = max(0.0, 1 - background / ENOUGH_BACKGROUND)
    virtual = left * math.exp(-fading / temperature)
    if not virtual:
        return None, 0.0
    many = min(max(len(references) - background, 1.0), MOST_FLOOR_REFERENCES) / FLOOR_REFERENCES
    similarity = settings.similarity_floor + FLOOR_GROWTH * math.log10(many)
    return similarity - fading + temperature * math.log(left), virtual


def margin(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (m,) best of (L, m) scores minus second; with one label alone, that label's score."""
    if len(scores) == 1:
        only: NDArray[np.float32] = scores[0]
        return only
    two = scores if len(scores) == 2 else np.partition(scores, -2, axis=0)[-2:]
    margin: NDArray[np.float32] = np.abs(two[1] - two[0])
    return margin
