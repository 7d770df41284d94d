from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vosdesk.gui.action_table import ACTIONS
from vosdesk.gui.keymap import is_key, load_keymap, overlay, readable, user_keymap_path

DEFAULTS = load_keymap(Path("/nowhere/keymap.json")).keys
NAMES = sorted(DEFAULTS)
KEYS = st.sampled_from(["A", "B", "Ctrl+Z", "Space", "F9", "Shift+Q", "Del", "1", "Nonsense", ""])


def write(folder: Path, keys: object) -> Path:
    path = folder / "keymap.json"
    path.write_text(json.dumps({"format": 1, "keys": keys}), encoding="utf-8")
    return path


def test_the_shipped_keys_belong_to_actions_and_never_clash() -> None:
    assert set(DEFAULTS) <= {spec.name for spec in ACTIONS}
    every = [key for keys in DEFAULTS.values() for key in keys]
    assert len(every) == len(set(every))
    assert [key for key in every if not is_key(key)] == []


def test_a_wish_replaces_the_default(tmp_path: Path) -> None:
    keymap = load_keymap(write(tmp_path, {"play": ["Return", "F5"]}))
    assert keymap.of("play") == ("Return", "F5")
    assert keymap.of("save") == ("Ctrl+S",)
    assert keymap.problems == ()


def test_two_actions_can_trade_their_keys(tmp_path: Path) -> None:
    keymap = load_keymap(write(tmp_path, {"tool_brush": ["E"], "tool_eraser": ["B"]}))
    assert (keymap.of("tool_brush"), keymap.of("tool_eraser")) == (("E",), ("B",))
    assert keymap.problems == ()


def test_a_key_that_is_taken_keeps_its_owner(tmp_path: Path) -> None:
    keymap = load_keymap(write(tmp_path, {"tool_brush": ["Ctrl+S"]}))
    assert keymap.of("tool_brush") == ("B",)
    assert keymap.of("save") == ("Ctrl+S",)
    (problem,) = keymap.problems
    assert "Ctrl+S" in problem
    assert "tool_brush" in problem


def test_an_action_may_have_no_key(tmp_path: Path) -> None:
    assert load_keymap(write(tmp_path, {"quit": []})).of("quit") == ()


@pytest.mark.parametrize("key", ["Nonsense", "Ctrl+", "Ctrl+X, Ctrl+C", ""])
def test_what_is_no_key_is_told_and_the_default_kept(tmp_path: Path, key: str) -> None:
    keymap = load_keymap(write(tmp_path, {"save": [key]}))
    assert keymap.of("save") == ("Ctrl+S",)
    assert len(keymap.problems) == 1


def test_an_unknown_action_is_told(tmp_path: Path) -> None:
    (problem,) = load_keymap(write(tmp_path, {"dance": ["F9"]})).problems
    assert "dance" in problem


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"format": 2, "keys": {}}',
        '{"format": 1, "keys": {"save": "Ctrl+S"}}',
        "[" * 9999,
    ],
)
def test_a_damaged_file_leaves_every_default(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keymap.json"
    path.write_text(text, encoding="utf-8")
    keymap = load_keymap(path)
    assert keymap.keys == DEFAULTS
    (problem,) = keymap.problems
    assert str(path) in problem
    assert "\n" not in problem


def test_the_users_own_file_is_found_in_the_configuration_folder() -> None:
    path = user_keymap_path()
    path.parent.mkdir(parents=True)
    write(path.parent, {"save": ["F12"]})
    assert load_keymap().of("save") == ("F12",)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from([*NAMES, "dance"]), st.lists(KEYS, max_size=2), max_size=5))
def test_whatever_is_wished_no_key_has_two_actions(wishes: dict[str, list[str]]) -> None:
    keymap = overlay(DEFAULTS, {name: tuple(keys) for name, keys in wishes.items()})
    owners: dict[str, str] = {}
    for name, keys in keymap.keys.items():
        for key in keys:
            assert owners.setdefault(key, name) == name
    assert set(keymap.keys) == set(DEFAULTS)


def test_keys_are_read_aloud() -> None:
    assert readable(("Ctrl+Z", "F1")) == "Ctrl+Z or F1"
