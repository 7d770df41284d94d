from __future__ import annotations

import time

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QColor, QImage, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel, QToolButton

from vosdesk.gui.theme import apply_theme, colours
from vosdesk.gui.timeline import Timeline

FRAMES = 90
RED, BLUE = QColor("#ff0000"), QColor("#0000ff")


@pytest.fixture
def timeline(qtbot) -> Timeline:
    timeline = Timeline()
    qtbot.addWidget(timeline)
    timeline.resize(960, 180)
    timeline.set_frame_count(FRAMES, 25.0)
    with qtbot.waitExposed(timeline):
        timeline.show()
    return timeline


def at(timeline: Timeline, frame: int, y: int = 60) -> QPoint:
    return QPoint(round(timeline.track.axis().centre_of(frame)), y)


def picture(timeline: Timeline) -> QImage:
    return timeline.track.grab().toImage()


def near(pixel: QColor, colour: str, reach: int = 40) -> bool:
    wanted = QColor(colour)
    parts = zip(pixel.getRgb()[:3], wanted.getRgb()[:3], strict=True)
    return all(abs(a - b) <= reach for a, b in parts)


def is_warm(pixel: QColor) -> bool:
    """Whether it is the curve or the area below it, which nothing else here is."""
    return pixel.red() > pixel.blue() + 30


def columns_with(image: QImage, colour: str, top: int, bottom: int) -> set[int]:
    return {
        x
        for x in range(image.width())
        if any(near(image.pixelColor(x, y), colour) for y in range(top, bottom))
    }


class Heard(list):
    """The frames that the user was told to have gone to."""

    def __init__(self, timeline: Timeline) -> None:
        super().__init__()
        timeline.frame_selected.connect(self.append)


def test_a_click_goes_to_the_frame_under_it(timeline: Timeline, qtbot) -> None:
    heard = Heard(timeline)
    qtbot.mouseClick(timeline.track, Qt.MouseButton.LeftButton, pos=at(timeline, 41))
    assert heard == [41]
    assert timeline.transport.number.value() == 41
    assert "0:01.640" in visible_texts(timeline)


def test_dragging_scrubs_and_tells_each_frame_once(timeline: Timeline, qtbot) -> None:
    heard = Heard(timeline)
    track = timeline.track
    qtbot.mousePress(track, Qt.MouseButton.LeftButton, pos=at(timeline, 10))
    for frame in (11, 11, 12, 15):
        move(track, at(timeline, frame))
    move(track, QPoint(track.width() + 500, 60))
    qtbot.mouseRelease(track, Qt.MouseButton.LeftButton)
    assert heard == [10, 11, 12, 15, FRAMES - 1]


def test_moving_without_a_button_goes_nowhere(timeline: Timeline) -> None:
    heard = Heard(timeline)
    move(timeline.track, at(timeline, 30), Qt.MouseButton.NoButton)
    assert heard == []


def test_the_wheel_steps_and_parts_of_a_notch_add_up(timeline: Timeline) -> None:
    heard = Heard(timeline)
    timeline.set_playhead(20)
    for turned in (-120, -60, -60, 240):
        turn(timeline, turned)
    assert heard == [21, 22, 20]


@pytest.mark.parametrize(
    ("key", "frame"),
    [
        (Qt.Key.Key_Left, 19),
        (Qt.Key.Key_Right, 21),
        (Qt.Key.Key_PageUp, 10),
        (Qt.Key.Key_PageDown, 30),
        (Qt.Key.Key_Home, 0),
        (Qt.Key.Key_End, FRAMES - 1),
    ],
)
def test_keys_move_the_playhead(timeline: Timeline, qtbot, key: Qt.Key, frame: int) -> None:
    heard = Heard(timeline)
    timeline.set_playhead(20)
    qtbot.keyClick(timeline.track, key)
    assert heard == [frame]


