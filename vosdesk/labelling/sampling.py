"""Painted pixels to reference cells: each grid cell that paint touches, with its soft label.

A cell's soft label tells how much of the cell was painted with each object; what was not painted
is not known, so a cell that is painted in part has less of a vote than a whole one. But a vote is
LEAST at least: a click or a thin stroke is meant to be heard. The cell belongs to the annotation
that painted most of it (to the newest one where two painted alike). A wide stroke
leaves out the cells that it barely touches, since what it touches there may be something else; a
click or a thin stroke keeps its best cells however little of them it covers. An annotation that
owns no cell, such as a small correction on a mask, gives one more reference with nothing but its
own label, where it painted most.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vosdesk.arrays import VOID
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

_USUAL_RUNS = 1 << 13
"""Of paint on a frame, unless it is a mask."""
_OWNERS = 1 << 32
_LABELS = 1 << 8


@dataclass(frozen=True, eq=False)
class SampledCells:
    """Reference cells of one frame, without embeddings; sorted by cell, then annotation.

    Attributes:
        cells: (n, 2) int32 row and column.
        object_ids: The L labels that occur, ascending.
        labels: (n, L) float32 soft labels; a row sums to the cell's vote, LEAST..1.
        annotation_ids: (n,) int32.
    """

    cells: NDArray[np.int32]
    object_ids: tuple[int, ...]
    labels: NDArray[np.float32]
    annotation_ids: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class _Counts:
    """How many pixels of a cell an annotation painted with a label; one entry per such triple.

    In the order of cells, then annotations, then labels.
    """

    cell: NDArray[np.int64]
    owner: NDArray[np.int64]
    label: NDArray[np.int64]
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
    rows = cells_of_pixels(height, network.height)
    columns = cells_of_pixels(width, network.width)
    grid = grid_of(network)
    area = np.outer(
        np.bincount(rows, minlength=grid.rows), np.bincount(columns, minlength=grid.columns)
    )
    return _choose(_count(painted, rows, columns, grid.columns), area)


def _count(
    painted: PaintedFrame, rows: NDArray[np.intp], columns: NDArray[np.intp], grid_columns: int
) -> _Counts:
    """Count painted pixels by cell, owner and label.

    Along a line of pixels these stay the same for most of a cell's width: only runs are sorted.
    """
    keys, lengths = np.zeros((2, _USUAL_RUNS), dtype=np.int64)
    where = painted.labels, painted.owners, rows * grid_columns, columns
    while (count := _find_runs(*where, keys, lengths)) > len(keys):
        keys, lengths = np.zeros((2, count), dtype=np.int64)
    key, inverse = np.unique(keys[:count], return_inverse=True)
    return _Counts(
        cell=key // (_OWNERS * _LABELS),
        owner=key // _LABELS % _OWNERS,
        label=key % _LABELS,
        pixels=np.bincount(inverse, weights=lengths[:count]).astype(np.int64),
    )


@compiled
def _find_runs(
    labels: LabelMap,
    owners: NDArray[np.int32],
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    keys: NDArray[np.int64],
    lengths: NDArray[np.int64],
) -> int:
    """Find runs of painted pixels with the same cell, owner and label, line by line.

    Args:
        labels: (height, width).
        owners: (height, width).
        rows: (height,) number of the first cell of each pixel's row of cells.
        columns: (width,) column of cells.
        keys: Filled in with cell, owner and label in one number, as far as there is room.
        lengths: Filled in with pixels; zeros yet.

    Returns:
        How many there are.
    """
    count = 0
    for y in range(labels.shape[0]):
        before = -1
        for x in range(labels.shape[1]):
            label, owner = np.int64(labels[y, x]), np.int64(owners[y, x])
            if label == VOID or owner < 0:
                before = -1
                continue
            key = ((rows[y] + columns[x]) * _OWNERS + owner) * _LABELS + label
            if key != before:
                count += 1
                before = key
            if count <= len(keys):
                keys[count - 1] = key
                lengths[count - 1] += 1
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
    shape = len(cells), len(object_ids)
    pairs = place * len(object_ids) + column
    labels = np.bincount(pairs, counts.pixels, minlength=math.prod(shape)).reshape(shape)
    share = labels.sum(axis=1) / area.ravel()[cells]
    owners = _owners(counts, place, len(cells))
    kept = _full_enough(owners, share)
    extra_cells, extra_labels, extra_owners = _without_a_cell(counts, owners[kept], object_ids)

    cell = np.concatenate([cells[kept], extra_cells])
    vote = np.maximum(share[np.searchsorted(cells, cell)], LEAST)
    owner = np.concatenate([owners[kept], extra_owners])
    mixture = np.concatenate([labels[kept], extra_labels])
    order = np.lexsort((owner, cell))
    used = mixture.any(axis=0)
    return SampledCells(
        cells=np.stack(np.divmod(cell[order], area.shape[1]), axis=1).astype(np.int32),
        object_ids=tuple(int(object_id) for object_id in object_ids[used]),
        labels=_scaled(mixture, vote)[order][:, used],
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
    """Return cell and label counts of each annotation that none of the chosen cells belongs to."""
    homeless = np.setdiff1d(counts.owner, owners)
    cells = np.empty(len(homeless), dtype=np.int64)
    labels = np.zeros((len(homeless), len(object_ids)))
    for place, owner in enumerate(homeless):
        own = counts.owner == owner
        touched, inverse = np.unique(counts.cell[own], return_inverse=True)
        cells[place] = touched[np.bincount(inverse, weights=counts.pixels[own]).argmax()]
        there = own & (counts.cell == cells[place])
        labels[place, np.searchsorted(object_ids, counts.label[there])] = counts.pixels[there]
    return cells, labels, homeless


def _scaled(mixture: NDArray[np.float64], sums: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the mixtures so scaled that the rows have the given sums."""
    scaled: NDArray[np.float64] = mixture * (sums / mixture.sum(axis=1))[:, None]
    return scaled.astype(np.float32)
