"""The embedding network: a trunk and the head over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

if TYPE_CHECKING:
    from vosdesk.embedding.backbone import Backbone
    from vosdesk.embedding.head import EmbeddingHead


class EmbeddingNetwork(nn.Module):
    """RGB pictures -> an embedding for each 8 x 8 pixels."""

    def __init__(self, backbone: Backbone, head: EmbeddingHead) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = head

    def forward(self, images: Tensor, times: Tensor) -> Tensor:
        """Return unit vectors.

        Args:
            images: (N, 3, H, W) RGB, 0..255, floating point.
            times: (N,) position of each picture in its video, 0..1.

        Returns:
            (N, dimensions, ceil(H / 8), ceil(W / 8)).
        """
        embeddings: Tensor = self.head(self.backbone(images), times)
        return embeddings
