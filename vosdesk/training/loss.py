"""The relaxed triplet loss: only the nearest positive and the nearest negative count.

Chen et al., "Blazingly Fast Video Object Segmentation with Pixel-Wise Metric Learning", CVPR
2018, equation 2. A standard triplet loss pulls every positive towards the anchor, which is wrong
for an object of unlike parts (a rider and a motorbike); here, for an anchor a with the pools P
of its own label and N of the other,

    max(0, min_{p in P} |f(a) - f(p)|^2 - min_{n in N} |f(a) - f(n)|^2 + alpha).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

if TYPE_CHECKING:
    from torch import Tensor


def relaxed_triplet_loss(
    anchors: Tensor, on_object: Tensor, pool: Tensor, pool_on_object: Tensor, alpha: float
) -> Tensor:
    """Return the mean hinge of the paper over the anchors.

    Args:
        anchors: (A, d) unit vectors.
        on_object: (A,) bool, the anchors' labels.
        pool: (P, d) unit vectors, of other frames than the anchors.
        pool_on_object: (P,) bool, the pool's labels.
        alpha: The margin between squared distances.
    """
    same, other = _nearest_same_and_other(anchors, on_object, pool, pool_on_object)
    # |f(a) - f(p)|^2 = 2 - 2 cos for unit vectors
    return F.relu(2 * (other - same) + alpha).mean()


def smooth_triplet_loss(
    anchors: Tensor, on_object: Tensor, pool: Tensor, pool_on_object: Tensor, temperature: float
) -> Tensor:
    """Return the mean of log(1 + exp((cos_other - cos_same) / temperature)) over the anchors.

    The same two distances under a smooth hinge: anchors that are right by a small margin still
    count a little, which thirty videos' worth of easy anchors need.
    """
    same, other = _nearest_same_and_other(anchors, on_object, pool, pool_on_object)
    return F.softplus((other - same) / temperature).mean()


def _nearest_same_and_other(
    anchors: Tensor, on_object: Tensor, pool: Tensor, pool_on_object: Tensor
) -> tuple[Tensor, Tensor]:
    """Return each anchor's largest cosine to its own label and to the other, both (A,).

    Raises:
        ValueError: A label does not occur in the pool.
    """
    if pool_on_object.all() or not pool_on_object.any():
        raise ValueError("the pool needs pixels of the object and of the background")
    with torch.no_grad():  # gradients only follow the two that were chosen
        similarities = anchors @ pool.T
        is_same = on_object[:, None] == pool_on_object
        same = similarities.masked_fill(~is_same, -torch.inf).argmax(dim=1)
        other = similarities.masked_fill(is_same, -torch.inf).argmax(dim=1)
    return (anchors * pool[same]).sum(dim=1), (anchors * pool[other]).sum(dim=1)
