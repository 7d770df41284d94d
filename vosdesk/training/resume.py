"""A run's state on disk, so that an interrupted run goes on where it was.

The frames of a step depend on the seed and the step's number alone, so weights, their average
and the optimiser's moments are the whole state.
"""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import torch

from vosdesk.errors import VosdeskError

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor, nn
    from torch.optim import Optimizer

    from vosdesk.training.config import TrainingConfig

_FREE_TO_CHANGE = {
    "davis_root",
    "out",
    "feature_cache",
    "device",
    "save_every",
    "similarity_floor",
    "licence",
}
"""What has no influence on the weights."""


def save_state(
    path: Path,
    config: TrainingConfig,
    step: int,
    network: nn.Module,
    average: dict[str, Tensor],
    optimiser: Optimizer,
) -> None:
    """Write the state after so many steps; the earlier one is replaced once this is complete."""
    state = {
        "choices": _choices(config),
        "step": step,
        "network": network.state_dict(),
        "average": average,
        "optimiser": optimiser.state_dict(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.part")
    torch.save(state, unfinished)
    unfinished.replace(path)


def load_state(
    path: Path,
    config: TrainingConfig,
    network: nn.Module,
    average: dict[str, Tensor],
    optimiser: Optimizer,
) -> int:
    """Bring back a saved state, in place.

    Returns:
        The number of steps already done; 0 where there is no saved state.

    Raises:
        VosdeskError: The state is damaged, or belongs to a run with other choices.
    """
    if not path.is_file():
        return 0
    advice = f"Delete {path} to start anew, or give another file to write."
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        if state["choices"] != _choices(config):
            raise VosdeskError(f"The state {path} belongs to a run with other choices.", advice)
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        for name, tensor in state["average"].items():
            average[name].copy_(tensor)
        return int(state["step"])
    except (RuntimeError, KeyError, ValueError, EOFError, pickle.UnpicklingError) as cause:
        raise VosdeskError(f"The state {path} cannot be read.", advice) from cause


def _choices(config: TrainingConfig) -> str:
    """What must be the same for a run to go on."""
    return config.model_dump_json(exclude=_FREE_TO_CHANGE)
