"""The embedding head: two convolutions over a trunk's levels and the place in the video.

Chen et al., "Blazingly Fast Video Object Segmentation with Pixel-Wise Metric Learning", CVPR
2018, section 3.2: the classification layer is replaced by two convolution layers, which also
receive the coordinates (x, y, t), since convolutions alone forget where and when a pixel is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vosdesk.embedding.backbone import Level


def coordinates(rows: int, columns: int, times: Tensor) -> Tensor:
    """Return where each cell is, each of x, y and t running from -1 to 1.

    Args:
        rows: Rows of the grid.
        columns: Columns of the grid.
        times: (N,) position in the video, 0 for its first frame and 1 for its last.

    Returns:
        (N, 3, rows, columns), in the order x, y, t.
    """
    x = _centres(columns, times).expand(len(times), rows, columns)
    y = _centres(rows, times)[:, None].expand(len(times), rows, columns)
    t = (2 * times - 1)[:, None, None].expand(len(times), rows, columns)
    return torch.stack((x, y, t), dim=1)


def _centres(count: int, like: Tensor) -> Tensor:
    steps = torch.arange(count, device=like.device, dtype=like.dtype)
    return (2 * steps + 1) / count - 1


class EmbeddingHead(nn.Module):
    """Levels of a trunk -> one unit vector for each cell of the finest level.

    Each level is normalised to unit length, so that none outweighs the others, and brought to
    the finest level's grid. The first layer is a 1x1 convolution over all levels and the
    coordinates together; as a 1x1 convolution and a bilinear resize commute, each level passes
    its own part of that layer before it grows, which is six times less work.

    Args:
        levels: The trunk's levels, the finest first.
        hidden: Channels between the two layers.
        dimensions: Channels of the embedding.
        coordinate_scale: Factor on x, y and t. The levels are unit vectors of many channels, so
            coordinates of size one would drown them.
    """

    def __init__(
        self,
        levels: Sequence[Level],
        hidden: int = 256,
        dimensions: int = 128,
        coordinate_scale: float = 0.1,
    ) -> None:
        super().__init__()
        self.coordinate_scale = coordinate_scale
        self.reduce = nn.ModuleList(
            nn.Conv2d(level.channels, hidden, 1, bias=False) for level in levels
        )
        self.place = nn.Conv2d(3, hidden, 1)
        self.embed = nn.Conv2d(hidden, dimensions, 3, padding=1)
        self._start_as_one_layer(sum(level.channels for level in levels) + 3)

    def _start_as_one_layer(self, inputs: int) -> None:
        """Draw the parts of the first layer as if they were one convolution of that many inputs."""
        bound = inputs**-0.5
        for part in (*self.reduce, self.place):
            assert isinstance(part, nn.Conv2d)
            nn.init.uniform_(part.weight, -bound, bound)

    def forward(self, features: Sequence[Tensor], times: Tensor) -> Tensor:
        """Return the embeddings.

        Args:
            features: For each level (N, channels, rows, columns) of that level.
            times: (N,) position of each picture in its video, 0..1.

        Returns:
            (N, dimensions, rows, columns) of the finest level, unit length along dimensions.
        """
        rows, columns = features[0].shape[-2:]
        hidden = self.place(self.coordinate_scale * coordinates(rows, columns, times))
        for reduce, feature in zip(self.reduce, features, strict=True):
            part = reduce(F.normalize(feature, dim=1))
            if part.shape[-2:] != (rows, columns):
                part = F.interpolate(part, (rows, columns), mode="bilinear", align_corners=False)
            hidden = hidden + part
        embeddings: Tensor = self.embed(F.relu(hidden))
        return F.normalize(embeddings, dim=1)
