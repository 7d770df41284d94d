"""Which keys the canvas keeps and which it leaves to the window."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest

from vosdesk.gui.canvas.tools import ToolKind

SHORTCUTS = (
    "Space", "Escape", "Return", "Enter", "Backspace", "Delete", "Left", "Right", "Home", "End",
    "PgDown", "Up", "B", "0", "[", "]", "Shift+N", "Ctrl+Z", "Ctrl+1", "Tab",
)  # fmt: skip


@pytest.fixture
def triggered(window, canvas) -> list[str]:
    """The names of the window's shortcuts that were triggered."""
    names: list[str] = []
    for keys in SHORTCUTS:
        action = QAction(keys, window)
        action.setShortcut(QKeySequence(keys))
        action.triggered.connect(lambda _checked=False, keys=keys: names.append(keys))
        window.addAction(action)
    return names


def type_all(canvas, leaving_out=()) -> list[str]:
    typed = [keys for keys in SHORTCUTS if keys not in leaving_out]
    for keys in typed:
        combination = QKeySequence(keys)[0]
        QTest.keyClick(canvas, combination.key(), combination.keyboardModifiers())
    return typed


def test_every_shortcut_but_space_reaches_the_window(canvas, triggered):
    assert type_all(canvas, leaving_out=("Space",)) == triggered


def test_space_is_kept_because_holding_it_pushes_the_picture(qtbot, canvas, triggered):
    with qtbot.waitSignal(canvas.space_tapped):
        QTest.keyClick(canvas, Qt.Key.Key_Space)
    assert triggered == []


def test_space_with_a_modifier_is_the_windows(qtbot, window, canvas, triggered):
    action = QAction("other", window)
    action.setShortcut(QKeySequence("Ctrl+Space"))
    window.addAction(action)
    with qtbot.waitSignal(action.triggered), qtbot.assertNotEmitted(canvas.space_tapped):
        QTest.keyClick(canvas, Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier)


def test_a_stroke_in_progress_keeps_only_escape(canvas, hand, triggered):
    canvas.set_tool(ToolKind.BRUSH)
    hand.press((100, 100))
    assert type_all(canvas, leaving_out=("Space", "Escape")) == triggered
    assert canvas.cancel_gesture()
    hand.press((100, 100))
    hand.key(Qt.Key.Key_Escape)
    assert "Escape" not in triggered
    hand.key(Qt.Key.Key_Escape)
    assert "Escape" in triggered


def test_a_polygon_in_progress_keeps_the_keys_it_listens_to(canvas, hand, triggered):
    canvas.set_tool(ToolKind.POLYGON)
    hand.click((100, 100))
    hand.click((150, 100))
    kept = ("Space", "Escape", "Return", "Enter", "Backspace")
    assert type_all(canvas, leaving_out=kept) == triggered
    triggered.clear()
    hand.key(Qt.Key.Key_Return)
    hand.key(Qt.Key.Key_Enter)
    hand.key(Qt.Key.Key_Backspace)
    hand.key(Qt.Key.Key_Escape)
    assert triggered == []
    hand.key(Qt.Key.Key_Return)
    assert triggered == ["Return"]


def test_keys_without_an_action_go_on_to_the_parent(qtbot, window, canvas):
    """The canvas scrolls by no key of its own."""
    before = canvas.to_source(canvas.rect().center())
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_Home):
        QTest.keyClick(canvas, key)
    assert canvas.to_source(canvas.rect().center()) == before
