from __future__ import annotations

import pytest
import torch

from vosdesk.embedding.backbone import Level
from vosdesk.embedding.head import EmbeddingHead, coordinates

LEVELS = (Level("a", 5, 8), Level("b", 7, 16), Level("c", 3, 16))


@pytest.fixture
def head():
    torch.manual_seed(0)
    return EmbeddingHead(LEVELS, hidden=11, dimensions=6, coordinate_scale=0.1)


def features(rows, columns):
    coarse = (-(-rows // 2), -(-columns // 2))
    return [
        torch.randn(2, 5, rows, columns),
        torch.randn(2, 7, *coarse),
        torch.randn(2, 3, *coarse),
    ]


def test_coordinates_are_the_centres_of_cells_from_minus_one_to_one():
    x, y, t = coordinates(2, 4, torch.tensor([0.0, 1.0]))[0]
    assert x[0].tolist() == [-0.75, -0.25, 0.25, 0.75]
    assert y[:, 0].tolist() == [-0.5, 0.5]
    assert set(t.flatten().tolist()) == {-1.0}
    assert set(coordinates(2, 4, torch.tensor([0.0, 1.0]))[1, 2].flatten().tolist()) == {1.0}


@pytest.mark.parametrize("grid", [(6, 8), (5, 7), (1, 1)])
def test_embeddings_are_unit_vectors_on_the_finest_grid(head, grid):
    embeddings = head(features(*grid), torch.tensor([0.0, 0.5]))
    assert embeddings.shape == (2, 6, *grid)
    torch.testing.assert_close(embeddings.norm(dim=1), torch.ones(2, *grid))
