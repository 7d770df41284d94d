"""The picture, the annotations over it, and the words where there is none."""

from __future__ import annotations

import gc
import weakref

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QPointF, QRect, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QImage
from PySide6.QtWidgets import QApplication
from typing_extensions import override

from vosdesk.arrays import Size
from vosdesk.gui.canvas.tools import ToolKind
from vosdesk.gui.theme import DARK, LIGHT, apply_theme
from vosdesk.project.annotations import ERASED, Click, MaskAnnotation, Region, Scribble
from vosdesk.project.rasterise import paint

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NO_KEY, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
RED, BLUE, GREY = QColor(255, 0, 0), QColor(0, 0, 255), QColor(120, 120, 120)
COLOURS = {1: RED, 2: BLUE, 0: GREY}


def screen(canvas) -> np.ndarray:
    """What the canvas shows, (height, width, 3) RGB."""
    image = canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).copy()


def shown_at(canvas, point) -> np.ndarray:
    """The colour shown at source coordinates."""
    place = canvas.to_widget(point)
    return screen(canvas)[int(place.y()), int(place.x())].astype(int)


def flat(colour, size=(400, 300)) -> np.ndarray:
    return np.full((size[1], size[0], 3), colour, np.uint8)


class Painted(QObject):
    """Remembers which parts of a widget are painted from now on."""

    def __init__(self, widget) -> None:
        super().__init__(widget)
        self.areas: list[QRect] = []
        widget.installEventFilter(self)

    @override
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            self.areas.append(event.region().boundingRect())
        return False


class TestPicture:
    def test_every_pixel_is_shown_as_it_is_at_actual_size(self, canvas):
        rgb = np.random.default_rng(5).integers(0, 256, (300, 400, 3), dtype=np.uint8)
        canvas.set_image(rgb)
        canvas.actual_size()
        x, y = (int(value) for value in canvas.to_widget((0, 0)).toTuple())
        assert np.array_equal(screen(canvas)[y : y + 300, x : x + 400], rgb)

    def test_pixels_are_squares_when_large(self, canvas):
        canvas.set_zoom(12.0, QPointF(320, 240))
        colours = np.unique(screen(canvas).reshape(-1, 3), axis=0)
        assert colours.tolist() == [[0, 0, 0], [255, 255, 255]]

    def test_a_fine_pattern_is_averaged_when_small_and_not_dropped(self, canvas):
        lines = flat((0, 0, 0), Size(1600, 1200))
        lines[::4] = 255
        canvas.set_video_size(Size(1600, 1200))
        canvas.set_image(lines)
        canvas.set_zoom(0.125)
        x, y = (int(value) for value in canvas.to_widget((800, 600)).toTuple())
        patch = screen(canvas)[y - 30 : y + 30, x - 30 : x + 30].astype(int)
        assert abs(patch - 64).max() <= 2

    def test_a_smaller_picture_fills_the_videos_frame(self, canvas):
        half = flat((0, 200, 0), Size(200, 150))
        half[75:, 100:] = (200, 0, 200)
        canvas.set_image(half)
        assert shown_at(canvas, (100, 75)).tolist() == [0, 200, 0]
        assert shown_at(canvas, (300, 225)).tolist() == [200, 0, 200]

    def test_rows_that_do_not_follow_each_other_in_memory_are_shown_right(self, canvas):
        wide = flat((0, 0, 0), Size(800, 300))
        wide[:, 0::2] = (10, 120, 230)
        canvas.set_image(wide[:, ::2])
        assert shown_at(canvas, (200, 150)).tolist() == [10, 120, 230]
        canvas.set_image(wide[:, ::2][:, 100:300])
        assert shown_at(canvas, (200, 150)).tolist() == [10, 120, 230]

    @pytest.mark.parametrize("zoom", [0.15, 0.4, 1.0, 2.7, 9.0])
    def test_of_a_picture_that_differs_in_part_that_part_is_painted(self, qapp, canvas, zoom):
        chance = np.random.default_rng(1)
        first = chance.integers(0, 256, (300, 400, 3), dtype=np.uint8)
        second = first.copy()
        second[100:130, 200:260] = 255
        second[180, 221] = 0
        canvas.set_zoom(zoom, QPointF(320, 240))
        canvas.set_image(first)
        canvas.show()
        before = screen(canvas)
        for _ in range(5):  # what else is to be painted after a first show
            qapp.processEvents()
        painted = Painted(canvas.viewport())
        canvas.set_image(second)
        qapp.processEvents()
        differs = (before != screen(canvas)).any(axis=2)
        area = painted.areas[0]
        where = np.zeros_like(differs)
        where[area.top() : area.bottom() + 1, area.left() : area.right() + 1] = True
        assert differs.any()
        assert not (differs & ~where).any()
        assert where.mean() < 0.9

    def test_an_array_that_is_no_picture_is_refused(self, canvas):
        with pytest.raises(TypeError, match="uint8"):
            canvas.set_image(np.zeros((300, 400), np.uint8))

    def test_old_pictures_are_let_go(self, canvas):
        rgb = flat((1, 2, 3))
        watched = weakref.ref(rgb)
        canvas.set_image(rgb)
        canvas.set_image(flat((4, 5, 6)))
        del rgb
        gc.collect()
        assert watched() is None

    def test_without_a_size_the_first_picture_gives_it(self, empty):
        empty.set_image(flat((9, 9, 9), Size(64, 32)))
        assert empty.to_widget((64, 32)).x() <= empty.viewport().width()
        assert shown_at(empty, (32, 16)).tolist() == [9, 9, 9]


