"""Links through time: every cell's most similar cells in nearby frames, found once for a video.

Two frames are compared in one pass that serves both directions. The later frame is cut into tiles
of HIGH x WIDE cells, and each tile is multiplied with the part of the earlier frame that its cells'
windows cover. Of the products the best along each column of a window are kept, by cell of the one
frame and of the other, and of those the LINKS best.

Embeddings are brought to a grid of 1 / GRID first. All sums are then exact in float32, in whatever
order and on however many threads they are made, and five bits are left below them: these carry the
row of the window, by a matrix product with HIGH more dimensions, so that nothing but the largest
number has to be looked for, in one pass over the products. Of equal similarities the nearest
neighbour wins.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from vosdesk.compiled import compiled
from vosdesk.embedding.link_format import LINKS, REACH, WINDOW, LinkMap, pack
from vosdesk.sharing import share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vosdesk.arrays import EmbeddingMap

LEADING = 64
"""So many of the embedding's dimensions are compared, the first ones (see ``training.dimensions``).

On ten DAVIS validation sequences, from the first mask, links by all 128 have a mean J / F of .816 /
.821, by these .822 / .830, in three quarters of the time: what is left out is what differs from one
frame to the next. On five of them 48 are half a point of J worse.
"""
HIGH, WIDE = 6, 12
SPAN_HIGH, SPAN_WIDE = HIGH + 2 * REACH, WIDE + 2 * REACH
"""Rows and columns of the other frame that a tile's windows cover."""
GRID = 512
UNIT = 2.0**-23
"""One in the last of the bits below the products, which are multiples of 2^-18."""
OUTSIDE = -4.0
"""Takes a cell outside the window below all others."""

CUT_BELOW = 0.65
"""Frames are taken for two shots where the best links' mean similarity is lower.

Between frames of two DAVIS sequences (120 pairs) it was .53 in the median, .65 in 99 of 100 and .70
at most; within one (40 sequences) .75 at least from frame to frame and .68 at least over three.
"""


def link_pairs(pairs: Sequence[tuple[EmbeddingMap, EmbeddingMap]]) -> list[LinkMap]:
    """Return the links of each pair of a later and an earlier frame; see ``link_frames``.

    Several pairs at a time take half as long as one after the other: comparing two frames is many
    small steps, after each of which the threads that share it wait for one another.
    """
    return share(lambda pair: link_frames(*pair), pairs)


def link_frames(later: EmbeddingMap, earlier: EmbeddingMap) -> LinkMap:
    """Return the links between two frames, none where a cut lies between them.

    With the frames exchanged, the two directions are exchanged (but for a tie of neighbours that
    are equally near as well).

    Args:
        later: (rows, columns, d) float16 of unit length.
        earlier: The same of the other frame.
    """
    return _chosen(_best_by_column(later, earlier))


