"""Qt's actions and menus, made from the table of actions and the key map."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from PySide6.QtGui import QAction, QActionGroup, QIcon, QKeySequence

from vosdesk.gui.action_table import ACTIONS, GESTURES, ActionSpec
from vosdesk.gui.keymap import KeyMap, readable
from vosdesk.gui.theme import set_icon

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

Actions: TypeAlias = dict[str, QAction]

_MNEMONICS = {
    "File": "&File",
    "Edit": "&Edit",
    "View": "&View",
    "Frame": "F&rame",
    "Object": "&Object",
    "Tools": "&Tools",
    "Embedding": "E&mbedding",
    "Help": "&Help",
}
MENUS = tuple(_MNEMONICS)


def create_actions(window: QWidget, keymap: KeyMap) -> Actions:
    """Make every action of the table, with its keys, as children of the window.

    They work by key even where no menu shows them.
    """
    groups: dict[str, QActionGroup] = {}
    actions: Actions = {}
    for spec in ACTIONS:
        action = _create(spec, window, keymap)
        if spec.group:
            group = groups.setdefault(spec.group, QActionGroup(window))
            group.addAction(action)
        window.addAction(action)
        actions[spec.name] = action
    return actions


def build_menus(menu_bar: QMenuBar, actions: Mapping[str, QAction]) -> dict[str, QMenu]:
    """Fill the menu bar in the table's order; return menus and submenus by path."""
    menus = {name: menu_bar.addMenu(_MNEMONICS[name]) for name in MENUS}
    sections: dict[str, str] = {}
    for spec in ACTIONS:
        parent = spec.menu.partition("/")[0]
        if spec.menu not in menus:
            _new_section(menus[parent], parent, spec, sections)
            menus[spec.menu] = menus[parent].addMenu(spec.menu.partition("/")[2])
            sections[spec.menu] = spec.section
        menu = menus[spec.menu]
        _new_section(menu, spec.menu, spec, sections)
        menu.addAction(actions[spec.name])
    for menu in menus.values():
        menu.setToolTipsVisible(True)
    return menus


def name_steps(actions: Mapping[str, QAction], undo_text: str, redo_text: str) -> None:
    """Let undo and redo say what they would undo; an empty text means there is nothing."""
    for name, verb, step in (("undo", "Undo", undo_text), ("redo", "Redo", redo_text)):
        action = actions[name]
        action.setText(f"{verb} “{_lower_first(step)}”" if step else verb)
        action.setToolTip(tool_tip(action.text(), action.shortcuts()))
        action.setEnabled(bool(step))


def key_rows(actions: Mapping[str, QAction]) -> list[tuple[str, str, str]]:
    """Return (menu, what it does, its keys) of every action that has keys, in menu order.

    What the mouse does on the canvas comes last.
    """
    rows = [
        (spec.menu.partition("/")[0], spec.text.rstrip("…"), keys)
        for spec in ACTIONS
        if (keys := _readable(actions[spec.name].shortcuts()))
    ]
    return [*_digits_joined(rows), *GESTURES]


def tool_tip(text: str, shortcuts: Iterable[QKeySequence]) -> str:
    """Return the tip with its keys."""
    keys = _readable(shortcuts)
    return f"{text} ({keys})" if keys else text


def _create(spec: ActionSpec, window: QWidget, keymap: KeyMap) -> QAction:
    action = QAction(spec.text, window)
    action.setObjectName(spec.name)
    action.setCheckable(spec.checkable)
    action.setEnabled(spec.enabled)
    action.setShortcuts([QKeySequence(key) for key in keymap.of(spec.name)])
    plain = spec.text.rstrip("…")
    what = f"{plain}: {_lower_first(spec.tip)}" if spec.tip else plain
    action.setToolTip(tool_tip(what, action.shortcuts()))
    action.setStatusTip(spec.tip or plain)
    action.setMenuRole(_MENU_ROLES.get(spec.name, QAction.MenuRole.NoRole))
    if spec.icon:
        set_icon(action, spec.icon)
    else:
        action.setIcon(QIcon())
    return action


_MENU_ROLES = {
    "quit": QAction.MenuRole.QuitRole,
    "preferences": QAction.MenuRole.PreferencesRole,
    "about": QAction.MenuRole.AboutRole,
}


def _new_section(menu: QMenu, path: str, spec: ActionSpec, sections: dict[str, str]) -> None:
    """Draw a line where the section changes, but none at the top."""
    if path in sections and sections[path] != spec.section and not menu.isEmpty():
        menu.addSeparator()
    sections[path] = spec.section


def _digits_joined(rows: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Say in one row what nine say, where objects 1 to 9 have their own digits as keys."""
    digits = [("Object", f"Object {digit}", f"{digit}") for digit in range(1, 10)]
    if not all(row in rows for row in digits):
        return rows
    joined = [row for row in rows if row not in digits[1:]]
    joined[joined.index(digits[0])] = ("Object", "Objects 1 to 9", "1 … 9")
    return joined


def _readable(shortcuts: Iterable[QKeySequence]) -> str:
    return readable(tuple(key.toString() for key in shortcuts))


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