@pytest.mark.parametrize(
    ("name", "frame"),
    [("first_frame", 0), ("previous_frame", 19), ("next_frame", 21), ("last_frame", FRAMES - 1)],
)
def test_buttons_move_the_playhead(timeline: Timeline, qtbot, name: str, frame: int) -> None:
    heard = Heard(timeline)
    timeline.set_playhead(20)
    qtbot.mouseClick(timeline.transport.buttons[name], Qt.MouseButton.LeftButton)
    assert heard == [frame]


def test_a_number_is_typed(timeline: Timeline, qtbot) -> None:
    heard = Heard(timeline)
    field = timeline.transport.number
    field.selectAll()
    qtbot.keyClicks(field, "33")
    assert heard == []
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert heard == [33]
    assert timeline.track.playhead == 33


def test_being_told_the_playhead_tells_nobody(timeline: Timeline) -> None:
    heard = Heard(timeline)
    timeline.set_playhead(55)
    assert heard == []
    assert timeline.transport.number.value() == 55
    assert timeline.track.accessibleDescription().startswith("Frame 55 · 0:02.200")


def test_the_ends_hold(timeline: Timeline, qtbot) -> None:
    heard = Heard(timeline)
    qtbot.keyClick(timeline.track, Qt.Key.Key_Left)
    timeline.set_playhead(10_000)
    qtbot.keyClick(timeline.track, Qt.Key.Key_Right)
    assert heard == []
    assert timeline.track.playhead == FRAMES - 1


def test_play_asks_for_the_opposite_of_what_is(timeline: Timeline, qtbot) -> None:
    button = timeline.transport.buttons["play"]
    for playing in (False, True):
        timeline.set_playing(playing)
        with qtbot.waitSignal(timeline.play_toggled) as asked:
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert asked.args == [not playing]
    assert button.accessibleName() == "Stop"


def test_buttons_take_tips_that_name_keys(timeline: Timeline) -> None:
    timeline.set_tips({"next_frame": "Next frame (Right or D)"})
    assert timeline.transport.buttons["next_frame"].toolTip() == "Next frame (Right or D)"
    assert timeline.transport.buttons["last_frame"].toolTip() == "Last frame"


def test_further_actions_have_buttons(timeline: Timeline, qtbot) -> None:
    action = QAction("Next unsure frame", timeline)
    timeline.add_actions([action])
    buttons = timeline.transport.findChildren(QToolButton)
    button = next(item for item in buttons if item.defaultAction() is action)
    assert button.accessibleName() == "Next unsure frame"
    with qtbot.waitSignal(action.triggered):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_embedded_frames_are_marked_where_they_are(timeline: Timeline) -> None:
    embedded = np.zeros(FRAMES, np.bool_)
    embedded[30:60] = True
    timeline.set_embedded(embedded)
    image = picture(timeline)
    marked = columns_with(image, colours().embedded, image.height() - 13, image.height() - 5)
    axis = timeline.track.axis()
    assert min(marked) == pytest.approx(axis.start_of(30), abs=1)
    assert max(marked) == pytest.approx(axis.start_of(60), abs=1)


def test_annotated_frames_show_their_objects_colours(timeline: Timeline) -> None:
    timeline.set_annotated({12: [RED], 40: [RED, BLUE]})
    image = picture(timeline)
    for frame, colour in ((12, "#ff0000"), (40, "#ff0000"), (40, "#0000ff")):
        x = round(timeline.track.axis().centre_of(frame))
        assert any(near(image.pixelColor(x, y), colour) for y in range(30, 50)), frame
    x = round(timeline.track.axis().centre_of(25))
    assert not any(near(image.pixelColor(x, y), "#ff0000") for y in range(30, 50))


