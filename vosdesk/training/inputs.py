"""Which of its inputs the head may use.

What it must do without has weights of zero that stay zero. So a network trained with fewer levels
or without coordinates is a file of weights like any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from vosdesk.errors import VosdeskError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vosdesk.embedding.backbone import Level
    from vosdesk.embedding.head import EmbeddingHead

AXES = {"off": 0, "xy": 2, "xyt": 3}
"""How many of the coordinates x, y, t each choice leaves."""


def is_used(level: Level, used: Sequence[str]) -> bool:
    """Whether a level is among the used ones; where none is named, all are."""
    return not used or level.name in used


def restrict_inputs(
    head: EmbeddingHead, levels: Sequence[Level], used: Sequence[str], axes: int
) -> None:
    """Take inputs away from a head, for good.

    Args:
        head: The head, before training.
        levels: The trunk's levels.
        used: Names of the levels that stay; none for all.
        axes: How many of x, y and t stay.

    Raises:
        VosdeskError: There is no level of such a name.
    """
    names = [level.name for level in levels]
    unknown = set(used).difference(names)
    if unknown:
        raise VosdeskError(
            f"The trunk has no level called {sorted(unknown)[0]!r}.",
            f"Choose among: {', '.join(names)}.",
        )
    with torch.no_grad():
        for level, reduce in zip(levels, head.reduce, strict=True):
            if not is_used(level, used):
                reduce.get_parameter("weight").zero_().requires_grad_(False)
        head.place.weight[:, axes:] = 0
    if axes < head.place.in_channels:
        stays = (torch.arange(head.place.in_channels) < axes).float()[:, None, None]
        head.place.weight.register_hook(  # type: ignore[no-untyped-call]
            lambda gradient: gradient * stays.to(gradient.device)
        )
