"""Every action of the table does something: its key is pressed, and an effect is seen.

One row for each action: what to look at, and what to do before. The scene is the same for all: a
video with two objects, strokes on two frames, one of them selected, and a step to redo.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog

from vosdesk.gui.action_table import ACTIONS
from vosdesk.gui.theme import theme

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from vosdesk.gui.main_window import MainWindow

RIGHT = Qt.MouseButton.RightButton


def document(window: MainWindow) -> object:
    return window.session.document


def source(window: MainWindow) -> object:
    return window.session.source


def playhead(window: MainWindow) -> int:
    return window.session.playhead


def look(window: MainWindow) -> object:
    return window.session.view


def zoom(window: MainWindow) -> float:
    return window.canvas.zoom


def tool(window: MainWindow) -> object:
    return window.canvas.tool


def radius(window: MainWindow) -> int:
    return window.tool_bar.slider.value()


def current(window: MainWindow) -> int:
    return window.objects.current()


def dialog(_window: MainWindow) -> object:
    return QApplication.activeModalWidget()


def pane(window: MainWindow) -> object:
    return window.focusWidget()


def chosen_theme(window: MainWindow) -> object:
    return theme.name, window.preferences.value.theme


EFFECTS: dict[str, Callable[[MainWindow], object]] = {
    "open_video": source,
    "open_folder": source,
    "open_project": lambda window: window.session.path,
    "clear_recent": lambda window: window.preferences.value.recent,
    "save": lambda window: window.session.clean,
    "save_as": lambda window: window.session.path,
    "import_masks": document,
    "undo": document,
    "redo": document,
    "delete_stroke": document,
    "mute_stroke": document,
    "clear_frame": document,
    "show_strokes": lambda window: window.canvas.annotation_at(24, 32),
    "play": lambda window: window.frames.playback.playing,
    "lock_frame": document,
    "new_object": document,
    "rename_object": pane,
    "remove_object": document,
    "swap_background": current,
    "next_object": current,
    "previous_object": current,
    "next_pane": pane,
    "previous_pane": pane,
    "smaller_tool": radius,
    "larger_tool": radius,
    **dict.fromkeys(("export", "preferences", "choose_device", "key_sheet", "about"), dialog),
    **dict.fromkeys(("cycle_overlay", "raise_opacity", "lower_opacity", "heat_map"), look),
    **dict.fromkeys([s.name for s in ACTIONS if s.name.startswith("overlay_")], look),
    "hide_overlay": look,
    **dict.fromkeys(("zoom_in", "zoom_out", "zoom_fit", "zoom_100"), zoom),
    **dict.fromkeys([s.name for s in ACTIONS if s.name.startswith("theme_")], chosen_theme),
    **dict.fromkeys([s.name for s in ACTIONS if s.name.startswith("tool_")], tool),
    **dict.fromkeys([s.name for s in ACTIONS if s.name.startswith("select_object_")], current),
    **dict.fromkeys(
        (
            *("previous_frame", "next_frame", "back_10", "forward_10", "first_frame"),
            *("last_frame", "previous_annotated", "next_annotated"),
        ),
        playhead,
    ),
}
"""What is another one after the action than before it."""

KEYS_BEFORE = {
    "overlay_tint": "V",
    "tool_scribble": "C",
    "zoom_fit": "Ctrl++",
    "select_object_2": "0",
    **{f"select_object_{digit}": "M M M M M M M 2" for digit in (3, 4, 5, 6, 7, 8, 9)},
}
"""What has to be pressed first, so that the action has something to change."""

TRIGGERED_BEFORE = {"theme_dark": "theme_light", "theme_system": "theme_light"}

ELSEWHERE = {
    *("quit", "cancel_job", "pause_embedding", "cancel_embedding", "restart_embedding"),
    *("next_unsure", "previous_unsure"),
    *("go_to_reference", "back_to_pixel"),
}
"""Actions with a test of their own, in test_main_window.py and test_why.py."""

MENUS = sorted({spec.menu for spec in ACTIONS if spec.name in EFFECTS})


def test_every_action_has_an_effect_to_look_for() -> None:
    assert {spec.name for spec in ACTIONS} == EFFECTS.keys() | ELSEWHERE


@pytest.fixture
def _answers(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is chosen in file dialogs."""
    project, mask = tmp_path / "p.vosdesk", tmp_path / "mask.png"
    Image.fromarray(np.full((64, 96), 255, np.uint8)).save(mask)
    answers = {"Import masks": mask, "Open video": clip, "Open project": project}
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_asked: (str(project), ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_asked: str(clip))
    monkeypatch.setattr(
        QFileDialog, "getOpenFileName", lambda _parent, title, *_: (str(answers[title]), "")
    )


def set_the_scene(hand: Any, clip: Path) -> None:
    """Open the video anew: strokes on frames 0 and 4, the playhead between them."""
    window = hand.window
    window.files.ask_before_closing = False
    hand.open(clip)
    window.canvas.setFocus()
    hand.press("S")
    hand.press("1")
    hand.draw((18, 32), (28, 32))
    hand.draw((80, 8), (88, 8), button=RIGHT)
    hand.press("M")
    window.session.seek(4)
    hand.draw((60, 24), (64, 30))
    window.session.seek(2)
    hand.draw((36, 24), (36, 40))
    hand.draw((24, 32), (34, 32))
    hand.draw((2, 2), (9, 2))
    hand.press("Ctrl+Z")
    hand.labelled()
    window.canvas.set_selected_annotation(window.session.document.annotations[-1].id)


def happen(hand: Any, name: str) -> None:
    """Press the action's key, or choose it in its menu where it has none."""
    action = hand.window.actions_by_name[name]
    assert action.isEnabled()
    keys = action.shortcuts()
    if keys and name != "play":  # the canvas takes Space for itself; see test_main_window.py
        hand.press(keys[0].toString())
    else:
        action.trigger()


@pytest.mark.usefixtures("_answers")
@pytest.mark.parametrize("menu", MENUS)
def test_every_action_has_an_effect(menu: str, hand: Any, clip: Path, tmp_path: Path) -> None:
    window = hand.window
    for name in [spec.name for spec in ACTIONS if spec.menu == menu and spec.name in EFFECTS]:
        set_the_scene(hand, clip)
        if name == "open_project":
            window.session.save(tmp_path / "p.vosdesk")
            hand.until(lambda: window.session.clean)
            hand.open(clip)
        for key in KEYS_BEFORE.get(name, "").split():
            hand.press(key)
        if name in TRIGGERED_BEFORE:
            window.actions_by_name[TRIGGERED_BEFORE[name]].trigger()
        seen = EFFECTS[name]
        before = seen(window)
        happen(hand, name)
        hand.qtbot.waitUntil(
            lambda seen=seen, before=before: seen(window) != before, timeout=10_000
        )
        put_back(hand)


def put_back(hand: Any) -> None:
    """Undo what opening the video anew leaves as it is."""
    window = hand.window
    window.frames.playback.stop()
    if (shown := QApplication.activeModalWidget()) is not None:
        shown.close()
        hand.until(lambda: QApplication.activeModalWidget() is None)
    for name in ("overlay_tint", "theme_dark"):
        window.actions_by_name[name].trigger()
    if not window.actions_by_name["show_strokes"].isChecked():
        window.actions_by_name["show_strokes"].trigger()
