"""Weights on disk: a safetensors file whose metadata holds the model card.

safetensors runs no code when it is read. Matrices are kept in float16, vectors (biases and
BatchNorm's statistics, whose range is wider) in float32.
"""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs
import torch
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from vosdesk.assets import asset_folder
from vosdesk.embedding.backbones import build_backbone
from vosdesk.embedding.card import ModelCard
from vosdesk.embedding.head import EmbeddingHead
from vosdesk.embedding.network import EmbeddingNetwork
from vosdesk.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = logging.getLogger(__name__)

SUFFIX = ".safetensors"
CARD_KEY = "vosdesk_card"
MAX_HEADER_BYTES = 1 << 20
"""A header lists a few hundred tensors; anything larger is not one of ours."""


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


@dataclass(frozen=True)
class ModelFile:
    """A model that can be chosen by its name."""

    name: str
    path: Path
    card: ModelCard


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
    return EmbeddingNetwork(backbone, head)


def model_folders() -> tuple[Path, ...]:
    """Return where models are looked for by name: the user's own folder, then the shipped one."""
    return (
        platformdirs.user_data_path("vosdesk", appauthor=False) / "models",
        asset_folder("models"),
    )


def list_models() -> tuple[ModelFile, ...]:
    """Return the models that can be chosen by name; a file that cannot be read is left out."""
    found: dict[str, ModelFile] = {}
    for folder in model_folders():
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            try:
                card = read_card(path)
            except ModelError as error:
                logger.warning("model left out: %s", error)
                continue
            found.setdefault(path.stem, ModelFile(path.stem, path, card))
    return tuple(found.values())


def find_model(model: str | Path) -> Path:
    """Return the file of a model given by name or by path.

    Raises:
        ModelError: There is none.
    """
    path = Path(model)
    if path.suffix == SUFFIX or path.parent != Path():
        if path.is_file():
            return path
        raise ModelError(f"There is no model file {path}.", "Check the path.")
    for folder in model_folders():
        if (folder / f"{model}{SUFFIX}").is_file():
            return folder / f"{model}{SUFFIX}"
    names = ", ".join(entry.name for entry in list_models()) or "none"
    raise ModelError(f"There is no model called {model}.", f"Models found: {names}.")


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


def read_card(path: Path) -> ModelCard:
    """Read a model's card without its weights.

    Raises:
        ModelError: The file is damaged or is not a model of vosdesk.
    """
    with _opened(path) as file:
        return _card(path, file.metadata())


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a model; names, types and shapes are checked before anything large is allocated.

    Raises:
        ModelError: The file is damaged, is not a model of vosdesk, or does not fit its card.
    """
    with _opened(path) as file:
        card = _card(path, file.metadata())
        network = build_network(card).eval()
        expected = _tensors(network)
        if set(file.keys()) != set(expected):
            raise _misfit(path, f"the tensors of {card.backbone} have other names")
        for name, tensor in expected.items():
            stored = file.get_slice(name)
            if tuple(stored.get_shape()) != tuple(tensor.shape):
                raise _misfit(path, f"{name} has the shape {stored.get_shape()}")
            if stored.get_dtype() not in ("F16", "F32"):
                raise _misfit(path, f"{name} has the type {stored.get_dtype()}")
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


def _misfit(path: Path, reason: str) -> ModelError:
    return ModelError(
        f"The file {path} cannot be used as a model: {reason}.",
        "It may be damaged, or come from another program: get it again.",
    )


def _opened(path: Path) -> Any:
    """Open the file after a look at the size of its header.

    Raises:
        ModelError: It cannot be read as safetensors.
    """
    try:
        with path.open("rb") as file:
            header_bytes = int.from_bytes(file.read(8), "little")
        if header_bytes > MAX_HEADER_BYTES:
            raise _misfit(path, "its header is too large")
        return safe_open(path, framework="pt")
    except SafetensorError as cause:
        raise _misfit(path, "it is not a complete safetensors file") from cause
    except OSError as cause:
        raise ModelError(f"The model file {path} cannot be read: {cause.strerror}.") from cause


def _card(path: Path, metadata: Mapping[str, str] | None) -> ModelCard:
    text = (metadata or {}).get(CARD_KEY)
    if text is None:
        raise _misfit(path, "it holds no model card of vosdesk")
    try:
        return ModelCard.model_validate_json(text)
    except ValidationError as cause:
        where = ".".join(str(part) for part in cause.errors()[0]["loc"])
        raise _misfit(path, f"its card is wrong at {where or 'its format'}") from cause
