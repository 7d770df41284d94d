"""From the grid back to the source's pixels: soft scores, then the best label.

A score belongs to the centre of its grid cell, and the cell's place in the source follows from
the network's input size, exactly as in ``sampling``. Scores are brought up and compared, never
labels: a border then runs between the cells as their shares say, which is worth four points of J.

Where the network says more of a frame (its upsampling map), every fine pixel near a border first
mixes the nine cells around it by the map's weights (``embedding.upsampler``), so that borders
follow the edges that the network saw. What quarters of cells know beyond their cells (``quarters``)
is added to that, bilinearly. The rest of the way, and all of it without a map, is bilinear. Of a
frame larger than the network saw it, the pixels near borders are then decided by the frame's own
colours too (``edges``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from vosdesk.arrays import (
    FINE_PER_CELL,
    FINE_PER_QUARTER,
    NEIGHBOUR_CELLS,
    UPSAMPLING_NUMBERS,
    UPSAMPLING_ONE,
    UPSAMPLING_ZERO,
    VOID,
    check_label_map,
)
from vosdesk.compiled import compiled
from vosdesk.embedding.input_size import grid_of
from vosdesk.labelling.edges import follow_edges
from vosdesk.labelling.geometry import check_grid, pixels_per_cell
from vosdesk.labelling.quarters import NEAR, near_borders, quarter_changes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vosdesk.arrays import (
        Frame,
        LabelMap,
        ObjectId,
        PaintedFrame,
        ScoreMap,
        Size,
        UpsamplingMap,
    )
    from vosdesk.labelling.engine import FrameLabels

REACH = NEAR + 1
"""The scores of cells farther from every border between labels decide no pixel: cells within NEAR
are mixed, those beside them are asked for that, for their quarters, and for what lies between their
fine pixels."""


def to_label_map(
    labels: FrameLabels,
    size: Size,
    network: Size,
    painted: PaintedFrame | None = None,
    upsampling: UpsamplingMap | None = None,
    frame: Frame | None = None,
    changes: ScoreMap | None = None,
) -> LabelMap:
    """Return the label map of a frame at the source's size.

    Of equal scores the smaller object id wins, background before all.

    Args:
        labels: The soft labels on the grid.
        size: The source's size.
        network: The network's input size for it.
        painted: What the user painted on this frame; painted pixels keep their label.
        upsampling: The frame's upsampling map, where the network makes one.
        frame: The picture itself, where it is larger than the network's input.
        changes: What quarters know beyond their cells, see ``quarter_changes``, where it shall be
            something else than what follows from ``labels``.

    Returns:
        (height, width) uint8.

    Raises:
        ValueError: The grid is not that of the input size.
        TypeError: The paint is not of the source's size.
    """
    check_grid(labels.scores.shape[1:], network)
    present = [n for n, score in enumerate(labels.scores) if n == 0 or score.any()]
    object_ids = [labels.object_ids[n] for n in present]
    # only differences decide, and there is one less of them than of labels
    ahead = labels.scores[present[1:]] - labels.scores[0]
    fine = ahead
    if upsampling is not None:
        near = near_borders(_with_the_first(ahead))
        fine = mix_cells(ahead, upsampling, near)
        if changes is None:
            changes = quarter_changes(labels, upsampling, near)
        if changes is not None and len(fine):
            fine += between_quarters(changes[present[1:]] - changes[0])
    label_map = np.full((size.height, size.width), object_ids[0], dtype=np.uint8)
    best: NDArray[np.float32] | None = None
    for object_id, score in zip(object_ids[1:], fine, strict=True):
        score_map = _to_source(score, size, network)
        _put(object_id, label_map, score_map > (0 if best is None else best))
        if object_id != object_ids[-1]:
            best = score_map.clip(min=0) if best is None else np.maximum(best, score_map)
    if frame is not None:
        follow_edges(label_map, frame, _with_the_first(fine), object_ids, network)
    if painted is not None:
        hard = check_label_map(painted.labels, size)
        np.copyto(label_map, hard, where=hard != VOID)
    return label_map


def mix_cells(ahead: ScoreMap, upsampling: UpsamplingMap, near: NDArray[np.bool_]) -> ScoreMap:
    """Return how far labels are ahead at the fine pixels; see ``embedding.upsampler``.

    Cells that are not near borders keep their own scores: weights may be negative, and must not put
    a label where no cell nearby has it. That is most of a frame, and most of the work is saved.

    Args:
        ahead: (labels - 1, rows, columns) float32, of every label but the first the score less
            that of the first.
        upsampling: (rows, columns, UPSAMPLING_NUMBERS) uint8.
        near: (rows, columns) which cells are near borders.

    Returns:
        (labels - 1, FINE_PER_CELL * rows, FINE_PER_CELL * columns) float32.

    Raises:
        ValueError: The weights are not those of so many cells.
    """
    labels, rows, columns = ahead.shape
    if upsampling.shape != (rows, columns, UPSAMPLING_NUMBERS):
        raise ValueError(f"weights of {upsampling.shape} are not for {rows} x {columns} cells")
    fine = np.empty((labels, FINE_PER_CELL * rows, FINE_PER_CELL * columns), dtype=np.float32)
    _mix(ahead, near, upsampling, fine)
    return fine


def between_quarters(changes: ScoreMap) -> ScoreMap:
    """Return (labels, rows, columns) of quarters at the fine pixels, bilinearly."""
    size = tuple(FINE_PER_QUARTER * side for side in changes.shape[:0:-1])
    return np.stack([cv2.resize(c, size, interpolation=cv2.INTER_LINEAR) for c in changes])  # type: ignore[arg-type]


@compiled
def _mix(
    ahead: ScoreMap, near: NDArray[np.bool_], upsampling: UpsamplingMap, fine: ScoreMap
) -> None:
    """Fill in the fine pixels.

    Args:
        ahead: (labels - 1, rows, columns).
        near: (rows, columns).
        upsampling: (rows, columns, UPSAMPLING_NUMBERS).
        fine: (labels - 1, FINE_PER_CELL * rows, FINE_PER_CELL * columns).
    """
    labels, rows, columns = ahead.shape
    around = np.empty(NEIGHBOUR_CELLS, dtype=np.float32)
    fine_pixels = FINE_PER_CELL**2
    mixed = np.empty(fine_pixels, dtype=np.float32)
    zero, one = np.float32(UPSAMPLING_ZERO), np.float32(UPSAMPLING_ONE)
    for row in range(rows):
        for column in range(columns):
            for label in range(labels):
                mixed[:] = ahead[label, row, column]
                if near[row, column]:
                    for number in range(NEIGHBOUR_CELLS):
                        y = min(max(row + number // 3 - 1, 0), rows - 1)
                        x = min(max(column + number % 3 - 1, 0), columns - 1)
                        around[number] = ahead[label, y, x]
                    weights = upsampling[row, column]
                    for place in range(fine_pixels):
                        total = np.float32(0)
                        for number in range(NEIGHBOUR_CELLS):
                            weight = np.float32(weights[number * fine_pixels + place]) - zero
                            total += around[number] * weight
                        mixed[place] = total / one
                for down in range(FINE_PER_CELL):
                    for right in range(FINE_PER_CELL):
                        fine[label, FINE_PER_CELL * row + down, FINE_PER_CELL * column + right] = (
                            mixed[FINE_PER_CELL * down + right]
                        )


def _with_the_first(ahead: ScoreMap) -> ScoreMap:
    """Return how far every label is ahead of the first, the first one too: by nothing."""
    return np.pad(ahead, ((1, 0), (0, 0), (0, 0)))


def _put(object_id: ObjectId, label_map: LabelMap, where: NDArray[np.bool_]) -> None:
    """The same as ``label_map[where] = object_id``, in a third of the time."""
    bits = where.view(np.uint8) * np.uint8(255)
    np.bitwise_or(label_map & ~bits, bits & np.uint8(object_id), out=label_map)


def confidence_at(labels: FrameLabels, size: Size, network: Size) -> NDArray[np.float32]:
    """Return the confidence at the source's size, (height, width) float32, 0..1.

    Raises:
        ValueError: The grid is not that of the input size.
    """
    check_grid(labels.confidence.shape, network)
    return np.ascontiguousarray(_to_source(labels.confidence, size, network))


def _to_source(values: NDArray[np.float32], size: Size, network: Size) -> NDArray[np.float32]:
    """Return the value at the centre of every pixel, linear between the centres given.

    Args:
        values: One for each cell, or for each of so many parts of the cells.
        size: The source's size.
        network: The network's input size for it.
    """
    parts = values.shape[0] // grid_of(network).rows
    across, down = (side / parts for side in pixels_per_cell(size, network))
    # With factors instead of a size OpenCV scales by just these: the grid may reach beyond the
    # picture, and what lies there is cut off.
    whole = cv2.resize(values, None, fx=across, fy=down, interpolation=cv2.INTER_LINEAR)
    if whole.shape == values.shape:  # OpenCV copies what keeps its size, whatever the factors
        whole = _between(_between(values, down).T, across).T
    inside: NDArray[np.float32] = whole[: size.height, : size.width]  # type: ignore[assignment]
    return inside


def _between(values: NDArray[np.float32], factor: float) -> NDArray[np.float32]:
    """Return as many rows as there are, linear between those given, at so many to one of them."""
    last = len(values) - 1
    place = ((np.arange(len(values)) + 0.5) / factor - 0.5).clip(0, last)
    above = np.floor(place).astype(np.intp)
    share = (place - above).astype(np.float32)[:, None]
    between: NDArray[np.float32] = values[above] * (1 - share)
    between += values[np.minimum(above + 1, last)] * share
    return between
