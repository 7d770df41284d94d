"""Which frames and which cells make a step: three frames of one video, anchors from each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from vosdesk.arrays import BACKGROUND, VOID
from vosdesk.training.dataset import TrainingFrame, Video, frame_cells

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

FRAMES_PER_STEP = 3
MIN_CELLS = 4
"""A frame with fewer cells on an object (some masks are empty) or beside it teaches nothing."""


def draw_frames(videos: Sequence[Video], rng: np.random.Generator) -> list[TrainingFrame]:
    """Draw three frames of one video at random, each with enough of one object on it."""
    while True:
        video = videos[int(rng.integers(len(videos)))]
        chosen = [video[i] for i in rng.permutation(len(video))[:FRAMES_PER_STEP]]
        if teaches([frame_cells(frame) for frame in chosen]):
            return chosen


def teaches(cells: Sequence[Tensor]) -> bool:
    """Whether some object and the background are on every one of the frames.

    Args:
        cells: For each frame (cells,) object ids.
    """
    labels = shared_labels(cells)
    return BACKGROUND in labels and len(labels) > 1


def shared_labels(cells: Sequence[Tensor]) -> list[int]:
    """Return the object ids, ascending, of which every frame has enough cells."""

    def found(labels: Tensor) -> set[int]:
        ids, counts = np.unique(labels.cpu().numpy(), return_counts=True)
        return {int(i) for i in ids[counts >= MIN_CELLS] if i != VOID}

    return sorted(set.intersection(*map(found, cells)))


def draw_anchors(
    labels: Tensor, object_ids: Sequence[int], count: int, rng: np.random.Generator
) -> Tensor:
    """Draw cells, half of them on objects, as many on each, as far as there are enough.

    Args:
        labels: (cells,) object ids.
        object_ids: The objects to draw from.
        count: How many anchors to draw.
        rng: The source of chance.

    Returns:
        Indices of cells, without repetition.
    """
    known = labels.cpu().numpy()
    shares = [(object_id, count // 2 // len(object_ids)) for object_id in object_ids]
    drawn = [
        rng.permutation(np.flatnonzero(known == label))[:share]
        for label, share in (*shares, (BACKGROUND, count // 2))
    ]
    return torch.from_numpy(np.concatenate(drawn)).to(labels.device)
