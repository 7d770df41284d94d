"""Weights on disk: a safetensors file whose metadata holds the model card.

safetensors runs no code when it is read. Matrices are kept in float16, vectors (biases and
BatchNorm's statistics, whose range is wider) in float32.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from safetensors.torch import save
from torch import Tensor

from vosdesk.embedding.backbones import build_backbone
from vosdesk.embedding.head import EmbeddingHead
from vosdesk.embedding.model_files import CARD_KEY, card_in, misfit, open_weights
from vosdesk.embedding.network import EmbeddingNetwork
from vosdesk.embedding.quarter_head import QuarterHead
from vosdesk.embedding.upsampler import Upsampler
from vosdesk.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from vosdesk.embedding.card import ModelCard


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A network with its papers.

    Attributes:
        card: What it is.
        network: In evaluation mode, float32, on the CPU.
        fingerprint: Hex sha256 over the tensors and the architecture; figures and words on the
            card do not enter it, since they change no embedding.
    """

    card: ModelCard
    network: EmbeddingNetwork
    fingerprint: str


def build_network(card: ModelCard, *, pretrained: bool = False) -> EmbeddingNetwork:
    """Make the network that a card describes.

    Args:
        card: The architecture.
        pretrained: Start the trunk from its published weights, not from random ones.

    Raises:
        ModelError: There is no such trunk, or its weights are not to be had.
    """
    backbone = build_backbone(card.backbone, pretrained=pretrained)
    head = EmbeddingHead(backbone.levels, card.hidden, card.dimensions, card.coordinate_scale)
    if not card.upsampler:
        return EmbeddingNetwork(backbone, head)
    upsampler = Upsampler(backbone.edge_levels, card.upsampler)
    quarter_head = QuarterHead(backbone.edge_levels, card.quarter_head)
    return EmbeddingNetwork(backbone, head, upsampler, quarter_head)


def save_checkpoint(path: Path, network: EmbeddingNetwork, card: ModelCard) -> None:
    """Write weights and card; a file of that name is replaced only once the new one is complete.

    Raises:
        ModelError: The file cannot be written.
    """
    tensors = {name: _stored(tensor) for name, tensor in _tensors(network).items()}
    unfinished = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # bytes, since save_file would leave a file that only its owner may read
        unfinished.write_bytes(save(tensors, metadata={CARD_KEY: card.model_dump_json()}))
        unfinished.replace(path)
    except OSError as cause:
        raise ModelError(f"The model file {path} cannot be written: {cause.strerror}.") from cause


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a model; names, types and shapes are checked before anything large is allocated.

    Raises:
        ModelError: The file is damaged, is not a model of vosdesk, or does not fit its card.
    """
    with open_weights(path, "pt") as file:
        card = card_in(path, file)
        network = build_network(card).eval()
        expected = _tensors(network)
        if set(file.keys()) != set(expected):
            raise misfit(path, f"the tensors of {card.backbone} have other names")
        for name, tensor in expected.items():
            stored = file.get_slice(name)
            if tuple(stored.get_shape()) != tuple(tensor.shape):
                raise misfit(path, f"{name} has the shape {stored.get_shape()}")
            if stored.get_dtype() not in ("F16", "F32"):
                raise misfit(path, f"{name} has the type {stored.get_dtype()}")
        tensors = {name: file.get_tensor(name) for name in expected}
    network.load_state_dict(tensors, strict=False)
    return Checkpoint(card, network, fingerprint(card, tensors))


def fingerprint(card: ModelCard, tensors: Mapping[str, Tensor]) -> str:
    """Return the hex sha256 of what decides the embeddings: architecture and stored tensors."""
    digest = hashlib.sha256(json.dumps(card.architecture(), sort_keys=True).encode())
    for name in sorted(tensors):
        tensor = _stored(tensors[name])
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()


def _tensors(network: EmbeddingNetwork) -> dict[str, Tensor]:
    """The tensors that are kept: all but BatchNorm's counters, which inference never reads."""
    state: dict[str, Tensor] = network.state_dict()
    return {name: t for name, t in state.items() if not name.endswith("num_batches_tracked")}


def _stored(tensor: Tensor) -> Tensor:
    kind = torch.float16 if tensor.ndim > 1 else torch.float32
    return tensor.detach().to("cpu", kind).contiguous()
