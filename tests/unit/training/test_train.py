from __future__ import annotations

import csv
import itertools

import numpy as np
import pytest
import torch
from PIL import Image
from pydantic import ValidationError

from vosdesk.embedding.backbones import BACKBONES
from vosdesk.embedding.checkpoint import load_checkpoint
from vosdesk.errors import VosdeskError
from vosdesk.jobs import run_to_end
from vosdesk.training.config import TrainingConfig
from vosdesk.training.dataset import load_videos
from vosdesk.training.loss_curve import SMOOTHING, draw_curve, running_mean
from vosdesk.training.run import WARM_UP, Run, learning_rate_factor
from vosdesk.training.train import card_of, train


def changed(config, **choices):
    return config.model_copy(update=choices)


def log_of(path, column):
    with path.open(newline="") as file:
        return [float(row[column]) for row in csv.DictReader(file) if row[column]]


def losses_in(path):
    return log_of(path, "loss")


def tensors_of(path):
    return load_checkpoint(path).network.state_dict()


@pytest.mark.parametrize("loss", ["smooth", "relaxed", "standard"])
def test_a_run_learns_and_leaves_weights_and_a_log(config, loss):
    config = changed(config, iterations=12, averaging=0.0, loss=loss)
    seen = []
    path = run_to_end(train(config), seen.append)
    assert path == config.out
    steps = [progress for progress in seen if progress.payload is not None]
    assert [progress.done for progress in steps] == list(range(1, 13))
    losses = losses_in(path.with_suffix(".csv"))
    assert losses == pytest.approx([p.payload for p in steps], abs=1e-6)
    assert seen[-1].text.startswith("ordering dimensions by ")
    assert sum(losses[-4:]) < sum(losses[:4])
    card = load_checkpoint(path).card
    assert (card.name, card.hidden, card.dimensions) == ("small", 32, 16)
    assert "non-commercial" in card.licence
    assert "12 steps" in card.training
    assert card.levels == ("6", "10", "14", "19", "20")
    assert not path.with_suffix(".resume").exists()
    with Image.open(path.with_suffix(".png")) as curve:
        assert curve.width > 500


def test_the_trunk_stays_as_published_unless_it_is_trained_too(config):
    frozen = tensors_of(run_to_end(train(changed(config, iterations=1))))
    trained = tensors_of(
        run_to_end(train(changed(config, iterations=1, trunk_learning_rate=1e-4, averaging=0.0)))
    )
    weight, statistic = "backbone.blocks.14.project.conv.weight", "backbone.stem.norm.running_mean"
    assert not torch.equal(frozen[weight], trained[weight])
    assert torch.equal(frozen[statistic], trained[statistic])


@pytest.mark.parametrize("backbone", sorted(BACKBONES))
def test_every_trunk_learns_from_scratch_on_views_of_the_frames(config, backbone):
    """The paper's DeepLab included, with random weights: nothing is downloaded."""
    choices = {"from_scratch": True, "trunk_learning_rate": 1e-3, "augment": True, "crop": 64}
    config = changed(config, backbone=backbone, iterations=1, **choices)
    videos = load_videos(config.davis_root, "train", mirror=False)[:1]
    run = Run(config, card_of(config))
    before = {name: tensor.clone() for name, tensor in run.network.backbone.state_dict().items()}
    run.start(videos)
    assert run.step(0, videos) > 0
    after = run.network.backbone.state_dict()
    moved = {name for name, tensor in before.items() if not torch.equal(after[name], tensor)}
    parameters = {name for name, _ in run.network.backbone.named_parameters()}
    assert moved <= parameters  # the statistics are as they were
    assert len(moved) > 0.9 * len(parameters)
    assert "random weights, trained too" in card_of(config).training


def test_objects_of_several_ids_are_told_apart(config):
    """On every frame of a video are a square of id 1 and, beside it, one of id 2, alike in tone."""
    for path in sorted((config.davis_root / "Annotations/480p/square").iterdir()):
        with Image.open(path) as image:
            mask = np.asarray(image) > 0
        labels = mask.astype(np.uint8)
        labels[:, 47:] *= 2
        indexed = Image.fromarray(labels)
        indexed.putpalette([0] * 768)
        indexed.save(path)
    (config.davis_root / "ImageSets" / "train.txt").write_text("square\n")
    path = run_to_end(train(changed(config, iterations=3)))
    assert len(losses_in(path.with_suffix(".csv"))) == 3


def test_stills_become_videos_that_the_head_learns_from(config, stills):
    config = changed(config, iterations=4)
    without, never, half, always = (
        tensors_of(run_to_end(train(changed(config, **choices))))["head.embed.weight"]
        for choices in (
            {},
            {"stills": stills, "synthetic": 0.0},
            {"stills": stills, "synthetic": 0.5},
            {"stills": stills, "synthetic": 1.0},
        )
    )
    assert torch.equal(without, never)
    assert not torch.equal(without, half)
    assert not torch.equal(half, always)
    words = card_of(changed(config, stills=stills, synthetic=0.25)).training
    assert "25% of them synthetic" in words
    assert "synthetic" not in card_of(config).training


def test_what_the_head_must_do_without_stays_without_weight(config):
    config = changed(config, levels=("14", "20"), coordinates="xy", iterations=3)
    path = run_to_end(train(config))
    tensors = tensors_of(path)
    used = [bool(tensors[f"head.reduce.{i}.weight"].any()) for i in range(5)]
    assert used == [False, False, True, False, True]
    axes = [bool(tensors["head.place.weight"][:, axis].any()) for axis in range(3)]
    assert axes == [True, True, False]
    assert load_checkpoint(path).card.levels == ("14", "20")
    with pytest.raises(VosdeskError, match="no level called '7'"):
        run_to_end(train(changed(config, levels=("7",))))


