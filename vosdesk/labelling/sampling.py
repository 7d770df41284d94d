"""Painted pixels to reference cells: each grid cell that paint touches, with its soft label.

A cell's soft label tells how much of the cell was painted with each object; what was not painted
is not known, so a cell that is painted in part has less of a vote than a whole one. But a vote is
LEAST at least: a click or a thin stroke is meant to be heard. The cell belongs to the annotation
that painted most of it (to the newest one where two painted alike). A wide stroke
leaves out the cells that it barely touches, since what it touches there may be something else; a
click or a thin stroke keeps its best cells however little of them it covers. An annotation that
owns no cell, such as a small correction on a mask, gives one more reference with nothing but its
own label, where it painted most.

A soft label is the sum of what the cell's quarters contribute to it, each as much as was painted
there: a cell across a border is of two labels, but its quarters are often of one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vosdesk.arrays import QUARTERS, QUARTERS_ACROSS, STRIDE, VOID
from vosdesk.compiled import compiled
from vosdesk.embedding.input_size import grid_of
from vosdesk.labelling.geometry import cells_of_pixels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vosdesk.arrays import LabelMap, PaintedFrame, Size

BARELY = 0.25
"""A cell of which less is painted is left out where its annotation has cells twice as full."""

LEAST = 0.25
"""Of a vote a cell has at least this part, however little of it is painted."""

_USUAL = 1 << 16
"""Of counts on a frame: one for each quarter of a mask, and some for where labels meet."""
_OWNERS = 1 << 32
_LABELS = 1 << 8


@dataclass(frozen=True, eq=False)
class SampledCells:
    """Reference cells of one frame, without embeddings; sorted by cell, then annotation.

    Attributes:
        cells: (n, 2) int32 row and column.
        object_ids: The L labels that occur, ascending.
        labels: (n, L) float32 soft labels; a row sums to the cell's vote, LEAST..1.
        quarters: (n, QUARTERS, L) float32 what each quarter of the cell contributes to it.
        annotation_ids: (n,) int32.
    """

    cells: NDArray[np.int32]
    object_ids: tuple[int, ...]
    labels: NDArray[np.float32]
    quarters: NDArray[np.float32]
    annotation_ids: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class _Counts:
    """How many pixels of a quarter of a cell an annotation painted with a label.

    In the order of cells, then annotations, then labels, then quarters.
    """

    cell: NDArray[np.int64]
    owner: NDArray[np.int64]
    label: NDArray[np.int64]
    quarter: NDArray[np.int64]
    pixels: NDArray[np.int64]


def sample_cells(painted: PaintedFrame, network: Size) -> SampledCells:
    """Return the reference cells of what was painted on a frame.

    Args:
        painted: The paint, at the source's size.
        network: The network's input size for it.

    Raises:
        TypeError: Labels and owners are not of one size.
    """
    height, width = painted.labels.shape
    if painted.owners.shape != (height, width):
        raise TypeError(f"owners are {painted.owners.shape}, labels {painted.labels.shape}")
    down = cells_of_pixels(height, network.height, STRIDE // QUARTERS_ACROSS)
    across = cells_of_pixels(width, network.width, STRIDE // QUARTERS_ACROSS)
    grid = grid_of(network)
    area = np.outer(
        np.bincount(down // QUARTERS_ACROSS, minlength=grid.rows),
        np.bincount(across // QUARTERS_ACROSS, minlength=grid.columns),
    )
    return _choose(_count(painted, down, across, grid.columns), area)


def _count(
    painted: PaintedFrame, down: NDArray[np.intp], across: NDArray[np.intp], grid_columns: int
) -> _Counts:
    """Count painted pixels by cell, owner, label and quarter.

    Args:
        painted: The paint.
        down: (height,) row of quarters of each line of pixels.
        across: (width,) column of quarters of each column of pixels.
        grid_columns: Columns of cells.
    """
    where = painted.labels, painted.owners, down, across, grid_columns
    keys, pixels = np.empty((2, _USUAL), dtype=np.int64)
    count = _count_by_quarter(*where, keys, pixels)
    if count < 0:
        keys, pixels = np.empty((2, painted.labels.size), dtype=np.int64)
        count = _count_by_quarter(*where, keys, pixels)
    key, inverse = np.unique(keys[:count], return_inverse=True)
    return _Counts(
        cell=key // (_OWNERS * _LABELS * QUARTERS),
        owner=key // (_LABELS * QUARTERS) % _OWNERS,
        label=key // QUARTERS % _LABELS,
        quarter=key % QUARTERS,
        pixels=np.bincount(inverse, weights=pixels[:count]).astype(np.int64),
    )


@compiled
def _count_by_quarter(
    labels: LabelMap,
    owners: NDArray[np.int32],
    down: NDArray[np.intp],
    across: NDArray[np.intp],
    grid_columns: int,
    keys: NDArray[np.int64],
    pixels: NDArray[np.int64],
) -> int:
    """Count painted pixels with the same quarter, owner and label; most of these stand once.

    Args:
        labels: (height, width).
        owners: (height, width).
        down: (height,) row of quarters of each line of pixels.
        across: (width,) column of quarters of each column of pixels.
        grid_columns: Columns of cells.
        keys: Filled in with cell, owner, label and quarter in one number.
        pixels: Filled in with how many there are.

    Returns:
        How many counts; -1 where there is no room for them.
    """
    count = 0
    newest = np.full(QUARTERS_ACROSS * grid_columns, -1, dtype=np.int64)
    for y in range(labels.shape[0]):
        if y and down[y] != down[y - 1]:
            newest[:] = -1
        row = np.int64(down[y] // QUARTERS_ACROSS * grid_columns)
        lower = QUARTERS_ACROSS * (down[y] % QUARTERS_ACROSS)
        for x in range(labels.shape[1]):
            label, owner = np.int64(labels[y, x]), np.int64(owners[y, x])
            if label == VOID or owner < 0:
                continue
            column = across[x]
            key = ((row + column // QUARTERS_ACROSS) * _OWNERS + owner) * _LABELS + label
            key = key * QUARTERS + lower + column % QUARTERS_ACROSS
            place = newest[column]
            if place < 0 or keys[place] != key:
                if count == len(keys):
                    return -1
                place = newest[column] = count
                keys[place], pixels[place] = key, 0
                count += 1
            pixels[place] += 1
    return count


def _numbered(*sequences: NDArray[np.integer]) -> NDArray[np.intp]:
    """Return for each of n entries how many runs end before it; in one no sequence changes."""
    changes = np.zeros(len(sequences[0]), dtype=np.bool_)
    for values in sequences:
        changes[1:] |= values[1:] != values[:-1]
    return changes.cumsum()


def _choose(counts: _Counts, area: NDArray[np.int64]) -> SampledCells:
    place = _numbered(counts.cell)
    cells = counts.cell[np.flatnonzero(np.diff(place, prepend=-1))]
    object_ids, column = np.unique(counts.label, return_inverse=True)
    shape = len(cells), QUARTERS, len(object_ids)
    triples = (place * QUARTERS + counts.quarter) * len(object_ids) + column
    painted = np.bincount(triples, counts.pixels, minlength=math.prod(shape)).reshape(shape)
    share = painted.sum(axis=(1, 2)) / area.ravel()[cells]
    owners = _owners(counts, place, len(cells))
    kept = _full_enough(owners, share)
    extra_cells, extra_painted, extra_owners = _without_a_cell(counts, owners[kept], object_ids)

    cell = np.concatenate([cells[kept], extra_cells])
    vote = np.maximum(share[np.searchsorted(cells, cell)], LEAST)
    owner = np.concatenate([owners[kept], extra_owners])
    mixture = np.concatenate([painted[kept], extra_painted])
    order = np.lexsort((owner, cell))
    used = mixture.any(axis=(0, 1))
    quarters = _scaled(mixture, vote)[order][:, :, used]
    labels = _scaled(mixture.sum(axis=1, keepdims=True), vote)[order][:, 0, used]
    return SampledCells(
        cells=np.stack(np.divmod(cell[order], area.shape[1]), axis=1).astype(np.int32),
        object_ids=tuple(int(object_id) for object_id in object_ids[used]),
        labels=labels,
        quarters=quarters,
        annotation_ids=owner[order].astype(np.int32),
    )


def _owners(counts: _Counts, place: NDArray[np.intp], cells: int) -> NDArray[np.int64]:
    """Return the annotation that painted most of each cell, the newest of equals."""
    pairs = _numbered(place, counts.owner)
    pixels = np.bincount(pairs, weights=counts.pixels)
    first = np.flatnonzero(np.diff(pairs, prepend=-1))
    place_of, owner_of = place[first], counts.owner[first]
    order = np.lexsort((owner_of, pixels, place_of))
    owners = np.empty(cells, dtype=np.int64)
    owners[place_of[order]] = owner_of[order]  # of a place named often, the last one stays
    return owners


def _full_enough(owners: NDArray[np.int64], share: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which cells are not merely touched, measured by their annotation's fullest cell."""
    _ids, inverse = np.unique(owners, return_inverse=True)
    fullest = np.zeros(len(_ids))
    np.maximum.at(fullest, inverse, share)
    return share >= np.minimum(BARELY, fullest[inverse] / 2)


def _without_a_cell(
    counts: _Counts, owners: NDArray[np.int64], object_ids: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Return cell and counts of each annotation that none of the chosen cells belongs to.

    The counts are (annotations, QUARTERS, L).
    """
    homeless = np.setdiff1d(counts.owner, owners)
    cells = np.empty(len(homeless), dtype=np.int64)
    painted = np.zeros((len(homeless), QUARTERS, len(object_ids)))
    for place, owner in enumerate(homeless):
        own = counts.owner == owner
        touched, inverse = np.unique(counts.cell[own], return_inverse=True)
        cells[place] = touched[np.bincount(inverse, weights=counts.pixels[own]).argmax()]
        there = own & (counts.cell == cells[place])
        column = np.searchsorted(object_ids, counts.label[there])
        painted[place, counts.quarter[there], column] = counts.pixels[there]
    return cells, painted, homeless


def _scaled(mixture: NDArray[np.float64], sums: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the mixtures, (n, quarters, L), so scaled that they have the given sums."""
    scaled: NDArray[np.float64] = mixture * (sums / mixture.sum(axis=(1, 2)))[:, None, None]
    return scaled.astype(np.float32)
