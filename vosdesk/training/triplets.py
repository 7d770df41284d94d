"""Which frames and which cells make a step: three frames of one video, anchors from each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from vosdesk.training.dataset import TrainingFrame, Video, object_coverage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

FRAMES_PER_STEP = 3
MIN_CELLS = 4
"""A frame with fewer cells on the object (some masks are empty) or beside it teaches nothing."""


def draw_frames(videos: Sequence[Video], rng: np.random.Generator) -> list[TrainingFrame]:
    """Draw three frames of one video at random, each with enough of the object on it."""
    while True:
        video = videos[int(rng.integers(len(videos)))]
        chosen = [video[i] for i in rng.permutation(len(video))[:FRAMES_PER_STEP]]
        if all(_has_both(on_object(frame)) for frame in chosen):
            return chosen


def _has_both(labels: Tensor) -> bool:
    return MIN_CELLS <= int(labels.sum()) <= len(labels) - MIN_CELLS


def on_object(frame: TrainingFrame) -> Tensor:
    """Return which cells lie on the object, (rows * columns,) bool."""
    return object_coverage(frame) >= 0.5


def draw_anchors(labels: Tensor, count: int, rng: np.random.Generator) -> Tensor:
    """Draw cells, half of them on the object, as far as there are enough.

    Args:
        labels: (cells,) bool, which lie on the object.
        count: How many anchors to draw.
        rng: The source of chance.

    Returns:
        Indices of cells, without repetition.
    """
    halves = []
    known = labels.cpu().numpy()
    for wanted in (True, False):
        cells = np.flatnonzero(known == wanted)
        halves.append(rng.permutation(cells)[: count // 2])
    return torch.from_numpy(np.concatenate(halves)).to(labels.device)
