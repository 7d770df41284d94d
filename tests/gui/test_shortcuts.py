"""Single keys are actions, but never while the focused control needs them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLineEdit,
    QListWidget,
    QMainWindow,
    QPlainTextEdit,
    QPushButton,
    QSlider,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from vosdesk.gui.actions import Actions, create_actions
from vosdesk.gui.keymap import load_keymap
from vosdesk.gui.shortcuts import ShortcutGuard, step_pane

KINDS = (
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QPushButton,
    QSlider,
    QComboBox,
    QListWidget,
    QCheckBox,
)


class Bench:
    """A window with one control of each kind and a counter of triggered actions."""

    def __init__(self, qtbot) -> None:
        self.window = QMainWindow()
        qtbot.addWidget(self.window)
        self.actions: Actions = create_actions(self.window, load_keymap(Path("/nowhere")))
        self.triggered: list[str] = []
        for name, action in self.actions.items():
            action.setEnabled(True)
            action.triggered.connect(lambda _on=False, name=name: self.triggered.append(name))
        ShortcutGuard(self.window)
        body = QWidget()
        column = QVBoxLayout(body)
        self.canvas = QWidget()
        self.canvas.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.controls = {kind: kind() for kind in KINDS}
        for widget in (self.canvas, *self.controls.values()):
            column.addWidget(widget)
        self.controls[QListWidget].addItems(["one", "two"])
        self.controls[QComboBox].addItems(["one", "two"])
        self.window.setCentralWidget(body)
        with qtbot.waitActive(self.window):
            self.window.show()
            self.window.activateWindow()

    def press(self, qtbot, widget: QWidget, key: Qt.Key, modifier=Qt.KeyboardModifier.NoModifier):
        widget.setFocus()
        assert widget.hasFocus()
        qtbot.keyClick(widget, key, modifier)


@pytest.fixture
def bench(qtbot) -> Bench:
    return Bench(qtbot)


@pytest.mark.parametrize("kind", [QLineEdit, QPlainTextEdit])
def test_text_fields_write_letters(bench: Bench, qtbot, kind: type) -> None:
    field = bench.controls[kind]
    for key in (Qt.Key.Key_B, Qt.Key.Key_Space, Qt.Key.Key_N, Qt.Key.Key_1, Qt.Key.Key_Question):
        bench.press(qtbot, field, key)
    text = field.text() if kind is QLineEdit else field.toPlainText()
    assert text == "b n1?"
    assert bench.triggered == []


def test_a_number_field_takes_digits_and_arrows(bench: Bench, qtbot) -> None:
    field = bench.controls[QSpinBox]
    field.selectAll()
    bench.press(qtbot, field, Qt.Key.Key_7)
    bench.press(qtbot, field, Qt.Key.Key_Up)
    bench.press(qtbot, field, Qt.Key.Key_Home)
    assert field.value() == 8
    assert bench.triggered == []


def test_the_same_letters_are_actions_on_the_canvas(bench: Bench, qtbot) -> None:
    for key in (Qt.Key.Key_B, Qt.Key.Key_Space, Qt.Key.Key_Right, Qt.Key.Key_Tab):
        bench.press(qtbot, bench.canvas, key)
    assert bench.triggered == ["tool_brush", "play", "next_frame", "next_object"]


def test_commands_work_even_in_a_text_field(bench: Bench, qtbot) -> None:
    bench.press(qtbot, bench.controls[QLineEdit], Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    bench.press(qtbot, bench.controls[QLineEdit], Qt.Key.Key_F1)
    assert bench.triggered == ["save", "key_sheet"]


def test_a_button_is_pressed_by_space(bench: Bench, qtbot) -> None:
    button = bench.controls[QPushButton]
    with qtbot.waitSignal(button.clicked):
        bench.press(qtbot, button, Qt.Key.Key_Space)
    assert bench.triggered == []


def test_a_slider_moves_by_arrows_and_leaves_letters(bench: Bench, qtbot) -> None:
    slider = bench.controls[QSlider]
    bench.press(qtbot, slider, Qt.Key.Key_Right)
    bench.press(qtbot, slider, Qt.Key.Key_B)
    assert slider.value() == 1
    assert bench.triggered == ["tool_brush"]


def test_a_list_moves_by_arrows_and_leaves_digits(bench: Bench, qtbot) -> None:
    rows = bench.controls[QListWidget]
    rows.setCurrentRow(0)
    bench.press(qtbot, rows, Qt.Key.Key_Down)
    bench.press(qtbot, rows, Qt.Key.Key_2)
    assert rows.currentRow() == 1
    assert bench.triggered == ["select_object_2"]


def test_tab_leaves_a_control_and_is_no_trap(bench: Bench, qtbot) -> None:
    box = bench.controls[QCheckBox]
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Tab)
    assert not box.hasFocus()
    assert bench.triggered == []


class TestPanes:
    @pytest.fixture
    def panes(self, qtbot) -> list[QWidget]:
        self.window = QWidget()
        qtbot.addWidget(self.window)
        column = QVBoxLayout(self.window)
        canvas = QWidget()
        canvas.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        panes = [canvas, QWidget(), QWidget(), QWidget()]
        for pane in panes:
            column.addWidget(pane)
        for pane in panes[1:3]:
            row = QVBoxLayout(pane)
            for button in (QPushButton(), QPushButton()):
                row.addWidget(button)
        with qtbot.waitActive(self.window):
            self.window.show()
            self.window.activateWindow()
        canvas.setFocus()
        return panes

    def focused(self, panes: list[QWidget]) -> int:
        widget = self.window.focusWidget()
        return next(n for n, p in enumerate(panes) if p is widget or p.isAncestorOf(widget))

    def test_the_keyboard_goes_round_past_panes_without_controls(self, panes) -> None:
        seen = []
        for _ in range(4):
            step_pane(panes, 1)
            seen.append(self.focused(panes))
        assert seen == [1, 2, 0, 1]

    def test_and_back(self, panes) -> None:
        step_pane(panes, -1)
        assert self.focused(panes) == 2
        step_pane(panes, -1)
        assert self.focused(panes) == 1

    def test_hidden_panes_and_switched_off_controls_are_passed_over(self, panes) -> None:
        panes[1].hide()
        first = panes[2].findChild(QPushButton)
        first.setEnabled(False)
        step_pane(panes, 1)
        assert self.focused(panes) == 2
        assert self.window.focusWidget() is not first

    def test_nothing_to_go_to_is_no_failure(self, qtbot) -> None:
        pane = QWidget()
        qtbot.addWidget(pane)
        pane.show()
        step_pane([pane], 1)
        step_pane([], 1)