class TestEmpty:
    def test_it_invites_to_drop_a_video(self, empty):
        pixels = screen(empty)
        assert pixels[2, 2].tolist() == list(QColor(DARK.canvas).getRgb()[:3])
        assert pixels.max() > 200  # the words
        assert empty.accessibleDescription() == "Drop a video here"
        assert empty.accessibleName() == "Canvas"

    def test_words_replace_the_picture_and_the_next_picture_the_words(self, canvas):
        zoom = canvas.zoom
        canvas.set_image(flat((0, 90, 0)))
        canvas.clear_image("Frame 12 cannot be read")
        assert canvas.accessibleDescription() == "Frame 12 cannot be read"
        assert not (screen(canvas) == (0, 90, 0)).all(axis=2).any()
        canvas.set_image(flat((0, 90, 0)))
        assert canvas.accessibleDescription() == ""
        assert (screen(canvas) == (0, 90, 0)).all(axis=2).mean() > 0.5
        assert canvas.zoom == zoom

    def test_nothing_can_be_painted_or_picked(self, qtbot, canvas, hand):
        canvas.set_annotations((Click(id=1, frame=0, object_id=1, x=100.0, y=100.0),), COLOURS)
        canvas.clear_image()
        with (
            qtbot.assertNotEmitted(canvas.shape_drawn),
            qtbot.assertNotEmitted(canvas.annotation_selected),
        ):
            hand.drag([(100, 100), (150, 150)])
            hand.click((100, 100), modifiers=CTRL)

    def test_it_follows_the_theme(self, qapp, empty):
        apply_theme(qapp, "light")
        assert screen(empty)[2, 2].tolist() == list(QColor(LIGHT.canvas).getRgb()[:3])

    @pytest.mark.parametrize("size", [(160, 120), (300, 200), (1200, 900)])
    def test_it_fits_any_window(self, window, empty, size):
        window.resize(*size)
        pixels = screen(empty)
        assert pixels.max() > 200


