"""How quarters mix cells, and fine pixels quarters, learnt from the frame alone.

After the convex upsampling of Teed and Deng, "RAFT", ECCV 2020, section 3.3: every fine pixel is
a combination of the 3 x 3 coarser ones around it, and the network predicts its nine weights. The
weights add up to one, so that labels which add up to one still do; unlike RAFT's they may be
negative. A convex combination is never more than the largest of its parts, so whatever is
thinner than half of one would be lost; here it may be sharpened where the frame shows an edge.

The way up has two steps. A quarter of a cell, 4 x 4 pixels of the network's input, is a combination
of the four cells between which it lies, unless references tell more of it (see ``quarter_head``). A
fine pixel, 2 x 2 pixels, is one of the nine quarters around it. So a cell has 16 weights of cells
in its quarters and 144 of quarters in its fine pixels. In 8 bits, together with its quarter
embeddings, they take as much as an embedding of 128 numbers. Like the embedding they depend on the
frame alone, and serve whatever labels the user's input leads to.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vosdesk.arrays import (
    FINE_PER_CELL,
    FINE_PER_QUARTER,
    NEIGHBOUR_CELLS,
    NEIGHBOUR_QUARTERS,
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

BETWEEN = torch.tensor([9.0, 3.0, 3.0, 1.0]) / 16
"""Weights of the four cells between which a quarter lies, in bilinear interpolation."""
LEAST_WEIGHT = -UPSAMPLING_ZERO / UPSAMPLING_ONE
MOST_WEIGHT = (255 - UPSAMPLING_ZERO) / UPSAMPLING_ONE


class Weights(NamedTuple):
    """What the upsampler predicts, from LEAST_WEIGHT to MOST_WEIGHT.

    Attributes:
        cells: (N, 4, QUARTERS_ACROSS * rows, QUARTERS_ACROSS * columns) what a quarter mixes: its
            own cell, the one beside it, the one above or below, and the one across.
        quarters: (N, 9, FINE_PER_CELL * rows, FINE_PER_CELL * columns) what a fine pixel mixes: the
            quarters around it, row by row.
    """

    cells: Tensor
    quarters: Tensor


class Upsampler(nn.Module):
    """Feature maps of strides 2, 4 and 8 -> the weights of both steps.

    It starts as bilinear interpolation: weights for each place in a cell and in a quarter, to which
    the features add what they see.

    Args:
        levels: The feature maps, the finest first; it must have stride 2.
        channels: Of the layers between.
    """

    def __init__(self, levels: Sequence[Level], channels: int) -> None:
        super().__init__()
        self.reduce = nn.ModuleList(nn.Conv2d(level.channels, channels, 1) for level in levels)
        self.mix = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in range(2))
        self.weigh = nn.Conv2d(channels, NEIGHBOUR_QUARTERS, 1)
        self.place = nn.Parameter(bilinear_weights())
        across = FINE_PER_QUARTER
        self.weigh_cells = nn.Conv2d(channels, NEIGHBOUR_CELLS, across, stride=across)
        self.place_cells = nn.Parameter(BETWEEN[:, None, None].repeat(1, *2 * [QUARTERS_ACROSS]))
        for layer in (self.weigh, self.weigh_cells):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.get_parameter("bias"))

    def forward(self, features: Sequence[Tensor], grid: tuple[int, int]) -> Weights:
        """Return the weights.

        Args:
            features: For each level (N, channels, rows, columns) of that level.
            grid: Rows and columns of cells.

        Returns:
            The weights; what lies beyond the picture repeats its edge.
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
        hidden = _grown(hidden, grid)
        cells = self.weigh_cells(hidden) + self.place_cells.repeat(1, *grid)
        places = self.place.repeat(1, *(QUARTERS_ACROSS * cells for cells in grid))
        return Weights(_of_sum_one(cells), _of_sum_one(self.weigh(hidden) + places))

    @torch.no_grad()
    def draw_towards_bilinear(self, part: float) -> None:
        """Mix the weights of quarters with those of bilinear interpolation, in place.

        Args:
            part: Of the latter: 0 changes nothing, 1 leaves nothing that depends on the frame.
        """
        for parameter in self.weigh.parameters():
            parameter.mul_(1 - part)
        self.place.lerp_(bilinear_weights().to(self.place.device), part)


def bilinear_weights() -> Tensor:
    """Return the weights of bilinear interpolation, (9, FINE_PER_QUARTER, FINE_PER_QUARTER)."""
    centres = (torch.arange(FINE_PER_QUARTER) + 0.5) / FINE_PER_QUARTER - 0.5
    quarters = torch.arange(-1, 2)
    near = (1 - (quarters[:, None] - centres).abs()).clamp(min=0)
    weights = near[:, None, :, None] * near[None, :, None, :]
    return weights.reshape(NEIGHBOUR_QUARTERS, FINE_PER_QUARTER, FINE_PER_QUARTER)


