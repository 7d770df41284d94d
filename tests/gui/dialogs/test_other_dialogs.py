"""Preferences, key sheet, about."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMainWindow

from vosdesk.gui.actions import create_actions, key_rows
from vosdesk.gui.dialogs import AboutDialog, KeySheet, PreferencesDialog
from vosdesk.gui.keymap import load_keymap
from vosdesk.gui.settings import Preferences

LEFT = Qt.MouseButton.LeftButton
DEVICES = (("auto", "Automatic"), ("cpu", "CPU"))
MODELS = (("default", "Default"), ("small", "Small"))


class TestPreferences:
    @pytest.fixture
    def dialog(self, shown):
        def open_with(preferences: Preferences, size: int = 3_450_000_000) -> PreferencesDialog:
            return shown(PreferencesDialog(preferences, DEVICES, MODELS, size))

        return open_with

    def test_it_shows_what_is_set(self, dialog, qtbot) -> None:
        chosen = Preferences(theme="dark", device="cpu", model="small", autosave_seconds=0)
        opened = dialog(chosen)
        assert opened.theme.currentText() == "Dark"
        assert opened.device.currentText() == "CPU"
        assert opened.model.currentText() == "Small"
        assert opened.autosave.text() == "Off"
        assert opened.store_text.text() == "3.45 GB"
        assert opened.chosen() == chosen

    def test_changes_are_told_on_save(self, dialog, qtbot) -> None:
        before = Preferences(recent=("/videos/swan.mp4",), overlay_opacity=0.3)
        opened = dialog(before)
        qtbot.keyClick(opened.theme, Qt.Key.Key_Down)
        opened.autosave.selectAll()
        qtbot.keyClicks(opened.autosave, "30")
        opened.store_limit.setValue(0)
        with qtbot.waitSignal(opened.preferences_changed) as told:
            qtbot.mouseClick(opened.save_button, LEFT)
        assert told.args == [
            before.model_copy(
                update={"theme": "light", "autosave_seconds": 30, "store_limit_gb": 0.0}
            )
        ]

    def test_without_a_change_nothing_is_told(self, dialog, qtbot) -> None:
        opened = dialog(Preferences(store_limit_gb=12.5))
        with qtbot.assertNotEmitted(opened.preferences_changed):
            qtbot.mouseClick(opened.save_button, LEFT)

    def test_cancel_tells_nothing(self, dialog, qtbot) -> None:
        opened = dialog(Preferences())
        qtbot.keyClick(opened.theme, Qt.Key.Key_Down)
        with qtbot.assertNotEmitted(opened.preferences_changed):
            qtbot.mouseClick(opened.cancel_button, LEFT)

    def test_a_device_that_is_gone_stays_chosen(self, dialog, qtbot) -> None:
        opened = dialog(Preferences(device="cuda:1"))
        assert opened.device.currentText() == "cuda:1 (not here)"
        assert opened.chosen().device == "cuda:1"

    def test_what_it_tells_is_valid(self, dialog, qtbot) -> None:
        chosen = dialog(Preferences()).chosen()
        assert Preferences.model_validate(chosen.model_dump()) == chosen

    @pytest.mark.parametrize(("button", "cleared"), [("Clear stores", True), ("Cancel", False)])
    def test_stores_are_cleared_after_a_question(
        self, dialog, qtbot, answer, button: str, cleared: bool
    ) -> None:
        opened = dialog(Preferences())
        heard: list[bool] = []
        opened.stores_cleared.connect(lambda: heard.append(True))
        answer(button)
        qtbot.mouseClick(opened.clear_button, LEFT)
        assert bool(heard) is cleared
        assert opened.clear_button.isEnabled() is not cleared
        assert opened.store_text.text() == ("No stores" if cleared else "3.45 GB")

    def test_every_field_has_a_name(self, dialog, qtbot) -> None:
        opened = dialog(Preferences())
        for field in (
            opened.theme,
            opened.device,
            opened.model,
            opened.store_limit,
            opened.autosave,
        ):
            assert field.accessibleName()


class TestKeySheet:
    @pytest.fixture
    def sheet(self, shown, qtbot) -> KeySheet:
        window = QMainWindow()
        qtbot.addWidget(window)
        actions = create_actions(window, load_keymap(Path("/nowhere")))
        return shown(KeySheet(key_rows(actions)))

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
    def about(self, shown) -> AboutDialog:
        return shown(AboutDialog("1.2.3", (("Qt", "6.12.0"), ("Device", "CPU"))))

    def test_details_are_copied(self, about: AboutDialog, qtbot) -> None:
        qtbot.mouseClick(about.copy_button, LEFT)
        assert QGuiApplication.clipboard().text() == "vosdesk: 1.2.3\nQt: 6.12.0\nDevice: CPU"

    def test_it_closes(self, about: AboutDialog, qtbot) -> None:
        qtbot.mouseClick(about.close_button, LEFT)
        assert not about.isVisible()
