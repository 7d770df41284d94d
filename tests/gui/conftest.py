"""Windows under test: one look for all, and no Qt warning goes unseen (see pyproject.toml)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vosdesk.gui.theme import apply_theme, theme

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtWidgets import QApplication


@pytest.fixture(autouse=True)
def _dark(qapp: QApplication) -> Iterator[None]:
    """Start every test in the dark theme, whatever the one before it chose."""
    if theme.name != "dark" or not qapp.styleSheet():
        apply_theme(qapp, "dark")
    yield
    left = [window for window in qapp.topLevelWidgets() if window.isVisible()]
    for window in left:
        window.close()


@pytest.fixture(autouse=True)
def _no_dialog_left(qapp: QApplication) -> Iterator[None]:
    """Fail where a test leaves a modal dialog behind: it would block the next one."""
    yield
    modal = qapp.activeModalWidget()
    assert modal is None, f"the test left {modal} open"
