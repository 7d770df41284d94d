"""The field's measures: region similarity J and contour accuracy F, and their summaries.

Perazzi et al., "A Benchmark Dataset and Evaluation Methodology for Video Object Segmentation",
CVPR 2016. Figures agree with the authors' evaluation code to the fourth digit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vosdesk.arrays import Mask

CONTOUR_TOLERANCE = 0.008
"""How far two contours may lie apart and still agree, as a part of the picture's diagonal."""
RECALL_THRESHOLD = 0.5


@dataclass(frozen=True)
class Summary:
    """One measure over the frames of a sequence.

    Attributes:
        mean: The average.
        recall: Part of the frames that score above one half.
        decay: Average of the first quarter of the frames minus that of the last: what is lost
            on the way.
    """

    mean: float
    recall: float
    decay: float


def jaccard(mask: Mask, truth: Mask) -> float:
    """Return J, the area of the intersection over that of the union; 1 where both are empty."""
    union = np.count_nonzero(mask | truth)
    return np.count_nonzero(mask & truth) / union if union else 1.0


def contour_accuracy(mask: Mask, truth: Mask) -> float:
    """Return F, the harmonic mean of the contours' precision and recall.

    A contour pixel is right where the other mask has one within the tolerance. Both contours
    empty count as perfect agreement, one of them as none.
    """
    contour, true_contour = _contour(mask), _contour(truth)
    tolerance = math.ceil(CONTOUR_TOLERANCE * math.hypot(*truth.shape))
    precision = _part_inside(contour, _grown(true_contour, tolerance))
    recall = _part_inside(true_contour, _grown(contour, tolerance))
    if not contour.any():
        recall = 0.0 if true_contour.any() else 1.0
    elif not true_contour.any():
        precision = 0.0
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def summarise(values: Sequence[float]) -> Summary:
    """Return mean, recall and decay of one measure over a sequence's frames.

    Raises:
        ValueError: There are no values.
    """
    if not values:
        raise ValueError("there is nothing to summarise")
    scores = np.asarray(values, dtype=np.float64)
    # Four quarters that share their border frames, as the authors' code cuts them.
    borders = np.round(np.linspace(1, len(scores), 5) + 1e-10).astype(int) - 1
    first = scores[borders[0] : borders[1] + 1].mean()
    last = scores[borders[3] : borders[4] + 1].mean()
    recall = float(np.mean(scores > RECALL_THRESHOLD))
    return Summary(float(scores.mean()), recall, float(first - last))


def _contour(mask: Mask) -> NDArray[np.uint8]:
    """Mark the pixels that differ from their neighbour to the right, below, or both."""
    padded = np.pad(mask, ((0, 1), (0, 1)), mode="edge")
    here = padded[:-1, :-1]
    contour = (here ^ padded[:-1, 1:]) | (here ^ padded[1:, :-1]) | (here ^ padded[1:, 1:])
    marked: NDArray[np.uint8] = contour.astype(np.uint8)
    return marked


def _grown(contour: NDArray[np.uint8], radius: int) -> NDArray[np.uint8]:
    """Mark everything within the radius of a contour."""
    y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    disk = (x * x + y * y <= radius * radius).astype(np.uint8)
    return cv2.dilate(contour, disk)  # type: ignore[return-value]


def _part_inside(contour: NDArray[np.uint8], area: NDArray[np.uint8]) -> float:
    total = np.count_nonzero(contour)
    return np.count_nonzero(contour & area) / total if total else 1.0