class TestStrokes:
    SCRIBBLE = Scribble(id=4, frame=0, object_id=1, points=((60, 60), (140, 60)), radius=10.0)
    REGION = Region(id=5, frame=0, object_id=2, outline=((200, 50), (300, 50), (300, 150)))
    CLICK = Click(id=6, frame=0, object_id=1, x=100.0, y=200.0, radius=4.0)
    BACKGROUND_CLICK = Click(id=7, frame=0, object_id=0, x=200.0, y=200.0, radius=4.0)
    ALL = (SCRIBBLE, REGION, CLICK, BACKGROUND_CLICK)

    @pytest.fixture
    def annotated(self, canvas):
        canvas.set_image(flat((40, 40, 40)))
        canvas.fit()
        canvas.set_annotations(self.ALL, COLOURS)
        return canvas

    def test_each_is_a_wash_of_its_objects_colour(self, annotated):
        red = shown_at(annotated, (100, 60))
        blue = shown_at(annotated, (280, 80))
        assert red[0] > 60 > red[2]
        assert blue[2] > 60 > blue[0]
        assert shown_at(annotated, (350, 250)).tolist() == [40, 40, 40]

    def test_a_change_of_colour_shows_without_new_annotations(self, annotated):
        annotated.set_annotations(self.ALL, {**COLOURS, 1: QColor(0, 255, 0)})
        assert shown_at(annotated, (100, 60))[1] > 60

    def test_background_has_the_colour_set_for_it_unless_another_is_given(self, annotated):
        background = self.SCRIBBLE.model_copy(update={"object_id": 0})
        annotated.set_background_colour(QColor(0, 255, 0))
        annotated.set_annotations((background,), {})
        green = shown_at(annotated, (100, 60))
        assert green[1] > 60 > green[2]
        annotated.set_annotations((background,), {0: BLUE})
        blue = shown_at(annotated, (100, 60))
        assert blue[2] > 60 > blue[1]

    def test_a_removed_one_is_no_longer_shown_or_found(self, annotated):
        annotated.set_annotations(self.ALL[1:], COLOURS)
        assert shown_at(annotated, (100, 60)).tolist() == [40, 40, 40]
        assert annotated.annotation_at(100, 60) is None

    def test_one_that_was_edited_under_its_id_is_drawn_anew(self, annotated):
        moved = self.SCRIBBLE.model_copy(update={"points": ((60.0, 260.0), (140.0, 260.0))})
        annotated.set_annotations((moved, *self.ALL[1:]), COLOURS)
        assert shown_at(annotated, (100, 60)).tolist() == [40, 40, 40]
        assert shown_at(annotated, (100, 260))[0] > 60

    def test_they_can_be_hidden_and_are_then_not_found_either(self, annotated):
        annotated.set_strokes_visible(False)
        assert shown_at(annotated, (100, 60)).tolist() == [40, 40, 40]
        assert annotated.annotation_at(100, 60) is None
        annotated.set_strokes_visible(True)
        assert annotated.annotation_at(100, 60) == 4

    @pytest.mark.parametrize("zoom", [0.5, 1.0, 8.0])
    def test_a_clicks_marker_is_as_large_at_every_zoom(self, annotated, zoom):
        annotated.set_zoom(zoom, annotated.to_widget((100, 200)))
        place = annotated.to_widget((100, 200))
        pixels = screen(annotated)
        x, y = int(place.x()), int(place.y())
        row = pixels[y - 5, x - 12 : x + 12].astype(int)
        reddish = (row[:, 0] > 200) & (row[:, 2] < 60)
        assert 6 <= reddish.sum() <= 12

    def test_what_a_click_paints_shows_around_its_marker(self, annotated):
        large = self.CLICK.model_copy(update={"radius": 30.0})
        annotated.set_annotations((large,), COLOURS)
        assert shown_at(annotated, (100, 175))[0] > 60
        assert shown_at(annotated, (100, 165)).tolist() == [40, 40, 40]

    def test_plus_and_minus_differ(self, annotated):
        def has_bar(point) -> bool:
            """Whether there is ink just above the middle, where only a plus has some."""
            place = annotated.to_widget(point)
            disc = screen(annotated)[int(place.y()) - 3, int(place.x()) - 5 : int(place.x()) + 5]
            return np.ptp(disc.astype(int).sum(axis=1)) > 150

        assert has_bar((100, 200))
        assert not has_bar((200, 200))

    def test_selecting_one_shows(self, annotated):
        before = screen(annotated)
        annotated.set_selected_annotation(4)
        assert annotated.selected_annotation == 4
        changed = np.argwhere((screen(annotated) != before).any(axis=2))
        (top, left), (bottom, right) = changed.min(axis=0), changed.max(axis=0)
        middle = annotated.to_widget((100, 60))
        assert abs((left + right) / 2 - middle.x()) < 3
        assert abs((top + bottom) / 2 - middle.y()) < 3
        annotated.set_selected_annotation(None)
        assert np.array_equal(screen(annotated), before)

    def test_a_selection_counts_while_its_annotation_is_shown(self, annotated):
        annotated.set_selected_annotation(4)
        highlighted = screen(annotated)
        annotated.set_annotations(self.ALL[1:], COLOURS)
        assert annotated.selected_annotation is None
        annotated.set_annotations(self.ALL, COLOURS)
        assert annotated.selected_annotation == 4
        assert np.array_equal(screen(annotated), highlighted)

    def test_a_selected_mask_is_outlined_and_another_is_left_to_the_picture(self, annotated):
        labels = np.full((300, 400), 255, np.uint8)
        labels[100:200, 150:250] = 1
        labels[0:20, 0:20] = 0
        before = screen(annotated)
        mask = MaskAnnotation.of(0, labels).model_copy(update={"id": 9})
        annotated.set_annotations((*self.ALL, mask), COLOURS)
        assert np.array_equal(screen(annotated), before)
        annotated.set_selected_annotation(9)
        assert shown_at(annotated, (200, 150))[0] > 100
        changed = np.argwhere((screen(annotated) != before).any(axis=2))
        (top, left), (bottom, right) = changed.min(axis=0), changed.max(axis=0)
        found = (
            *annotated.to_source(QPointF(left, top)),
            *annotated.to_source(QPointF(right, bottom)),
        )
        assert found == pytest.approx((150, 100, 250, 200), abs=4)

    def test_muted_and_erasing_ones_are_told_apart(self, annotated):
        looks = []
        for update in ({}, {"muted": True}, {"object_id": ERASED}, {"object_id": 0}):
            annotated.set_annotations((self.SCRIBBLE.model_copy(update=update),), COLOURS)
            looks.append(screen(annotated).tobytes())
        assert len(set(looks)) == 4

    @pytest.mark.parametrize(
        ("point", "found"),
        [((100, 65), 4), ((100, 72), 4), ((100, 90), None), ((290, 60), 5), ((101, 201), 6)],
    )
    def test_ctrl_and_a_click_pick_with_every_tool(self, qtbot, annotated, hand, point, found):
        for kind in ToolKind:
            annotated.set_tool(kind)
            with (
                qtbot.waitSignal(annotated.annotation_selected) as told,
                qtbot.assertNotEmitted(annotated.shape_drawn),
            ):
                hand.click(point, modifiers=CTRL)
            assert told.args == [found]
            assert annotated.selected_annotation == found

    def test_the_selecting_tool_picks_without_a_key(self, qtbot, annotated, hand):
        annotated.set_tool(ToolKind.SELECT)
        hand.move((100, 60))
        assert annotated.viewport().cursor().shape() == Qt.CursorShape.PointingHandCursor
        with qtbot.waitSignal(annotated.annotation_selected) as told:
            hand.click((100, 60))
        assert told.args == [4]
        hand.move((350, 250))
        assert annotated.viewport().cursor().shape() == Qt.CursorShape.ArrowCursor
        with qtbot.waitSignal(annotated.annotation_selected) as told:
            hand.click((350, 250))
        assert told.args == [None]

    def test_the_reach_of_a_pick_is_in_screen_pixels(self, annotated):
        annotated.set_zoom(8.0)
        assert annotated.annotation_at(100, 73) is None
        annotated.set_zoom(0.5)
        assert annotated.annotation_at(100, 80) == 4


