"""Convex upsampling: it starts as bilinear, and what is stored means what was trained."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from vosdesk.arrays import (
    FINE_PER_QUARTER,
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
from vosdesk.embedding.upsampler import Upsampler, Weights, as_stored, mix_cells, mix_quarters
from vosdesk.labelling.engine import FrameLabels
from vosdesk.labelling.quarters import between_cells, quarter_scores
from vosdesk.labelling.upsampling import mix_quarters as mix_stored

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
    for layer in (upsampler.weigh, upsampler.weigh_cells):
        torch.nn.init.normal_(layer.weight, std=0.03)
    return upsampler


@pytest.mark.parametrize(("height", "width"), [(40, 56), (37, 50), (33, 49)])
def test_it_starts_as_bilinear_interpolation(upsampler, height, width):
    weights = upsampler(features(height, width), GRID)
    for mix, step, grid, factor in (
        (mix_cells, weights.cells, GRID, QUARTERS_ACROSS),
        (mix_quarters, weights.quarters, QUARTERS, FINE_PER_QUARTER),
    ):
        scores = torch.rand(1, 2, *grid)
        bilinear = F.interpolate(scores, scale_factor=factor, mode="bilinear", align_corners=False)
        torch.testing.assert_close(mix(scores, step), bilinear)


def test_weights_can_be_drawn_towards_bilinear_interpolation(trained):
    seen, scores = features(40, 56), torch.rand(1, 2, *QUARTERS)
    learnt, cells = mix_quarters(scores, trained(seen, GRID).quarters), trained(seen, GRID).cells
    bilinear = F.interpolate(
        scores, scale_factor=FINE_PER_QUARTER, mode="bilinear", align_corners=False
    )
    trained.draw_towards_bilinear(0.25)
    between = mix_quarters(scores, trained(seen, GRID).quarters)
    torch.testing.assert_close(between, 0.75 * learnt + 0.25 * bilinear)
    trained.draw_towards_bilinear(1)
    torch.testing.assert_close(mix_quarters(scores, trained(seen, GRID).quarters), bilinear)
    assert torch.equal(trained(seen, GRID).cells, cells)


def test_labels_that_add_up_to_one_still_do(trained):
    scores = torch.rand(1, 3, *GRID).softmax(dim=1)
    with torch.inference_mode():
        weights = trained(features(40, 56), GRID)
        quarters = mix_cells(scores, weights.cells)
        fine = mix_quarters(quarters, weights.quarters)
    torch.testing.assert_close(fine.sum(dim=1), torch.ones_like(fine[:, 0]))


def test_what_is_stored_mixes_quarters_as_in_training(trained):
    """Two labels in a chequered pattern, so that every cell is contested."""
    cells = np.indices(GRID).sum(axis=0, keepdims=True) % 2
    scores = torch.rand(1, 2, *QUARTERS).softmax(dim=1)
    with torch.inference_mode():
        weights = trained(features(37, 50), GRID)
        expected = mix_quarters(scores, weights.quarters)[0]
    stored = as_stored(weights, torch.zeros(1, QUARTER_DIMENSIONS, *QUARTERS))[0].numpy()
    ahead = (scores[0, 1:] - scores[0, :1]).numpy()
    mixed = mix_stored((2 * cells - 1).astype(np.float32), ahead, stored)
    np.testing.assert_allclose(mixed, expected[1:] - expected[:1], atol=9 / UPSAMPLING_ONE / 2)


def test_what_is_stored_mixes_cells_as_in_training(trained):
    """Two labels in a chequered pattern, so that every cell is contested."""
    first = 0.55 + 0.4 * torch.rand(GRID)
    first = torch.where(torch.from_numpy(np.indices(GRID).sum(axis=0) % 2 == 0), first, 1 - first)
    scores = torch.stack([first, 1 - first])
    with torch.inference_mode():
        weights = trained(features(37, 50), GRID)
        expected = mix_cells(scores[None], weights.cells)[0].numpy()
    stored = as_stored(weights, torch.zeros(1, QUARTER_DIMENSIONS, *QUARTERS))[0].numpy()
    nowhere = np.full(GRID, -1, np.int32)
    labels = FrameLabels(0, (0, 1), scores.numpy(), np.ones(GRID, np.float32), nowhere)
    mixed = quarter_scores(labels, stored)
    np.testing.assert_allclose(mixed, expected, atol=4 / UPSAMPLING_ONE / 2)
    assert abs(mixed - between_cells(labels.scores)).max() > 0.1


def test_quarter_embeddings_are_found_again_in_what_is_stored():
    quarters = 3 * torch.randn(1, QUARTER_DIMENSIONS, *QUARTERS).clamp(-1.3, 1.3)
    weights = Weights(
        torch.zeros(1, 4, *QUARTERS), torch.zeros(1, 9, *(FINE_PER_QUARTER * n for n in QUARTERS))
    )
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
    weights = trained(features(40, 56), GRID)
    quarters = mix_cells(torch.rand(1, 1, *GRID), weights.cells)
    mix_quarters(quarters, weights.quarters).square().mean().backward()
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
