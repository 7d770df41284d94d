"""Labels carried along links: what a cell's linked cells say, and how that meets its retrieval.

A cell's linked cells, in the frames on one side of it, have the shares y_k of its labels and the
similarities s_k. They say c, and with what the references say, r, the cell's own shares become q:

    c = sum_k exp(s_k / LINK_TEMPERATURE) y_k / sum_k exp(s_k / LINK_TEMPERATURE)
    log q = (1 - (1 - RETRIEVED) links) log r + links log c + constant

that is, c is taken for what was known before the frame was looked at, and r for weak evidence, as
in the forward pass of a hidden Markov model. ``links`` is the setting from 0, retrieval alone, to
1. So what the references are sure of prevails against what the links are not sure of, and the
other way round, cell by cell: that is all of the balance. No share counts as less than DOUBTFUL.
A cell without links keeps q = r.

Where both sides say something, c_f and c_b, each cell is joined with weights that add to one:

    log q = .. log r + links (w_f log c_f + w_b log c_b),   w ~ NEARBY + exp(-d / NEARBY_FRAMES)

with d the number of frames to the nearest annotated one on that side. The side without any has a
say, too: it knows what came of the cell's neighbours there by retrieval.

Where the references say the same as the outcome, they know better how much of a cell it is, and
where the border runs. The cell then gets q^AGREED r^(1 - AGREED), normalised, and with no share of
r below SETTLED.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from vosdesk.compiled import compiled
from vosdesk.embedding.link_format import (
    COLUMN_STEPS,
    PLACE_BITS,
    PLACES,
    ROW_STEPS,
    SIMILARITIES,
)
from vosdesk.labelling.best import best_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vosdesk.embedding.link_format import LinkMap

LINK_TEMPERATURE = 0.07
RETRIEVED = 0.05
DOUBTFUL = 0.05
NEARBY = 0.5
NEARBY_FRAMES = 10.0
AGREED = 0.2
SETTLED = 0.01
"""Measured on ten DAVIS validation sequences from the first mask, every third frame, without the
network's upsampling and with links to a sixth frame before and after as well; J / F are .767 / .781
without links, .801 / .816 with them.

The most is gained by drift-straight, .748 to .857, the most lost by blackswan, .945 to .942. With
AGREED 1 the mean is .801 / .815, but blackswan falls to .937. What links and references say, pooled
as neighbours of one vote, gave camel, where a second camel is near, .690 (.789 without links, .788
now). One direction alone is .01 to .02 worse.

RETRIEVED was .1 then. Since paint is spread, and links are found by the leading dimensions, .05 is
better: .824 / .833 and not .822 / .830 from the first mask, every frame; with scribbles J&F .768,
.782, .827 and not .753, .772, .826 after one, two and three rounds, .872 and not .868 after eight.
"""

ONE = 255
"""A share of one, as shares are kept: in steps of 1 / ONE, rounded, so that changes die out."""

_COSINES = SIMILARITIES[:: PLACES + 1]
_WEIGHTS = np.where(_COSINES > 0, np.exp(_COSINES / LINK_TEMPERATURE), 0).astype(np.float32)
"""By the level of a link's similarity."""
_LOGS = np.log(np.maximum(np.arange(ONE + 1) / ONE, DOUBTFUL)).astype(np.float32)


