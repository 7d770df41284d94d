"""The files beside the code: the desktop entry and the pictures."""

from __future__ import annotations

import configparser
import re
import xml.etree.ElementTree as ElementTree

import pytest

from vosdesk.assets import asset_folder

RESOURCES = asset_folder("resources")
ICONS = sorted((RESOURCES / "icons").rglob("*.svg"))


def test_the_desktop_entry_starts_the_command_with_a_file() -> None:
    parser = configparser.ConfigParser(interpolation=None, delimiters="=")
    parser.optionxform = str  # type: ignore[assignment]
    parser.read(RESOURCES / "vosdesk.desktop", encoding="utf-8")
    entry = parser["Desktop Entry"]
    assert entry["Type"] == "Application"
    assert entry["Exec"] == "vosdesk %f"
    assert (RESOURCES / f"{entry['Icon']}.svg").is_file()
    for name in ("Categories", "Keywords", "MimeType"):
        assert entry[name].endswith(";")


@pytest.mark.parametrize("path", ICONS, ids=lambda path: path.stem)
def test_icons_are_drawings_that_run_nothing(path) -> None:
    root = ElementTree.parse(path).getroot()
    assert root.get("viewBox")
    tags = {re.sub(r"\{.*\}", "", node.tag) for node in root.iter()}
    assert tags <= {"svg", "path", "circle", "rect"}


def test_line_icons_share_one_style() -> None:
    for path in (RESOURCES / "icons").glob("*.svg"):
        root = ElementTree.parse(path).getroot()
        assert root.get("viewBox") == "0 0 24 24", path.stem
        assert root.get("stroke-width") == "1.75", path.stem
        assert root.get("stroke") == "currentColor", path.stem
