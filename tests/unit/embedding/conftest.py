from __future__ import annotations

import pytest
import torch

from vosdesk.embedding.card import ModelCard
from vosdesk.embedding.checkpoint import build_network


@pytest.fixture
def card() -> ModelCard:
    return ModelCard(name="small", backbone="efficientnet_lite2", hidden=16, dimensions=8)


@pytest.fixture
def network(card):
    torch.manual_seed(0)
    return build_network(card).eval()
