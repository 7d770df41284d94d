"""The quarter head: an embedding for each 4 x 4 pixels, whatever the size of the picture."""

from __future__ import annotations

import pytest
import torch

from vosdesk.arrays import QUARTER_DIMENSIONS
from vosdesk.embedding.backbone import Level
from vosdesk.embedding.quarter_head import QuarterHead

LEVELS = (Level("a", 4, 2), Level("b", 6, 4), Level("c", 5, 8))


def features(levels, height, width, count=1):
    generator = torch.Generator().manual_seed(0)
    shapes = ((-(-height // level.stride), -(-width // level.stride)) for level in levels)
    return [
        torch.rand(count, level.channels, *shape, generator=generator)
        for level, shape in zip(levels, shapes, strict=True)
    ]


def head_for(levels):
    torch.manual_seed(0)
    return QuarterHead(levels, 8)


@pytest.mark.parametrize(
    ("height", "width", "grid"),
    [(40, 56, (5, 7)), (37, 50, (5, 7)), (33, 49, (5, 7)), (8, 8, (1, 1)), (1, 3, (1, 1))],
)
def test_every_quarter_of_a_cell_has_an_embedding(height, width, grid):
    embeddings = head_for(LEVELS)(features(LEVELS, height, width, 3), grid)
    assert embeddings.shape == (3, QUARTER_DIMENSIONS, 2 * grid[0], 2 * grid[1])
    assert embeddings.isfinite().all()


@pytest.mark.parametrize("strides", [(1,), (2, 4), (4, 8, 16), (16,), (8, 2)])
def test_levels_may_be_finer_or_coarser(strides):
    levels = [Level(str(stride), 3, stride) for stride in strides]
    embeddings = head_for(levels)(features(levels, 37, 50), (5, 7))
    assert embeddings.shape == (1, QUARTER_DIMENSIONS, 10, 14)


@pytest.mark.parametrize("level", [0, 1])
def test_a_quarter_sees_its_own_pixels(level):
    """What changes there changes it, and not a quarter that is far away."""
    head = head_for(LEVELS)
    seen = features(LEVELS, 80, 80)
    with torch.inference_mode():
        before = head(seen, (10, 10))
        side = 4 // LEVELS[level].stride
        seen[level][..., 6 * side : 7 * side, 8 * side : 9 * side] = torch.rand(1) * 5
        seen[level][:, 0, 6 * side : 7 * side, 8 * side : 9 * side] = 9
        moved = (head(seen, (10, 10)) - before).abs().sum(dim=1)[0]
    assert moved.argmax() == 6 * 20 + 8
    assert not moved[10:].any()


def test_what_lies_beyond_the_picture_repeats_its_edge():
    """A picture that ends in the middle of a cell is as one whose last pixels go on."""
    head = head_for(LEVELS)
    cut = features(LEVELS, 36, 52)
    whole = [
        torch.nn.functional.pad(f, (0, right, 0, down), mode="replicate")
        for f, down, right in zip(cut, (2, 1, 0), (2, 1, 0), strict=True)
    ]
    torch.testing.assert_close(head(cut, (5, 7)), head(whole, (5, 7)))


def test_quarters_begin_almost_alike_and_are_trained():
    head = head_for(LEVELS)
    embeddings = head(features(LEVELS, 40, 56), (5, 7))
    assert embeddings.std(dim=(2, 3)).max() < 0.5
    embeddings.square().mean().backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in head.parameters())