def test_doubt_is_drawn_high_and_the_unknown_not_at_all(timeline: Timeline) -> None:
    unsure = np.full(FRAMES, np.nan, np.float32)
    unsure[10:30], unsure[50:70] = 0.1, 0.9
    timeline.set_unsure(unsure)
    image = picture(timeline)

    def top(frame: int) -> int | None:
        x = round(timeline.track.axis().centre_of(frame))
        rows = range(68, image.height() - 14)
        return next((y for y in rows if is_warm(image.pixelColor(x, y))), None)

    assert top(40) is None
    low, high = top(20), top(60)
    assert low is not None
    assert high is not None
    assert high < low


def test_small_doubts_are_enlarged(timeline: Timeline) -> None:
    def warm_pixels(doubt: float) -> int:
        timeline.set_unsure(np.full(FRAMES, doubt, np.float32))
        image = picture(timeline)
        x = round(timeline.track.axis().centre_of(45))
        return sum(is_warm(image.pixelColor(x, y)) for y in range(68, image.height()))

    assert warm_pixels(0.02) < warm_pixels(0.2)
    assert warm_pixels(0.2) == pytest.approx(warm_pixels(0.8), abs=2)


@pytest.mark.parametrize("width", [700, 60])
def test_proved_frames_are_underlined_the_more_the_more_is_proved(
    timeline: Timeline, width: int
) -> None:
    timeline.resize(width, timeline.height())
    proved = np.full(FRAMES, np.nan, np.float32)
    bare = picture(timeline)
    proved[10:30], proved[30:50], proved[50:70] = 1.0, 0.5, 0.1
    timeline.set_proved(proved)
    image = picture(timeline)

    def changed(frame: int) -> int:
        x = round(timeline.track.axis().centre_of(frame))
        pairs = [(bare.pixelColor(x, y), image.pixelColor(x, y)) for y in range(68, image.height())]
        return sum(abs(a.red() - b.red()) + abs(a.blue() - b.blue()) for a, b in pairs)

    assert changed(20) > changed(40) > 0
    assert changed(60) == changed(80) == 0


def test_a_crowded_column_is_as_proved_as_its_worst_frame(timeline: Timeline) -> None:
    many = 40 * timeline.width()
    timeline.set_frame_count(many, 25.0)
    bare = picture(timeline)
    proved = np.ones(many, np.float32)
    proved[::20] = 0.0
    timeline.set_proved(proved)
    assert picture(timeline) == bare


def test_locked_frames_are_shaded(timeline: Timeline) -> None:
    before = picture(timeline)
    timeline.set_locked({60})
    after = picture(timeline)
    axis = timeline.track.axis()
    changed = {
        x
        for x in range(after.width())
        if any(before.pixel(x, y) != after.pixel(x, y) for y in range(30, 100))
    }
    assert changed
    assert min(changed) >= axis.centre_of(60) - 12
    assert max(changed) <= axis.centre_of(60) + 12


def test_the_playhead_is_drawn_at_its_frame(timeline: Timeline) -> None:
    timeline.set_playhead(70)
    image = picture(timeline)
    line = columns_with(image, colours().accent, 35, 60)
    assert line
    centre = timeline.track.axis().centre_of(70)
    assert all(abs(x - centre) <= 2 for x in line)


def test_the_tip_says_what_is_known(timeline: Timeline) -> None:
    embedded = np.zeros(FRAMES, np.bool_)
    embedded[12] = True
    unsure = np.full(FRAMES, np.nan, np.float32)
    unsure[12] = 0.4
    timeline.set_embedded(embedded)
    timeline.set_unsure(unsure)
    timeline.set_annotated({12: [RED, BLUE]})
    timeline.set_locked({12})
    describe = timeline.track.marks.describe
    assert describe(12) == (
        "Frame 12 · 0:00.480\nEmbedded, strokes of 2 objects, locked, 40% unsure"
    )
    assert describe(13) == "Frame 13 · 0:00.520\nNot embedded yet"
    timeline.set_proved(np.linspace(0.999, 1.0, FRAMES))
    assert describe(12).endswith("40% unsure, 99% proved")
    assert describe(FRAMES - 1).endswith("not embedded yet, proved".capitalize())