def as_stored(weights: Weights, quarters: Tensor) -> Tensor:
    """Return what the network says of upsampling as it is kept; see arrays.UpsamplingMap.

    Args:
        weights: Of both steps.
        quarters: (N, QUARTER_DIMENSIONS, QUARTERS_ACROSS * rows, QUARTERS_ACROSS * columns).

    Returns:
        (N, rows, columns, UPSAMPLING_NUMBERS) uint8.
    """
    by_cell = [
        F.pixel_unshuffle(step.float(), across)
        for step, across in ((weights.quarters, FINE_PER_CELL), (weights.cells, QUARTERS_ACROSS))
    ]
    parts = F.pixel_unshuffle(quarters.float(), QUARTERS_ACROSS)
    # the quarters of a cell one after the other, each with all its numbers
    count, _numbers, rows, columns = parts.shape
    parts = parts.reshape(count, QUARTER_DIMENSIONS, QUARTERS, rows, columns)
    parts = parts.transpose(1, 2).flatten(1, 2)
    scaled_weights = [UPSAMPLING_ONE * step + UPSAMPLING_ZERO for step in by_cell]
    numbers = torch.cat([*scaled_weights, QUARTER_ONE * parts + QUARTER_ZERO], dim=1)
    return numbers.permute(0, 2, 3, 1).round().clamp(0, 255).to(torch.uint8)


def mix_cells(scores: Tensor, weights: Tensor) -> Tensor:
    """Return scores of quarters; for training.

    Args:
        scores: (N, labels, rows, columns) of cells.
        weights: (N, 4, QUARTERS_ACROSS * rows, QUARTERS_ACROSS * columns).

    Returns:
        (N, labels, QUARTERS_ACROSS * rows, QUARTERS_ACROSS * columns).
    """
    rows, columns = scores.shape[2:]
    framed = F.pad(scores, (1, 1, 1, 1), mode="replicate")

    def moved(down: int, right: int) -> Tensor:
        return framed[:, :, 1 + down : 1 + down + rows, 1 + right : 1 + right + columns]

    quarters = []
    shape = (-1, NEIGHBOUR_CELLS, QUARTERS, rows, columns)
    by_quarter = F.pixel_unshuffle(weights, QUARTERS_ACROSS).reshape(shape)
    for quarter in range(QUARTERS):
        down, right = (2 * side - 1 for side in divmod(quarter, QUARTERS_ACROSS))
        between = [moved(0, 0), moved(0, right), moved(down, 0), moved(down, right)]
        share = by_quarter[:, None, :, quarter]
        quarters.append((torch.stack(between, dim=2) * share).sum(dim=2))
    return F.pixel_shuffle(torch.stack(quarters, dim=2).flatten(1, 2), QUARTERS_ACROSS)


def mix_quarters(scores: Tensor, weights: Tensor) -> Tensor:
    """Return scores at the stride of the fine pixels; for training.

    Args:
        scores: (N, labels, rows, columns) of quarters.
        weights: (N, 9, FINE_PER_QUARTER * rows, FINE_PER_QUARTER * columns).

    Returns:
        (N, labels, FINE_PER_QUARTER * rows, FINE_PER_QUARTER * columns).
    """
    count, labels, rows, columns = scores.shape
    framed = F.pad(scores, (1, 1, 1, 1), mode="replicate")
    around = F.unfold(framed.reshape(count * labels, 1, rows + 2, columns + 2), 3)
    around = around.reshape(count, labels, NEIGHBOUR_QUARTERS, 1, rows, columns)
    by_quarter = F.pixel_unshuffle(weights, FINE_PER_QUARTER)
    by_quarter = by_quarter.reshape(count, 1, NEIGHBOUR_QUARTERS, -1, rows, columns)
    fine = (around * by_quarter).sum(dim=2)
    return F.pixel_shuffle(fine.flatten(1, 2), FINE_PER_QUARTER)


def _of_sum_one(weights: Tensor) -> Tensor:
    """Return weights that add up to one at each place, as far as their bounds allow."""
    missing: Tensor = 1 - weights.sum(dim=1, keepdim=True)
    return (weights + missing / weights.shape[1]).clamp(LEAST_WEIGHT, MOST_WEIGHT)


def scaled(feature: Tensor) -> Tensor:
    """Bring every cell's features to one length; their channels are then of size one."""
    return F.normalize(feature, dim=1) * math.sqrt(feature.shape[1])


def _grown(features: Tensor, grid: tuple[int, int]) -> Tensor:
    """Repeat the last row and column where the last cells reach beyond the picture."""
    rows, columns = (FINE_PER_CELL * cells for cells in grid)
    missing = (0, columns - features.shape[3], 0, rows - features.shape[2])
    return F.pad(features, missing, mode="replicate")
