"""What the upsampler is trained on: small views across an object's border, with scores to bring up.

Three kinds of view, since each alone teaches something wrong:

* of training videos, with the scores that retrieval by the finished embedding gave: what the
  upsampler will really get, errors included;
* of training videos at another scale, with exact coverage in place of scores;
* of still images with exact masks (objects of every kind, where the videos show thirty), likewise.

Exact coverage is blurred and disturbed half of the time, as scores are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from vosdesk.arrays import BACKGROUND, STRIDE, VOID, Frame, LabelMap
from vosdesk.errors import VosdeskError
from vosdesk.evaluation.davis import read_annotation
from vosdesk.training.augmentation import relight
from vosdesk.training.dataset import network_input, network_labels
from vosdesk.video.images import read_image

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vosdesk.arrays import ObjectId
    from vosdesk.training.dataset import TrainingFrame
    from vosdesk.training.stills import Still

FROM_STILLS = 0.3
"""Part of the views that shows still images, where there are some."""
FROM_RETRIEVAL = 0.75
"""Part of the others that has scores of retrieval."""
VIDEO_SCALES = (0.6, 1.3)
STILL_SCALES = (1.0, 1.5)
"""How much larger than the view needs to be a still image is shown: they are small."""
LEFT_EXACT = 0.6
"""Part of the exact coverage that stays exact."""
BORDER = 30
"""Pixels that an object must have."""
ATTEMPTS = 100


@dataclass(frozen=True, eq=False)
class ScoredFrame:
    """A training frame with the scores that retrieval gave to one of its objects.

    Attributes:
        frame: The frame, not mirrored.
        object_id: The object.
        scores: (rows, columns) float16.
    """

    frame: TrainingFrame
    object_id: ObjectId
    scores: NDArray[np.float16]


@dataclass(frozen=True, eq=False)
class EdgeView:
    """One view.

    Attributes:
        picture: (side, side, 3).
        truth: (side, side) float32, which part of each pixel the object covers.
        known: (side, side) bool, where the truth is known.
        scores: (side / STRIDE, side / STRIDE) float32, to be brought up.
    """

    picture: Frame
    truth: NDArray[np.float32]
    known: NDArray[np.bool_]
    scores: NDArray[np.float32]


def draw_view(
    scored: Sequence[ScoredFrame], stills: Sequence[Still], side: int, rng: np.random.Generator
) -> EdgeView:
    """Draw a view at random.

    Args:
        scored: Frames of training videos.
        stills: Still images, or none.
        side: Pixels of the view in each direction, a multiple of STRIDE.
        rng: The source of chance.

    Raises:
        VosdeskError: No view was found that shows an object's border.
    """
    for _ in range(ATTEMPTS):
        if stills and rng.random() < FROM_STILLS:
            view = _view_of_still(stills[int(rng.integers(len(stills)))], side, rng)
        elif rng.random() < FROM_RETRIEVAL:
            view = _view_with_scores(scored[int(rng.integers(len(scored)))], side, rng)
        else:
            view = _view_of_frame(scored[int(rng.integers(len(scored)))], side, rng)
        if view is not None:
            return view
    raise VosdeskError(
        f"No object's border was found on frames of at least {side} pixels to train on."
    )


def _view_with_scores(item: ScoredFrame, side: int, rng: np.random.Generator) -> EdgeView | None:
    labels = network_labels(item.frame)
    return _cut(
        network_input(item.frame),
        (labels == item.object_id).astype(np.float32),
        labels != VOID,
        item.scores.astype(np.float32),
        side,
        rng,
    )


def _view_of_frame(item: ScoredFrame, side: int, rng: np.random.Generator) -> EdgeView | None:
    scale = rng.uniform(*VIDEO_SCALES)
    picture, labels = network_input(item.frame), network_labels(item.frame)
    return _cut(*_scaled(picture, labels, item.object_id, scale), None, side, rng)


def _view_of_still(still: Still, side: int, rng: np.random.Generator) -> EdgeView | None:
    picture, labels = read_image(still.image), read_annotation(still.mask)
    present = np.setdiff1d(labels, (BACKGROUND, VOID))
    if not len(present) or picture.shape[:2] != labels.shape:
        return None
    scale = max(side / min(labels.shape), 1.0) * rng.uniform(*STILL_SCALES)
    return _cut(*_scaled(picture, labels, int(rng.choice(present)), scale), None, side, rng)


def _scaled(
    picture: Frame, labels: LabelMap, object_id: ObjectId, scale: float
) -> tuple[Frame, NDArray[np.float32], NDArray[np.bool_]]:
    """Return picture, coverage by the object, and where that is known, at another scale."""
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    # the size is rounded up, so that the view still fits
    size = tuple(int(np.ceil(side * scale)) for side in labels.shape[::-1])
    truth, known = (
        cv2.resize(part.astype(np.float32), size, interpolation=how)
        for part in (labels == object_id, labels != VOID)
    )
    resized = cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC if scale > 1 else how)
    return resized, truth, known > 0.99  # type: ignore[return-value]


def _cut(
    picture: Frame,
    truth: NDArray[np.float32],
    known: NDArray[np.bool_],
    scores: NDArray[np.float32] | None,
    side: int,
    rng: np.random.Generator,
) -> EdgeView | None:
    """Cut a window of whole cells that shows some of the border; None where there is none."""
    inside = (truth > 0.5).astype(np.uint8)
    if min(inside.shape) < side or np.count_nonzero(inside) < BORDER:
        return None
    border = np.argwhere(cv2.morphologyEx(inside, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)))
    if not len(border):
        return None
    corner = border[int(rng.integers(len(border)))] - rng.integers(side, size=2)
    top, left = np.clip(corner, 0, np.array(inside.shape) - side) // STRIDE
    cells = side // STRIDE
    rows, columns = (slice(STRIDE * at, STRIDE * at + side) for at in (top, left))
    if scores is not None:
        scores = scores[top : top + cells, left : left + cells]
    else:
        size = (cells, cells)
        exact = cv2.resize(truth[rows, columns], size, interpolation=cv2.INTER_AREA)
        scores = _disturbed(np.asarray(exact, np.float32), rng)
    lit = relight(picture[rows, columns], rng)
    columns_of_view = slice(None, None, int(rng.choice((-1, 1))))  # half of the views in a mirror
    return EdgeView(
        np.ascontiguousarray(lit[:, columns_of_view]),
        np.ascontiguousarray(truth[rows, columns][:, columns_of_view]),
        np.ascontiguousarray(known[rows, columns][:, columns_of_view]),
        np.ascontiguousarray(scores[:, columns_of_view]),
    )


def _disturbed(coverage: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Blur coverage and add spots of noise, most where it is undecided; at times, do nothing."""
    if rng.random() < LEFT_EXACT:
        return coverage
    blurred = cv2.GaussianBlur(coverage, (0, 0), rng.uniform(0.4, 1.0))
    noise = rng.normal(size=coverage.shape).astype(np.float32)
    spots = cv2.GaussianBlur(noise, (0, 0), rng.uniform(0.5, 2.0))
    spots *= rng.uniform(0, 0.25) / (spots.std() + 1e-6)
    undecided = np.clip(4 * blurred * (1 - blurred) + 0.1, 0, 1)
    disturbed: NDArray[np.float32] = np.clip(blurred + spots * undecided, 0, 1).astype(np.float32)
    return disturbed
