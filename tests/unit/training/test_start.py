from __future__ import annotations

import torch

from vosdesk.embedding.backbone import Level
from vosdesk.embedding.head import EmbeddingHead, coordinates
from vosdesk.training.start import PLACE_WEIGHT, join_levels, projection, start_as_projection

LEVELS = (Level("fine", 6, 8), Level("deep", 9, 32))


def levels_of(count, grid=(8, 12)):
    torch.manual_seed(1)
    coarse = (grid[0] // 4, grid[1] // 4)
    return [torch.randn(count, 6, *grid), torch.randn(count, 9, *coarse)]


def sample():
    return join_levels(levels_of(20)).flatten(2).transpose(1, 2).reshape(-1, 15)


def test_the_head_starts_as_the_projection_with_x_and_y_beside_it():
    head = EmbeddingHead(LEVELS, hidden=24, dimensions=10, coordinate_scale=0.1)
    start_as_projection(head, LEVELS, sample())
    features, times = levels_of(2), torch.tensor([0.0, 0.7])
    with torch.inference_mode():
        embeddings = head(features, times)
    matrix, mean = projection(sample(), LEVELS, 8)
    projected = torch.einsum(
        "nchw,cd->ndhw", join_levels(features) - mean[None, :, None, None], matrix
    )
    places = PLACE_WEIGHT * coordinates(8, 12, times)[:, :2]
    expected = torch.nn.functional.normalize(torch.cat((projected, places), dim=1), dim=1)
    torch.testing.assert_close(embeddings, expected, rtol=1e-4, atol=1e-5)


def test_a_narrow_head_keeps_what_fits():
    head = EmbeddingHead(LEVELS, hidden=9, dimensions=10)
    start_as_projection(head, LEVELS, sample())
    with torch.inference_mode():
        embeddings = head(levels_of(1), torch.zeros(1))
    assert embeddings[:, :4].abs().amax() > 0.1
    assert not embeddings[:, 4:].any()


def test_components_are_ordered_uncorrelated_and_half_whitened():
    features = sample()
    matrix, mean = projection(features, LEVELS, 5)
    projected = (features - mean) @ matrix
    covariance = projected.T @ projected / len(projected)
    spread = covariance.diagonal()
    assert torch.equal(spread, spread.sort(descending=True).values)
    torch.testing.assert_close(covariance, spread.diag(), atol=1e-5, rtol=0)
    weight = torch.tensor([8.0] * 6 + [32.0] * 9).sqrt()
    plain = torch.linalg.eigvalsh(((features - mean) * weight).T.cov(correction=0))
    ratio = plain.flip(0)[:5].sqrt() / spread  # a component of variance v keeps its root
    torch.testing.assert_close(ratio, ratio[0].expand(5), rtol=1e-3, atol=0)


def test_hidden_channels_that_the_start_leaves_free_can_learn():
    head = EmbeddingHead(LEVELS, hidden=24, dimensions=4)
    start_as_projection(head, LEVELS, sample())
    head(levels_of(1), torch.zeros(1))[:, 0].sum().backward()
    assert head.embed.weight.grad[:, 8:].any(dim=(0, 2, 3)).all()
