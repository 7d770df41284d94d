"""The main job in the real window, by mouse and keyboard, with the shipped weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from vosdesk.gui.app import make_application, make_window
from vosdesk.gui.dialogs.export_dialog import ExportDialog
from vosdesk.gui.theme import apply_theme

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from vosdesk.gui.main_window import MainWindow

LONG = 120_000


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    apply_theme(make_application(), "dark")
    made = make_window()
    made.resize(1200, 800)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.session.discard_recovery()
    made.files.ask_before_closing = False
    made.close()


def open_and_embed(window: MainWindow, qtbot: QtBot, path: Path) -> None:
    window.files.open_path(path)
    qtbot.waitUntil(lambda: window.session.source is not None, timeout=LONG)
    qtbot.waitUntil(
        lambda: window.session.book is not None and bool(window.session.finished_frames().all()),
        timeout=LONG,
    )


def labelled(window: MainWindow) -> bool:
    book = window.session.book
    if book is None or book.state_of(window.session.document) is not book.state:
        return False
    return bool(book.state.engine.references) and not book.stale().any()


def at(window: MainWindow, x: float, y: float) -> QPoint:
    """Where a point of the frame, as a share of its size, lies in the canvas's viewport."""
    size = window.session.source.size
    return window.canvas.to_widget((x * size.width, y * size.height)).toPoint()


def draw(window: MainWindow, button: Qt.MouseButton, *points: tuple[float, float]) -> None:
    viewport = window.canvas.viewport()
    places = [at(window, x, y) for x, y in points]
    QTest.mousePress(viewport, button, Qt.KeyboardModifier.NoModifier, places[0])
    for place in places[1:]:
        QTest.mouseMove(viewport, place)
    QTest.mouseRelease(viewport, button, Qt.KeyboardModifier.NoModifier, places[-1])


def press(window: MainWindow, keys: str) -> None:
    QTest.keySequence(window, keys)


@pytest.mark.davis
def test_the_main_job(
    window: MainWindow,
    qtbot: QtBot,
    davis_frames: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frames, truth = davis_frames
    session = window.session
    open_and_embed(window, qtbot, frames)

    # the swan's body and neck, then the water and the bank around it
    draw(window, Qt.MouseButton.LeftButton, (0.24, 0.62), (0.40, 0.65), (0.55, 0.68))
    draw(window, Qt.MouseButton.LeftButton, (0.51, 0.22), (0.52, 0.40), (0.54, 0.52))
    draw(window, Qt.MouseButton.RightButton, (0.05, 0.20), (0.08, 0.85), (0.50, 0.88), (0.9, 0.9))
    draw(window, Qt.MouseButton.RightButton, (0.30, 0.10), (0.38, 0.42), (0.20, 0.45))
    draw(window, Qt.MouseButton.RightButton, (0.65, 0.05), (0.70, 0.40), (0.75, 0.70))
    assert len(session.document.annotations) == 5
    assert [item.id for item in session.document.objects] == [1]
    qtbot.waitUntil(lambda: labelled(window), timeout=LONG)

    # far away, the swan is found
    QTest.keyClick(window.canvas, Qt.Key.Key_End)
    last = session.source.frame_count - 1
    assert session.playhead == last
    mask = session.label_map(last) == 1
    with Image.open(truth / f"{last:05d}.png") as image:
        expected = np.asarray(image) > 0
    assert (mask & expected).sum() / (mask | expected).sum() > 0.6
    with qtbot.waitSignal(window.bridge.frame_rendered, timeout=LONG):
        session.seek(last)

    # undo everything, redo everything
    before = [session.label_map(i) for i in range(last + 1)]
    for _ in range(5):
        press(window, "Ctrl+Z")
    assert not session.document.annotations
    assert not any(session.label_map(i).any() for i in range(last + 1))
    for _ in range(5):
        press(window, "Ctrl+Shift+Z")
    assert all((a == session.label_map(i)).all() for i, a in enumerate(before))

    # save, reopen
    project = tmp_path / "swan.vosdesk"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_words: (str(project), ""))
    press(window, "Ctrl+S")
    qtbot.waitUntil(lambda: session.clean, timeout=LONG)
    assert not window.isWindowModified()
    with qtbot.waitSignal(window.bridge.source_opened, timeout=LONG):
        window.files.open_path(project)
    qtbot.waitUntil(lambda: bool(session.finished_frames().all()), timeout=LONG)
    assert len(session.document.annotations) == 5

    # export, and compare with the session's label maps
    with qtbot.waitSignal(
        window.bridge.export_changed, timeout=LONG, check_params_cb=lambda event: event.ended
    ):
        press(window, "Ctrl+E")
        dialog = window.findChild(ExportDialog)
        dialog.folder.setText("")
        QTest.keyClicks(dialog.folder, str(tmp_path / "exported"))
        assert dialog.export_button.isEnabled(), dialog.state.text()
        QTest.mouseClick(dialog.export_button, Qt.MouseButton.LeftButton)
    for i, label_map in enumerate(before):
        with Image.open(tmp_path / "exported" / f"{i:05d}.png") as image:
            assert (np.asarray(image) == label_map).all()
