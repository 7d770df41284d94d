"""Labels of the training videos: whose they are, and what they come from."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vosdesk.embedding.checkpoint import build_network
from vosdesk.jobs import run_to_end
from vosdesk.labelling import whole_video
from vosdesk.training import scored_frames as module
from vosdesk.training.dataset import load_videos
from vosdesk.training.scored_frames import MASKS, scored_frames
from vosdesk.training.train import card_of

CPU = torch.device("cpu")


@pytest.fixture
def videos(config):
    return load_videos(config.davis_root, "train", mirror=False)


@pytest.fixture
def network(config):
    torch.manual_seed(0)
    return build_network(card_of(config).model_copy(update={"upsampler": 8})).eval()


def test_frames_get_the_scores_of_their_objects(network, videos):
    scored = run_to_end(scored_frames(network, videos, CPU, 0))
    assert {item.frame.image.parent.name for item in scored} == {"square", "disc"}
    for item in scored:
        assert item.object_id == 1
        assert item.scores.shape == (8, 12)
        assert -1e-3 <= item.scores.min() <= item.scores.max() <= 1 + 1e-3
    assert any(item.scores.min() < 0.5 < item.scores.max() for item in scored)


def test_they_depend_on_the_seed_alone(network, videos):
    one, same, other = (run_to_end(scored_frames(network, videos, CPU, seed)) for seed in (3, 3, 4))
    assert len(one) == len(same)
    for a, b in zip(one, same, strict=True):
        assert a.frame == b.frame
        np.testing.assert_array_equal(a.scores, b.scores)
    assert [item.frame for item in one] != [item.frame for item in other]


def test_masks_and_scribbles_are_given_with_links_and_without(network, videos, monkeypatch):
    given = []

    def label_video(store, references, spreading, settings):
        cells = store.key.grid.rows * store.key.grid.columns
        whole = any(
            (references.frame_indices == index).sum() == cells for index in range(len(videos[0]))
        )
        given.append((whole, settings.links > 0))
        return whole_video.label_video(store, references, spreading, settings)

    monkeypatch.setattr(module, "label_video", label_video)
    run_to_end(scored_frames(network, videos[:1], CPU, 0))
    for links in (False, True):
        assert given.count((True, links)) == MASKS
        assert given.count((False, links)) >= 1
