from __future__ import annotations

import contextlib
import json
import struct

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from vosdesk.assets import asset_folder
from vosdesk.embedding.checkpoint import build_network, load_checkpoint, save_checkpoint
from vosdesk.embedding.model_files import (
    CARD_KEY,
    find_model,
    list_models,
    model_folders,
    read_card,
)
from vosdesk.errors import ModelError


@pytest.fixture
def saved(tmp_path, network, card):
    path = tmp_path / "small.safetensors"
    save_checkpoint(path, network, card)
    return path


def rewrite(path, change_tensors=lambda _tensors: None, card_text=None):
    """Write the file anew, well formed, with other contents."""
    tensors = load_file(path)
    change_tensors(tensors)
    metadata = None if card_text is None else {CARD_KEY: card_text}
    save_file(tensors, path, metadata=metadata)


def test_a_network_comes_back_as_it_was_saved(saved, network, card):
    checkpoint = load_checkpoint(saved)
    assert checkpoint.card == card
    images, times = torch.rand(1, 3, 64, 80) * 255, torch.tensor([0.25])
    with torch.inference_mode():
        before, after = network(images, times), checkpoint.network(images, times)
    assert not checkpoint.network.training
    torch.testing.assert_close(before, after, rtol=0, atol=5e-3)  # matrices are kept in float16


def test_saving_again_what_was_loaded_loses_nothing(saved, tmp_path):
    first = load_checkpoint(saved)
    save_checkpoint(tmp_path / "again.safetensors", first.network, first.card)
    again = load_checkpoint(tmp_path / "again.safetensors")
    assert again.fingerprint == first.fingerprint
    assert (tmp_path / "again.safetensors").read_bytes() == saved.read_bytes()


def test_the_fingerprint_follows_weights_and_architecture_only(saved, network, card, tmp_path):
    original = load_checkpoint(saved).fingerprint
    path = tmp_path / "other.safetensors"

    save_checkpoint(path, network, card.model_copy(update={"figures": {"J": 0.9}, "name": "b"}))
    assert load_checkpoint(path).fingerprint == original

    save_checkpoint(path, network, card.model_copy(update={"coordinate_scale": 0.2}))
    assert load_checkpoint(path).fingerprint != original

    with torch.no_grad():
        network.head.embed.bias[0] += 1
    save_checkpoint(path, network, card)
    assert load_checkpoint(path).fingerprint != original


def test_the_card_is_read_without_the_weights(saved, card):
    assert read_card(saved) == card


def test_a_failed_save_leaves_the_earlier_file(saved, network, card):
    before = saved.read_bytes()
    saved.with_name(f"{saved.name}.part").mkdir()
    with pytest.raises(ModelError, match=saved.name):
        save_checkpoint(saved, network, card)
    assert saved.read_bytes() == before


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda path: path.write_bytes(b""), "not a complete safetensors file"),
        (lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(500)), "header is too large"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1000]), "not a complete"),
        (lambda path: path.write_bytes(struct.pack("<Q", 1 << 40)), "header is too large"),
        (lambda path: rewrite(path), "no model card"),
        (lambda path: rewrite(path, card_text="{"), "card is wrong"),
        (lambda path: path.unlink(), "cannot be read"),
    ],
    ids=["empty", "picture", "cut off", "huge header", "no card", "broken card", "missing"],
)
def test_a_damaged_or_foreign_file_is_refused_in_words(saved, damage, reason):
    damage(saved)
    with pytest.raises(ModelError, match=reason) as error:
        load_checkpoint(saved)
    assert str(saved) in error.value.sentence
    assert error.value.sentence.count(". ") == 0


def drop_bias(tensors):
    del tensors["head.embed.bias"]


def add_tensor(tensors):
    tensors["head.more"] = torch.zeros(1)


def change_shape(tensors):
    tensors["head.embed.bias"] = torch.zeros(9)


def change_type(tensors):
    tensors["head.embed.bias"] = torch.zeros(8, dtype=torch.int64)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (drop_bias, "other names"),
        (add_tensor, "other names"),
        (change_shape, "has the shape"),
        (change_type, "has the type"),
    ],
)
def test_tensors_that_do_not_fit_the_card_are_refused(saved, card, change, reason):
    rewrite(saved, change, card.model_dump_json())
    with pytest.raises(ModelError, match=reason):
        load_checkpoint(saved)


@pytest.mark.parametrize(
    "change",
    [{"dimensions": 0}, {"dimensions": 10**9}, {"name": "../x"}, {"format": 2}, {"hidden": "many"}],
)
def test_a_card_out_of_bounds_is_refused_before_anything_is_built(saved, card, change):
    rewrite(saved, card_text=json.dumps({**card.model_dump(mode="json"), **change}))
    with pytest.raises(ModelError, match="card is wrong"):
        load_checkpoint(saved)


def test_a_card_of_an_unknown_backbone_is_refused(saved, card):
    rewrite(saved, card_text=card.model_copy(update={"backbone": "alexnet"}).model_dump_json())
    with pytest.raises(ModelError, match="no backbone called 'alexnet'"):
        load_checkpoint(saved)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(where=st.integers(0, 20_000), value=st.integers(0, 255))
def test_a_changed_byte_in_the_header_never_causes_anything_but_a_model_error(
    saved, tmp_path, where, value
):
    content = bytearray(saved.read_bytes())
    content[where] = value
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(content)
    with contextlib.suppress(ModelError):
        load_checkpoint(damaged)


def test_models_are_found_by_name_in_the_users_folder_first_and_by_path(saved, network, card):
    folder = model_folders()[0]
    folder.mkdir(parents=True)
    save_checkpoint(folder / "mine.safetensors", network, card)
    save_checkpoint(folder / "default.safetensors", network, card)
    (folder / "damaged.safetensors").write_bytes(b"nothing")
    models = {model.name: model.path.parent for model in list_models()}
    assert models == {"mine": folder, "default": folder, "fast": asset_folder("models")}
    assert find_model("default") == folder / "default.safetensors"
    assert find_model(saved) == saved
    assert find_model(str(saved)) == saved


@pytest.mark.parametrize("model", ["absent", "absent.safetensors", "folder/absent"])
def test_a_model_that_is_not_there_is_told(model):
    with pytest.raises(ModelError, match="absent"):
        find_model(model)


@pytest.mark.parametrize("name", ["default", "fast"])
def test_the_shipped_models_load_and_say_under_which_licence_they_stand(name):
    path = find_model(name)
    checkpoint = load_checkpoint(path)
    assert checkpoint.card.name == name
    assert "non-commercial" in checkpoint.card.licence
    assert path.stat().st_size < 32_000_000
    fresh = build_network(checkpoint.card)
    assert fresh.state_dict().keys() == checkpoint.network.state_dict().keys()