def quantised(shares: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return (L - 1, cells) shares in steps of 1 / ONE, without background's.

    Args:
        shares: (L, cells) that add to one, background first.
    """
    steps: NDArray[np.uint8] = np.rint(shares[1:] * ONE).astype(np.uint8)
    return steps


def with_background(kept: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return (L, cells) from what ``quantised`` returned."""
    background = np.maximum(ONE - kept.sum(axis=0, dtype=np.int32), 0)
    return np.concatenate([background[None].astype(np.uint8), kept])


def as_shares(kept: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return (L, cells) shares, background first, from kept ones."""
    return with_background(kept).astype(np.float32) / np.float32(ONE)


@cache
def _strides(columns: int) -> NDArray[np.int32]:
    """Return by a link's place how many cells further, row by row, the neighbour lies."""
    return ROW_STEPS[: PLACES + 1] * np.int32(columns) + COLUMN_STEPS[: PLACES + 1]


def of_side(links: LinkMap, side: int) -> NDArray[np.uint16]:
    """Return (LINKS, cells) links of one direction, in the order in which they are fast to use."""
    return np.ascontiguousarray(links[:, :, side].reshape(-1, links.shape[-1]).T)


def neighbours_of(links: NDArray[np.uint16], columns: int) -> NDArray[np.int32]:
    """Return (LINKS, cells) numbers of the linked cells; a cell itself where it has no link."""
    strides = np.where(links >> PLACE_BITS, _strides(columns).take(links & PLACES), np.int32(0))
    return np.arange(links.shape[1], dtype=np.int32) + strides


def weights_of(links: NDArray[np.uint16]) -> NDArray[np.float32]:
    """Return (LINKS, cells) weights of the linked cells; 0 where there is no link."""
    return _WEIGHTS.take(links >> PLACE_BITS)


def carry(
    linked: Sequence[tuple[NDArray[np.uint16], NDArray[np.uint8]]], columns: int
) -> NDArray[np.float32] | None:
    """Return (L, cells) shares that the linked cells have in the mean; NaN where there are none.

    Args:
        linked: For each frame that is linked to, the links (LINKS, cells) and its kept shares
            (L - 1, cells).
        columns: Of the grid.
    """
    if not linked:
        return None
    labels, cells = len(linked[0][1]) + 1, linked[0][0].shape[1]
    said = np.zeros((labels, cells), dtype=np.float32)
    for links, kept in linked:
        _add(said, links, kept, _WEIGHTS, _strides(columns))
    with np.errstate(invalid="ignore"):
        said[1:] /= said[0] * np.float32(ONE)
        said[0] /= said[0]
    said[0] -= said[1:].sum(axis=0)
    return said


@compiled
def _add(
    said: NDArray[np.float32],
    links: NDArray[np.uint16],
    kept: NDArray[np.uint8],
    weights: NDArray[np.float32],
    strides: NDArray[np.int32],
) -> None:
    """Add up what linked cells say.

    Args:
        said: (L, cells), the sums: of weights first, then of each label's weighted shares.
        links: (LINKS, cells).
        kept: (L - 1, cells) of the linked frame.
        weights: By the level of a link's similarity.
        strides: By a link's place, how many cells further the linked one lies.
    """
    cells = kept.shape[1]
    for number in range(links.shape[0]):
        for cell in range(cells):
            link = int(links[number, cell])
            weight, place = weights[link >> PLACE_BITS], cell + strides[link & PLACES]
            if weight > 0 and 0 <= place < cells:  # a damaged file may name any place
                said[0, cell] += weight
                for label in range(kept.shape[0]):
                    said[label + 1, cell] += weight * np.float32(kept[label, place])


def mixed(
    retrieved: NDArray[np.uint8],
    carried: Sequence[tuple[float, NDArray[np.float32] | None]],
    links: float,
) -> NDArray[np.float32]:
    """Return (L, cells) shares of a frame's labels; see the formulae above.

    Args:
        retrieved: (L - 1, cells) kept shares of what the references say.
        carried: Weight and shares (L, cells) of what each side's linked cells say.
        links: The setting, 0..1.
    """
    evidence = _LOGS.take(with_background(retrieved))
    prior = np.zeros_like(evidence)
    total = np.zeros(retrieved.shape[1], dtype=np.float32)
    for weight, said in carried:
        if said is not None:
            has = np.where(np.isnan(said[0]), 0, np.float32(weight))
            prior += has * np.log(np.maximum(np.nan_to_num(said), np.float32(DOUBTFUL)))
            total += has
    own = np.where(total > 0, np.float32(1 - (1 - RETRIEVED) * links), np.float32(1))
    prior *= np.float32(links) / np.where(total > 0, total, np.float32(1))
    return _shares(own * evidence + prior)


def agreed(retrieved: NDArray[np.float32], outcome: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (L, cells) shares: the outcome, nearer to what the references say where both agree.

    Args:
        retrieved: (L, cells) what the references say.
        outcome: (L, cells) what ``mixed`` made of it.
    """
    own = np.log(np.maximum(retrieved, np.float32(SETTLED)))
    said = np.log(outcome)
    said += np.float32(1 / AGREED - 1) * own
    said *= np.float32(AGREED)
    both = _shares(said)
    agree = best_labels(retrieved) == best_labels(outcome)
    return np.where(agree, both, outcome)


def _shares(logs: NDArray[np.float32]) -> NDArray[np.float32]:
    shares: NDArray[np.float32] = np.exp(logs - logs.max(axis=0))
    shares /= shares.sum(axis=0)
    return shares


def side_weights(before: float, after: float) -> tuple[float, float]:
    """Return what the sides before and after a frame weigh.

    Args:
        before: Frames to the nearest annotated one before it, or infinity.
        after: The same after it.
    """
    sides = NEARBY + np.exp(-np.array([before, after]) / NEARBY_FRAMES)
    first, second = sides / sides.sum()
    return float(first), float(second)
