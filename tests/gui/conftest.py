"""Windows under test: one look for all, and no Qt warning goes unseen (see pyproject.toml)."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMainWindow

from vosdesk.gui.actions import create_actions
from vosdesk.gui.app import make_window
from vosdesk.gui.keymap import load_keymap
from vosdesk.gui.theme import apply_theme, theme

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PySide6.QtWidgets import QApplication, QWidget
    from pytestqt.qtbot import QtBot

    from vosdesk.gui.actions import Actions
    from vosdesk.gui.main_window import MainWindow
    from vosdesk.session.embedding_work import EmbedderShelf
    from vosdesk.session.events import FrameRendered

PATIENCE = 20_000
NONE, LEFT = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton


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


@pytest.fixture
def window(qtbot: QtBot) -> QMainWindow:
    """A window with nothing in it."""
    window = QMainWindow()
    qtbot.addWidget(window)
    return window


@pytest.fixture
def actions(window: QMainWindow) -> Actions:
    """Every action, with the keys that vosdesk comes with."""
    return create_actions(window, load_keymap(Path("/nowhere")))


@pytest.fixture
def shown(qtbot: QtBot) -> Callable[[QWidget], QWidget]:
    """Shows a widget and gives it back once it is to be seen."""

    def show(widget: QWidget) -> QWidget:
        qtbot.addWidget(widget)
        with qtbot.waitExposed(widget):
            widget.show()
        return widget

    return show


class Hand:
    """A user's hand on the real window: presses, drags and keys; points are in source pixels."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window, self.qtbot = window, qtbot
        self.shown: list[FrameRendered] = []
        window.bridge.source_opened.connect(lambda _event: self.shown.clear())
        window.bridge.frame_rendered.connect(self.shown.append)

    def open(self, path: Path) -> None:
        """Open a video and wait until it is shown and all of it is embedded."""
        session = self.window.session
        with self.qtbot.waitSignal(self.window.bridge.source_opened, timeout=PATIENCE):
            self.window.files.open_path(path)
        self.until(lambda: session.book is not None and bool(session.finished_frames().all()))
        self.until(lambda: not self.window.embedding.busy)
        self.until(lambda: bool(self.shown))  # nothing can be drawn on an empty canvas

    def draw(
        self,
        *points: tuple[float, float],
        button: Qt.MouseButton = LEFT,
        modifier: Qt.KeyboardModifier = NONE,
    ) -> None:
        """Press at the first point, drag through the others, let go."""
        viewport = self.window.canvas.viewport()
        places = [self.at(*point) for point in points]
        QTest.mousePress(viewport, button, modifier, places[0])
        for place in places[1:]:
            QTest.mouseMove(viewport, place)
        QTest.mouseRelease(viewport, button, modifier, places[-1])

    def at(self, x: float, y: float) -> QPoint:
        """Where a point of the frame lies in the canvas's viewport."""
        return self.window.canvas.to_widget((x, y)).toPoint()

    def press(self, keys: str) -> None:
        """Press keys where the keyboard is now."""
        QTest.keySequence(self.window.focusWidget() or self.window, keys)

    def until(self, done: Callable[[], bool]) -> None:
        """Let the window live until something is so."""
        self.qtbot.waitUntil(done, timeout=PATIENCE)

    def labelled(self) -> None:
        """Wait until every frame's labels are those of the newest document."""
        session = self.window.session
        book = session.book
        assert book is not None

        def done() -> bool:
            if book.state_of(session.document) is not book.state:  # nobody has begun yet
                return False
            return bool(book.state.engine.references) and not book.stale().any()

        self.until(done)


@pytest.fixture(scope="session")
def _loaded() -> None:
    """Load what finds links, which takes seconds, before the first test's clock runs."""
    importlib.import_module("torch")


@pytest.fixture
def main_window(qtbot: QtBot, shelf: EmbedderShelf, _loaded: None) -> MainWindow:
    """The real window, with a network that is as simple as colour."""
    window = make_window(shelf=shelf)
    qtbot.addWidget(window, before_close_func=_ask_nothing)
    window.resize(1200, 800)
    with qtbot.waitExposed(window):
        window.show()
    return window


def _ask_nothing(window: MainWindow) -> None:
    window.files.ask_before_closing = False


@pytest.fixture
def hand(main_window: MainWindow, qtbot: QtBot, clip: Path) -> Hand:
    """A hand on the window, with the clip of a red square over blue open in it."""
    made = Hand(main_window, qtbot)
    made.open(clip)
    return made