def test_without_coordinates_the_place_has_no_weight(config):
    tensors = tensors_of(run_to_end(train(changed(config, coordinates="off", iterations=2))))
    assert not tensors["head.place.weight"].any()
    assert tensors["head.place.bias"].any()


def test_half_precision_learns_too_and_its_scale_survives_a_kill(config, tmp_path):
    """CUDA's arithmetic on the CPU: autocast and the scaled gradients are the same code.

    The cache spares the CPU the trunk in half precision, which it is slow at.
    """
    config = changed(
        config, mixed_precision=True, iterations=4, save_every=2, feature_cache=tmp_path / "cache"
    )
    whole = tensors_of(run_to_end(train(config)))
    losses = losses_in(config.out.with_suffix(".csv"))
    exact = changed(config, mixed_precision=False)
    run_to_end(train(exact))
    assert losses == pytest.approx(losses_in(config.out.with_suffix(".csv")), abs=0.02)
    job = train(config)
    for _ in itertools.islice(job, 4):  # three steps; the state was saved after two
        pass
    job.close()
    state = config.out.with_suffix(".resume")
    assert torch.load(state, weights_only=True)["scaler"]["scale"] > 1
    resumed = tensors_of(run_to_end(train(config)))
    for name, tensor in whole.items():
        torch.testing.assert_close(resumed[name], tensor, rtol=0, atol=1e-3)


def test_held_out_videos_are_watched_and_change_nothing(config):
    blind = tensors_of(run_to_end(train(config)))
    assert log_of(config.out.with_suffix(".csv"), "validation_J") == []  # there is no list "val"
    (config.davis_root / "ImageSets" / "val.txt").write_text("disc\n")
    for choice in ({}, {"validation_split": "train"}):
        seen = []
        watched = run_to_end(train(changed(config, validation_every=4, **choice)), seen.append)
        for name, tensor in tensors_of(watched).items():
            assert torch.equal(tensor, blind[name])
        measured = log_of(watched.with_suffix(".csv"), "validation_J")
        assert len(measured) == 2  # after the fourth step and at the end
        assert all(0 < region < 1 for region in measured)
        assert any("validating on disc" in progress.text for progress in seen)
    with pytest.raises(VosdeskError, match=r"ImageSets/nothing\.txt"):
        run_to_end(train(changed(config, validation_split="nothing")))


def test_a_cache_of_features_changes_nothing_but_the_time(config, tmp_path):
    config = changed(config, iterations=3)
    plain = tensors_of(run_to_end(train(config)))
    cached_config = changed(config, feature_cache=tmp_path / "cache")
    for _ in ("first it is filled", "then it is read"):
        cached = tensors_of(run_to_end(train(cached_config)))
        torch.testing.assert_close(
            cached["head.embed.bias"], plain["head.embed.bias"], atol=5e-3, rtol=0
        )
    assert len(list((tmp_path / "cache").rglob("*.safetensors"))) == 8


def test_an_interrupted_run_ends_as_if_it_had_not_been(config, tmp_path):
    config = changed(config, save_every=2)
    whole = tensors_of(run_to_end(train(config)))
    broken = changed(config, out=tmp_path / "broken" / "small.safetensors")
    job = train(broken)
    for _ in itertools.islice(job, 6):  # five steps; the state was saved after four
        pass
    job.close()
    assert not broken.out.exists()
    resumed = tensors_of(run_to_end(train(broken)))
    for name, tensor in whole.items():
        torch.testing.assert_close(resumed[name], tensor, rtol=0, atol=1e-6)
    assert losses_in(broken.out.with_suffix(".csv")) == pytest.approx(
        losses_in(config.out.with_suffix(".csv")), abs=1e-5
    )


def test_a_state_of_other_choices_is_refused(config):
    config = changed(config, save_every=2)
    job = train(config)
    for _ in itertools.islice(job, 4):
        pass
    job.close()
    with pytest.raises(VosdeskError, match="other choices"):
        run_to_end(train(changed(config, learning_rate=1e-4)))


def test_a_damaged_state_is_refused_in_words(config):
    config.out.parent.mkdir()
    config.out.with_suffix(".resume").write_bytes(b"nothing")
    with pytest.raises(VosdeskError, match="cannot be read"):
        run_to_end(train(config))


def test_a_cache_and_a_trunk_that_changes_do_not_go_together(config):
    with pytest.raises(ValidationError, match="frozen trunk"):
        TrainingConfig(
            davis_root=config.davis_root,
            out=config.out,
            feature_cache=config.out.parent,
            trunk_learning_rate=1e-4,
        )


def test_the_learning_rate_rises_and_falls_along_a_cosine():
    factors = [learning_rate_factor(step, 1000) for step in range(1000)]
    assert factors[0] == pytest.approx(1 / WARM_UP)
    assert factors.index(max(factors)) == WARM_UP - 1
    assert factors[500] == pytest.approx(0.5)
    assert 0 < factors[-1] < 1e-5


def test_the_curve_smooths_over_the_steps_just_before():
    values = np.arange(60.0)
    smooth = running_mean(values)
    assert smooth[0] == 0
    assert smooth[10] == pytest.approx(5)
    assert smooth[59] == pytest.approx(values[60 - SMOOTHING :].mean())


def test_a_curve_that_cannot_be_written_is_told_in_words(tmp_path):
    log = tmp_path / "run.csv"
    log.write_text("step,loss,validation_J\n1,0.5,0.7\n")
    (tmp_path / "run.png").mkdir()
    with pytest.raises(VosdeskError, match="cannot be written"):
        draw_curve(log, "run")
