"""Convex upsampling: it starts as bilinear, and what is stored means what was trained."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from vosdesk.arrays import (
    FINE_PER_CELL,
    QUARTER_DIMENSIONS,
    QUARTER_ONE,
    QUARTER_ZERO,
    QUARTERS_ACROSS,
    UPSAMPLING_NUMBERS,
    UPSAMPLING_ONE,
    quarters_in,
)
from vosdesk.embedding.backbone import Level
from vosdesk.embedding.checkpoint import build_network, load_checkpoint, save_checkpoint
from vosdesk.embedding.upsampler import Upsampler, as_stored, upsample
from vosdesk.labelling.upsampling import mix_cells

LEVELS = (Level("a", 4, 2), Level("b", 6, 4), Level("c", 5, 8))
GRID = (5, 7)
QUARTERS = (10, 14)


def features(height, width, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [
        torch.rand(
            1,
            level.channels,
            -(-height // level.stride),
            -(-width // level.stride),
            generator=generator,
        )
        for level in LEVELS
    ]


@pytest.fixture
def upsampler():
    torch.manual_seed(0)
    return Upsampler(LEVELS, 8)


@pytest.fixture
def trained(upsampler):
    """One whose weights depend on what it sees."""
    torch.nn.init.normal_(upsampler.weigh.weight, std=0.03)
    return upsampler


@pytest.mark.parametrize(("height", "width"), [(40, 56), (37, 50), (33, 49)])
def test_it_starts_as_bilinear_interpolation(upsampler, height, width):
    scores = torch.rand(1, 2, *GRID)
    fine = upsample(scores, upsampler(features(height, width), GRID))
    bilinear = F.interpolate(
        scores, scale_factor=FINE_PER_CELL, mode="bilinear", align_corners=False
    )
    torch.testing.assert_close(fine, bilinear)


def test_labels_that_add_up_to_one_still_do(trained):
    scores = torch.rand(1, 3, *GRID).softmax(dim=1)
    with torch.inference_mode():
        fine = upsample(scores, trained(features(40, 56), GRID))
    torch.testing.assert_close(fine.sum(dim=1), torch.ones_like(fine[:, 0]))


def test_what_is_stored_mixes_cells_as_in_training(trained):
    """Two labels in a chequered pattern, so that every cell is contested."""
    scores = torch.zeros(1, 2, *GRID)
    scores[0, 0, ::2, ::2] = scores[0, 0, 1::2, 1::2] = 1
    scores[0, 1] = 1 - scores[0, 0]
    with torch.inference_mode():
        weights = trained(features(37, 50), GRID)
        expected = upsample(scores, weights)[0]
    stored = as_stored(weights, torch.zeros(1, QUARTER_DIMENSIONS, *QUARTERS))[0].numpy()
    ahead = (scores[0, 1:] - scores[0, :1]).numpy()
    mixed = mix_cells(ahead, stored, np.ones(GRID, np.bool_))
    np.testing.assert_allclose(mixed, expected[1:] - expected[:1], atol=9 / UPSAMPLING_ONE)


def test_quarter_embeddings_are_found_again_in_what_is_stored():
    quarters = 3 * torch.randn(1, QUARTER_DIMENSIONS, *QUARTERS).clamp(-1.3, 1.3)
    weights = torch.zeros(1, 9, *(FINE_PER_CELL * n for n in GRID))
    stored = as_stored(weights, quarters)[0].numpy()
    assert stored.shape == (*GRID, UPSAMPLING_NUMBERS)
    found = (quarters_in(stored).astype(np.float32) - QUARTER_ZERO) / QUARTER_ONE
    for row, column, down, right in np.ndindex(*GRID, QUARTERS_ACROSS, QUARTERS_ACROSS):
        expected = quarters[0, :, QUARTERS_ACROSS * row + down, QUARTERS_ACROSS * column + right]
        np.testing.assert_allclose(
            found[row, column, QUARTERS_ACROSS * down + right],
            expected.clamp(-4, 127 / QUARTER_ONE),
            atol=0.5 / QUARTER_ONE,
        )


def test_the_scores_train_it(trained):
    scores = torch.rand(1, 1, *GRID)
    upsample(scores, trained(features(40, 56), GRID)).square().mean().backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in trained.parameters())


def test_it_is_saved_and_loaded_with_the_network(card, tmp_path):
    card = card.model_copy(update={"upsampler": 8})
    torch.manual_seed(0)
    network = build_network(card).eval()
    path = tmp_path / "with.safetensors"
    save_checkpoint(path, network, card)
    images, times = torch.rand(1, 3, 64, 80) * 255, torch.tensor([0.25])
    with torch.inference_mode():
        _embeddings, before = network(images, times)
        _embeddings, after = load_checkpoint(path).network(images, times)
    assert abs(before.int() - after.int()).max() <= 1
    assert before.shape == (1, 8, 10, UPSAMPLING_NUMBERS)
