"""How the picture looks: overlay, heat map, zoom, tools and their size, theme."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication

from vosdesk.gui.canvas.tools import ToolKind
from vosdesk.gui.theme import ThemeName, apply_theme, theme
from vosdesk.overlay.composition import OverlayMode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QAction

    from vosdesk.gui.canvas.view import Canvas
    from vosdesk.gui.controllers.preferences import PreferenceKeeper
    from vosdesk.gui.panels.overlay_panel import OverlayPanel
    from vosdesk.session import Session

OPACITY_STEP = 0.1
MODES = tuple(OverlayMode)


class LookController(QObject):
    """View and Tools menus, overlay panel, canvas."""

    tool_changed = Signal(object)

    def __init__(
        self,
        session: Session,
        actions: Mapping[str, QAction],
        canvas: Canvas,
        panel: OverlayPanel,
        preferences: PreferenceKeeper,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session, self._actions = session, actions
        self._canvas, self._panel, self._preferences = canvas, panel, preferences
        self._shown_mode = OverlayMode(preferences.value.overlay_mode)
        self._connect_overlay()
        self._connect_canvas()
        self._connect_theme()
        self._apply(mode=self._shown_mode, opacity=preferences.value.overlay_opacity, heat=False)

    # -- overlay

    def _connect_overlay(self) -> None:
        actions, panel = self._actions, self._panel
        for mode in MODES:
            actions[f"overlay_{mode.value}"].triggered.connect(
                lambda _checked=False, mode=mode: self._apply(mode=mode)
            )
        actions["cycle_overlay"].triggered.connect(self._cycle_mode)
        actions["raise_opacity"].triggered.connect(lambda: self._step_opacity(OPACITY_STEP))
        actions["lower_opacity"].triggered.connect(lambda: self._step_opacity(-OPACITY_STEP))
        actions["heat_map"].triggered.connect(lambda on: self._apply(heat=on))
        actions["hide_overlay"].triggered.connect(self._on_hide_triggered)
        panel.mode_changed.connect(lambda mode: self._apply(mode=OverlayMode(mode)))
        panel.opacity_changed.connect(lambda opacity: self._apply(opacity=opacity))
        panel.heat_changed.connect(lambda on: self._apply(heat=on))

    def _apply(self, **choices: object) -> None:
        view = dataclasses.replace(self._session.view, **choices)  # type: ignore[arg-type]
        self._session.set_view(view)
        self._actions[f"overlay_{view.mode.value}"].setChecked(True)
        self._actions["heat_map"].setChecked(view.heat)
        self._actions["hide_overlay"].setChecked(view.mode is OverlayMode.NONE)
        self._panel.set_style(view.mode, view.opacity, view.heat)
        if view.mode is not OverlayMode.NONE:
            self._shown_mode = view.mode
            self._preferences.update(overlay_mode=view.mode.value, overlay_opacity=view.opacity)

    def _cycle_mode(self) -> None:
        place = MODES.index(self._session.view.mode)
        self._apply(mode=MODES[(place + 1) % len(MODES)])

    def _step_opacity(self, step: float) -> None:
        self._apply(opacity=min(max(round(self._session.view.opacity + step, 2), 0.0), 1.0))

    def _on_hide_triggered(self, hidden: bool) -> None:
        self._apply(mode=OverlayMode.NONE if hidden else self._shown_mode)

    # -- canvas

    def _connect_canvas(self) -> None:
        actions, canvas = self._actions, self._canvas
        actions["zoom_in"].triggered.connect(canvas.zoom_in)
        actions["zoom_out"].triggered.connect(canvas.zoom_out)
        actions["zoom_fit"].triggered.connect(canvas.fit)
        actions["zoom_100"].triggered.connect(canvas.actual_size)
        actions["show_strokes"].toggled.connect(canvas.set_strokes_visible)
        actions["show_strokes"].setChecked(True)
        actions["smaller_tool"].triggered.connect(lambda: canvas.change_radius(-1))
        actions["larger_tool"].triggered.connect(lambda: canvas.change_radius(1))
        for kind in ToolKind:
            actions[f"tool_{kind.value}"].triggered.connect(
                lambda _checked=False, kind=kind: self.set_tool(kind)
            )
        self.set_tool(ToolKind.SCRIBBLE)

    def set_tool(self, kind: ToolKind) -> None:
        """Choose what the mouse does on the canvas."""
        self._actions[f"tool_{kind.value}"].setChecked(True)
        self._canvas.set_tool(kind)
        self.tool_changed.emit(kind)

    # -- theme

    def _connect_theme(self) -> None:
        for name in ("system", "light", "dark"):
            action = self._actions[f"theme_{name}"]
            action.setChecked(name == self._preferences.value.theme)
            action.triggered.connect(
                lambda _checked=False, name=name: self._preferences.update(theme=name)
            )
        self._preferences.changed.connect(lambda value: self._show_theme(value.theme))

    def _show_theme(self, name: ThemeName) -> None:
        if name == theme.name:
            return
        self._actions[f"theme_{name}"].setChecked(True)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            apply_theme(application, name)
