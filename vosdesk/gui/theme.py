"""Colours, fonts and icons of the window, light and dark; the one place that names a colour."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache
from string import Template
from typing import Literal, TypeAlias

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QApplication

from vosdesk.assets import asset_folder

logger = logging.getLogger(__name__)

ThemeName: TypeAlias = Literal["system", "light", "dark"]

SPACE = 8
"""The grid in logical pixels that margins and gaps are multiples (or halves) of."""

_ICON_SIZES = (16, 20, 24, 32, 40, 48)
_ICON_PROPERTY = "icon_name"


@dataclass(frozen=True)
class Colours:
    """One set of colours, each as ``#rrggbb``.

    Text colours reach WCAG's 4.5:1 on window, panel and raised; marks reach 3:1.
    """

    window: str
    """Behind the panels."""
    panel: str
    """Lists, docks, the timeline."""
    raised: str
    """Buttons and fields."""
    hover: str
    canvas: str
    """Around the picture."""
    text: str
    muted_text: str
    disabled_text: str
    accent: str
    on_accent: str
    """Text on accent."""
    selection: str
    """Behind the selected row; carries the ordinary text."""
    border: str
    """Hairlines that only group."""
    strong_border: str
    """Outlines one must see to find a control."""
    warning: str
    error: str
    embedded: str
    """Frames whose embeddings are in the store."""
    annotated: str
    """Frames with annotations, where no object's own colour is at hand."""
    unsure: str
    """Where labels are doubtful."""
    dark: bool


DARK = Colours(
    window="#1b1c1f",
    panel="#232529",
    raised="#2f3238",
    hover="#3a3d45",
    canvas="#121315",
    text="#e4e6ea",
    muted_text="#a9aeb7",
    disabled_text="#6b7079",
    accent="#5b9dff",
    on_accent="#0a1626",
    selection="#24405f",
    border="#34373d",
    strong_border="#7d838e",
    warning="#f2b84b",
    error="#ff857d",
    embedded="#5fb3a8",
    annotated="#e4e6ea",
    unsure="#f2b84b",
    dark=True,
)

LIGHT = Colours(
    window="#eceef1",
    panel="#f8f9fa",
    raised="#ffffff",
    hover="#e3e6ea",
    canvas="#cfd2d7",
    text="#1d2025",
    muted_text="#565c66",
    disabled_text="#9aa0a9",
    accent="#1f66d6",
    on_accent="#ffffff",
    selection="#d3e3fb",
    border="#d3d7dd",
    strong_border="#7b818b",
    warning="#8f5a00",
    error="#c0281f",
    embedded="#1f8578",
    annotated="#1d2025",
    unsure="#b26a00",
    dark=False,
)


class Theme(QObject):
    """Which colours are in force; tells when they change."""

    theme_changed = Signal(object)
    """The new Colours, after palette, style sheet and icons are in place."""

    def __init__(self) -> None:
        super().__init__()
        self.name: ThemeName = "system"
        self.colours = DARK
        self._app: QApplication | None = None

    def follow(self, app: QApplication) -> None:
        """Listen to the desktop's changes of mind; a second call for the same app does nothing."""
        if self._app is not app:
            self._app = app
            app.styleHints().colorSchemeChanged.connect(self._on_color_scheme_changed)

    def _on_color_scheme_changed(self) -> None:
        if self.name == "system" and self._app is not None:
            _put_in_force(self._app)


theme = Theme()


def colours() -> Colours:
    """Return the colours in force; painting code asks anew each time."""
    return theme.colours


def apply_theme(app: QApplication, name: ThemeName) -> None:
    """Give the whole application one look; may be called again at any time.

    Args:
        app: The application.
        name: ``system`` follows the desktop, now and when it changes its mind.
    """
    theme.name = name
    app.setStyle("Fusion")
    _ask_platform_for(name)
    theme.follow(app)
    _put_in_force(app)


