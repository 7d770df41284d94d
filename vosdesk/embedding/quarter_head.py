"""Quarter embeddings: what tells the quarters of a cell apart, learnt from the frame alone.

Near an object's border a cell is part object and part not, and which part is which cannot be seen
in its embedding. A quarter embedding is a short vector for 4 x 4 pixels of the network's input,
made of the trunk's finest feature maps. It searches nothing: the references of a cell are found by
its embedding, and its quarter embeddings then tell which quarters of these references are most like
each of its own quarters (see ``labelling.quarters``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch.nn.functional as F
from torch import Tensor, nn

from vosdesk.arrays import QUARTER_DIMENSIONS, QUARTERS_ACROSS, STRIDE
from vosdesk.embedding.upsampler import scaled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vosdesk.embedding.backbone import Level

FIRST_WEIGHTS = 0.02
"""Of the last layer: quarters begin almost alike."""
QUARTER_STRIDE = STRIDE // QUARTERS_ACROSS


class QuarterHead(nn.Module):
    """Feature maps of strides 2, 4 and 8 -> a quarter embedding for each 4 x 4 pixels.

    Args:
        levels: The feature maps.
        channels: Of the layers between.
    """

    def __init__(self, levels: Sequence[Level], channels: int) -> None:
        super().__init__()
        # cells of a finer map that make up a quarter are seen by one convolution together
        self._sides = [QUARTER_STRIDE // level.stride for level in levels]
        self.reduce = nn.ModuleList(
            nn.Conv2d(level.channels, channels, max(side, 1), stride=max(side, 1))
            for level, side in zip(levels, self._sides, strict=True)
        )
        self.mix = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in range(2))
        # what were added to all of them would change no distance
        self.embed = nn.Conv2d(channels, QUARTER_DIMENSIONS, 1, bias=False)
        nn.init.normal_(self.embed.weight, std=FIRST_WEIGHTS)

    def forward(self, features: Sequence[Tensor], grid: tuple[int, int]) -> Tensor:
        """Return the quarter embeddings.

        Args:
            features: For each level (N, channels, rows, columns) of that level.
            grid: Rows and columns of cells.

        Returns:
            (N, QUARTER_DIMENSIONS, QUARTERS_ACROSS * rows, QUARTERS_ACROSS * columns); what lies
            beyond the picture repeats its edge.
        """
        shape = tuple(QUARTERS_ACROSS * cells for cells in grid)
        parts = []
        for reduce, side, feature in zip(self.reduce, self._sides, features, strict=True):
            if side:
                down, right = (side * n - m for n, m in zip(shape, feature.shape[2:], strict=True))
                whole = F.pad(scaled(feature), (0, right, 0, down), mode="replicate")
                parts.append(reduce(whole))
            else:  # coarser than quarters
                parts.append(F.interpolate(reduce(scaled(feature)), shape, mode="bilinear"))
        hidden = F.relu(sum(parts[1:], parts[0]))
        for mix in self.mix:
            hidden = hidden + F.relu(mix(hidden))
        embeddings: Tensor = self.embed(hidden)
        return embeddings
