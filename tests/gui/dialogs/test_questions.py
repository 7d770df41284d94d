from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from vosdesk.gui.dialogs import (
    ask_clear_stores,
    ask_end_export,
    ask_large_store,
    ask_recover,
    ask_unsaved,
    ask_video_moved,
)

VIDEO = Path("/videos/swan.mp4")


@pytest.mark.parametrize(
    ("button", "meaning"),
    [
        ("Save", "save"),
        ("Discard changes", "discard"),
        ("Cancel", "cancel"),
        ("Esc", "cancel"),
    ],
)
def test_unsaved_work(qapp, answer, button: str, meaning: str) -> None:
    answer(button)
    assert ask_unsaved(None, "swan.vosdesk") == meaning


@pytest.mark.parametrize(
    ("button", "meaning"),
    [
        ("Choose video…", "choose"),
        ("Use it anyway", "use"),
        ("Cancel", "cancel"),
        ("Esc", "cancel"),
    ],
)
def test_a_moved_video(qapp, answer, button: str, meaning: str) -> None:
    answer(button)
    assert ask_video_moved(None, VIDEO, "The video is gone.", usable=True) == meaning


def test_another_video_is_offered_only_where_there_is_one(qapp, answer) -> None:
    (asked,) = ask_and_look(answer, lambda: ask_video_moved(None, VIDEO, "The video is gone."))
    assert set(asked.buttons) == {"Choose video…", "Cancel"}


@pytest.mark.parametrize(
    ("button", "meaning"),
    [("Recover", "recover"), ("Discard copy", "discard"), ("Ask later", "later"), ("Esc", "later")],
)
def test_work_to_recover(qapp, answer, button: str, meaning: str) -> None:
    answer(button)
    assert ask_recover(None, "swan", datetime(2026, 8, 1, 14, 5)) == meaning


@pytest.mark.parametrize(
    ("button", "meaning"), [("Embed video", True), ("Not now", False), ("Esc", False)]
)
def test_a_large_store(qapp, answer, button: str, meaning: bool) -> None:
    answer(button)
    assert ask_large_store(None, 8_400_000_000) is meaning


@pytest.mark.parametrize(
    ("button", "meaning"), [("Clear stores", True), ("Cancel", False), ("Esc", False)]
)
def test_clearing_stores(qapp, answer, button: str, meaning: bool) -> None:
    answer(button)
    assert ask_clear_stores(None, 1) is meaning


@pytest.mark.parametrize(
    ("button", "meaning"), [("Cancel export", True), ("Keep exporting", False), ("Esc", False)]
)
def test_ending_an_export(qapp, answer, button: str, meaning: bool) -> None:
    answer(button)
    assert ask_end_export(None) is meaning


def test_the_words_say_what_it_is_about(qapp, answer) -> None:
    (asked,) = ask_and_look(answer, lambda: ask_large_store(None, 8_400_000_000))
    assert "8.40 GB" in asked.text
    (asked,) = ask_and_look(answer, lambda: ask_video_moved(None, VIDEO, "It is gone."))
    assert asked.text == "It is gone."
    assert str(VIDEO) in asked.advice
    saved_at = datetime(2026, 8, 1, 14, 5)
    (asked,) = ask_and_look(answer, lambda: ask_recover(None, "swan", saved_at))
    assert "swan" in asked.text
    assert "14:05" in asked.advice


@pytest.mark.parametrize(
    "ask",
    [
        lambda: ask_unsaved(None, "x"),
        lambda: ask_clear_stores(None, 1),
        lambda: ask_end_export(None),
        lambda: ask_recover(None, "x", datetime(2026, 8, 1)),
    ],
    ids=["unsaved", "stores", "export", "recover"],
)
def test_return_never_destroys(qapp, answer, ask) -> None:
    (asked,) = ask_and_look(answer, ask)
    assert asked.default in asked.buttons
    assert asked.default not in (
        "Discard changes",
        "Clear stores",
        "Cancel export",
        "Discard copy",
    )


def ask_and_look(answer, ask) -> list:
    seen = answer("Esc")
    ask()
    return seen
