"""The files of weights: where they lie, which there are, and their cards. Imports no torch."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open

from vosdesk.assets import asset_folder
from vosdesk.embedding.card import ModelCard
from vosdesk.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

logger = logging.getLogger(__name__)

SUFFIX = ".safetensors"
CARD_KEY = "vosdesk_card"
MAX_HEADER_BYTES = 1 << 20
"""A header lists a few hundred tensors; anything larger is not one of ours."""


@dataclass(frozen=True)
class ModelFile:
    """A model that can be chosen by its name."""

    name: str
    path: Path
    card: ModelCard


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


def read_card(path: Path) -> ModelCard:
    """Read a model's card without its weights.

    Raises:
        ModelError: The file is damaged or is not a model of vosdesk.
    """
    with open_weights(path, "np") as file:
        return card_in(path, file)


@contextmanager
def open_weights(path: Path, framework: str) -> Iterator[Any]:
    """Open a file of weights after a look at the size of its header; nothing is allocated yet.

    Args:
        path: The file.
        framework: Whose tensors to give, "np" or "pt".

    Raises:
        ModelError: It cannot be read as safetensors.
    """
    try:
        with path.open("rb") as file:
            header_bytes = int.from_bytes(file.read(8), "little")
        if header_bytes > MAX_HEADER_BYTES:
            raise misfit(path, "its header is too large")
        with safe_open(path, framework=framework) as weights:
            yield weights
    except SafetensorError as cause:
        raise misfit(path, "it is not a complete safetensors file") from cause
    except OSError as cause:
        raise ModelError(f"The model file {path} cannot be read: {cause.strerror}.") from cause


def card_in(path: Path, weights: Any) -> ModelCard:
    """Return the card of an opened file.

    Raises:
        ModelError: There is none, or it is wrong.
    """
    metadata: Mapping[str, str] = weights.metadata() or {}
    if CARD_KEY not in metadata:
        raise misfit(path, "it holds no model card of vosdesk")
    try:
        return ModelCard.model_validate_json(metadata[CARD_KEY])
    except ValidationError as cause:
        where = ".".join(str(part) for part in cause.errors()[0]["loc"])
        raise misfit(path, f"its card is wrong at {where or 'its format'}") from cause


def misfit(path: Path, reason: str) -> ModelError:
    """Return the error that tells why a file is no model of ours."""
    return ModelError(
        f"The file {path} cannot be used as a model: {reason}.",
        "It may be damaged, or come from another program or version: get or train it again.",
    )
