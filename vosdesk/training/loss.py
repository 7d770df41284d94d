"""The losses: how far each anchor is from its own object and from everything else.

Chen et al., "Blazingly Fast Video Object Segmentation with Pixel-Wise Metric Learning", CVPR
2018, equation 2. A standard triplet loss pulls every positive towards the anchor, which is wrong
for an object of unlike parts (a rider and a motorbike); here, for an anchor a with the pools P
of its own label and N of all others,

    max(0, min_{p in P} |f(a) - f(p)|^2 - min_{n in N} |f(a) - f(n)|^2 + alpha).

Everywhere labels are object ids, background included, and embeddings unit vectors, so that
|f(a) - f(p)|^2 = 2 - 2 cos.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from vosdesk.arrays import VOID

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

TRIPLETS = 16
"""Triplets of each anchor in the standard loss."""


def relaxed_triplet_loss(
    anchors: Tensor, labels: Tensor, pool: Tensor, pool_labels: Tensor, alpha: float
) -> Tensor:
    """Return the mean hinge of the paper over the anchors.

    Args:
        anchors: (A, d) unit vectors.
        labels: (A,) the anchors' labels.
        pool: (P, d) unit vectors, of other frames than the anchors.
        pool_labels: (P,) the pool's labels.
        alpha: The margin between squared distances.
    """
    same, other = _nearest_same_and_other(anchors, labels, pool, pool_labels)
    return F.relu(2 * (other - same) + alpha).mean()


def smooth_triplet_loss(
    anchors: Tensor, labels: Tensor, pool: Tensor, pool_labels: Tensor, temperature: float
) -> Tensor:
    """Return the mean of log(1 + exp((cos_other - cos_same) / temperature)) over the anchors.

    The same two distances under a smooth hinge: anchors that are right by a small margin still
    count a little, which thirty videos' worth of easy anchors need.
    """
    same, other = _nearest_same_and_other(anchors, labels, pool, pool_labels)
    return F.softplus((other - same) / temperature).mean()


def standard_triplet_loss(
    anchors: Tensor,
    labels: Tensor,
    pool: Tensor,
    pool_labels: Tensor,
    alpha: float,
    rng: np.random.Generator,
) -> Tensor:
    """Return the mean hinge over random triplets: what the relaxed loss is measured against.

    Each anchor meets a number of positives and as many negatives, drawn from its pools.
    """
    positives, negatives = _random_same_and_other(labels, pool_labels, rng)
    same = torch.einsum("ad,akd->ak", anchors, pool[positives])
    other = torch.einsum("ad,akd->ak", anchors, pool[negatives])
    return F.relu(2 * (other - same) + alpha).mean()


def _pools(labels: Tensor, pool_labels: Tensor) -> tuple[Tensor, Tensor]:
    """Return which of the pool are positives and which negatives of each anchor, (A, P) bool.

    What is VOID is neither.

    Raises:
        ValueError: An anchor has no positive or no negative.
    """
    is_same = labels[:, None] == pool_labels
    is_other = ~is_same & (pool_labels != VOID)
    if not (is_same.any(dim=1) & is_other.any(dim=1)).all():
        raise ValueError("the pool needs pixels of each anchor's label and of others")
    return is_same, is_other


def _nearest_same_and_other(
    anchors: Tensor, labels: Tensor, pool: Tensor, pool_labels: Tensor
) -> tuple[Tensor, Tensor]:
    """Return each anchor's largest cosine to its own label and to the others, both (A,)."""
    with torch.no_grad():  # gradients only follow the two that were chosen
        similarities = anchors @ pool.T
        same, other = (
            similarities.masked_fill(~chosen, -torch.inf).argmax(dim=1)
            for chosen in _pools(labels, pool_labels)
        )
    return (anchors * pool[same]).sum(dim=1), (anchors * pool[other]).sum(dim=1)


def _random_same_and_other(
    labels: Tensor, pool_labels: Tensor, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Return indices into the pool for each anchor, with repetition, both (A, TRIPLETS)."""
    generator = torch.Generator(labels.device).manual_seed(int(rng.integers(2**63)))
    same, other = (
        torch.multinomial(chosen.float(), TRIPLETS, replacement=True, generator=generator)
        for chosen in _pools(labels, pool_labels)
    )
    return same, other
