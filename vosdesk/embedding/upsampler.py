"""How fine pixels mix the cells around them, learnt from the frame alone.

After the convex upsampling of Teed and Deng, "RAFT", ECCV 2020, section 3.3: every fine pixel is
a combination of the 3 x 3 coarse cells around it, and the network predicts its nine weights. The
weights add up to one, so that labels which add up to one still do; unlike RAFT's they may be
negative. A convex combination is never more than the largest of its cells, so whatever is
thinner than half a cell would be lost; here it may be sharpened where the frame shows an edge.

A fine pixel is 2 x 2 pixels of the network's input, so a cell has 4 x 4 of them and 144 weights,
kept in 8 bits together with its quarter embeddings (see ``quarter_head``): less than the embedding
itself takes. Like the embedding they depend on the frame alone, and serve whatever labels the
user's input leads to.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vosdesk.arrays import (
    FINE_PER_CELL,
    NEIGHBOUR_CELLS,
    QUARTER_DIMENSIONS,
    QUARTER_ONE,
    QUARTER_ZERO,
    QUARTERS,
    QUARTERS_ACROSS,
    UPSAMPLING_ONE,
    UPSAMPLING_ZERO,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vosdesk.embedding.backbone import Level

LEAST_WEIGHT = -UPSAMPLING_ZERO / UPSAMPLING_ONE
MOST_WEIGHT = (255 - UPSAMPLING_ZERO) / UPSAMPLING_ONE


class Upsampler(nn.Module):
    """Feature maps of strides 2, 4 and 8 -> nine weights for each fine pixel.

    It starts as bilinear interpolation: weights for each place in a cell, to which the features
    add what they see.

    Args:
        levels: The feature maps, the finest first; it must have stride 2.
        channels: Of the layers between.
    """

    def __init__(self, levels: Sequence[Level], channels: int) -> None:
        super().__init__()
        self.reduce = nn.ModuleList(nn.Conv2d(level.channels, channels, 1) for level in levels)
        self.mix = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in range(2))
        self.weigh = nn.Conv2d(channels, NEIGHBOUR_CELLS, 1)
        self.place = nn.Parameter(bilinear_weights())
        nn.init.zeros_(self.weigh.weight)
        nn.init.zeros_(self.weigh.get_parameter("bias"))

    def forward(self, features: Sequence[Tensor], grid: tuple[int, int]) -> Tensor:
        """Return the weights.

        Args:
            features: For each level (N, channels, rows, columns) of that level.
            grid: Rows and columns of cells.

        Returns:
            (N, 9, FINE_PER_CELL * rows, FINE_PER_CELL * columns), from LEAST_WEIGHT to
            MOST_WEIGHT; what lies beyond the picture repeats its edge.
        """
        parts = [reduce(scaled(f)) for reduce, f in zip(self.reduce, features, strict=True)]
        hidden = parts[0]
        for part in parts[1:]:
            hidden = hidden + F.interpolate(
                part, hidden.shape[-2:], mode="bilinear", align_corners=False
            )
        hidden = F.relu(hidden)
        for mix in self.mix:
            hidden = hidden + F.relu(mix(hidden))
        weights = _grown(self.weigh(hidden), grid) + self.place.repeat(1, *grid)
        missing: Tensor = 1 - weights.sum(dim=1, keepdim=True)
        return (weights + missing / NEIGHBOUR_CELLS).clamp(LEAST_WEIGHT, MOST_WEIGHT)


def bilinear_weights() -> Tensor:
    """Return the weights of bilinear interpolation, (9, FINE_PER_CELL, FINE_PER_CELL)."""
    centres = (torch.arange(FINE_PER_CELL) + 0.5) / FINE_PER_CELL - 0.5
    cells = torch.arange(-1, 2)
    near = (1 - (cells[:, None] - centres).abs()).clamp(min=0)
    weights = near[:, None, :, None] * near[None, :, None, :]
    return weights.reshape(NEIGHBOUR_CELLS, FINE_PER_CELL, FINE_PER_CELL)


def as_stored(weights: Tensor, quarters: Tensor) -> Tensor:
    """Return what the network says of upsampling as it is kept; see arrays.UpsamplingMap.

    Args:
        weights: (N, 9, FINE_PER_CELL * rows, FINE_PER_CELL * columns).
        quarters: (N, QUARTER_DIMENSIONS, QUARTERS_ACROSS * rows, QUARTERS_ACROSS * columns).

    Returns:
        (N, rows, columns, UPSAMPLING_NUMBERS) uint8.
    """
    by_cell = F.pixel_unshuffle(weights.float(), FINE_PER_CELL)
    parts = F.pixel_unshuffle(quarters.float(), QUARTERS_ACROSS)
    # the quarters of a cell one after the other, each with all its numbers
    count, _numbers, rows, columns = parts.shape
    parts = parts.reshape(count, QUARTER_DIMENSIONS, QUARTERS, rows, columns)
    parts = parts.transpose(1, 2).flatten(1, 2)
    numbers = torch.cat(
        [UPSAMPLING_ONE * by_cell + UPSAMPLING_ZERO, QUARTER_ONE * parts + QUARTER_ZERO], dim=1
    )
    return numbers.permute(0, 2, 3, 1).round().clamp(0, 255).to(torch.uint8)


def upsample(scores: Tensor, weights: Tensor) -> Tensor:
    """Return scores at the stride of the fine pixels; for training.

    Args:
        scores: (N, labels, rows, columns).
        weights: (N, 9, FINE_PER_CELL * rows, FINE_PER_CELL * columns).

    Returns:
        (N, labels, FINE_PER_CELL * rows, FINE_PER_CELL * columns).
    """
    count, labels, rows, columns = scores.shape
    framed = F.pad(scores, (1, 1, 1, 1), mode="replicate")
    around = F.unfold(framed.reshape(count * labels, 1, rows + 2, columns + 2), 3)
    around = around.reshape(count, labels, NEIGHBOUR_CELLS, 1, rows, columns)
    by_cell = F.pixel_unshuffle(weights, FINE_PER_CELL)
    by_cell = by_cell.reshape(count, 1, NEIGHBOUR_CELLS, FINE_PER_CELL**2, rows, columns)
    fine = (around * by_cell).sum(dim=2)
    return F.pixel_shuffle(fine.flatten(1, 2), FINE_PER_CELL)


def scaled(feature: Tensor) -> Tensor:
    """Bring every cell's features to one length; their channels are then of size one."""
    return F.normalize(feature, dim=1) * math.sqrt(feature.shape[1])


def _grown(weights: Tensor, grid: tuple[int, int]) -> Tensor:
    """Repeat the last row and column where the last cells reach beyond the picture."""
    rows, columns = (FINE_PER_CELL * cells for cells in grid)
    missing = (0, columns - weights.shape[3], 0, rows - weights.shape[2])
    return F.pad(weights, missing, mode="replicate")
