"""The embedding network: a trunk, the head over it, and perhaps an upsampler."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

if TYPE_CHECKING:
    from vosdesk.embedding.backbone import Backbone
    from vosdesk.embedding.head import EmbeddingHead
    from vosdesk.embedding.upsampler import Upsampler


class EmbeddingNetwork(nn.Module):
    """RGB pictures -> an embedding for each 8 x 8 pixels, and how these mix in fine pixels.

    Args:
        backbone: The trunk.
        head: Makes embeddings of the trunk's levels.
        upsampler: Makes upsampling weights of its finer feature maps; None for none.
    """

    def __init__(
        self, backbone: Backbone, head: EmbeddingHead, upsampler: Upsampler | None = None
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = head
        self.upsampler = upsampler

    def forward(self, images: Tensor, times: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return unit vectors, and the upsampling weights.

        Args:
            images: (N, 3, H, W) RGB, 0..255, floating point.
            times: (N,) position of each picture in its video, 0..1.

        Returns:
            Embeddings (N, dimensions, ceil(H / 8), ceil(W / 8)), and for four times as many rows
            and columns (N, 9, 4 ceil(H / 8), 4 ceil(W / 8)), or None without an upsampler.
        """
        details, levels = self.backbone.all_features(images)
        embeddings: Tensor = self.head(levels, times)
        if self.upsampler is None:
            return embeddings, None
        rows, columns = embeddings.shape[-2:]
        return embeddings, self.upsampler([*details, levels[0]], (rows, columns))
