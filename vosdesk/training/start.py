"""Where training starts: a head that is the best plain projection of the trunk's features.

Thirty videos teach a head from random weights to tell these thirty objects apart, and to forget
what the trunk knew of all others. So the head starts as a projection of the frozen features that
already retrieves well, and training only refines it.

The projection is a principal component analysis of the levels, each normalised to unit length and
weighted by the square root of its stride (deep levels know what a thing is, fine ones only what
it looks like), with each component divided by its variance to the power of one quarter, half-way
to whitening. The two layers compute it exactly: the hidden channels hold every component with
both signs, so that nothing is lost in the ReLU, and the second layer's centre joins them again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

from vosdesk.training.features import trunk_features
from vosdesk.training.inputs import is_used

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor

    from vosdesk.embedding.backbone import Backbone, Level
    from vosdesk.embedding.head import EmbeddingHead
    from vosdesk.training.dataset import Video

FRAMES_OF_A_VIDEO = 5
CELLS_OF_A_FRAME = 300
VARIANCE_POWER = 0.25
PLACES = 2
"""At most so many components hold x and y instead of features."""
PLACE_WEIGHT = 0.2
"""What x and y weigh, in lengths of an average feature vector."""


def sample_features(
    backbone: Backbone, videos: Sequence[Video], cache: Path | None, device: torch.device, seed: int
) -> Tensor:
    """Return features of random cells of every video, (cells, channels of all levels)."""
    rng = np.random.default_rng(seed)
    cells = []
    for video in videos:
        for i in rng.permutation(len(video))[:FRAMES_OF_A_VIDEO]:
            with torch.no_grad():
                levels = trunk_features(backbone, [video[i]], cache, device)
                fused = join_levels(levels)[0].flatten(1).T.cpu()
            cells.append(fused[rng.permutation(len(fused))[:CELLS_OF_A_FRAME]])
    return torch.cat(cells)


def join_levels(features: Sequence[Tensor]) -> Tensor:
    """Return the levels at unit length on the finest one's grid, (N, channels, rows, columns)."""
    grid = features[0].shape[-2:]
    resized = [
        F.interpolate(F.normalize(f, dim=1), grid, mode="bilinear", align_corners=False)
        for f in features
    ]
    return torch.cat(resized, dim=1)


def projection(
    features: Tensor, levels: Sequence[Level], components: int, names: Sequence[str] = ()
) -> tuple[Tensor, Tensor]:
    """Return the half-whitened principal components of a sample.

    Args:
        features: (n, channels of all levels).
        levels: What those channels are.
        components: How many to keep.
        names: Names of the levels to look at; none for all. The others get rows of zeros.

    Returns:
        The matrix (channels, components), scaled so that an average vector has length one, and
        the sample's mean (channels,), to be taken away before.
    """
    weights = [level.stride**0.5 if is_used(level, names) else 0.0 for level in levels]
    channels = torch.tensor([level.channels for level in levels])
    weight = torch.tensor(weights).repeat_interleave(channels)
    mean = features.mean(dim=0)
    centred = features - mean
    covariance = (centred * weight).T @ (centred * weight) / len(features)
    variances, directions = torch.linalg.eigh(covariance)
    strongest = variances.argsort(descending=True)[:components]
    scale = variances[strongest].clamp(min=1e-12) ** VARIANCE_POWER
    matrix = weight[:, None] * directions[:, strongest] / scale
    return matrix / (centred @ matrix).norm(dim=1).mean(), mean


@torch.no_grad()
def start_as_projection(
    head: EmbeddingHead,
    levels: Sequence[Level],
    features: Tensor,
    names: Sequence[str] = (),
    axes: int = PLACES,
) -> None:
    """Set a head's weights so that it computes the projection, with x and y as two components.

    Args:
        head: The head; where its hidden channels are fewer than twice its dimensions, so many
            components are left out.
        levels: The trunk's levels.
        features: A sample from sample_features.
        names: Names of the levels to look at; none for all.
        axes: How many of x, y and t the head may see; t has no part in the start.
    """
    places = min(axes, PLACES)
    components = min(head.embed.out_channels, head.embed.in_channels // 2)
    matrix, mean = projection(features, levels, components - places, names)
    channels = len(mean)
    # One row for each input of the first layer: the levels' channels, then x, y and t.
    rows = torch.zeros(channels + 3, components)
    rows[:channels, : components - places] = matrix
    for axis in range(places):
        rows[channels + axis, components - places + axis] = PLACE_WEIGHT / head.coordinate_scale
    signed = torch.cat((rows, -rows), dim=1).T
    used = len(signed)
    # Hidden channels beyond those keep their random inputs: with none at all nothing would ever
    # flow through them, and training could not take them up.
    for parameter in (head.embed.weight, head.embed.bias, head.place.bias):
        if parameter is not None:
            parameter.zero_()
    parts = torch.split(signed, [*(level.channels for level in levels), 3], dim=1)
    for layer, part in zip((*head.reduce, head.place), parts, strict=True):
        layer.get_parameter("weight")[:used, :, 0, 0] = part
    head.place.get_parameter("bias")[:used] = -signed[:, :channels] @ mean
    centre = head.embed.weight[:, :, 1, 1]
    centre[:components, :components] = torch.eye(components)
    centre[:components, components:used] = -torch.eye(components)
