from __future__ import annotations

import dataclasses
import re
from itertools import product
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QAction, QColor, QImage, QPalette
from PySide6.QtWidgets import QApplication, QToolButton, QWidget

from vosdesk.assets import asset_folder
from vosdesk.gui.theme import DARK, LIGHT, Colours, apply_theme, colours, icon, set_icon, theme

GROUNDS = ("window", "panel", "raised")
TEXTS = ("text", "muted_text", "warning", "error")
MARKS = ("accent", "embedded", "unsure", "annotated")
ICONS = sorted(path.stem for path in (asset_folder("resources") / "icons").glob("*.svg"))


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("of", [DARK, LIGHT], ids=["dark", "light"])
class TestContrast:
    def test_texts_can_be_read(self, of: Colours) -> None:
        for text, ground in product(TEXTS, GROUNDS):
            assert contrast(getattr(of, text), getattr(of, ground)) >= 4.5, (text, ground)

    def test_the_selected_row_can_be_read(self, of: Colours) -> None:
        assert contrast(of.text, of.selection) >= 4.5
        assert contrast(of.on_accent, of.accent) >= 4.5

    def test_marks_and_outlines_can_be_seen(self, of: Colours) -> None:
        for mark, ground in product((*MARKS, "strong_border"), GROUNDS):
            assert contrast(getattr(of, mark), getattr(of, ground)) >= 3.0, (mark, ground)


def test_black_on_white_has_the_contrast_that_wcag_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)


def test_every_colour_is_written_the_same_way() -> None:
    for of in (DARK, LIGHT):
        for name, value in dataclasses.asdict(of).items():
            assert name == "dark" or re.fullmatch("#[0-9a-f]{6}", value), name


def test_applying_a_theme_reaches_palette_style_sheet_and_listeners(
    qapp: QApplication, qtbot
) -> None:
    with qtbot.waitSignal(theme.theme_changed) as told:
        apply_theme(qapp, "light")
    assert told.args == [LIGHT]
    assert colours() is LIGHT
    assert qapp.palette().color(QPalette.ColorRole.Window).name() == LIGHT.window
    assert LIGHT.strong_border in qapp.styleSheet()
    assert DARK.panel not in qapp.styleSheet()


def test_the_style_sheet_has_no_placeholder_left(qapp: QApplication) -> None:
    assert "$" not in qapp.styleSheet()
    for path in re.findall(r'url\("([^"]+)"\)', qapp.styleSheet()):
        assert Path(path).is_file(), path


def test_system_is_dark_where_the_desktop_does_not_say(qapp: QApplication) -> None:
    apply_theme(qapp, "system")
    assert colours() is DARK


@pytest.mark.parametrize("name", ICONS)
def test_every_icon_is_drawn_in_the_text_colour(qapp: QApplication, name: str) -> None:
    image = icon(name).pixmap(QSize(48, 48)).toImage()
    solid = solid_colours(image)
    assert solid
    assert all(distance(colour, DARK.text) <= 2 for colour in solid)


def test_a_checked_icon_is_found_by_size(qapp: QApplication) -> None:
    for side in (16, 24, 48):
        assert icon("brush").pixmap(QSize(side, side)).width() == side


def test_icons_of_buttons_and_actions_follow_the_theme(qapp: QApplication, qtbot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    button, action = QToolButton(window), QAction(window)
    set_icon(button, "brush")
    set_icon(action, "lock")
    apply_theme(qapp, "light")
    for target in (button, action):
        assert LIGHT.text in solid_colours(target.icon().pixmap(QSize(48, 48)).toImage())


def test_an_unknown_icon_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        icon("no-such-icon")


def distance(one: str, other: str) -> int:
    """Return the largest difference in a channel; smooth edges are rounded."""
    pairs = zip(QColor(one).getRgb(), QColor(other).getRgb(), strict=True)
    return max(abs(a - b) for a, b in pairs)


def solid_colours(image: QImage) -> set[str]:
    """Return the colours of the opaque pixels."""
    pixels = (image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height()))
    return {QColor(pixel.rgb()).name() for pixel in pixels if pixel.alpha() == 255}