def test_times_of_an_uneven_video_are_its_own(qtbot) -> None:
    timeline = Timeline()
    qtbot.addWidget(timeline)
    timeline.set_frame_count(3, 25.0, [0.0, 0.1, 5.5])
    timeline.set_playhead(2)
    assert "0:05.500" in visible_texts(timeline)


@pytest.mark.parametrize("method", ["set_embedded", "set_unsure", "set_proved"])
def test_values_of_another_length_are_refused(timeline: Timeline, method: str) -> None:
    with pytest.raises(ValueError, match="90 frames"):
        getattr(timeline, method)(np.zeros(FRAMES + 1))


def test_the_array_is_copied(timeline: Timeline) -> None:
    embedded = np.zeros(FRAMES, np.bool_)
    timeline.set_embedded(embedded)
    embedded[:] = True
    assert not timeline.track.marks.embedded.any()


def test_without_a_video_nothing_can_be_done(timeline: Timeline, qtbot) -> None:
    timeline.set_frame_count(0, 0)
    heard = Heard(timeline)
    qtbot.mouseClick(timeline.track, Qt.MouseButton.LeftButton, pos=QPoint(200, 60))
    qtbot.keyClick(timeline.track, Qt.Key.Key_Right)
    turn(timeline, -120)
    assert heard == []
    assert not timeline.transport.number.isEnabled()
    assert timeline.track.accessibleDescription() == "No video"
    picture(timeline)


def test_one_frame_is_a_video_too(timeline: Timeline) -> None:
    timeline.set_frame_count(1, 25.0)
    timeline.set_embedded([True])
    timeline.set_unsure([0.5])
    timeline.set_locked({0})
    picture(timeline)
    assert timeline.track.axis().frame_at(500) == 0


def test_a_new_video_forgets_the_marks_of_the_old_one(timeline: Timeline) -> None:
    timeline.set_playhead(50)
    timeline.set_locked({5})
    timeline.set_frame_count(20, 30.0)
    assert timeline.track.playhead == 0
    assert timeline.track.marks.locked == frozenset()
    assert timeline.transport.number.maximum() == 19


def test_a_hundred_thousand_frames_cost_pixels_not_frames(timeline: Timeline) -> None:
    """A bound that only a cost by frame would break: it is a hundred times what was measured."""
    count = 100_000
    rng = np.random.default_rng(0)
    timeline.set_frame_count(count, 25.0)
    timeline.set_embedded(rng.random(count) > 0.5)
    timeline.set_unsure(rng.random(count, np.float32))
    timeline.set_annotated({key: [RED] for key in range(0, count, 7)})
    timeline.set_locked(range(0, count, 11))
    picture(timeline)
    start = time.perf_counter()
    for frame in range(0, count, 10_000):
        timeline.set_playhead(frame)
        picture(timeline)
    assert time.perf_counter() - start < 5


def test_colours_follow_the_theme(timeline: Timeline, qapp: QApplication) -> None:
    dark = picture(timeline).pixelColor(2, 100).name()
    apply_theme(qapp, "light")
    assert picture(timeline).pixelColor(2, 100).name() == colours().panel != dark


def visible_texts(timeline: Timeline) -> list[str]:
    return [label.text() for label in timeline.findChildren(QLabel)]


def move(track, where: QPoint, button=Qt.MouseButton.LeftButton) -> None:
    """A real move with the button down, which QTest.mouseMove leaves out."""
    place = QPointF(where)
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        place,
        QPointF(track.mapToGlobal(where)),
        Qt.MouseButton.NoButton,
        button,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(track, event)


def turn(timeline: Timeline, eighths: int) -> None:
    where = QPointF(200, 60)
    event = QWheelEvent(
        where,
        timeline.track.mapToGlobal(where),
        QPoint(),
        QPoint(0, eighths),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(timeline.track, event)
