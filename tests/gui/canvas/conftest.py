"""A canvas in a window, and a hand that moves a mouse over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMainWindow

from vosdesk.arrays import Size
from vosdesk.gui.canvas.view import Canvas

if TYPE_CHECKING:
    from collections.abc import Sequence

LEFT, RIGHT, MIDDLE = (
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.RightButton,
    Qt.MouseButton.MiddleButton,
)
NO_KEY = Qt.KeyboardModifier.NoModifier
PICTURE = Size(400, 300)


def chessboard(size: Size = PICTURE, square: int = 1) -> np.ndarray:
    """A picture in which no two neighbouring squares look alike."""
    rows, columns = np.indices((size.height, size.width)) // square
    return np.repeat((((rows + columns) % 2) * 255).astype(np.uint8)[..., None], 3, axis=2)


class Hand:
    """Moves and presses in source pixels; Qt sees whole pixels of the widget."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.viewport = canvas.viewport()

    def widget(self, point: tuple[float, float]) -> QPoint:
        return self.canvas.to_widget(point).toPoint()

    def seen(self, point: tuple[float, float]) -> tuple[float, float]:
        """The source coordinates that the canvas will be told for a point."""
        return self.canvas.to_source(QPointF(self.widget(point)))

    def press(self, point, button=LEFT, modifiers=NO_KEY) -> None:
        QTest.mousePress(self.viewport, button, modifiers, self.widget(point))

    def move(self, *points) -> None:
        for point in points:
            QTest.mouseMove(self.viewport, self.widget(point))

    def release(self, point, button=LEFT, modifiers=NO_KEY) -> None:
        QTest.mouseRelease(self.viewport, button, modifiers, self.widget(point))

    def click(self, point, button=LEFT, modifiers=NO_KEY) -> None:
        QTest.mouseClick(self.viewport, button, modifiers, self.widget(point))

    def double_click(self, point) -> None:
        """The second click of two; Qt tells the first one as a click of its own."""
        self.click(point)
        QTest.mouseDClick(self.viewport, LEFT, NO_KEY, self.widget(point))
        self.release(point)

    def drag(self, points: Sequence[tuple[float, float]], button=LEFT) -> None:
        self.press(points[0], button)
        self.move(*points[1:])
        self.release(points[-1], button)

    def key(self, key: Qt.Key, modifiers=NO_KEY) -> None:
        QTest.keyClick(self.canvas, key, modifiers)

    def wheel(self, at: QPoint, turn: QPoint, modifiers=NO_KEY, pixels=None, phase=None) -> None:
        window = self.canvas.window()
        QTest.wheelEvent(
            window.windowHandle(),
            QPointF(self.viewport.mapTo(window, at)),
            turn,
            pixels or QPoint(),
            modifiers,
            phase or Qt.ScrollPhase.NoScrollPhase,
        )


@pytest.fixture
def window(qtbot) -> QMainWindow:
    """A window whose centre is an empty canvas, with the keyboard's focus in it."""
    window = QMainWindow()
    qtbot.addWidget(window)
    window.setCentralWidget(Canvas())
    window.resize(640, 480)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.centralWidget().setFocus()
    # Qt tells no move to where the mouse is already, and the last test left it somewhere
    viewport = window.centralWidget().viewport()
    QTest.mouseMove(viewport, QPoint(1, 1))
    # that was told as a move, or only as coming in; either way the mouse is nowhere now
    QApplication.sendEvent(viewport, QEvent(QEvent.Type.Leave))
    return window


@pytest.fixture
def empty(window) -> Canvas:
    """The canvas before a video is opened."""
    return window.centralWidget()


@pytest.fixture
def canvas(empty) -> Canvas:
    """A canvas with a picture at a zoom that is no whole number, off the middle."""
    empty.set_video_size(PICTURE)
    empty.set_image(chessboard())
    empty.set_object(3, QColor("#ff5a5f"))
    empty.set_zoom(1.37, QPointF(200, 150))
    return empty


@pytest.fixture
def hand(canvas) -> Hand:
    return Hand(canvas)
