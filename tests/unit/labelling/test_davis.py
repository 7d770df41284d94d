"""Real masks through the grid and back: the ceiling of what any search can reach."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from vosdesk.arrays import PaintedFrame, Size
from vosdesk.labelling.engine import FrameLabels
from vosdesk.labelling.geometry import grid_of
from vosdesk.labelling.sampling import sample_cells
from vosdesk.labelling.upsampling import to_label_map

pytestmark = pytest.mark.davis


def read_mask(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("L")) > 127


def ceiling(mask, soft):
    """Return J of a mask against itself after the grid, from soft or from hard labels."""
    size = Size(mask.shape[1], mask.shape[0])
    painted = PaintedFrame(0, mask.astype(np.uint8), np.ones(mask.shape, np.int32))
    sampled = sample_cells(painted, size)
    share = np.zeros(grid_of(size), np.float32)
    share[tuple(sampled.cells.T)] = sampled.labels[:, sampled.object_ids.index(1)]
    share = share if soft else (share > 0.5).astype(np.float32)
    nowhere = np.full(share.shape, -1, np.int32)
    labels = FrameLabels(0, (0, 1), np.stack([1 - share, share]), share, nowhere)
    back = to_label_map(labels, size, size) == 1
    return (back & mask).sum() / (back | mask).sum()


@pytest.mark.parametrize(
    ("sequence", "expected"),
    [("blackswan", 0.977), ("camel", 0.974), ("dance-twirl", 0.958), ("bmx-trees", 0.755)],
)
def test_soft_labels_reach_the_ceiling_of_the_grid(davis, sequence, expected):
    paths = sorted((davis / "Annotations" / "480p" / sequence).glob("*.png"))[::20]
    masks = [read_mask(path) for path in paths]
    soft = np.mean([ceiling(mask, soft=True) for mask in masks])
    hard = np.mean([ceiling(mask, soft=False) for mask in masks])
    assert soft == pytest.approx(expected, abs=0.01)
    assert soft > hard
