"""Zooming, pushing, and where the pointer is."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QEnterEvent, QNativeGestureEvent, QPointingDevice
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from vosdesk.arrays import Size
from vosdesk.gui.canvas.pan_zoom_view import MAX_ZOOM, MIN_ZOOM, NOTCH
from vosdesk.gui.canvas.tools import ToolKind

MIDDLE, LEFT = Qt.MouseButton.MiddleButton, Qt.MouseButton.LeftButton
UP, DOWN = QPoint(0, 120), QPoint(0, -120)
NO_KEY = Qt.KeyboardModifier.NoModifier


def press(viewport, button, at: QPoint) -> None:
    QTest.mousePress(viewport, button, NO_KEY, at)


def release(viewport, button, at: QPoint) -> None:
    QTest.mouseRelease(viewport, button, NO_KEY, at)


def push(viewport, button, start: QPoint, *way: QPoint) -> None:
    press(viewport, button, start)
    for point in way:
        QTest.mouseMove(viewport, point)
    release(viewport, button, way[-1] if way else start)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    zoom=st.floats(0.1, 60),
    at=st.tuples(st.integers(0, 600), st.integers(0, 440)),
    point=st.tuples(st.integers(0, 600), st.integers(0, 440)),
)
def test_widget_and_source_coordinates_lead_back_to_each_other(canvas, zoom, at, point):
    canvas.set_zoom(zoom, QPointF(*at))
    back = canvas.to_widget(canvas.to_source(QPointF(*point)))
    assert (back.x(), back.y()) == pytest.approx(point, abs=1e-6)
    # what is painted agrees with what is told
    seen = canvas.viewportTransform().map(QPointF(*canvas.to_source(QPointF(*point))))
    assert (seen.x(), seen.y()) == pytest.approx(point, abs=1e-3)


@pytest.mark.parametrize("modifiers", [NO_KEY, Qt.KeyboardModifier.ControlModifier])
@pytest.mark.parametrize("turn", [UP, DOWN])
def test_the_wheel_zooms_and_leaves_the_pixel_below_the_cursor(
    qtbot, canvas, hand, turn, modifiers
):
    at = QPoint(231, 197)
    before, zoom = canvas.to_source(QPointF(at)), canvas.zoom
    with qtbot.waitSignal(canvas.zoom_changed) as told:
        hand.wheel(at, turn, modifiers)
    assert canvas.zoom == pytest.approx(zoom * NOTCH if turn is UP else zoom / NOTCH)
    assert told.args == [pytest.approx(canvas.zoom)]
    for _ in range(11):
        hand.wheel(at, turn, modifiers)
    assert canvas.to_source(QPointF(at)) == pytest.approx(before, abs=1e-6)


def test_a_touchpad_zooms_by_its_pixels(canvas, hand):
    zoom = canvas.zoom
    hand.wheel(
        QPoint(200, 200),
        QPoint(0, 8),
        pixels=QPoint(0, 30),
        phase=Qt.ScrollPhase.ScrollUpdate,
    )
    assert canvas.zoom == pytest.approx(zoom * NOTCH**0.5)


def test_a_pinch_zooms_at_the_fingers(canvas):
    at = QPointF(231, 197)
    before, zoom = canvas.to_source(at), canvas.zoom
    pinch = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture,
        QPointingDevice.primaryPointingDevice(),
        2,
        at,
        at,
        at,
        0.25,
        QPointF(),
    )
    QApplication.sendEvent(canvas.viewport(), pinch)
    assert canvas.zoom == pytest.approx(zoom * 1.25)
    assert canvas.to_source(at) == pytest.approx(before)


def test_zooming_stops_at_its_limits(canvas, hand):
    for _ in range(60):
        hand.wheel(QPoint(300, 200), UP)
    assert canvas.zoom == MAX_ZOOM
    for _ in range(120):
        hand.wheel(QPoint(300, 200), DOWN)
    assert canvas.zoom == MIN_ZOOM


def test_a_picture_too_large_for_the_least_zoom_still_fits(empty):
    empty.set_video_size(Size(16000, 9000))
    assert empty.zoom < MIN_ZOOM
    fitted = empty.zoom
    empty.zoom_in()
    for _ in range(20):
        empty.zoom_out()
    assert empty.zoom == pytest.approx(fitted)


def test_fit_shows_the_whole_picture_in_the_middle_and_stays_fitted(qtbot, window, canvas):
    for size in ((640, 480), (900, 300), (400, 700)):
        window.resize(*size)
        canvas.fit()
        viewport = canvas.viewport()
        left, top = canvas.to_widget((0, 0)).toTuple()
        right, bottom = canvas.to_widget((400, 300)).toTuple()
        assert left >= 0
        assert top >= 0
        assert right <= viewport.width()
        assert bottom <= viewport.height()
        assert left + right == pytest.approx(viewport.width())
        assert top + bottom == pytest.approx(viewport.height())
    zoom = canvas.zoom
    window.resize(800, 800)
    qtbot.waitUntil(lambda: canvas.viewport().width() == 800)
    assert canvas.zoom > zoom


def test_a_zoom_of_ones_own_survives_a_resize_around_the_middle(qtbot, window, canvas):
    middle = canvas.to_source(QPointF(canvas.viewport().rect().center()))
    zoom = canvas.zoom
    window.resize(700, 520)
    qtbot.waitUntil(lambda: canvas.viewport().width() == 700)
    assert canvas.zoom == zoom
    now = canvas.to_source(QPointF(canvas.viewport().rect().center()))
    assert now == pytest.approx(middle, abs=1.0)


def test_actual_size_lays_source_pixels_on_screen_pixels(canvas):
    canvas.actual_size()
    assert canvas.zoom == 1.0
    x, y = canvas.to_widget((0, 0)).toTuple()
    assert (x, y) == (round(x), round(y))
    canvas.set_video_size(Size(2001, 1501))
    canvas.set_zoom(2.3, QPointF(11, 13))
    canvas.actual_size()
    x, y = canvas.to_widget((0, 0)).toTuple()
    assert (x, y) == (round(x), round(y))


def test_a_new_video_size_is_fitted_and_the_same_one_is_not(canvas):
    zoom = canvas.zoom
    canvas.set_video_size(Size(400, 300))
    assert canvas.zoom == zoom
    canvas.set_video_size(Size(800, 300))
    right = canvas.to_widget((800, 0)).x()
    assert right <= canvas.viewport().width()


def test_another_screen_fits_again_or_tells_its_zoom(qtbot, canvas):
    change = QEvent(QEvent.Type.DevicePixelRatioChange)
    with qtbot.waitSignal(canvas.zoom_changed) as told:
        QApplication.sendEvent(canvas, change)
    assert told.args == [canvas.zoom]
    canvas.fit()
    fitted = canvas.zoom
    QApplication.sendEvent(canvas, change)
    assert canvas.zoom == fitted


def test_the_middle_button_pushes_the_picture_and_paints_nothing(qtbot, canvas):
    before = canvas.to_source(QPointF(200, 200))
    with qtbot.assertNotEmitted(canvas.shape_drawn):
        push(canvas.viewport(), MIDDLE, QPoint(200, 200), QPoint(240, 180), QPoint(260, 170))
    assert canvas.to_source(QPointF(260, 170)) == pytest.approx(before)
    QTest.mouseMove(canvas.viewport(), QPoint(300, 300))
    assert canvas.to_source(QPointF(260, 170)) == pytest.approx(before)


def test_a_push_keeps_the_source_pixel_that_it_seized_below_the_pointer(canvas):
    told: list = []
    QTest.mouseMove(canvas.viewport(), QPoint(200, 200))
    canvas.cursor_moved.connect(lambda x, y: told.append((x, y)))
    push(canvas.viewport(), MIDDLE, QPoint(200, 200), QPoint(240, 180), QPoint(260, 170))
    assert told
    seized = canvas.to_source(QPointF(260, 170))
    assert all(point == pytest.approx(seized) for point in told)


def test_the_picture_cannot_be_lost(canvas):
    for _ in range(10):
        push(canvas.viewport(), MIDDLE, QPoint(10, 10), QPoint(600, 440))
    assert canvas.to_widget((0, 0)).x() < canvas.viewport().width()
    assert canvas.to_widget((0, 0)).y() < canvas.viewport().height()
    canvas.set_zoom(60, QPointF(2, 2))
    corner = canvas.to_widget((0, 0))
    assert corner.x() < canvas.viewport().width()
    assert corner.y() < canvas.viewport().height()


def test_holding_space_pushes_with_the_left_button(qtbot, canvas):
    before = canvas.to_source(QPointF(200, 200))
    with (
        qtbot.assertNotEmitted(canvas.shape_drawn),
        qtbot.assertNotEmitted(canvas.space_tapped),
    ):
        QTest.keyPress(canvas, Qt.Key.Key_Space)
        push(canvas.viewport(), LEFT, QPoint(200, 200), QPoint(230, 220))
        QTest.keyRelease(canvas, Qt.Key.Key_Space)
    assert canvas.to_source(QPointF(230, 220)) == pytest.approx(before)


def test_after_space_the_left_button_paints_again(qtbot, canvas):
    QTest.keyPress(canvas, Qt.Key.Key_Space)
    push(canvas.viewport(), LEFT, QPoint(200, 200), QPoint(230, 220))
    QTest.keyRelease(canvas, Qt.Key.Key_Space)
    with qtbot.waitSignal(canvas.shape_drawn):
        push(canvas.viewport(), LEFT, QPoint(200, 200))


def test_a_tap_of_space_is_told(qtbot, canvas):
    with qtbot.waitSignal(canvas.space_tapped):
        QTest.keyClick(canvas, Qt.Key.Key_Space)


def test_space_that_lost_the_focus_is_no_longer_held(qtbot, canvas):
    QTest.keyPress(canvas, Qt.Key.Key_Space)
    canvas.clearFocus()
    assert not canvas.panning
    canvas.setFocus()
    with qtbot.assertNotEmitted(canvas.space_tapped):
        QTest.keyRelease(canvas, Qt.Key.Key_Space)


def test_a_polygon_survives_a_push(qtbot, canvas, hand):
    canvas.set_tool(ToolKind.POLYGON)
    for corner in ((100, 80), (200, 85), (210, 180)):
        hand.click(corner)
    push(canvas.viewport(), MIDDLE, QPoint(200, 200), QPoint(150, 190))
    QTest.keyPress(canvas, Qt.Key.Key_Space)
    push(canvas.viewport(), LEFT, QPoint(200, 200), QPoint(230, 220))
    QTest.keyRelease(canvas, Qt.Key.Key_Space)
    with qtbot.waitSignal(canvas.shape_drawn) as told:
        QTest.keyClick(canvas, Qt.Key.Key_Return)
    assert len(told.args[0].outline) == 3


class TestSizeByWheel:
    @pytest.mark.parametrize(
        ("modifier", "turn"),
        [
            (Qt.KeyboardModifier.ShiftModifier, UP),
            (Qt.KeyboardModifier.AltModifier, UP),
            (Qt.KeyboardModifier.AltModifier, QPoint(120, 0)),
        ],
        ids=["shift", "alt", "alt turned sideways by the platform"],
    )
    def test_it_changes_the_radius_and_not_the_zoom(self, qtbot, canvas, hand, modifier, turn):
        canvas.set_tool(ToolKind.BRUSH)
        zoom, radius = canvas.zoom, canvas.radius
        with qtbot.waitSignal(canvas.radius_changed):
            hand.wheel(QPoint(200, 200), turn, modifier)
        assert canvas.radius > radius
        hand.wheel(QPoint(200, 200), -turn, modifier)
        assert canvas.radius == pytest.approx(radius, rel=0.05)
        assert canvas.zoom == zoom

    def test_a_fine_wheel_adds_up_to_steps(self, qtbot, canvas, hand):
        canvas.set_tool(ToolKind.BRUSH)
        fine = QPoint(0, 40)
        with qtbot.assertNotEmitted(canvas.radius_changed):
            hand.wheel(QPoint(200, 200), fine, Qt.KeyboardModifier.ShiftModifier)
            hand.wheel(QPoint(200, 200), fine, Qt.KeyboardModifier.ShiftModifier)
        with qtbot.waitSignal(canvas.radius_changed):
            hand.wheel(QPoint(200, 200), fine, Qt.KeyboardModifier.ShiftModifier)


class TestPointer:
    def test_it_is_told_in_source_pixels_and_leaves_with_the_picture(self, qtbot, canvas):
        canvas.set_zoom(0.5)
        inside = canvas.to_widget((390, 150)).toPoint()
        with qtbot.waitSignal(canvas.cursor_moved) as told:
            QTest.mouseMove(canvas.viewport(), inside)
        assert told.args == pytest.approx(list(canvas.to_source(QPointF(inside))))
        with qtbot.waitSignal(canvas.cursor_left):
            QTest.mouseMove(canvas.viewport(), canvas.to_widget((420, 150)).toPoint())

    def test_it_leaves_with_the_widget(self, qtbot, canvas):
        QTest.mouseMove(canvas.viewport(), QPoint(200, 200))
        with qtbot.waitSignal(canvas.cursor_left):
            QApplication.sendEvent(canvas.viewport(), QEvent(QEvent.Type.Leave))

    def test_it_is_told_when_the_window_comes_under_a_resting_pointer(self, qtbot, canvas):
        at = QPointF(200, 200)
        with qtbot.waitSignal(canvas.cursor_moved) as told:
            QApplication.sendEvent(canvas.viewport(), QEnterEvent(at, at, at))
        assert told.args == pytest.approx(list(canvas.to_source(at)))
        canvas.set_tool(ToolKind.BRUSH)
        assert canvas.viewport().cursor().shape() == Qt.CursorShape.BlankCursor

    def test_nothing_is_told_where_there_is_no_picture(self, qtbot, canvas):
        QTest.mouseMove(canvas.viewport(), QPoint(200, 200))
        with qtbot.waitSignal(canvas.cursor_left):
            canvas.clear_image("gone")
        with qtbot.assertNotEmitted(canvas.cursor_moved):
            QTest.mouseMove(canvas.viewport(), QPoint(210, 200))

    def test_the_source_pixel_below_a_resting_pointer_is_told_when_the_picture_moves(
        self, qtbot, canvas
    ):
        QTest.mouseMove(canvas.viewport(), QPoint(200, 200))
        with qtbot.waitSignal(canvas.cursor_moved) as told:
            canvas.zoom_in()
        assert told.args == pytest.approx(list(canvas.to_source(QPointF(200, 200))))

    def test_its_shape_says_what_a_press_would_do(self, canvas):
        viewport = canvas.viewport()
        QTest.mouseMove(viewport, QPoint(200, 200))
        assert viewport.cursor().shape() == Qt.CursorShape.BlankCursor
        QTest.keyPress(canvas, Qt.Key.Key_Space)
        assert viewport.cursor().shape() == Qt.CursorShape.OpenHandCursor
        press(viewport, LEFT, QPoint(200, 200))
        assert viewport.cursor().shape() == Qt.CursorShape.ClosedHandCursor
        release(viewport, LEFT, QPoint(200, 200))
        QTest.keyRelease(canvas, Qt.Key.Key_Space)
        assert viewport.cursor().shape() == Qt.CursorShape.BlankCursor
        canvas.set_tool(ToolKind.SELECT)
        assert viewport.cursor().shape() == Qt.CursorShape.ArrowCursor
