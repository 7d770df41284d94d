"""What a trunk is: pictures in, feature maps of several depths out."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Callable


class Level(NamedTuple):
    """One of a trunk's feature maps.

    Attributes:
        name: Its place in the trunk, as the model card tells it ("6" is the sixth block).
        channels: Its depth.
        stride: Pixels of the network's input to one of its cells.
    """

    name: str
    channels: int
    stride: int


class Backbone(nn.Module, ABC):
    """A trunk. Subclasses say which levels they have and how a picture is normalised.

    Args:
        levels: The feature maps for the embedding, from the finest, of stride 8, to the
            coarsest; each must divide a network's input of n pixels into ceil(n / stride) cells.
        details: The finer ones, of stride 2 and 4, from which edges are seen.
    """

    def __init__(self, levels: tuple[Level, ...], details: tuple[Level, ...]) -> None:
        super().__init__()
        self.levels = levels
        self.details = details

    @abstractmethod
    def all_features(self, images: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Return one feature map for each detail, and one for each level.

        Args:
            images: (N, 3, H, W) RGB, 0..255, floating point.

        Returns:
            For each of them (N, channels, ceil(H / stride), ceil(W / stride)).
        """

    def forward(self, images: Tensor) -> list[Tensor]:
        """Return one feature map for each level; see ``all_features``."""
        return self.all_features(images)[1]

    def edge_features(self, images: Tensor) -> list[Tensor]:
        """Return the feature maps of ``edge_levels``; a trunk may know how to do less for them."""
        details, levels = self.all_features(images)
        return [*details, levels[0]]

    @property
    def edge_levels(self) -> tuple[Level, ...]:
        """What the upsampler looks at: the details, and the finest level."""
        return (*self.details, self.levels[0])


@dataclass(frozen=True)
class BackboneEntry:
    """What the registry knows of a trunk.

    Attributes:
        build: Makes it with random weights.
        load_pretrained: Fills in the published weights.
        pretraining: What those weights have learnt, and their licence, for the model card.
    """

    build: Callable[[], Backbone]
    load_pretrained: Callable[[Backbone], None]
    pretraining: str


def fuse_normalisation(module: nn.Module) -> None:
    """Fold every BatchNorm into the convolution before it, in place; for inference only.

    A pair is a convolution and the BatchNorm registered right after it in the same module.
    """
    for parent in module.modules():
        children = list(parent.named_children())
        for (name, conv), (norm_name, norm) in itertools.pairwise(children):
            if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                setattr(parent, name, torch.nn.utils.fusion.fuse_conv_bn_eval(conv, norm))
                setattr(parent, norm_name, nn.Identity())