@torch.inference_mode()
def _best_by_column(
    later: EmbeddingMap, earlier: EmbeddingMap
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return, for the cells of both frames, the best product along each column of the window.

    Returns:
        (rows, columns, WINDOW), by the later frame's cells and the window's columns; and (rows,
        columns up to whole tiles, WINDOW), by the earlier frame's rows, the *later* one's columns,
        and the window's columns as seen from there. The row is in the last five bits.
    """
    rows, columns, _dimensions = later.shape
    down, across = -(-rows // HIGH), -(-columns // WIDE)
    tiles = _tiles(_on_grid(later[..., :LEADING], 0))
    strips = _strips(_on_grid(earlier[..., :LEADING], REACH))
    bonus = _row_bonus().T[:, None]
    before = np.full((down * HIGH, across * WIDE, WINDOW), OUTSIDE, dtype=np.float32)
    after = np.full((down * HIGH + 2 * REACH, across * WIDE, WINDOW), OUTSIDE, dtype=np.float32)
    products = torch.empty(across, HIGH * WIDE, SPAN_HIGH * SPAN_WIDE)
    for row in range(down):
        band = slice(row * HIGH, row * HIGH + SPAN_HIGH)
        strips[:, band, :, -HIGH:] = bonus
        torch.bmm(tiles[row], strips[:, band].flatten(1, 2).transpose(1, 2), out=products)
        _raise(before[row * HIGH : (row + 1) * HIGH], after[band], products.numpy())
    return before[:rows, :columns], after[REACH : REACH + rows]


@compiled
def _raise(
    before: NDArray[np.float32], after: NDArray[np.float32], products: NDArray[np.float32]
) -> None:
    """Raise what is known, by the cells of both frames, to the products of one row of tiles.

    Args:
        before: (HIGH, columns, WINDOW), by the later frame's cells.
        after: (SPAN_HIGH, columns, WINDOW), by the earlier frame's rows.
        products: (tiles, HIGH * WIDE, SPAN_HIGH * SPAN_WIDE).
    """
    for tile in range(products.shape[0]):
        for place in range(HIGH * WIDE):
            row, column = place // WIDE, place % WIDE
            own = before[row, tile * WIDE + column]
            for down in range(WINDOW):
                begin = (row + down) * SPAN_WIDE + column
                some = products[tile, place, begin : begin + WINDOW]
                others = after[row + down, tile * WIDE + column]
                for step in range(WINDOW):
                    product = some[step]
                    own[step] = product if product > own[step] else own[step]
                    others[step] = product if product > others[step] else others[step]


def _on_grid(embedding_map: EmbeddingMap, margin: int) -> Tensor:
    """Return multiples of 1 / GRID, with zeros up to whole tiles and a margin all around."""
    rows, columns, dimensions = embedding_map.shape
    sides = (-(-rows // HIGH) * HIGH, -(-columns // WIDE) * WIDE)
    shape = (side + 2 * margin for side in sides)
    padded = torch.zeros(*shape, dimensions)
    inner = padded[margin : margin + rows, margin : margin + columns]
    inner.copy_(torch.from_numpy(embedding_map))
    inner.nan_to_num_().clamp_(-1, 1).mul_(GRID).round_().mul_(1 / GRID)
    return padded


def _tiles(cells: Tensor) -> Tensor:
    """Cut (rows, columns, d) into (down, across, cells of a tile, d + HIGH).

    The last numbers say in which row of the tile a cell is: 1 there and 0 elsewhere.
    """
    rows, columns, dimensions = cells.shape
    down, across = rows // HIGH, columns // WIDE
    tiles = torch.empty(down, across, HIGH, WIDE, dimensions + HIGH)
    tiles[..., :dimensions] = cells.view(down, HIGH, across, WIDE, -1).transpose(1, 2)
    tiles[..., dimensions:] = torch.eye(HIGH)[:, None]
    return tiles.flatten(2, 3)


def _strips(cells: Tensor) -> Tensor:
    """Cut (rows, columns, d) into overlapping (across, rows, SPAN_WIDE, d + HIGH).

    Any SPAN_HIGH rows of a strip are then the keys of a tile without being copied once more. The
    last numbers are left to the bonus, which depends on the tile.
    """
    rows, columns, dimensions = cells.shape
    across = (columns - 2 * REACH) // WIDE
    strips = torch.empty(across, rows, SPAN_WIDE, dimensions + HIGH)
    strips[..., :dimensions] = cells.unfold(1, SPAN_WIDE, WIDE).permute(1, 0, 3, 2)
    return strips


@cache
def _row_bonus() -> Tensor:
    """(HIGH, SPAN_HIGH) what a product gains, by the row in the tile and that of the other cell.

    Number n of the last five bits is row 8, 9, 7, 10, 6.. of the window for n = 16, 15, 14...
    """
    step = torch.arange(SPAN_HIGH) - torch.arange(HIGH)[:, None] - REACH
    return torch.where(step.abs() <= REACH, _nearness(step) * UNIT, OUTSIDE)


def _nearness(step: Tensor) -> Tensor:
    return 2 * (REACH - step.abs()) + (step > 0)


_COLUMNS: NDArray[np.int32] = _nearness(torch.arange(-REACH, REACH + 1)).numpy().astype(np.int32)
"""The nearness of the window's columns."""
_STEPS: NDArray[np.intp] = np.zeros(32, dtype=np.intp)
_STEPS[_COLUMNS] = np.arange(-REACH, REACH + 1)
"""By nearness."""


def _chosen(
    found: tuple[NDArray[np.float32], NDArray[np.float32]],
) -> NDArray[np.uint16]:
    """Return (rows, columns, 2, LINKS) links from the best along each column of the windows."""
    before, after = found
    rows, columns, _window = before.shape
    numbers = np.empty((rows, columns, 2, LINKS), dtype=np.int32)
    _rank(before, after, _COLUMNS, numbers)
    similarity = (numbers >> 10) * np.float32(32 * UNIT)
    if similarity[..., 0].mean(axis=(0, 1)).max() < CUT_BELOW:
        return np.zeros(numbers.shape, dtype=np.uint16)
    # the last bits tell the row of the earlier cell, seen from the later one
    row_step = _STEPS[numbers >> 5 & 31] * np.array([1, -1])[:, None]
    return pack(similarity, row_step, _STEPS[numbers & 31])


@compiled
def _rank(
    before: NDArray[np.float32],
    after: NDArray[np.float32],
    nearness: NDArray[np.int32],
    numbers: NDArray[np.int32],
) -> None:
    """Fill in, for each cell and side, the LINKS largest: product, row and column in one number.

    Args:
        before: See ``_best_by_column``.
        after: The same.
        nearness: (WINDOW,) which stands for a column, the nearest highest.
        numbers: (rows, columns, 2, LINKS), the largest first.
    """
    rows, columns = numbers.shape[:2]
    last = after.shape[1]
    for row in range(rows):
        for column in range(columns):
            for side in range(2):
                best = numbers[row, column, side]
                for place in range(LINKS):
                    best[place] = 0
                for step in range(WINDOW):
                    other = column + step - REACH
                    if side == 0:
                        product = before[row, column, step]
                    elif 0 <= other < last:  # what lies beyond is beyond the picture
                        product = after[row, other, WINDOW - 1 - step]
                    else:
                        continue
                    number = max(int(product / UNIT), 0) << 5 | nearness[step]
                    for place in range(LINKS):
                        if number > best[place]:
                            best[place], number = number, best[place]
