"""The trunk's feature maps of training frames, computed once where the trunk stays as it is."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from vosdesk.training.dataset import network_input

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from vosdesk.arrays import Frame
    from vosdesk.embedding.backbone import Backbone
    from vosdesk.training.dataset import TrainingFrame


def trunk_features(
    backbone: Backbone, frames: Sequence[TrainingFrame], cache: Path | None, device: torch.device
) -> list[Tensor]:
    """Return the levels of the frames, which all have one size.

    Args:
        backbone: The trunk; gradients flow into it where its parameters want them.
        frames: N frames of one video.
        cache: A folder of ``trunk_cache``, or None to compute everything anew.
        device: Where the trunk and the features are.

    Returns:
        For each level (N, channels, rows, columns), float32.
    """
    if cache is None:
        return compute_features(backbone, [network_input(frame) for frame in frames], device)
    singles = [_cached(backbone, frame, cache, device) for frame in frames]
    return [torch.cat(level) for level in zip(*singles, strict=True)]


def trunk_cache(folder: Path, backbone: Backbone) -> Path:
    """Return the sub-folder for this trunk's features: other weights never meet there."""
    digest = hashlib.sha256()
    for name, tensor in sorted(backbone.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.cpu().numpy().tobytes())
    return folder / digest.hexdigest()[:16]


def compute_features(
    backbone: Backbone, pictures: Sequence[Frame], device: torch.device
) -> list[Tensor]:
    """Return the levels of pictures of one size; see trunk_features."""
    batch = torch.from_numpy(np.stack(pictures)).to(device)
    features: list[Tensor] = backbone(batch.permute(0, 3, 1, 2).float())
    return features


def edge_features(
    backbone: Backbone, pictures: Sequence[Frame], device: torch.device
) -> list[Tensor]:
    """Return the edge levels of pictures of one size; see trunk_features."""
    batch = torch.from_numpy(np.stack(pictures)).to(device)
    return backbone.edge_features(batch.permute(0, 3, 1, 2).float())


def _cached(
    backbone: Backbone, frame: TrainingFrame, cache: Path, device: torch.device
) -> list[Tensor]:
    path = cache / f"{frame.key}.safetensors"
    try:
        stored = load_file(path, device=str(device))
    except (FileNotFoundError, SafetensorError):
        stored = _store(backbone, frame, path, device)
    return [stored[level.name].float() for level in backbone.levels]


def _store(
    backbone: Backbone, frame: TrainingFrame, path: Path, device: torch.device
) -> dict[str, Tensor]:
    with torch.inference_mode():
        levels = compute_features(backbone, [network_input(frame)], device)
    stored = {
        level.name: feature.half().contiguous()
        for level, feature in zip(backbone.levels, levels, strict=True)
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    save_file(stored, unfinished)
    unfinished.replace(path)
    return stored
