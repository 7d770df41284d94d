from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QToolButton, QWidget

from vosdesk.gui import notices
from vosdesk.gui.notices import MAX_SHOWN, Notice, NoticeBar, Toast

ERROR = Notice("error", "The disk is full.", "Make room and try again.")
INFO = Notice("info", "90 masks were written.")


@pytest.fixture
def window(qtbot) -> QWidget:
    window = QWidget()
    window.resize(800, 600)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    return window


@pytest.fixture
def bar(window: QWidget) -> NoticeBar:
    return NoticeBar(window)


def toasts(bar: NoticeBar) -> list[Toast]:
    return [toast for toast in bar.findChildren(Toast) if toast.isVisible()]


def texts(toast: Toast) -> list[str]:
    return [label.text() for label in toast.findChildren(QLabel) if label.isVisible()]


def test_it_says_what_happened_and_what_to_do(bar: NoticeBar) -> None:
    bar.show_notice(ERROR)
    (toast,) = toasts(bar)
    assert {ERROR.sentence, ERROR.advice} <= set(texts(toast))
    assert toast.accessibleName() == "Error: The disk is full."
    assert toast.accessibleDescription() == ERROR.advice


def test_an_info_notice_goes_by_itself_and_an_error_stays(
    bar: NoticeBar, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "LIFETIME_MS", 1)
    bar.show_notice(ERROR)
    bar.show_notice(INFO)
    qtbot.waitUntil(lambda: bar.notices() == [ERROR])
    assert [toast.notice for toast in toasts(bar)] == [ERROR]


def test_the_same_failure_shows_once_with_a_count(bar: NoticeBar) -> None:
    for _ in range(3):
        bar.show_notice(ERROR)
    bar.show_notice(Notice("error", "Another failure."))
    first, second = toasts(bar)
    assert "3 times" in texts(first)
    assert not any("times" in text for text in texts(second))


def test_the_user_closes_it(bar: NoticeBar, qtbot) -> None:
    bar.show_notice(ERROR)
    button = toasts(bar)[0].findChild(QToolButton)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert bar.notices() == []
    assert not bar.isVisible()


def test_a_closed_one_can_come_again(bar: NoticeBar) -> None:
    bar.show_notice(ERROR)
    bar.clear()
    bar.show_notice(ERROR)
    assert bar.notices() == [ERROR]


def test_it_lies_inside_its_window_above_the_status_bar(
    window: QWidget, bar: NoticeBar, qtbot
) -> None:
    bar.set_bottom_margin(30)
    bar.show_notice(Notice("warning", "A sentence of some length. " * 8, "Advice. " * 30))
    for size in ((800, 600), (420, 500)):
        window.resize(*size)
        qtbot.waitUntil(lambda: window.rect().adjusted(0, 0, 0, -30).contains(bar.geometry()))
    wrapped = [label for label in toasts(bar)[0].findChildren(QLabel) if label.wordWrap()]
    assert len(wrapped) == 2
    for label in wrapped:
        assert label.height() >= label.heightForWidth(label.width())


def test_no_more_than_a_few_are_seen_at_once(bar: NoticeBar) -> None:
    sent = [Notice("error", f"Failure {n}.") for n in range(MAX_SHOWN + 2)]
    for notice in sent:
        bar.show_notice(notice)
    assert [toast.notice for toast in toasts(bar)] == sent[-MAX_SHOWN:]
    assert bar.notices() == sent
    toasts(bar)[-1].closed.emit()
    assert [toast.notice for toast in toasts(bar)] == sent[1:-1]


def test_reading_stops_the_clock(bar: NoticeBar, qtbot) -> None:
    bar.show_notice(INFO)
    toast = toasts(bar)[0]
    assert toast.running
    qtbot.mouseMove(bar.parent(), QPoint(1, 1))  # Qt tells no move to where the mouse is already
    qtbot.mouseMove(toast, QPoint(20, 20))
    qtbot.waitUntil(lambda: not toast.running)


def test_words_are_not_taken_for_markup(bar: NoticeBar) -> None:
    bar.show_notice(Notice("error", "<b>clip</b>.mp4 cannot be opened."))
    labels = toasts(bar)[0].findChildren(QLabel)
    shown = next(label for label in labels if "clip" in label.text())
    assert shown.textFormat() == Qt.TextFormat.PlainText
