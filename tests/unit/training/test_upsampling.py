"""The upsampler's training: the views, what counts of them, and a run from end to end."""

from __future__ import annotations

import csv
import itertools

import numpy as np
import pytest
import torch

from vosdesk.arrays import STRIDE, UPSAMPLING_NUMBERS
from vosdesk.embedding.backbones import BACKBONES
from vosdesk.embedding.checkpoint import build_network, load_checkpoint
from vosdesk.errors import VosdeskError
from vosdesk.jobs import run_to_end
from vosdesk.training.dataset import load_videos
from vosdesk.training.edge_views import ScoredFrame, draw_view
from vosdesk.training.stills import load_stills
from vosdesk.training.train import card_of, train
from vosdesk.training.upsampling import border_loss, scored_frames

SIDE = 64


@pytest.fixture
def scored(config):
    videos = load_videos(config.davis_root, "train", mirror=False)
    torch.manual_seed(0)
    network = build_network(card_of(config)).eval()
    return run_to_end(scored_frames(network, videos, torch.device("cpu"), 0))


def test_frames_are_scored_by_retrieval(scored):
    assert {item.frame.image.parent.name for item in scored} == {"square", "disc"}
    for item in scored:
        assert item.scores.shape == (8, 12)
        assert item.object_id == 1
        assert 0 <= item.scores.min() <= item.scores.max() <= 1