def palette(of: Colours) -> QPalette:
    """Return Qt's palette for a set of colours."""
    result = QPalette()
    role = QPalette.ColorRole
    for roles, value in (
        ((role.Window,), of.window),
        ((role.Base, role.ToolTipBase), of.panel),
        ((role.AlternateBase,), of.window),
        ((role.Button, role.Mid), of.raised),
        ((role.Light, role.Midlight), of.hover),
        ((role.Dark, role.Shadow), of.border),
        ((role.WindowText, role.Text, role.ButtonText, role.ToolTipText), of.text),
        ((role.BrightText,), of.error),
        ((role.PlaceholderText,), of.muted_text),
        ((role.Highlight, role.Accent, role.Link, role.LinkVisited), of.accent),
        ((role.HighlightedText,), of.on_accent),
    ):
        for one in roles:
            result.setColor(one, QColor(value))
    for one in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        result.setColor(QPalette.ColorGroup.Disabled, one, QColor(of.disabled_text))
    return result


def icon(name: str, colour: str = "") -> QIcon:
    """Return a line icon of ``resources/icons``.

    Args:
        name: The file's name without ``.svg``.
        colour: ``#rrggbb``; the theme's text colour where not given.

    Raises:
        FileNotFoundError: There is no such icon.
    """
    return _render(name, colour or colours().text, colours().disabled_text)


def set_icon(target: QAction | QAbstractButton, name: str) -> None:
    """Give an action or a button an icon that follows the theme."""
    target.setProperty(_ICON_PROPERTY, name)
    target.setIcon(icon(name))


def indent_text(field: QAbstractSpinBox) -> None:
    """Keep a number clear of its field's edge; the style sheet's padding does not reach it."""
    field.lineEdit().setTextMargins(SPACE // 2, 0, SPACE // 2, 0)


def app_icon() -> QIcon:
    """Return the application's own icon."""
    return QIcon(str(asset_folder("resources") / "vosdesk.svg"))


def _ask_platform_for(name: ThemeName) -> None:
    """Have title bars and native dialogs follow; Qt can from 6.8 on."""
    scheme = {
        "system": Qt.ColorScheme.Unknown,
        "light": Qt.ColorScheme.Light,
        "dark": Qt.ColorScheme.Dark,
    }[name]
    if hasattr(QGuiApplication.styleHints(), "setColorScheme"):
        QGuiApplication.styleHints().setColorScheme(scheme)


def _wanted_colours() -> Colours:
    """Dark where the desktop does not say: a picture reads best on dark."""
    light = theme.name == "light" or (
        theme.name == "system"
        and QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Light
    )
    return LIGHT if light else DARK


def _put_in_force(app: QApplication) -> None:
    theme.colours = _wanted_colours()
    app.setPalette(palette(theme.colours))
    app.setStyleSheet(_style_sheet(theme.colours))
    app.setWindowIcon(app_icon())
    _refresh_icons(app)
    theme.theme_changed.emit(theme.colours)


@lru_cache(maxsize=2)
def _style_sheet(of: Colours) -> str:
    folder = asset_folder("resources")
    template = Template((folder / "theme.qss").read_text(encoding="utf-8"))
    tone = "dark" if of.dark else "light"
    return template.substitute(vars(of), icons=(folder / "icons").as_posix(), tone=tone)


def _refresh_icons(app: QApplication) -> None:
    """Icons are pictures, so a new text colour needs new ones.

    Found by a property of the target and not by a list kept here: a list would outlive its
    widgets.
    """
    for window in app.topLevelWidgets():
        targets = [*window.findChildren(QAction), *window.findChildren(QAbstractButton)]
        if isinstance(window, QAbstractButton):
            targets.append(window)
        for target in targets:
            name = target.property(_ICON_PROPERTY)
            if name:
                target.setIcon(icon(name))


@lru_cache(maxsize=512)
def _render(name: str, colour: str, disabled_colour: str) -> QIcon:
    source = (asset_folder("resources") / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    result = QIcon()
    for mode, value in (
        (QIcon.Mode.Normal, colour),
        (QIcon.Mode.Selected, colour),
        (QIcon.Mode.Disabled, disabled_colour),
    ):
        renderer = QSvgRenderer(QByteArray(source.replace("currentColor", value).encode()))
        if not renderer.isValid():
            logger.warning("the icon %s is damaged", name)
            break
        for side in _ICON_SIZES:
            result.addPixmap(_pixmap(renderer, side), mode)
    return result


def _pixmap(renderer: QSvgRenderer, side: int) -> QPixmap:
    pixmap = QPixmap(QSize(side, side))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, side, side))
    painter.end()
    return pixmap
