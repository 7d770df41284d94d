"""A run's state on disk, so that an interrupted run goes on where it was.

The frames of a step depend on the seed and the step's number alone, so weights, their average,
the optimiser's moments and the scale of half precision's gradients are the whole state.
"""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import torch

from vosdesk.errors import VosdeskError

if TYPE_CHECKING:
    from pathlib import Path

    from vosdesk.training.config import TrainingConfig
    from vosdesk.training.quarters import QuarterRun
    from vosdesk.training.run import Run
    from vosdesk.training.upsampling import UpsamplingRun

_FREE_TO_CHANGE = {
    "davis_root",
    "out",
    "feature_cache",
    "device",
    "mixed_precision",
    "save_every",
    "validation_split",
    "validation_every",
    "similarity_floor",
    "licence",
}
"""What has no influence on the weights beyond rounding."""


def save_state(path: Path, run: Run | QuarterRun | UpsamplingRun, step: int) -> None:
    """Write the state after so many steps; the earlier one is replaced once this is complete."""
    state = {
        "choices": _choices(run.config),
        "step": step,
        "network": run.network.state_dict(),
        "average": run.average.tensors,
        "optimiser": run.optimiser.state_dict(),
        "scaler": run.scaler.state_dict(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.part")
    torch.save(state, unfinished)
    unfinished.replace(path)


def load_state(path: Path, run: Run | QuarterRun | UpsamplingRun) -> int:
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
        if state["choices"] != _choices(run.config):
            raise VosdeskError(f"The state {path} belongs to a run with other choices.", advice)
        run.network.load_state_dict(state["network"])
        run.optimiser.load_state_dict(state["optimiser"])
        for name, tensor in state["average"].items():
            run.average.tensors[name].copy_(tensor)
        if state["scaler"] and run.scaler.is_enabled():  # empty where it was in full precision
            run.scaler.load_state_dict(state["scaler"])
        return int(state["step"])
    except (RuntimeError, KeyError, ValueError, EOFError, pickle.UnpicklingError) as cause:
        raise VosdeskError(f"The state {path} cannot be read.", advice) from cause


def _choices(config: TrainingConfig) -> str:
    """What must be the same for a run to go on."""
    return config.model_dump_json(exclude=_FREE_TO_CHANGE)