def test_views_show_the_border_of_what_their_scores_are_about(scored, stills):
    rng = np.random.default_rng(0)
    views = [draw_view(scored, load_stills(stills), SIDE, rng) for _ in range(60)]
    agreement, with_border = [], []
    for view in views:
        assert view.picture.shape == (SIDE, SIDE, 3)
        assert view.truth.shape == view.known.shape == (SIDE, SIDE)
        assert view.scores.shape == (SIDE // STRIDE, SIDE // STRIDE)
        assert 0 <= view.scores.min() <= view.scores.max() <= 1
        with_border.append(0 < (view.truth > 0.5).mean() < 1)
        coverage = view.truth.reshape(8, STRIDE, 8, STRIDE).mean(axis=(1, 3))
        if coverage.any() and view.scores.any():
            agreement.append(np.corrcoef(coverage.ravel(), view.scores.ravel())[0, 1])
    assert np.mean(with_border) > 0.9  # at times it is a pixel beside the view
    assert np.median(agreement) > 0.6  # retrieval by random weights is often wrong
    assert any(not view.known.all() for view in views)


def test_pictures_and_truth_are_cut_and_mirrored_together(scored, stills):
    """On the stills each object has its own brightness."""
    rng = np.random.default_rng(0)
    items = load_stills(stills)
    for _ in range(40):
        view = draw_view(scored[:1], items, SIDE, rng)
        inside = view.truth > 0.99
        outside = view.known & (view.truth < 0.01)
        if inside.any() and outside.any():
            tone = view.picture.mean(axis=2)
            assert tone[inside].mean() > tone[outside].mean() - 25


def test_frames_without_a_border_are_refused_in_words(scored):
    empty = [ScoredFrame(item.frame, 7, item.scores) for item in scored]
    with pytest.raises(VosdeskError, match="No object's border"):
        draw_view(empty, (), SIDE, np.random.default_rng(0))


def test_only_pixels_that_can_be_right_and_are_known_count():
    truth = torch.zeros(1, 1, 32, 32)
    truth[..., :, 16:] = 1
    known = torch.ones(1, 1, 32, 32, dtype=torch.bool)
    right = torch.zeros(1, 1, 4, 4)
    right[..., 2:] = 1
    fine = right.repeat_interleave(4, 2).repeat_interleave(4, 3)
    good = border_loss(fine, right, truth, known)
    bad = border_loss(1 - fine, right, truth, known)
    assert good < 0.2 < bad
    hopeless = torch.zeros_like(right)  # no cell says that there is an object
    lost = border_loss(torch.zeros_like(fine), hopeless, truth, known)
    assert lost == pytest.approx(np.log1p(np.exp(-6.0)), rel=1e-3)  # of the background alone
    assert border_loss(1 - fine, right, truth, ~known) == 0


def log_of(path):
    with path.open(newline="") as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


@pytest.fixture
def whole(config):
    """The choices of a run that trains head, quarter head and upsampler."""
    choices = {
        "iterations": 2,
        "quarter_head": 8,
        "quarter_iterations": 5,
        "upsampler": 8,
        "upsampler_iterations": 4,
        "upsampler_crop": SIDE,
    }
    return config.model_copy(update=choices)


def test_a_run_trains_all_and_leaves_three_logs(whole, stills):
    path = run_to_end(train(whole.model_copy(update={"stills": stills})))
    checkpoint = load_checkpoint(path)
    assert checkpoint.card.upsampler == checkpoint.card.quarter_head == 8
    assert "5 steps of two frames" in checkpoint.card.training
    assert "4 steps of 4 views of them and still images" in checkpoint.card.training
    assert checkpoint.network.upsampler.weigh.weight.any()  # it began with zeros
    assert len(log_of(path.with_suffix(".csv"))) == 2
    for part, steps in (("quarters", 5), ("upsampler", 4)):
        assert len(log_of(path.with_suffix(f".{part}.csv"))) == steps
        assert path.with_suffix(f".{part}.png").is_file()
    assert not list(path.parent.glob("*.resume"))


def test_without_an_upsampler_what_is_left_of_one_is_not_looked_at(config):
    config.out.parent.mkdir()
    config.out.with_suffix(".upsampler.resume").write_bytes(b"nothing")
    run_to_end(train(config.model_copy(update={"iterations": 2})))
    assert len(log_of(config.out.with_suffix(".csv"))) == 2


def test_the_head_is_the_same_with_an_upsampler_or_without(whole, config):
    plain = load_checkpoint(run_to_end(train(config.model_copy(update={"iterations": 2}))))
    both = load_checkpoint(run_to_end(train(whole)))
    for name, tensor in plain.network.state_dict().items():
        assert torch.equal(tensor, both.network.state_dict()[name])


@pytest.mark.parametrize("part", ["quarter head", "upsampler"])
@pytest.mark.parametrize("steps", [1, 3])
def test_a_run_killed_in_a_later_part_ends_as_if_it_had_not_been(whole, tmp_path, part, steps):
    expected = load_checkpoint(run_to_end(train(whole))).network.state_dict()
    broken = whole.model_copy(update={"out": tmp_path / "broken" / "small.safetensors"})
    job = train(broken)
    seen = (progress for progress in job if progress.text.startswith(part))
    list(itertools.islice(seen, steps))
    job.close()
    assert not broken.out.exists()
    texts = []
    resumed = run_to_end(train(broken), lambda progress: texts.append(progress.text))
    assert not any(text.startswith("loss") for text in texts)  # the head was finished
    assert any(text.startswith("quarter head") for text in texts) == (part == "quarter head")
    assert log_of(resumed.with_suffix(".quarters.csv")) == pytest.approx(
        log_of(whole.out.with_suffix(".quarters.csv")), abs=1e-5
    )
    for name, tensor in load_checkpoint(resumed).network.state_dict().items():
        torch.testing.assert_close(tensor, expected[name], rtol=0, atol=1e-5, msg=name)


@pytest.mark.parametrize("backbone", sorted(BACKBONES))
def test_every_trunk_carries_upsampler_and_quarter_head(config, backbone):
    card = card_of(config).model_copy(update={"backbone": backbone, "upsampler": 8})
    network = build_network(card).eval()
    images = torch.rand(1, 3, 64, 80) * 255
    with torch.inference_mode():
        _embeddings, upsampling = network(images, torch.tensor([0.5]))
        edges = network.backbone.edge_features(images)
    assert upsampling.shape == (1, 8, 10, UPSAMPLING_NUMBERS)
    for level, feature in zip(network.backbone.edge_levels, edges, strict=True):
        cells = (64 // level.stride, 80 // level.stride)
        assert feature.shape == (1, level.channels, *cells)