class TestPreview:
    def test_the_stroke_is_seen_at_once_in_its_objects_colour(self, canvas, hand):
        canvas.set_image(flat((40, 40, 40)))
        canvas.set_tool(ToolKind.BRUSH)
        canvas.set_object(1, RED)
        hand.press((100, 100))
        hand.move((160, 100))
        assert shown_at(canvas, (130, 104))[0] > 120
        hand.key(Qt.Key.Key_Escape)
        assert shown_at(canvas, (130, 104)).tolist() == [40, 40, 40]

    def test_the_right_button_shows_backgrounds_colour(self, canvas, hand):
        canvas.set_image(flat((40, 40, 40)))
        canvas.set_tool(ToolKind.BRUSH)
        canvas.set_object(1, RED)
        canvas.set_background_colour(BLUE)
        hand.press((100, 100), RIGHT)
        hand.move((160, 100))
        blue = shown_at(canvas, (130, 104))
        assert blue[2] > 120 > blue[0]

    def test_another_object_takes_over_a_polygon_that_was_begun(self, qtbot, canvas, hand):
        canvas.set_image(flat((40, 40, 40)))
        canvas.set_tool(ToolKind.POLYGON)
        canvas.set_object(1, RED)
        for corner in ((100, 80), (200, 85), (210, 180)):
            hand.click(corner)
        canvas.set_object(2, BLUE)
        blue = shown_at(canvas, (180, 110))
        assert blue[2] > 60 > blue[0]
        with qtbot.waitSignal(canvas.shape_drawn) as told:
            hand.key(Qt.Key.Key_Return)
        assert told.args[0].object_id == 2

    @pytest.mark.parametrize("zoom", [1.0, 3.0])
    def test_the_circle_around_the_pointer_is_as_large_as_what_is_painted(self, canvas, hand, zoom):
        canvas.set_image(flat((40, 40, 40)))
        canvas.set_tool(ToolKind.BRUSH)
        canvas.set_radius(20)
        canvas.set_zoom(zoom)
        hand.move((200, 150))
        place = canvas.to_widget(hand.seen((200, 150)))
        x, y = round(place.x()), round(place.y())
        row = screen(canvas)[y + 5, x:].astype(int).sum(axis=1)
        ring = int(np.argmax(row[8:]) + 8)
        wanted = (20 * zoom) ** 2 - 25
        assert ring == pytest.approx(wanted**0.5, abs=1.5)

    @pytest.mark.parametrize("grey", [0, 128, 255])
    def test_the_circle_is_seen_on_every_brightness(self, canvas, hand, grey):
        canvas.set_image(flat((grey, grey, grey)))
        canvas.set_tool(ToolKind.BRUSH)
        canvas.fit()
        before = screen(canvas)
        hand.move((200, 150))
        contrast = abs(screen(canvas).astype(int) - before).max()
        assert contrast > 90

    def test_drawing_only_what_a_move_added_leaves_no_gap_and_no_trace(
        self, qapp, window, canvas, hand
    ):
        canvas.set_image(flat((40, 40, 40)))
        canvas.set_object(1, RED)
        for kind in (ToolKind.BRUSH, ToolKind.LASSO, ToolKind.CLICK, ToolKind.POLYGON):
            canvas.set_tool(kind)
            hand.press((80, 80))
            for step in ((150, 100), (220, 180), (90, 160), (95, 70), (200, 75)):
                hand.move(step)
                qapp.processEvents()
            on_screen = window.screen().grabWindow(window.winId()).toImage()
            assert on_screen == window.grab().toImage().convertToFormat(on_screen.format())
            canvas.cancel_gesture()
            qapp.processEvents()
            on_screen = window.screen().grabWindow(window.winId()).toImage()
            assert on_screen == window.grab().toImage().convertToFormat(on_screen.format())
            hand.release((200, 75))

    @pytest.mark.parametrize("kind", [ToolKind.BRUSH, ToolKind.LASSO])
    def test_preview_stroke_and_painted_pixels_are_the_same_shape(self, canvas, hand, kind):
        canvas.set_image(flat((0, 0, 0)))
        canvas.set_object(1, QColor(255, 255, 255))
        canvas.set_tool(kind)
        canvas.set_radius(14)
        canvas.actual_size()
        drawn: list = []
        canvas.shape_drawn.connect(drawn.append)
        way = [(80, 80), (150, 100), (220, 180), (90, 160)]
        hand.press(way[0])
        hand.move(*way[1:])
        hand.canvas.viewportEvent(QEvent(QEvent.Type.Leave))  # the circle would count as painted
        previewed = self.covered(canvas)
        hand.release(way[-1])
        (shape,) = drawn
        shape = shape.model_copy(update={"id": 1})
        canvas.set_annotations((shape,), {1: QColor(255, 255, 255)})
        painted = paint((shape,), 0, Size(400, 300)).labels == 1
        for shown in (previewed, self.covered(canvas)):
            assert not (painted & ~grown(shown, 1)).any()
            assert not (shown & ~grown(painted, 2)).any()  # outlines are two pixels wide

    def covered(self, canvas) -> np.ndarray:
        x, y = (int(value) for value in canvas.to_widget((0, 0)).toTuple())
        return screen(canvas)[y : y + 300, x : x + 400].max(axis=2) > 40


