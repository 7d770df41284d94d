"""Links through time: every cell's most similar cells in nearby frames, found once for a video.

Two frames are compared in one pass that serves both directions. The later frame is cut into tiles
of TILE x TILE cells, and each tile is multiplied with the part of the earlier frame that its cells'
windows cover. Of the products the best along each column of a window are kept, by cell of the one
frame and of the other, and of those the LINKS best.

Embeddings are brought to a grid of 1 / GRID first. All sums are then exact in float32, in whatever
order and on however many threads they are made, and five bits are left below them: these carry the
row of the window, by a matrix product with TILE more dimensions, so that nothing but the largest
number has to be looked for. Of equal similarities the nearest neighbour wins.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from vosdesk.embedding.link_format import LINKS, OFFSETS, REACH, WINDOW, LinkMap, pack

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from vosdesk.arrays import EmbeddingMap

LEADING = 64
"""So many of the embedding's dimensions are compared, the first ones (see ``training.dimensions``).

On ten DAVIS validation sequences, from the first mask, links by all 128 have a mean J / F of .816 /
.821, by these .822 / .830, in three quarters of the time: what is left out is what differs from one
frame to the next. On five of them 48 are half a point of J worse.
"""
TILE = 12
SPAN = TILE + 2 * REACH
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


def link_pairs(pairs: Iterable[tuple[EmbeddingMap, EmbeddingMap]]) -> list[LinkMap]:
    """Return the links of each pair of a later and an earlier frame; see ``link_frames``.

    Several pairs at a time take half as long as one after the other: comparing two frames is many
    small steps, after each of which the threads that share it wait for one another.
    """
    return list(_threads().map(lambda pair: link_frames(*pair), pairs))


def link_frames(later: EmbeddingMap, earlier: EmbeddingMap) -> LinkMap:
    """Return the links between two frames, none where a cut lies between them.

    With the frames exchanged, the two directions are exchanged (but for a tie of neighbours that
    are equally near as well).

    Args:
        later: (rows, columns, d) float16 of unit length.
        earlier: The same of the other frame.
    """
    rows, columns, _dimensions = later.shape
    found = _best_by_column(later, earlier)
    # the last bits tell the row of the earlier cell, seen from the later one
    chosen = [_choose(best.numpy(), sign) for best, sign in zip(found, (1, -1), strict=True)]
    links = np.stack(chosen, axis=1)
    if _is_cut(found):
        links[:] = 0
    return links.reshape(rows, columns, 2, LINKS)


@cache
def _threads() -> ThreadPoolExecutor:
    """Threads that stay, each with the memory that it has once fetched."""
    return ThreadPoolExecutor(len(OFFSETS), thread_name_prefix="links")


@torch.inference_mode()
def _best_by_column(later: EmbeddingMap, earlier: EmbeddingMap) -> tuple[Tensor, Tensor]:
    """Return, for the cells of both frames, the best product along each column of the window.

    Returns:
        Two of (rows, columns, WINDOW); the row is in the last five bits.
    """
    rows, columns, _dimensions = later.shape
    down, across = -(-rows // TILE), -(-columns // TILE)
    tiles = _tiles(_on_grid(later[..., :LEADING], 0))
    strips = _strips(_on_grid(earlier[..., :LEADING], REACH))
    bonus = _row_bonus().T[:, None]
    before = torch.empty(down * TILE, across * TILE, WINDOW)
    after = torch.full((down * TILE + 2 * REACH, across * TILE + 2 * REACH, WINDOW), OUTSIDE)
    products = torch.empty(across, TILE * TILE, SPAN * SPAN)
    for row in range(down):
        band = slice(row * TILE, row * TILE + SPAN)
        strips[:, band, :, -TILE:] = bonus
        torch.bmm(tiles[row], strips[:, band].flatten(1, 2).transpose(1, 2), out=products)
        before[row * TILE : (row + 1) * TILE] = _best_of_queries(products)
        _raise(after[band], _best_of_keys(products))
    inner = (slice(REACH, REACH + rows), slice(REACH, REACH + columns))
    return before[:rows, :columns], after[inner]


def _on_grid(embedding_map: EmbeddingMap, margin: int) -> Tensor:
    """Return multiples of 1 / GRID, with zeros up to whole tiles and a margin all around."""
    rows, columns, dimensions = embedding_map.shape
    shape = (-(-side // TILE) * TILE + 2 * margin for side in (rows, columns))
    padded = torch.zeros(*shape, dimensions)
    inner = padded[margin : margin + rows, margin : margin + columns]
    inner.copy_(torch.from_numpy(embedding_map))
    inner.nan_to_num_().clamp_(-1, 1).mul_(GRID).round_().mul_(1 / GRID)
    return padded


def _tiles(cells: Tensor) -> Tensor:
    """Cut (rows, columns, d) into (down, across, cells of a tile, d + TILE).

    The last numbers say in which row of the tile a cell is: 1 there and 0 elsewhere.
    """
    rows, columns, dimensions = cells.shape
    down, across = rows // TILE, columns // TILE
    tiles = torch.empty(down, across, TILE, TILE, dimensions + TILE)
    tiles[..., :dimensions] = cells.view(down, TILE, across, TILE, -1).transpose(1, 2)
    tiles[..., dimensions:] = torch.eye(TILE)[:, None]
    return tiles.flatten(2, 3)


def _strips(cells: Tensor) -> Tensor:
    """Cut (rows, columns, d) into overlapping (across, rows, SPAN, d + TILE).

    Any SPAN rows of a strip are then the keys of a tile without being copied once more. The last
    numbers are left to the bonus, which depends on the tile.
    """
    rows, columns, dimensions = cells.shape
    across = (columns - 2 * REACH) // TILE
    strips = torch.empty(across, rows, SPAN, dimensions + TILE)
    strips[..., :dimensions] = cells.unfold(1, SPAN, TILE).permute(1, 0, 3, 2)
    return strips


@cache
def _row_bonus() -> Tensor:
    """(TILE, SPAN) what a product gains, by the rows of the cell in the tile and of the other one.

    Number n of the last five bits is row 8, 9, 7, 10, 6.. of the window for n = 16, 15, 14...
    """
    step = torch.arange(SPAN) - torch.arange(TILE)[:, None] - REACH
    return torch.where(step.abs() <= REACH, _nearness(step) * UNIT, OUTSIDE)


def _nearness(step: Tensor) -> Tensor:
    return 2 * (REACH - step.abs()) + (step > 0)


_STEPS: NDArray[np.intp] = np.zeros(32, dtype=np.intp)
_STEPS[_nearness(torch.arange(-REACH, REACH + 1)).numpy()] = np.arange(-REACH, REACH + 1)
"""By nearness."""


def _best_of_queries(products: Tensor) -> Tensor:
    """Return (TILE, columns, WINDOW), by the row and column of the later frame."""
    keys = SPAN * SPAN
    strides = (TILE * TILE * keys, TILE * keys + SPAN, keys + 1, SPAN, 1)
    shape = (len(products), TILE, TILE, WINDOW, WINDOW)
    best = _largest(products.as_strided(shape, strides), 3)
    return best.transpose(0, 1).reshape(TILE, -1, WINDOW)


def _best_of_keys(products: Tensor) -> Tensor:
    """Return (SPAN, columns, WINDOW), by the earlier frame's row and the *later* one's column."""
    keys = SPAN * SPAN
    strides = (TILE * TILE * keys, TILE * keys, SPAN, keys + 1, 1)
    shape = (len(products), TILE, SPAN, TILE, WINDOW)
    best = _largest(products.as_strided(shape, strides), 1)
    return best.transpose(0, 1).reshape(SPAN, -1, WINDOW)


def _raise(best: Tensor, found: Tensor) -> None:
    """Raise (rows, columns + 2 REACH, WINDOW) to what was found by the other frame's columns.

    What lies c columns to the right of a cell has that cell c columns to its left.
    """
    rows, columns, _window = found.shape
    turned = best.as_strided(
        (rows, columns, WINDOW),
        (best.stride(0), WINDOW, WINDOW - 1),
        best.storage_offset() + WINDOW - 1,
    )
    torch.maximum(turned, found, out=turned)


def _largest(products: Tensor, dimension: int) -> Tensor:
    """The same as ``amax``, which is half as fast over such views."""
    first, second, *rest = products.unbind(dimension)
    best = torch.maximum(first, second)
    for other in rest:
        torch.maximum(best, other, out=best)
    return best


def _choose(best: NDArray[np.float32], sign: int) -> NDArray[np.uint16]:
    """Return (cells, LINKS) links from the best along each column of a window.

    Args:
        best: (rows, columns, WINDOW); see ``_best_by_column``.
        sign: 1 where the last bits are the neighbour's row, -1 where its opposite.
    """
    columns = _nearness(torch.arange(-REACH, REACH + 1)).numpy()
    numbers = (best.reshape(-1, WINDOW) * np.float32(1 / UNIT)).astype(np.int32)
    np.maximum(numbers, 0, out=numbers)
    numbers <<= 5
    numbers |= columns.astype(np.int32)
    numbers.sort(axis=1)
    ranked = numbers[:, : -LINKS - 1 : -1]
    similarity = (ranked >> 10) * np.float32(32 * UNIT)
    return pack(similarity, sign * _STEPS[ranked >> 5 & 31], _STEPS[ranked & 31])


def _is_cut(found: tuple[Tensor, Tensor]) -> bool:
    return max(float(best.amax(2).mean()) for best in found) < CUT_BELOW
