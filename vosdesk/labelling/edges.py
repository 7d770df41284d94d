"""Borders at the pixels of a frame that is larger than the network saw it.

What the network never saw cannot be in its upsampling weights, but the picture shows it. Near a
border every label has its colour, and a pixel goes to the label whose colour it has: with m the
mean and v the variance of a colour among the pixels around that have the label (or do not), the
log-likelihood ratio of the two at colour I is

    L(I) = (|I - m_not|^2 - |I - m_has|^2) / (2 v),    v the mean of v_has and v_not

linear in I. This is local colour modelling after Bai, Wang, Simons and Sapiro, "Video SnapCut",
SIGGRAPH 2009, section 3.1, with one Gaussian of one variance on each side. Means and variances are
found at the size of the fine pixels, where they are cheap, and L is taken at the source's pixels;
it is added to the score, so that it decides only where the score does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from vosdesk.arrays import FINE_PER_CELL, STRIDE, Size
from vosdesk.embedding.input_size import grid_of
from vosdesk.labelling.best import best_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vosdesk.arrays import Frame, LabelMap, ObjectId, ScoreMap

NEAR = 2
"""Fine pixels from the border up to which pixels may change their label."""
AROUND = 2.0
"""Fine pixels, the standard deviation of the Gaussian window in which colours are learnt."""
SURE = 6.0
"""How sharply a score that is ahead of the others tells that its label is there."""
LEAST_VARIANCE = 1e-3
"""Of a colour, red, green and blue together, each 0..1."""
LEAST_SHARE = 1e-3
"""Of the window that must have the label, for the mean to mean something."""
MOST_LIKELY = 3.0
"""Bound of the log-likelihood ratio."""
TRUST = 0.5
"""What the bound is worth in score."""
LINE = 1024
"""So many places are looked up in a row."""


def is_finer(size: Size, network: Size) -> bool:
    """Return whether frames of this size show more than the network's input of that size does."""
    return size.width > network.width and size.height > network.height


def follow_edges(
    label_map: LabelMap,
    frame: Frame,
    fine: ScoreMap,
    object_ids: Sequence[ObjectId],
    network: Size,
) -> None:
    """Decide anew, by the frame's colours too, what the pixels near borders are.

    A pixel only gets a label that is the best of a fine pixel nearby. Without upsampling weights
    scores are known of cells only, and those are brought to the fine pixels first.

    Args:
        label_map: (height, width) uint8, labelled by the scores alone; changed in place.
        frame: (height, width, 3), the picture.
        fine: (labels, rows, columns) float32 scores of fine pixels, or of cells.
        object_ids: (labels,) what they are scores of.
        network: The network's input size for the frame.
    """
    if len(fine) < 2:
        return
    fine = _of_fine_pixels(fine, network)
    near = _near(fine)
    places = _Places(label_map.shape, fine.shape[1:], network, near.sum(axis=0) > 1)
    if not len(places.rows):
        return
    picture = _at_fine_pixels(frame, fine.shape[1:], network)
    colours = frame[places.rows, places.columns] / np.float32(255)
    best = np.full(len(colours), -np.inf, dtype=np.float32)
    chosen = label_map[places.rows, places.columns]
    likely = np.zeros_like(best)
    for number, object_id in enumerate(object_ids):
        if len(fine) == 2 and number == 1:
            likely = -likely  # the same colours, the other way round
        else:
            model = places.sample(_colour_model(picture, _shares(fine, number)))
            likely = model[:, 3] + np.einsum("pc,pc->p", model[:, :3], colours)
            likely = likely.clip(-MOST_LIKELY, MOST_LIKELY) / MOST_LIKELY
        score = places.sample(fine[number]) + TRUST * likely
        score[~places.nearest(near[number])] = -np.inf
        chosen[score > best] = object_id
        np.maximum(best, score, out=best)
    label_map[places.rows, places.columns] = chosen


def _of_fine_pixels(scores: ScoreMap, network: Size) -> ScoreMap:
    rows, columns = (FINE_PER_CELL * cells for cells in grid_of(network))
    if scores.shape[1:] == (rows, columns):
        return scores
    return np.stack([cv2.resize(score, (columns, rows)) for score in scores])


