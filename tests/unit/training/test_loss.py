from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from vosdesk.training.loss import relaxed_triplet_loss, smooth_triplet_loss


def unit_vectors(rng, count, dimensions=4):
    vectors = rng.normal(size=(count, dimensions))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def nearest_distances(anchor, label, pool, labels):
    """Squared distances to the nearest of the anchor's own label and of the other."""
    distances = [((anchor - p) ** 2).sum() for p in pool]
    same = min(d for d, other in zip(distances, labels, strict=True) if other == label)
    other = min(d for d, other in zip(distances, labels, strict=True) if other != label)
    return same, other


@st.composite
def scenes(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    anchors = unit_vectors(rng, draw(st.integers(1, 6)))
    pool = unit_vectors(rng, draw(st.integers(2, 9)))
    labels = rng.random(len(pool)) < 0.5
    labels[:2] = True, False
    return anchors, rng.random(len(anchors)) < 0.5, pool, labels


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
    labels = torch.arange(20) < 10
    relaxed_triplet_loss(anchors, torch.tensor([True]), pool, labels, 4.0).backward()
    similarity = (pool.detach() @ anchors[0]).numpy()
    moved = np.flatnonzero(pool.grad.abs().sum(dim=1).numpy())
    assert sorted(moved) == sorted([similarity[:10].argmax(), 10 + similarity[10:].argmax()])
