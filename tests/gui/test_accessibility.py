"""What a screen reader says and where Tab leads, for every control there is."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QMainWindow, QWidget

from vosdesk.export.registry import EXPORTERS
from vosdesk.gui.actions import create_actions, key_rows
from vosdesk.gui.dialogs import AboutDialog, ExportDialog, KeySheet, PreferencesDialog
from vosdesk.gui.keymap import load_keymap
from vosdesk.gui.panels import ObjectsPanel, OverlayPanel, ProgressStrip, StrokesPanel, ToolBar
from vosdesk.gui.settings import Preferences
from vosdesk.gui.timeline import Timeline


def tool_bar() -> QWidget:
    window = QMainWindow()
    window.addToolBar(ToolBar(create_actions(window, load_keymap(Path("/nowhere")))))
    return window


def key_sheet() -> QWidget:
    window = QMainWindow()
    return KeySheet(key_rows(create_actions(window, load_keymap(Path("/nowhere")))))


def timeline() -> Timeline:
    result = Timeline()
    result.set_frame_count(90, 25.0)
    return result


def strip() -> ProgressStrip:
    result = ProgressStrip()
    result.set_embedding("running", 1, 2)
    return result


MAKERS = {
    "timeline": timeline,
    "objects": ObjectsPanel,
    "strokes": StrokesPanel,
    "overlay": OverlayPanel,
    "progress": strip,
    "tools": tool_bar,
    "export": lambda: ExportDialog(list(EXPORTERS.values()), Path("/nowhere"), 3),
    "preferences": lambda: PreferencesDialog(Preferences(), [("cpu", "CPU")], [], 1),
    "keys": key_sheet,
    "about": lambda: AboutDialog("1.0", ()),
}


def focusable(root: QWidget) -> list[QWidget]:
    return [
        widget
        for widget in (root, *root.findChildren(QWidget))
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.isVisible()
        and widget.focusProxy() is None
        and not widget.objectName().startswith("qt_")
    ]


@pytest.mark.parametrize("name", MAKERS)
def test_every_control_says_its_name(qtbot, name: str) -> None:
    root = MAKERS[name]()
    qtbot.addWidget(root)
    with qtbot.waitExposed(root):
        root.show()
    controls = focusable(root)
    assert controls
    for control in controls:
        spoken = QAccessible.queryAccessibleInterface(control).text(QAccessible.Text.Name)
        assert spoken.strip(), f"{control} has no name"


def test_tab_goes_through_the_timeline_from_left_to_right(qtbot) -> None:
    root = timeline()
    qtbot.addWidget(root)
    with qtbot.waitActive(root):
        root.show()
        root.activateWindow()
    root.transport.buttons["first_frame"].setFocus()
    seen = []
    for _ in range(7):
        widget = root.focusWidget()
        seen.append(widget)
        qtbot.keyClick(widget, Qt.Key.Key_Tab)
    assert seen == [*root.transport.buttons.values(), root.transport.number, root.track]