def _near(fine: ScoreMap) -> NDArray[np.bool_]:
    """Return (labels, rows, columns), where a label is the best of a fine pixel nearby."""
    best = best_labels(fine)
    window = np.ones((2 * NEAR + 1, 2 * NEAR + 1), np.uint8)
    return np.stack(
        [cv2.dilate((best == n).astype(np.uint8), window) > 0 for n in range(len(fine))]
    )


def _shares(fine: ScoreMap, number: int) -> NDArray[np.float32]:
    """Return how surely each fine pixel has the label, 0..1."""
    others = np.delete(fine, number, axis=0).max(axis=0)
    ahead = SURE * (fine[number] - others)
    shares: NDArray[np.float32] = 1 / (1 + np.exp(-ahead.clip(-30, 30)))
    return shares


def _colour_model(picture: NDArray[np.float32], shares: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the log-likelihood ratio, (rows, columns, 4): its slope, and its offset last."""
    squares = _squared(picture)
    means, variances = [], []
    for part in (shares, 1 - shares):
        known = _blur(part) + LEAST_SHARE
        mean = _blur(picture * part[..., None]) / known[..., None]
        means.append(mean)
        variances.append((_blur(squares * part) / known - _squared(mean)).clip(min=0))
    has, has_not = means
    variance = (variances[0] + variances[1]) / 2 + np.float32(LEAST_VARIANCE)
    offset = (_squared(has_not) - _squared(has)) / (2 * variance)
    return np.dstack([(has - has_not) / variance[..., None], offset])


def _squared(colours: NDArray[np.float32]) -> NDArray[np.float32]:
    squared: NDArray[np.float32] = np.einsum("rcb,rcb->rc", colours, colours)
    return squared


def _blur(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), AROUND), dtype=np.float32)


def _at_fine_pixels(frame: Frame, shape: tuple[int, ...], network: Size) -> NDArray[np.float32]:
    """Return the picture's fine pixels, (rows, columns, 3) 0..1; beyond it its edge is repeated."""
    fine = STRIDE // FINE_PER_CELL
    size = (-(-network.width // fine), -(-network.height // fine))
    small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    missing = ((0, shape[0] - size[1]), (0, shape[1] - size[0]), (0, 0))
    return np.pad(small, missing, mode="edge") / np.float32(255)


class _Places:
    """Pixels of the source, and what lies there of what is known at the fine pixels.

    Attributes:
        rows: (pixels,) of the source.
        columns: (pixels,) of the source.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        fine_shape: tuple[int, ...],
        network: Size,
        wanted: NDArray[np.bool_],
    ) -> None:
        fine = STRIDE // FINE_PER_CELL
        down, across = (
            ((np.arange(pixels) + 0.5) * seen / (pixels * fine) - 0.5).astype(np.float32)
            for pixels, seen in zip(shape, (network.height, network.width), strict=True)
        )
        self._nearest_row, self._nearest_column = (
            np.rint(at).astype(np.intp).clip(0, length - 1)
            for at, length in zip((down, across), fine_shape, strict=True)
        )
        inside = wanted[self._nearest_row][:, self._nearest_column]
        self.rows, self.columns = np.nonzero(inside)
        # OpenCV wants places in a picture of less than 2 ** 15 rows and columns
        self._across, self._down = (
            np.resize(at, (-(-len(at) // LINE), LINE))
            for at in (across[self.columns], down[self.rows])
        )

    def nearest(self, values: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return what the fine pixel has in which each pixel lies."""
        rows, columns = self._nearest_row[self.rows], self._nearest_column[self.columns]
        inside: NDArray[np.bool_] = values[rows, columns]
        return inside

    def sample(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what lies at the pixels, (pixels, ...), linear between the fine pixels.

        Args:
            values: (rows, columns) float32, or with up to four channels.
        """
        edge = cv2.BORDER_REPLICATE
        sampled = cv2.remap(values, self._across, self._down, cv2.INTER_LINEAR, borderMode=edge)
        parts = np.asarray(sampled, dtype=np.float32).reshape(-1, *values.shape[2:])
        return parts[: len(self.rows)]