def grown(mask: np.ndarray, by: int) -> np.ndarray:
    return cv2.dilate(mask.astype(np.uint8), np.ones((2 * by + 1, 2 * by + 1))) > 0


@pytest.mark.filterwarnings("ignore:.*QDragEnterEvent:DeprecationWarning")
class TestDrop:
    def mime(self, *urls) -> QMimeData:
        data = QMimeData()
        data.setUrls([QUrl(url) for url in urls])
        return data

    def send(self, canvas, kind, data):
        position = QPoint(50, 50) if kind is QDragEnterEvent else QPointF(50, 50)
        event = kind(position, Qt.DropAction.CopyAction, data, LEFT, NO_KEY)
        QApplication.sendEvent(canvas.viewport(), event)
        return event

    def test_files_and_folders_are_told_in_order(self, qtbot, empty, tmp_path):
        data = self.mime(
            QUrl.fromLocalFile(str(tmp_path / "a clip.mp4")), QUrl.fromLocalFile(str(tmp_path))
        )
        assert self.send(empty, QDragEnterEvent, data).isAccepted()
        with qtbot.waitSignal(empty.files_dropped) as told:
            assert self.send(empty, QDropEvent, data).isAccepted()
        assert told.args == [[tmp_path / "a clip.mp4", tmp_path]]

    def test_anything_else_is_refused(self, qtbot, canvas):
        text = QMimeData()
        text.setText("hello")
        for data in (text, self.mime("https://example.org/clip.mp4")):
            assert not self.send(canvas, QDragEnterEvent, data).isAccepted()
            with qtbot.assertNotEmitted(canvas.files_dropped):
                assert not self.send(canvas, QDropEvent, data).isAccepted()

    def test_it_shows_that_files_may_be_let_go(self, canvas, tmp_path):
        before = screen(canvas)
        data = self.mime(QUrl.fromLocalFile(str(tmp_path)))
        self.send(canvas, QDragEnterEvent, data)
        assert not np.array_equal(screen(canvas), before)
        QApplication.sendEvent(canvas.viewport(), QDragLeaveEvent())
        assert np.array_equal(screen(canvas), before)
