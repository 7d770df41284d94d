"""Preferences, key sheet, about."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMainWindow, QWidget

from vosdesk.gui.actions import create_actions, key_rows
from vosdesk.gui.dialogs import AboutDialog, KeySheet, PreferencesDialog
from vosdesk.gui.keymap import load_keymap
from vosdesk.gui.settings import Preferences

LEFT = Qt.MouseButton.LeftButton
DEVICES = (("auto", "Automatic"), ("cpu", "CPU"))
MODELS = (("default", "Default"), ("small", "Small"))


def shown(qtbot, widget: QWidget) -> QWidget:
    qtbot.addWidget(widget)
    with qtbot.waitExposed(widget):
        widget.show()
    return widget


class TestPreferences:
    def dialog(self, qtbot, preferences: Preferences, size: int = 3_450_000_000):
        return shown(qtbot, PreferencesDialog(preferences, DEVICES, MODELS, size))

    def test_it_shows_what_is_set(self, qtbot) -> None:
        chosen = Preferences(theme="dark", device="cpu", model="small", autosave_seconds=0)
        dialog = self.dialog(qtbot, chosen)
        assert dialog.theme.currentText() == "Dark"
        assert dialog.device.currentText() == "CPU"
        assert dialog.model.currentText() == "Small"
        assert dialog.autosave.text() == "Off"
        assert dialog.store_text.text() == "3.45 GB"
        assert dialog.chosen() == chosen

    def test_changes_are_told_on_save(self, qtbot) -> None:
        before = Preferences(recent=("/videos/swan.mp4",), overlay_opacity=0.3)
        dialog = self.dialog(qtbot, before)
        qtbot.keyClick(dialog.theme, Qt.Key.Key_Down)
        dialog.autosave.selectAll()
        qtbot.keyClicks(dialog.autosave, "30")
        dialog.store_limit.setValue(0)
        with qtbot.waitSignal(dialog.preferences_changed) as told:
            qtbot.mouseClick(dialog.save_button, LEFT)
        assert told.args == [
            before.model_copy(
                update={"theme": "light", "autosave_seconds": 30, "store_limit_gb": 0.0}
            )
        ]

    def test_without_a_change_nothing_is_told(self, qtbot) -> None:
        dialog = self.dialog(qtbot, Preferences(store_limit_gb=12.5))
        with qtbot.assertNotEmitted(dialog.preferences_changed):
            qtbot.mouseClick(dialog.save_button, LEFT)

    def test_cancel_tells_nothing(self, qtbot) -> None:
        dialog = self.dialog(qtbot, Preferences())
        qtbot.keyClick(dialog.theme, Qt.Key.Key_Down)
        with qtbot.assertNotEmitted(dialog.preferences_changed):
            qtbot.mouseClick(dialog.cancel_button, LEFT)

    def test_a_device_that_is_gone_stays_chosen(self, qtbot) -> None:
        dialog = self.dialog(qtbot, Preferences(device="cuda:1"))
        assert dialog.device.currentText() == "cuda:1 (not here)"
        assert dialog.chosen().device == "cuda:1"

    def test_what_it_tells_is_valid(self, qtbot) -> None:
        chosen = self.dialog(qtbot, Preferences()).chosen()
        assert Preferences.model_validate(chosen.model_dump()) == chosen

    @pytest.mark.parametrize(("button", "cleared"), [("Clear stores", True), ("Cancel", False)])
    def test_stores_are_cleared_after_a_question(
        self, qtbot, answer, button: str, cleared: bool
    ) -> None:
        dialog = self.dialog(qtbot, Preferences())
        heard: list[bool] = []
        dialog.stores_cleared.connect(lambda: heard.append(True))
        answer(button)
        qtbot.mouseClick(dialog.clear_button, LEFT)
        assert bool(heard) is cleared
        assert dialog.clear_button.isEnabled() is not cleared
        assert dialog.store_text.text() == ("No stores" if cleared else "3.45 GB")

    def test_every_field_has_a_name(self, qtbot) -> None:
        dialog = self.dialog(qtbot, Preferences())
        for field in (
            dialog.theme,
            dialog.device,
            dialog.model,
            dialog.store_limit,
            dialog.autosave,
        ):
            assert field.accessibleName()


class TestKeySheet:
    @pytest.fixture
    def sheet(self, qtbot) -> KeySheet:
        window = QMainWindow()
        qtbot.addWidget(window)
        actions = create_actions(window, load_keymap(Path("/nowhere")))
        return shown(qtbot, KeySheet(key_rows(actions)))

    def test_it_lists_every_key(self, sheet: KeySheet) -> None:
        rows = sheet.visible_rows()
        assert ("Save", "Ctrl+S") in rows
        assert ("Redo", "Ctrl+Shift+Z or Ctrl+Y") in rows
        assert ("Paint background", "Right button") in rows
        assert len(rows) > 60

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("brush", {("Mask brush", "B")}),
            ("ctrl+y", {("Redo", "Ctrl+Shift+Z or Ctrl+Y")}),
            ("embedding", set()),
            ("help", {("Keys", "F1 or ?")}),
        ],
    )
    def test_it_is_searched(self, sheet: KeySheet, qtbot, text: str, found: set) -> None:
        qtbot.keyClicks(sheet.search, text)
        assert set(sheet.visible_rows()) == found
        sheet.search.clear()
        assert len(sheet.visible_rows()) > 60

    def test_escape_closes_it(self, sheet: KeySheet, qtbot) -> None:
        qtbot.keyClick(sheet, Qt.Key.Key_Escape)
        assert not sheet.isVisible()


class TestAbout:
    @pytest.fixture
    def about(self, qtbot) -> AboutDialog:
        return shown(qtbot, AboutDialog("1.2.3", (("Qt", "6.12.0"), ("Device", "CPU"))))

    def test_details_are_copied(self, about: AboutDialog, qtbot) -> None:
        qtbot.mouseClick(about.copy_button, LEFT)
        assert QGuiApplication.clipboard().text() == "vosdesk: 1.2.3\nQt: 6.12.0\nDevice: CPU"

    def test_it_closes(self, about: AboutDialog, qtbot) -> None:
        qtbot.mouseClick(about.close_button, LEFT)
        assert not about.isVisible()
