"""What a link is: a cell's neighbour in a nearby frame, with how similar the two are, in 16 bits.

The upper seven bits are the cosine in steps of 1 / LEVELS, the lower nine the neighbour's place in
a window of WINDOW x WINDOW cells around the cell. Zero is no link. Imports no torch.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

LinkMap: TypeAlias = NDArray[np.uint16]
"""Links between two frames, (rows, columns, 2, LINKS): the later frame's cells to the earlier
frame, then the earlier frame's cells to the later one; the most similar first."""

OFFSETS = (1, 3)
"""How many frames apart linked frames are; each one is time spent on every frame.

On ten DAVIS validation sequences, from the first mask, with three links to each, mean J (.767
without links): 1 and 3 give .799, 1 and 6 as well, all of 1, 3 and 6 .801.
"""
LINKS = 3
"""A cell's links to one frame; with four J is the same."""
REACH = 8
"""Cells that a link goes up, down, left or right at most: 64 pixels of the network's input.

With six cells J falls to .793, with five to .789: a car that drifts by is lost.
"""
WINDOW = 2 * REACH + 1
LEVELS = 127
"""Steps of a similarity between 0 and 1."""
PLACE_BITS = 9
PLACES = (1 << PLACE_BITS) - 1
"""The bits of a link that tell its place."""

_ALL = np.arange(1 << 16)
ROW_STEPS: NDArray[np.int16] = ((_ALL & PLACES) // WINDOW - REACH).astype(np.int16)
COLUMN_STEPS: NDArray[np.int16] = ((_ALL & PLACES) % WINDOW - REACH).astype(np.int16)
"""By link: how many rows and columns further the neighbour lies."""
SIMILARITIES: NDArray[np.float32] = ((_ALL >> PLACE_BITS) / LEVELS).astype(np.float32)
"""By link: the cosine; 0 where there is none."""


def pack(
    similarity: NDArray[np.float32], row_step: NDArray[np.integer], column_step: NDArray[np.integer]
) -> NDArray[np.uint16]:
    """Return links; those of a similarity that rounds to zero or less are none.

    Args:
        similarity: Cosines.
        row_step: How many rows further the neighbours lie, -REACH..REACH.
        column_step: How many columns further.
    """
    level = np.clip(np.rint(similarity * LEVELS), 0, LEVELS).astype(np.uint16)
    place = ((row_step + REACH) * WINDOW + column_step + REACH).astype(np.uint16)
    links = (level << PLACE_BITS | place).astype(np.uint16)
    links[level == 0] = 0
    return links
