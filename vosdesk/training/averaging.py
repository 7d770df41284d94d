"""The running average of the weights, which is what a run keeps.

The last steps of a run jump about their goal; the average lies nearer to it.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from vosdesk.embedding.network import EmbeddingNetwork


class WeightAverage:
    """Follows the weights that are trained.

    Args:
        network: The network.
        memory: How much of the average a step keeps; 0 keeps nothing but the newest weights.

    Attributes:
        tensors: The average by the parameters' names.
    """

    def __init__(self, network: EmbeddingNetwork, memory: float) -> None:
        self._memory = memory
        self._parameters = {
            name: parameter
            for name, parameter in network.named_parameters()
            if parameter.requires_grad
        }
        self.tensors: dict[str, Tensor] = {
            name: parameter.detach().clone() for name, parameter in self._parameters.items()
        }

    @torch.no_grad()
    def update(self, steps: int) -> None:
        """Take the weights in, after so many steps; the memory is short at first."""
        memory = min(self._memory, steps / (10 + steps))
        for name, parameter in self._parameters.items():
            self.tensors[name].lerp_(parameter, 1 - memory)

    def applied_to(self, network: EmbeddingNetwork) -> EmbeddingNetwork:
        """Return a copy of the network with the average as its weights."""
        averaged = copy.deepcopy(network)
        averaged.load_state_dict(self.tensors, strict=False)
        return averaged
