"""Labels of quarters of cells, near borders: the cells' votes, weighed by quarter embeddings.

A cell on an object's border is of two labels, and so are the references that it finds: cells on
the border of what was annotated. Which of its four quarters is of which label is told by their
quarter embeddings (``embedding.quarter_head``), which depend on the frame alone. No search is made
for it. For a quarter with the embedding q let c be its own cell and the three nearest others, b_c
their weights in bilinear interpolation (9, 3, 3 and 1 sixteenths), w_ck what the vote of the
neighbour k counts in the cell c, and y_ks what the quarter s of that neighbour contributes to its
soft label, with the quarter embedding r_ks. Interpolation gives the quarter the first of these
labels, and its own embedding the second:

    v = sum_c b_c sum_k w_ck sum_s y_ks
    u = sum_c b_c sum_k w_ck sum_s y_ks exp(-|q - r_ks|^2),    so scaled that |u| = |v|

What quarters know beyond their cells is u - v. It is added to what the upsampler makes of the
cells' scores (see ``upsampling``), and where links have changed these, to what they have become.
That is done beside borders alone, where the cells do not agree on one label anyway, and where at
least TOLD of w_ck is of references across a border, whose quarters differ: those of a scribble, all
within one object, do not know how its border looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from vosdesk.arrays import (
    QUARTER_DIMENSIONS,
    QUARTER_ONE,
    QUARTERS,
    QUARTERS_ACROSS,
    quarters_in,
)
from vosdesk.compiled import compiled
from vosdesk.labelling.best import best_labels
from vosdesk.sharing import in_parts, share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vosdesk.arrays import QuarterMap, ScoreMap, UpsamplingMap
    from vosdesk.labelling.engine import FrameLabels, Heard, LabellingEngine
    from vosdesk.labelling.neighbours import Neighbours

NEAR = 2
"""Cells as near as this to a border are brought up by more than interpolation."""
AGREED = 0.99
"""Cells that have this of one and the same label leave a quarter between them no choice."""
TOLD = 0.1
"""See above."""
PART = 512
"""Quarters that a thread takes at a time."""
FARTHEST = 16 * QUARTER_ONE**2
"""Squared distances beyond the nearest, as bytes have them, that count like these."""
CLOSENESS: NDArray[np.float32] = np.exp(
    -np.arange(FARTHEST, dtype=np.float64) / QUARTER_ONE**2
).astype(np.float32)
CELLS = 4
"""Cells that a quarter lies between."""
BETWEEN: NDArray[np.float32] = np.array([9, 3, 3, 1], np.float32) / np.float32(16)
"""b_c of its own cell, the two beside it, and the one across; see above."""


def quarter_changes(
    labels: FrameLabels, upsampling: UpsamplingMap, near: NDArray[np.bool_]
) -> ScoreMap | None:
    """Return what a frame's quarters know beyond their cells; see above.

    Args:
        labels: The frame's.
        upsampling: The frame's upsampling map.
        near: (rows, columns) the cells near borders.

    Returns:
        (L, QUARTERS_ACROSS * rows, QUARTERS_ACROSS * columns) float32, which sum to zero over the
        labels, u - v in cells near borders and zero in others; None where all are zero.
    """
    heard = labels.heard
    if heard is None or not heard.engine.across_borders.any() or not near.any():
        return None
    choices = _choices(heard, near)
    if not len(choices.down):
        return None
    rows, columns = near.shape
    shape = len(labels.scores), QUARTERS_ACROSS * rows, QUARTERS_ACROSS * columns
    changes = np.zeros(shape, dtype=np.float32)
    changes[:, choices.down, choices.right] = _changes(
        heard.engine, choices, quarters_in(upsampling)
    )
    return changes


def near_borders(scores: ScoreMap) -> NDArray[np.bool_]:
    """Return the cells within NEAR cells of which more than one label is the best."""
    best = best_labels(scores)
    nearby = np.ones((2 * NEAR + 1, 2 * NEAR + 1), np.uint8)
    near: NDArray[np.bool_] = cv2.dilate(best, nearby) != cv2.erode(best, nearby)
    return near


class _Choices(NamedTuple):
    """The quarters near borders that references tell apart.

    Attributes:
        down: (n,) their rows.
        right: (n,) their columns.
        number: (n, CELLS * K) references of the cells that each lies between, every one
            once, then -1.
        weights: The same shape, b_c w_ck of these.
    """

    down: NDArray[np.intp]
    right: NDArray[np.intp]
    number: NDArray[np.int32]
    weights: NDArray[np.float32]


def _changes(
    engine: LabellingEngine, choices: _Choices, quarters: QuarterMap
) -> NDArray[np.float32]:
    """Return u - v of the formula above.

    Args:
        engine: The references.
        choices: n quarters.
        quarters: The frame's quarter embeddings.

    Returns:
        (L, n).
    """
    votes, embeddings = engine.quarter_votes, engine.references.quarter_embeddings
    assert votes is not None
    assert embeddings is not None
    down, right, number, weights = choices
    quarter = QUARTERS_ACROSS * (down % QUARTERS_ACROSS) + right % QUARTERS_ACROSS
    own = quarters[down // QUARTERS_ACROSS, right // QUARTERS_ACROSS, quarter]
    changes = np.zeros((len(own), len(engine.object_ids)), dtype=np.float32)

    def weigh(part: slice) -> None:
        distances = np.empty((*number[part].shape, QUARTERS), dtype=np.int32)
        nearest = np.empty(len(distances), dtype=np.int32)
        _measure(number[part], own[part], embeddings, distances, nearest)
        _weigh(number[part], weights[part], distances, nearest, votes, CLOSENESS, changes[part])

    share(weigh, in_parts(len(own), PART))
    return changes.T


def _choices(heard: Heard, near: NDArray[np.bool_]) -> _Choices:
    """Return the quarters of cells near borders, (rows, columns), that are told apart."""
    asked = np.flatnonzero(cv2.dilate(near.view(np.uint8), np.ones((3, 3), np.uint8)))
    place = np.full(near.shape, -1, dtype=np.int32)
    place.ravel()[asked] = np.arange(len(asked), dtype=np.int32)
    found = heard.neighbours(asked)
    shares = heard.engine.shares(found)
    agreed = _agreed(heard.engine, found, shares)
    down, right = np.nonzero(near.repeat(QUARTERS_ACROSS, 0).repeat(QUARTERS_ACROSS, 1))
    number = np.full((len(down), CELLS * shares.shape[1]), -1, dtype=np.int32)
    weights = np.zeros(number.shape, dtype=np.float32)
    _gather(down, right, place, agreed, found.number, shares, BETWEEN, number, weights)
    # no weight where there is no reference
    tells = heard.engine.across_borders.take(number, mode="clip") * weights
    told = np.flatnonzero(tells.sum(axis=1) > np.float32(TOLD))
    return _Choices(down[told], right[told], number[told], weights[told])


@compiled
def _gather(
    down: NDArray[np.intp],
    right: NDArray[np.intp],
    place: NDArray[np.int32],
    agreed: NDArray[np.intp],
    found: NDArray[np.int32],
    shares: NDArray[np.float32],
    between: NDArray[np.float32],
    number: NDArray[np.int32],
    weights: NDArray[np.float32],
) -> None:
    """Fill in the references of the cells around quarters, every one once, and their weights.

    Args:
        down: (n,) rows of quarters.
        right: (n,) columns of quarters.
        place: (rows, columns) where the lists of a cell stand.
        agreed: (m,) the label that a cell's neighbours agree on, or -1.
        found: (m, K) lists of references, -1 for none.
        shares: (m, K) what each counts.
        between: (CELLS,) bilinear weights.
        number: (n, CELLS * K), -1 yet, and so they stay where the cells agree.
        weights: The same shape, zeros yet.
    """
    rows, columns = place.shape
    lists = np.empty(CELLS, dtype=np.int32)
    for quarter in range(len(down)):
        row, column = down[quarter] // QUARTERS_ACROSS, right[quarter] // QUARTERS_ACROSS
        agree = True
        for corner in range(CELLS):
            y = row + corner // 2 * (2 * (down[quarter] % QUARTERS_ACROSS) - 1)
            x = column + corner % 2 * (2 * (right[quarter] % QUARTERS_ACROSS) - 1)
            lists[corner] = place[min(max(y, 0), rows - 1), min(max(x, 0), columns - 1)]
            agree &= agreed[lists[corner]] >= 0 and agreed[lists[corner]] == agreed[lists[0]]
        if agree:
            continue
        count = 0
        for corner in range(CELLS):
            for k in range(found.shape[1]):
                reference = found[lists[corner], k]
                known = 0
                while known < count and number[quarter, known] != reference:
                    known += 1
                if reference >= 0:
                    number[quarter, known] = reference
                    weights[quarter, known] += between[corner] * shares[lists[corner], k]
                    count = max(count, known + 1)


def _agreed(
    engine: LabellingEngine, found: Neighbours, shares: NDArray[np.float32]
) -> NDArray[np.intp]:
    """Return (m,) the label that nearly all of the neighbours of a cell vote for, or -1."""
    votes = engine.votes.take(found.number, axis=0, mode="clip") * shares[..., None]
    sums = votes.sum(axis=1)
    best: NDArray[np.intp] = sums.argmax(axis=1)
    best[sums.max(axis=1) < np.float32(AGREED) * sums.sum(axis=1)] = -1
    return best


@compiled
def _measure(
    number: NDArray[np.int32],
    own: NDArray[np.uint8],
    embeddings: NDArray[np.uint8],
    distances: NDArray[np.int32],
    nearest: NDArray[np.int32],
) -> None:
    """Fill in the squared distances to the quarters of references, as bytes have them.

    Args:
        number: (n, c) references, -1 for none.
        own: (n, QUARTER_DIMENSIONS).
        embeddings: (references, QUARTERS, QUARTER_DIMENSIONS).
        distances: (n, c, QUARTERS), filled in where there is a reference.
        nearest: (n,), filled in with the least of them.
    """
    for row in range(number.shape[0]):
        least = np.int32(2**31 - 1)
        for place in range(number.shape[1]):
            reference = number[row, place]
            if reference >= 0:
                for quarter in range(QUARTERS):
                    total = np.int32(0)
                    for d in range(QUARTER_DIMENSIONS):
                        apart = np.int32(own[row, d]) - np.int32(embeddings[reference, quarter, d])
                        total += apart * apart
                    distances[row, place, quarter] = total
                    least = min(least, total)
        nearest[row] = least


@compiled
def _weigh(
    number: NDArray[np.int32],
    weights: NDArray[np.float32],
    distances: NDArray[np.int32],
    nearest: NDArray[np.int32],
    votes: NDArray[np.float32],
    closeness: NDArray[np.float32],
    changes: NDArray[np.float32],
) -> None:
    """Fill in u - v.

    Args:
        number: (n, c) references, -1 for none.
        weights: (n, c).
        distances: (n, c, QUARTERS).
        nearest: (n,) the least of them; as |u| is scaled, only what lies beyond it counts.
        votes: (references, QUARTERS, labels or labels - 1).
        closeness: (FARTHEST,) exp(-|q - r|^2) by squared distances of bytes.
        changes: (n, labels), zeros yet.
    """
    labels = changes.shape[1]
    first = labels - votes.shape[2]
    plain, weighed = np.empty(labels, dtype=np.float32), np.empty(labels, dtype=np.float32)
    for row in range(number.shape[0]):
        plain[:], weighed[:] = 0, 0
        for place in range(number.shape[1]):
            reference = number[row, place]
            for quarter in range(QUARTERS if reference >= 0 else 0):
                beyond = distances[row, place, quarter] - nearest[row]
                close = closeness[min(beyond, FARTHEST - 1)]
                for label in range(first, labels):
                    vote = weights[row, place] * votes[reference, quarter, label - first]
                    plain[label] += vote
                    weighed[label] += vote * close
        total = weighed.sum()
        if total > 0:
            changes[row] = weighed * (plain.sum() / total) - plain
