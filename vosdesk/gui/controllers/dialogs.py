"""The dialogs that stay open beside the work: preferences, keys, about."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, qVersion

from vosdesk import __version__
from vosdesk.gui.actions import key_rows
from vosdesk.gui.dialogs.about import AboutDialog
from vosdesk.gui.dialogs.key_sheet import KeySheet
from vosdesk.gui.dialogs.preferences_dialog import PreferencesDialog

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QWidget

    from vosdesk.gui.bridge import Bridge
    from vosdesk.gui.controllers.preferences import PreferenceKeeper
    from vosdesk.session import Session, events


class DialogController(QObject):
    """Opens dialogs and does what they are told; none of them stops the window."""

    def __init__(
        self,
        session: Session,
        bridge: Bridge,
        actions: Mapping[str, QAction],
        preferences: PreferenceKeeper,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._session, self._actions = session, actions
        self._preferences, self._window = preferences, window
        self._options: PreferencesDialog | None = None
        self._wanted = False
        actions["preferences"].triggered.connect(self.show_preferences)
        actions["choose_device"].triggered.connect(self.show_preferences)
        actions["key_sheet"].triggered.connect(self._show_keys)
        actions["about"].triggered.connect(self._show_about)
        bridge.surroundings_found.connect(self._on_surroundings_found)

    # -- preferences

    def show_preferences(self) -> None:
        """Look for devices, models and stores in the background, then show the options."""
        self._wanted = True
        self._session.look_around()

    def _on_surroundings_found(self, event: events.SurroundingsFound) -> None:
        if self._options is not None:
            self._options.set_store_size(event.store_bytes)
        elif self._wanted:
            self._open_preferences(event)
        self._wanted = False

    def _open_preferences(self, event: events.SurroundingsFound) -> None:
        dialog = PreferencesDialog(
            self._preferences.value,
            [("auto", "Automatic"), *((name, name.upper()) for name in event.devices)],
            [(name, f"{name}, sees {side} pixels") for name, side in event.models],
            event.store_bytes,
            self._window,
        )
        dialog.preferences_changed.connect(self._preferences.replace)
        dialog.stores_cleared.connect(self._session.clear_stores)
        dialog.finished.connect(self._on_preferences_finished)
        self._options = dialog
        dialog.open()

    def _on_preferences_finished(self) -> None:
        if self._options is not None:
            self._options.deleteLater()
            self._options = None

    # -- help

    def _show_keys(self) -> None:
        sheet = KeySheet(key_rows(self._actions), self._window)
        sheet.finished.connect(sheet.deleteLater)
        sheet.open()

    def _show_about(self) -> None:
        facts = (("Python", platform.python_version()), ("Qt", qVersion()))
        about = AboutDialog(__version__, facts, self._window)
        about.finished.connect(about.deleteLater)
        about.open()
