"""Which labels are proved: how far a cell may be from a codeword and still get its label.

Let x be a cell, c its codeword, and phi the angle between them. For a reference r at the angle
theta from c, the triangle inequality on the sphere bounds the angle between x and r, so that

    cos(theta + phi) <= cos(x, r) <= cos(theta - phi)        (angles kept within 0 and pi),

which, for references near c, is much tighter than |<x, r> - <c, r>| <= |x - c|. Lengths that differ
from one by rounding widen the bounds by a slack.

The exact vote (see ``engine``) takes the K references most similar to x, weighted by
w = exp(similarity / T). Let a be the label that wins at c. Call a reference a friend of a if its
soft label gives a at least LEAD more than any other label, and a foe otherwise. As no soft label
gives more than one to any label, then, for every other label b,

    sum w (y_a - y_b)  >=  D  =  LEAD * (weights of friends among the K)
                                    - (weights of foes among the K),

and a wins the vote if D > 0. D depends on nothing but the similarities of the best K friends and
the best K foes, in order; it never falls when a friend's similarity rises, and never rises when a
foe's does, also where that changes who is among the K (whoever drives another out then weighs as
much; a friend for a friend or a foe for a foe changes nothing, and a friend for a foe raises D).
The j-th best friend of x is at least as similar as the j-th best friend of c is by the lower bound,
and the j-th best foe at most as similar as the j-th best foe of c by the upper one. So D computed
from those bounds is a lower bound of D at x, and it falls as phi grows: for every codeword there is
a critical angle, up to which the label of all of its cells is proved.

While little background is annotated, a virtual background of constant weight votes for background
(see ``engine``), whichever the K references are. So its weight is taken from D where an object
wins, and added to D, in full, where background does. Votes are then larger than the soft labels
say, never smaller, so friends lead by no less. It proves much of what is like no reference: of the
cells of a DAVIS sequence 61 % from a scribble and a click on the background, 49 % from two
scribbles; without it these would be 17 % and 42 %.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vosdesk.compiled import compiled
from vosdesk.labelling.codebook import ANGLE_STEP, LENGTH_TOLERANCE, TOO_FAR
from vosdesk.labelling.index import GRID, on_grid
from vosdesk.sharing import in_parts, share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vosdesk.labelling.references import ReferenceSet

LEAD = 0.1
"""By how much a friend's label leads. Lower, more references are friends, but each counts for less.
Of a DAVIS sequence's cells 0.5 proves 53.5 % from a mask and none from thin strokes, which paint no
cell in full; 0.1 proves 52 % and 41 %."""

MIXED = -1
"""The kind of a reference that is a foe of every label."""

NOTHING = -1
"""The critical level of a codeword that proves nothing."""

LENGTH_STEP = 2.0**-12

MOST_WORDS = 256
"""Codewords that a thread judges at a time."""

_ROUNDING = 1e-5
"""What float32 may add to a similarity and take from a vote."""


def kinds(references: ReferenceSet) -> NDArray[np.int32]:
    """Return for each reference the object id whose friend it is, or MIXED."""
    if not len(references):
        return np.empty(0, np.int32)
    object_ids = np.array(references.object_ids, dtype=np.int32)
    best = references.labels.argmax(axis=1)
    rest = references.labels.copy()
    first = np.take_along_axis(rest, best[:, None], axis=1)[:, 0]
    np.put_along_axis(rest, best[:, None], 0, axis=1)
    leads = first - rest.max(axis=1) >= LEAD + _ROUNDING
    return np.where(leads, object_ids[best], np.int32(MIXED))


@dataclass(frozen=True)
class Vote:
    """How the exact vote is taken.

    Attributes:
        temperature: Of the weights.
        floor: Similarity of the virtual background; None where there is none.
        voters: How many references vote: K, or all where there are fewer.
        length_error: By how much the length of a reference differs from one at most.
    """

    temperature: float
    floor: float | None
    voters: int
    length_error: float

    @property
    def codeword_slack(self) -> float:
        """By how much a reference's similarity to a codeword may differ from the cosine."""
        return self.length_error + _ROUNDING

    @property
    def slack(self) -> float:
        """By how much a reference's similarity to a cell may differ from the cosine."""
        return (1 + LENGTH_TOLERANCE) * (1 + self.length_error) - 1 + _ROUNDING

    @property
    def floor_weight(self) -> float:
        """The weight of the virtual background, which is told relative to similarity one."""
        if self.floor is None:
            return 0.0
        return self.voters * math.exp((self.floor - 1) / self.temperature)


