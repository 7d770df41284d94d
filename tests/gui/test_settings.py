from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDockWidget, QMainWindow

from vosdesk.errors import VosdeskError
from vosdesk.gui.settings import (
    MAX_RECENT,
    Preferences,
    bring_on_screen,
    load_preferences,
    preferences_path,
    restore_geometry,
    save_geometry,
    save_preferences,
    window_settings,
)


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    chosen = Preferences(theme="light", device="cuda:1", overlay_opacity=0.25, autosave_seconds=0)
    path = tmp_path / "deep" / "preferences.json"
    save_preferences(chosen, path)
    assert load_preferences(path) == (chosen, None)
    assert [item.name for item in path.parent.iterdir()] == ["preferences.json"]


def test_the_file_can_be_read_by_people() -> None:
    save_preferences(Preferences())
    text = preferences_path().read_text(encoding="utf-8")
    assert '\n  "theme": "system",\n' in text


def test_without_a_file_the_defaults_hold() -> None:
    assert load_preferences() == (Preferences(), None)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1]", '{"theme": "pink"}', '{"overlay_opacity": 7}', '{"recent": "x"}', "[" * 9999],
)
def test_a_damaged_file_is_kept_and_told_once(tmp_path: Path, text: str) -> None:
    path = tmp_path / "preferences.json"
    path.write_text(text, encoding="utf-8")
    preferences, notice = load_preferences(path)
    assert preferences == Preferences()
    assert notice is not None
    assert notice.severity == "warning"
    kept = tmp_path / "preferences.json.bak"
    assert kept.read_text(encoding="utf-8") == text
    assert str(kept) in notice.advice
    assert load_preferences(path) == (Preferences(), None)


def test_an_option_of_another_version_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "preferences.json"
    path.write_text(json.dumps({"theme": "dark", "telepathy": True}), encoding="utf-8")
    assert load_preferences(path) == (Preferences(theme="dark"), None)


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(VosdeskError) as error:
        save_preferences(Preferences(), tmp_path / "file" / "preferences.json")
    assert error.value.advice


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "preferences.json"
    save_preferences(Preferences(theme="light"), path)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(VosdeskError):
        save_preferences(Preferences(theme="dark"), path)
    assert load_preferences(path)[0].theme == "light"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("device", ["auto", "cpu", "mps", "cuda", "cuda:3"])
def test_devices(device: str) -> None:
    assert Preferences(device=device).device == device


@pytest.mark.parametrize("device", ["gpu", "cuda:", "cuda:x", "cpu; rm"])
def test_what_is_no_device(device: str) -> None:
    with pytest.raises(ValidationError):
        Preferences(device=device)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from("abcdefghijklmnop"), max_size=30))
def test_recent_files_are_the_last_ones_each_once(opened: list[str]) -> None:
    preferences = Preferences()
    for name in opened:
        preferences = preferences.with_recent(Path("/videos") / name)
    newest_first = list(dict.fromkeys(str(Path("/videos") / name) for name in reversed(opened)))
    assert list(preferences.recent) == newest_first[:MAX_RECENT]
    Preferences.model_validate(preferences.model_dump())


def make_window(qtbot) -> QMainWindow:
    window = QMainWindow()
    qtbot.addWidget(window)
    for name in ("objects", "strokes"):
        dock = QDockWidget(name, window)
        dock.setObjectName(name)
        window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    return window


def test_window_and_docks_come_back(qtbot) -> None:
    first = make_window(qtbot)
    first.setGeometry(QRect(60, 70, 500, 400))
    first.show()
    first.findChild(QDockWidget, "objects").hide()
    save_geometry(first, window_settings())
    second = make_window(qtbot)
    assert restore_geometry(second, window_settings())
    second.show()
    assert second.geometry() == first.geometry()
    assert second.findChild(QDockWidget, "objects").isHidden()
    assert second.findChild(QDockWidget, "strokes").isVisible()


def test_nothing_remembered_is_no_failure(qtbot) -> None:
    assert not restore_geometry(make_window(qtbot), window_settings())


def test_a_layout_of_another_version_is_forgotten(qtbot) -> None:
    window = make_window(qtbot)
    save_geometry(window, window_settings())
    stored = window_settings()
    stored.setValue("version", 99)
    stored.sync()
    assert not restore_geometry(window, window_settings())


@pytest.mark.parametrize("place", [(-5000, 40), (40, -3000), (9000, 9000), (50, 100_000)])
def test_a_window_out_of_reach_comes_back(qtbot, place: tuple[int, int]) -> None:
    window = make_window(qtbot)
    window.resize(4000, 3000)
    window.move(*place)
    bring_on_screen(window)
    area = QGuiApplication.primaryScreen().availableGeometry()
    assert area.contains(window.geometry().topLeft())
    assert window.width() <= area.width()


def test_a_window_in_reach_stays(qtbot) -> None:
    window = make_window(qtbot)
    window.setGeometry(QRect(30, 40, 300, 200))
    bring_on_screen(window)
    assert window.geometry() == QRect(30, 40, 300, 200)
