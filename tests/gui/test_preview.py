"""Labels while the pen is down: they follow it, and stay as they are when it is lifted."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from vosdesk.project.commands import ChangeSettings
from vosdesk.session import viewer

if TYPE_CHECKING:
    from vosdesk.session.events import FrameRendered

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def shown(hand: Any) -> np.ndarray:
    return hand.shown[-1].label_map


def press(hand: Any, *points: tuple[float, float]) -> None:
    """Put the pen down and move it; it stays down."""
    viewport = hand.window.canvas.viewport()
    QTest.mousePress(viewport, LEFT, NONE, hand.at(*points[0]))
    for point in points[1:]:
        QTest.mouseMove(viewport, hand.at(*point))


def release(hand: Any, point: tuple[float, float]) -> None:
    QTest.mouseRelease(hand.window.canvas.viewport(), LEFT, NONE, hand.at(*point))


def test_the_first_stroke_labels_its_frame_while_it_is_drawn(hand: Any) -> None:
    window, before = hand.window, hand.window.session.document
    assert not shown(hand).any()
    press(hand, (18, 32), (24, 32), (28, 32))
    hand.until(lambda: bool(shown(hand)[18:46, 10:30].all()))
    assert not shown(hand)[:, 50:].any()
    assert window.session.document is before
    assert window.session.clean
    release(hand, (28, 32))
    assert len(window.session.document.annotations) == 1


@pytest.mark.parametrize("key", ["S", "B", "R", "G"])
def test_nothing_jumps_when_the_pen_is_lifted(hand: Any, key: str) -> None:
    window = hand.window
    # what links add to a frame changes with its neighbours, a moment later
    settings = window.session.document.settings
    window.session.do(ChangeSettings(settings.model_copy(update={"links": 0.0})))
    hand.draw((18, 32), (28, 32))
    hand.labelled()
    hand.press("0")
    hand.press(key)
    press(hand, (50, 10), (70, 12), (70, 30), (52, 28))
    hand.until(lambda: not hand.shown[-1].label_map[10:28, 56:70].any())
    QTest.qWait(0)
    last = shown(hand)
    count = len(hand.shown)
    release(hand, (52, 28))
    hand.labelled()
    hand.until(lambda: len(hand.shown) > count)
    for rendered in hand.shown[count:]:
        np.testing.assert_array_equal(rendered.label_map, last)
    np.testing.assert_array_equal(window.session.label_map(0), last)


def test_a_stroke_is_labelled_once_for_the_pen_and_for_the_document(
    hand: Any,
) -> None:
    hand.draw((18, 32), (28, 32))
    hand.labelled()
    press(hand, (50, 10), (70, 12), (70, 30))
    hand.until(lambda: bool(shown(hand)[24:31, 70].all()))
    last, count = hand.shown[-1].label_map, len(hand.shown)
    release(hand, (70, 30))
    hand.until(lambda: len(hand.shown) > count)
    assert hand.shown[count].label_map is last


def test_a_stroke_that_is_given_up_leaves_nothing(hand: Any) -> None:
    hand.draw((18, 32), (28, 32))
    hand.labelled()
    hand.until(lambda: bool(shown(hand).any()))
    before = shown(hand)
    press(hand, (50, 10), (70, 12))
    hand.until(lambda: not np.array_equal(shown(hand), before))
    QTest.keyClick(hand.window.canvas, Qt.Key.Key_Escape)
    hand.until(lambda: np.array_equal(shown(hand), before))
    release(hand, (70, 12))
    assert len(hand.window.session.document.annotations) == 1


def test_a_new_object_has_its_colour_while_its_first_stroke_is_drawn(hand: Any) -> None:
    window = hand.window
    window.actions_by_name["overlay_mask"].trigger()
    press(hand, (18, 32), (24, 32))
    hand.until(lambda: bool(shown(hand).any()))
    picture = hand.shown[-1].picture
    colour = picture[24, 20].tolist()
    release(hand, (24, 32))
    hand.labelled()
    hand.until(lambda: bool(window.session.document.objects))
    expected = [int(window.session.document.objects[0].colour[i : i + 2], 16) for i in (1, 3, 5)]
    assert np.abs(np.subtract(colour, expected)).max() < 40


def test_moves_that_come_faster_than_pictures_do_not_starve_them(
    hand: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each picture takes as long as two moves; the newest is drawn, and some on the way."""
    moved = threading.Semaphore(0)
    render = viewer.render
    drawn: list[FrameRendered] = []

    def slow(request: Any) -> Any:
        moved.acquire(timeout=10)
        moved.acquire(timeout=10)
        drawn.append(render(request))
        return drawn[-1]

    monkeypatch.setattr(viewer, "render", slow)
    count = len(hand.shown)
    viewport = hand.window.canvas.viewport()
    QTest.mousePress(viewport, LEFT, NONE, hand.at(18, 24))
    told = []
    for step in range(12):
        QTest.mouseMove(viewport, hand.at(18 + step % 2, 24 + step))
        moved.release()
        hand.qtbot.waitUntil(lambda step=step: len(drawn) >= step // 2, timeout=10_000)
        told.append(len(hand.shown) - count)
    moved.release(100)
    hand.until(lambda: len(hand.shown) - count >= len(drawn) > 0)
    assert told[-1] >= 4  # while it was moving
    release(hand, (18, 35))
    moved.release(100)
    hand.labelled()


def test_a_locked_frame_shows_no_draft(hand: Any) -> None:
    window = hand.window
    hand.draw((18, 32), (28, 32))
    hand.labelled()
    hand.press("L")
    hand.until(lambda: bool(window.session.document.locks))
    count = len(hand.shown)
    locked = window.session.document.locks[0].label_map()
    press(hand, (50, 10), (70, 12))
    hand.until(lambda: len(hand.shown) > count)
    release(hand, (70, 12))
    assert all(np.array_equal(item.label_map, locked) for item in hand.shown[count:])
