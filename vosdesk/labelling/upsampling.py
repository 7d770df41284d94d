"""From the grid back to the source's pixels: bilinear soft scores, then the best label.

A score belongs to the centre of its grid cell, and the cell's place in the source follows from
the network's input size, exactly as in ``sampling``. Scores are brought up and compared, never
labels: a border then runs between the cells as their shares say, which is worth four points of J.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from vosdesk.arrays import VOID, check_label_map
from vosdesk.labelling.geometry import check_grid, pixels_per_cell

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vosdesk.arrays import LabelMap, PaintedFrame, Size
    from vosdesk.labelling.engine import FrameLabels


def to_label_map(
    labels: FrameLabels, size: Size, network: Size, painted: PaintedFrame | None = None
) -> LabelMap:
    """Return the label map of a frame at the source's size.

    Labels are compared one after the other, so the memory does not grow with their number. Of
    equal scores the smaller object id wins, background before all.

    Args:
        labels: The soft labels on the grid.
        size: The source's size.
        network: The network's input size for it.
        painted: What the user painted on this frame; painted pixels keep their label.

    Returns:
        (height, width) uint8.

    Raises:
        ValueError: The grid is not that of the input size.
        TypeError: The paint is not of the source's size.
    """
    best = _upsample(labels.scores[0], size, network)
    label_map = np.full(best.shape, labels.object_ids[0], dtype=np.uint8)
    for object_id, score in zip(labels.object_ids[1:], labels.scores[1:], strict=True):
        if score.any():
            score_map = _upsample(score, size, network)
            label_map[score_map > best] = object_id
            np.maximum(best, score_map, out=best)
    if painted is not None:
        hard = check_label_map(painted.labels, size)
        np.copyto(label_map, hard, where=hard != VOID)
    return label_map


def confidence_at(labels: FrameLabels, size: Size, network: Size) -> NDArray[np.float32]:
    """Return the confidence at the source's size, (height, width) float32, 0..1.

    Raises:
        ValueError: The grid is not that of the input size.
    """
    return _upsample(labels.confidence, size, network)


def _upsample(cells: NDArray[np.float32], size: Size, network: Size) -> NDArray[np.float32]:
    """Return the value at the centre of every pixel, linear between the centres of cells."""
    check_grid(cells.shape, network)
    across, down = pixels_per_cell(size, network)
    # With factors instead of a size OpenCV scales by just these: the grid may reach beyond the
    # picture, and what lies there is cut off.
    whole = cv2.resize(cells, None, fx=across, fy=down, interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(whole[: size.height, : size.width])
