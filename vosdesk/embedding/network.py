"""The embedding network: a trunk, the head over it, and perhaps what brings labels up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from vosdesk.embedding.upsampler import as_stored

if TYPE_CHECKING:
    from vosdesk.embedding.backbone import Backbone
    from vosdesk.embedding.head import EmbeddingHead
    from vosdesk.embedding.quarter_head import QuarterHead
    from vosdesk.embedding.upsampler import Upsampler


class EmbeddingNetwork(nn.Module):
    """RGB pictures -> an embedding for each 8 x 8 pixels, and how labels are brought up from there.

    Args:
        backbone: The trunk.
        head: Makes embeddings of the trunk's levels.
        upsampler: Makes upsampling weights of its finer feature maps; None for none.
        quarter_head: Makes quarter embeddings of these; there where the upsampler is.
    """

    def __init__(
        self,
        backbone: Backbone,
        head: EmbeddingHead,
        upsampler: Upsampler | None = None,
        quarter_head: QuarterHead | None = None,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = head
        self.upsampler = upsampler
        self.quarter_head = quarter_head

    def forward(self, images: Tensor, times: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return unit vectors, and upsampling maps.

        Args:
            images: (N, 3, H, W) RGB, 0..255, floating point.
            times: (N,) position of each picture in its video, 0..1.

        Returns:
            Embeddings (N, dimensions, ceil(H / 8), ceil(W / 8)), and upsampling maps as they are
            stored, (N, ceil(H / 8), ceil(W / 8), UPSAMPLING_NUMBERS) uint8, or None where the
            network makes none.
        """
        details, levels = self.backbone.all_features(images)
        embeddings: Tensor = self.head(levels, times)
        if self.upsampler is None or self.quarter_head is None:
            return embeddings, None
        features, grid = [*details, levels[0]], embeddings.shape[-2:]
        weights, quarters = self.upsampler(features, grid), self.quarter_head(features, grid)
        return embeddings, as_stored(weights, quarters)
