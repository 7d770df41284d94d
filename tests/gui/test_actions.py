from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from vosdesk.assets import asset_folder
from vosdesk.gui.action_table import ACTIONS, GESTURES, RECENT_MENU
from vosdesk.gui.actions import MENUS, Actions, build_menus, create_actions, key_rows, name_steps
from vosdesk.gui.keymap import KeyMap, load_keymap

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMainWindow, QMenu


def test_the_table_names_each_action_once_and_icons_that_exist() -> None:
    names = [spec.name for spec in ACTIONS]
    assert len(names) == len(set(names))
    icons = asset_folder("resources") / "icons"
    assert [s.icon for s in ACTIONS if s.icon and not (icons / f"{s.icon}.svg").is_file()] == []


def test_every_action_is_in_a_menu(window: QMainWindow, actions: Actions) -> None:
    build_menus(window.menuBar(), actions)
    shown = {id(action) for action in every_entry(window)}
    assert [name for name, action in actions.items() if id(action) not in shown] == []


def test_menus_come_in_the_order_of_the_table(window: QMainWindow, actions: Actions) -> None:
    build_menus(window.menuBar(), actions)
    titles = [entry.text().replace("&", "") for entry in window.menuBar().actions()]
    assert tuple(titles) == MENUS


def test_mnemonics_of_the_menu_bar_differ(window: QMainWindow, actions: Actions) -> None:
    build_menus(window.menuBar(), actions)
    letters = [e.text().split("&")[1][0].lower() for e in window.menuBar().actions()]
    assert len(letters) == len(set(letters))


def test_no_menu_begins_or_ends_with_a_line(window: QMainWindow, actions: Actions) -> None:
    for menu in build_menus(window.menuBar(), actions).values():
        entries = menu.actions()
        assert not entries[0].isSeparator()
        assert not entries[-1].isSeparator()


def test_the_recent_menu_is_offered(window: QMainWindow, actions: Actions) -> None:
    menu = build_menus(window.menuBar(), actions)[RECENT_MENU]
    assert menu.actions() == [actions["clear_recent"]]


def test_tips_name_action_purpose_and_key(actions: Actions) -> None:
    assert actions["tool_brush"].toolTip() == "Mask brush: paint exact pixels (B)"
    assert actions["redo"].toolTip() == "Redo (Ctrl+Shift+Z or Ctrl+Y)"
    assert actions["about"].toolTip() == "About vosdesk"


def test_tools_exclude_each_other(actions: Actions) -> None:
    actions["tool_brush"].setChecked(True)
    actions["tool_box"].setChecked(True)
    assert not actions["tool_brush"].isChecked()


def test_a_key_triggers_its_action(window: QMainWindow, actions: Actions, qtbot) -> None:
    actions["tool_lasso"].setEnabled(True)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    with qtbot.waitSignal(actions["tool_lasso"].triggered):
        qtbot.keyClick(window, Qt.Key.Key_G)


def test_shift_tab_triggers_its_action(window: QMainWindow, actions: Actions, qtbot) -> None:
    actions["previous_object"].setEnabled(True)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    with qtbot.waitSignal(actions["previous_object"].triggered):
        qtbot.keyClick(window, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)


def test_keys_come_from_the_key_map(window: QMainWindow) -> None:
    actions = create_actions(window, KeyMap({"save": ("F12",)}))
    assert [key.toString() for key in actions["save"].shortcuts()] == ["F12"]
    assert actions["undo"].shortcuts() == []


def test_undo_names_its_step(actions: Actions) -> None:
    name_steps(actions, "Add stroke", "")
    assert actions["undo"].text() == "Undo “add stroke”"
    assert actions["undo"].toolTip() == "Undo “add stroke” (Ctrl+Z)"
    assert actions["undo"].isEnabled()
    assert (actions["redo"].text(), actions["redo"].isEnabled()) == ("Redo", False)


def test_the_rows_of_the_key_sheet(actions: Actions) -> None:
    rows = key_rows(actions)
    assert ("File", "Save", "Ctrl+S") in rows
    assert ("Object", "Objects 1 to 9", "1 … 9") in rows
    assert ("Object", "Object 4", "4") not in rows
    assert rows[-len(GESTURES) :] == list(GESTURES)


def test_digits_are_listed_one_by_one_where_they_are_not_the_keys(window: QMainWindow) -> None:
    keys = dict(load_keymap(Path("/nowhere")).keys) | {"select_object_4": ("F4",)}
    rows = key_rows(create_actions(window, KeyMap(keys)))
    assert ("Object", "Object 4", "F4") in rows
    assert ("Object", "Object 5", "5") in rows


def every_entry(window: QMainWindow) -> list:
    found = []
    waiting: list[QMenu] = [entry.menu() for entry in window.menuBar().actions()]
    while waiting:
        for entry in waiting.pop().actions():
            found.append(entry)
            if entry.menu():
                waiting.append(entry.menu())
    return found