def lengths(embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the (n,) lengths of embeddings as searches see them."""
    seen = on_grid(embeddings)
    found: NDArray[np.float32] = np.sqrt(np.einsum("ij,ij->i", seen, seen)) / np.float32(GRID)
    return found


def length_error(embeddings: NDArray[np.float32]) -> float:
    """Return by how much the length of any embedding differs from one at most.

    Rounded up to whole LENGTH_STEPs, so that it seldom changes with a few embeddings more.
    """
    worst = float(np.abs(lengths(embeddings) - 1).max(initial=0))
    return math.ceil(worst / LENGTH_STEP) * LENGTH_STEP


def critical_levels(
    friends: NDArray[np.float32],
    foes: NDArray[np.float32],
    is_background: NDArray[np.bool_],
    vote: Vote,
) -> NDArray[np.int16]:
    """Return for each codeword the largest level of angles at which its label is proved.

    Args:
        friends: (n, K) similarities of the winner's best friends to the codeword at unit length,
            the highest first, -inf where there are fewer.
        foes: (n, K) of its best foes.
        is_background: (n,) where background wins.
        vote: How the vote is taken.

    Returns:
        (n,) levels of ``codebook.ANGLE_STEP``, at most TOO_FAR - 1; NOTHING where the label is
        not proved even for cells that are the codeword itself.
    """
    near = _angles(friends - vote.codeword_slack), _angles(foes + vote.codeword_slack)
    levels = np.full(len(friends), NOTHING, dtype=np.int16)
    virtual = np.where(is_background, vote.floor_weight, -vote.floor_weight)

    def raise_part(part: slice) -> None:
        _raise_levels(
            near[0][part],
            near[1][part],
            vote.voters,
            vote.temperature,
            vote.slack,
            virtual[part],
            levels[part],
        )

    share(raise_part, in_parts(len(levels), MOST_WORDS))
    return levels


def _angles(similarity: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the angles; -1 for those of -inf, where there is no reference."""
    angles = np.arccos(np.clip(similarity.astype(np.float64), -1, 1))
    return np.where(np.isfinite(similarity), angles, -1.0)


@compiled
def _raise_levels(
    friends: NDArray[np.float64],
    foes: NDArray[np.float64],
    voters: int,
    temperature: float,
    slack: float,
    virtual: NDArray[np.float64],
    levels: NDArray[np.int16],
) -> None:
    """Raise each codeword's level to the largest at which D of the module's formula is above zero.

    Args:
        friends: (n, K) angles of the winner's best friends, the smallest first; -1 from where
            there are no more.
        foes: (n, K) of its best foes.
        voters: How many of both vote.
        temperature: Of the weights.
        slack: By how much a similarity to a cell may differ from the cosine.
        virtual: (n,) what the virtual background adds to D.
        levels: (n,) NOTHING everywhere.
    """
    for word in range(len(levels)):
        low, high = NOTHING, TOO_FAR - 1
        while low < high:
            middle = (low + high + 1) // 2
            angle = middle * ANGLE_STEP
            friend, foe, lead, total = 0, 0, 0.0, abs(virtual[word])
            for _voter in range(voters):
                near, far = -np.inf, -np.inf
                if friend < friends.shape[1] and friends[word, friend] >= 0:
                    near = np.cos(min(friends[word, friend] + angle, np.pi)) - slack
                if foe < foes.shape[1] and foes[word, foe] >= 0:
                    far = np.cos(max(foes[word, foe] - angle, 0.0)) + slack
                weight = np.exp((max(near, far) - 1) / temperature)
                total += weight
                if near > far:
                    friend += 1
                    lead += LEAD * weight
                else:  # of equals the foe votes
                    foe += 1
                    lead -= weight
            # less what float32 may get wrong
            if lead + virtual[word] - 1e-4 * total > 0:
                low = middle
            else:
                high = middle - 1
        levels[word] = low
