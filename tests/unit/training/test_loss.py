from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from vosdesk.arrays import VOID
from vosdesk.training.loss import relaxed_triplet_loss, smooth_triplet_loss, standard_triplet_loss


def unit_vectors(rng, count, dimensions=4):
    vectors = rng.normal(size=(count, dimensions))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def nearest_distances(anchor, label, pool, labels):
    """Squared distances to the nearest of the anchor's own label and of the other."""
    distances = [((anchor - p) ** 2).sum() for p in pool]
    same = min(d for d, other in zip(distances, labels, strict=True) if other == label)
    other = min(d for d, other in zip(distances, labels, strict=True) if other not in (label, VOID))
    return same, other


@st.composite
def scenes(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    anchors = unit_vectors(rng, draw(st.integers(1, 6)))
    pool = unit_vectors(rng, draw(st.integers(3, 12)))
    labels = rng.choice([0, 1, 2, VOID], len(pool))
    labels[:3] = 0, 1, 2
    return anchors, rng.integers(0, 3, len(anchors)), pool, labels


@settings(max_examples=60, deadline=None)
@given(scenes(), st.floats(0, 1))
def test_the_relaxed_triplet_loss_is_the_papers_formula(scene, alpha):
    anchors, anchor_labels, pool, pool_labels = scene
    expected = []
    for anchor, label in zip(anchors, anchor_labels, strict=True):
        same, other = nearest_distances(anchor, label, pool, pool_labels)
        expected.append(max(0.0, same - other + alpha))
    loss = relaxed_triplet_loss(*map(torch.from_numpy, scene), alpha)
    assert loss.item() == pytest.approx(np.mean(expected), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(scenes(), st.floats(0.05, 1))
def test_the_smooth_triplet_loss_is_its_formula(scene, temperature):
    anchors, anchor_labels, pool, pool_labels = scene
    expected = []
    for anchor, label in zip(anchors, anchor_labels, strict=True):
        same, other = nearest_distances(anchor, label, pool, pool_labels)
        # the difference of cosines is half that of squared distances
        expected.append(np.log1p(np.exp((same - other) / 2 / temperature)))
    loss = smooth_triplet_loss(*map(torch.from_numpy, scene), temperature)
    assert loss.item() == pytest.approx(np.mean(expected), abs=1e-9)


def test_only_the_nearest_of_each_pool_is_moved():
    rng = np.random.default_rng(0)
    anchors = torch.from_numpy(unit_vectors(rng, 1))
    pool = torch.from_numpy(unit_vectors(rng, 20)).requires_grad_()
    labels = (torch.arange(20) < 10).int()
    relaxed_triplet_loss(anchors, torch.tensor([1]), pool, labels, 4.0).backward()
    similarity = (pool.detach() @ anchors[0]).numpy()
    moved = np.flatnonzero(pool.grad.abs().sum(dim=1).numpy())
    assert sorted(moved) == sorted([similarity[:10].argmax(), 10 + similarity[10:].argmax()])


def test_the_standard_triplet_loss_is_the_mean_over_all_triplets_in_the_long_run():
    rng = np.random.default_rng(3)
    anchors, pool = unit_vectors(rng, 4), unit_vectors(rng, 8)
    labels, pool_labels = np.array([0, 1, 2, 1]), np.array([0, 0, 1, 1, 2, 2, VOID, VOID])
    hinges = []
    for anchor, label in zip(anchors, labels, strict=True):
        distances = ((anchor - pool) ** 2).sum(axis=1)
        same = distances[pool_labels == label]
        other = distances[(pool_labels != label) & (pool_labels != VOID)]
        hinges.append(np.maximum(0, same[:, None] - other + 0.3).mean())
    scene = [torch.from_numpy(part) for part in (anchors, labels, pool, pool_labels)]
    drawn = [standard_triplet_loss(*scene, 0.3, rng).item() for _ in range(400)]
    error = np.std(drawn) / len(drawn) ** 0.5
    assert np.mean(drawn) == pytest.approx(np.mean(hinges), abs=5 * error)


@pytest.mark.parametrize("pool_labels", [[1, 1, 1], [0, 0, 0], [1, 1, VOID], [2, 2, 0]])
def test_an_anchor_without_a_positive_or_a_negative_is_refused(pool_labels):
    anchors, pool = torch.eye(3)[:1], torch.eye(3)
    with pytest.raises(ValueError, match="each anchor's label"):
        smooth_triplet_loss(anchors, torch.tensor([1]), pool, torch.tensor(pool_labels), 0.1)
