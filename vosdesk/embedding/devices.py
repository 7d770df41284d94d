"""Where the network runs."""

from __future__ import annotations

import torch

from vosdesk.errors import ModelError

DEVICES = ("auto", "cuda", "mps", "cpu")


def available_devices() -> tuple[str, ...]:
    """Return the devices of this machine, the fastest first; never empty."""
    found = []
    if torch.cuda.is_available():
        found.append("cuda")
    if torch.backends.mps.is_available():
        found.append("mps")
    return (*found, "cpu")


def pick_device(name: str) -> torch.device:
    """Return the device of that name; "auto" is the fastest there is.

    Raises:
        ModelError: This machine has no such device.
    """
    available = available_devices()
    if name == "auto":
        return torch.device(available[0])
    if name.partition(":")[0] not in available:
        raise ModelError(
            f"The device {name} is not available here.",
            f"Choose auto or one of: {', '.join(available)}.",
        )
    return torch.device(name)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of torch says that memory ran out; only CUDA has a class for it."""
    if isinstance(error, (torch.cuda.OutOfMemoryError, MemoryError)):
        return True
    text = str(error)
    return isinstance(error, RuntimeError) and (
        "out of memory" in text or "can't allocate memory" in text
    )
