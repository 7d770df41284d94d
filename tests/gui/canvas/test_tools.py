"""What each tool makes of the mouse and the keys."""

from __future__ import annotations

import math

import pytest
from PySide6.QtCore import QPointF, Qt

from vosdesk.arrays import BACKGROUND, Size
from vosdesk.gui.canvas.geometry import area
from vosdesk.gui.canvas.tools import ToolKind
from vosdesk.project.annotations import ERASED, Click, Region, Scribble

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
STROKES = (ToolKind.SCRIBBLE, ToolKind.BRUSH, ToolKind.ERASER)
DRAGGED = (*STROKES, ToolKind.LASSO, ToolKind.BOX)
LINE = [(100.0, 80.0), (130.0, 90.0), (150.0, 120.0)]


@pytest.fixture
def drawn(canvas) -> list:
    """Every annotation that the canvas told of."""
    shapes: list = []
    canvas.shape_drawn.connect(shapes.append)
    return shapes


def near(found, wanted) -> bool:
    return found == pytest.approx(wanted, abs=0.011)


@pytest.mark.parametrize("zoom", [0.37, 1.0, 1.37, 6.0])
def test_a_click_is_told_in_source_pixels_at_every_zoom(canvas, hand, drawn, zoom):
    canvas.set_tool(ToolKind.CLICK)
    canvas.set_zoom(zoom)
    canvas.set_frame_index(7)
    target = canvas.to_source(QPointF(310, 222))
    hand.click(target)
    (click,) = drawn
    assert isinstance(click, Click)
    assert near((click.x, click.y), target)
    assert (click.id, click.frame, click.object_id, click.radius) == (0, 7, 3, 4.0)


@pytest.mark.parametrize("kind", STROKES)
def test_a_stroke_runs_through_the_points_of_the_drag(canvas, hand, drawn, kind):
    canvas.set_tool(kind)
    canvas.set_radius(9.5)
    hand.drag(LINE)
    (stroke,) = drawn
    assert isinstance(stroke, Scribble)
    assert len(stroke.points) == 3
    for found, wanted in zip(stroke.points, LINE, strict=True):
        assert near(found, hand.seen(wanted))
    assert stroke.radius == 9.5
    assert stroke.object_id == (ERASED if kind is ToolKind.ERASER else 3)


@pytest.mark.parametrize("kind", STROKES)
def test_a_press_without_a_move_is_one_dot(canvas, hand, drawn, kind):
    canvas.set_tool(kind)
    hand.click((50, 60))
    (dot,) = drawn
    assert len(dot.points) == 1
    assert near(dot.points[0], hand.seen((50, 60)))


@pytest.mark.parametrize("kind", [*DRAGGED, ToolKind.CLICK])
def test_the_right_button_paints_background_and_the_eraser_erases_with_both(
    canvas, hand, drawn, kind
):
    canvas.set_tool(kind)
    hand.drag([(40, 40), (60, 40), (60, 60), (70, 90)], RIGHT)
    (shape,) = drawn
    assert shape.object_id == (ERASED if kind is ToolKind.ERASER else BACKGROUND)


def test_a_long_hand_drawn_line_keeps_few_points_and_its_shape(canvas, hand, drawn):
    canvas.set_tool(ToolKind.BRUSH)
    way = [(60 + i, 150 + 40 * math.sin(i / 40)) for i in range(280)]
    hand.drag(way)
    (stroke,) = drawn
    assert len(stroke.points) < 50
    assert near(stroke.points[0], hand.seen(way[0]))
    assert near(stroke.points[-1], hand.seen(way[-1]))
    assert all(-1 < y - 150 - 40 * math.sin((x - 60) / 40) < 1 for x, y in stroke.points)


def test_a_lasso_encloses_what_was_drawn_around(canvas, hand, drawn):
    canvas.set_tool(ToolKind.LASSO)
    circle = [
        (200 + 50 * math.cos(i / 20 * math.pi), 150 + 50 * math.sin(i / 20 * math.pi))
        for i in range(41)
    ]
    hand.drag(circle)
    (region,) = drawn
    assert isinstance(region, Region)
    assert area(region.outline) == pytest.approx(math.pi * 50**2, rel=0.02)


def test_a_lasso_beside_the_picture_is_cut_off_at_its_border(canvas, hand, drawn):
    canvas.fit()
    canvas.set_tool(ToolKind.LASSO)
    hand.drag([(-3, -3), (100, -3), (100, 50), (-3, 50)])
    (region,) = drawn
    assert area(region.outline) == pytest.approx(100 * 50, rel=0.05)
    assert all(0 <= x <= 400 and 0 <= y <= 300 for x, y in region.outline)


@pytest.mark.parametrize("kind", [ToolKind.LASSO, ToolKind.BOX])
def test_a_drag_that_encloses_nothing_draws_nothing(canvas, hand, drawn, kind):
    canvas.set_tool(kind)
    hand.click((100, 100))
    hand.drag([(100, 100), (101, 100)])
    assert drawn == []


def test_a_box_is_told_by_its_corners_however_it_was_dragged(canvas, hand, drawn):
    canvas.set_tool(ToolKind.BOX)
    hand.drag([(150, 120), (100, 100), (90, 60)])
    (box,) = drawn
    left, top = hand.seen((90, 60))
    right, bottom = hand.seen((150, 120))
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    assert all(near(a, b) for a, b in zip(box.outline, corners, strict=True))


def test_a_gesture_that_begins_beside_the_picture_is_ignored(canvas, hand, drawn):
    canvas.fit()
    for kind in (ToolKind.CLICK, ToolKind.SCRIBBLE):
        canvas.set_tool(kind)
        hand.drag([(-4.5, 100), (50, 100)])
    assert drawn == []


def test_a_large_brush_may_begin_beside_the_picture_where_it_touches_it(canvas, hand, drawn):
    canvas.fit()
    canvas.set_tool(ToolKind.BRUSH)
    hand.drag([(-4, 100), (50, 100)])
    assert len(drawn) == 1


def test_a_click_dragged_out_of_the_picture_is_none(canvas, hand, drawn):
    canvas.fit()
    canvas.set_tool(ToolKind.CLICK)
    hand.drag([(10, 100), (-5, 100)])
    assert drawn == []


def test_a_stroke_that_leaves_the_picture_stays_within_the_pens_reach(canvas, hand, drawn):
    canvas.set_zoom(1.0)
    canvas.set_tool(ToolKind.SCRIBBLE)
    hand.drag([(20, 100), (-60, 100), (-60, 200), (20, 200)])
    (stroke,) = drawn
    assert min(x for x, _ in stroke.points) == pytest.approx(-stroke.radius)


@pytest.mark.parametrize("kind", [*DRAGGED, ToolKind.CLICK])
def test_escape_in_the_middle_draws_nothing_and_the_next_gesture_works(canvas, hand, drawn, kind):
    previews: list = []
    canvas._drawing.sketch_changed.connect(previews.append)
    canvas.set_tool(kind)
    hand.press((60, 60))
    hand.move((80, 60), (80, 90))
    assert any(preview is not None for preview in previews)
    hand.key(Qt.Key.Key_Escape)
    assert previews[-1] is None
    hand.move((90, 90))
    hand.release((90, 90))
    assert drawn == []
    hand.drag([(60, 60), (80, 60), (80, 90)])
    assert len(drawn) == 1


def test_cancel_gesture_says_whether_there_was_one(canvas, hand, drawn):
    canvas.set_tool(ToolKind.BRUSH)
    assert not canvas.cancel_gesture()
    hand.press((60, 60))
    assert canvas.cancel_gesture()
    assert not canvas.cancel_gesture()


def test_the_preview_grows_with_the_stroke_and_ends_before_it_is_drawn(canvas, hand):
    told: list = []
    canvas.set_tool(ToolKind.BRUSH)
    canvas._drawing.sketch_changed.connect(lambda sketch: told.append(("preview", sketch)))
    canvas.shape_drawn.connect(lambda shape: told.append(("drawn", shape)))
    hand.drag(LINE)
    kinds = [name for name, _ in told]
    assert kinds[-2:] == ["preview", "drawn"]
    assert told[-2][1] is None
    lengths = [len(shape.points) for name, shape in told if name == "preview" and shape]
    assert lengths == sorted(lengths)
    assert lengths[0] == 1
    assert lengths[-1] >= 3


def test_the_other_button_does_not_disturb_a_stroke(canvas, hand, drawn):
    canvas.set_tool(ToolKind.BRUSH)
    hand.press(LINE[0])
    hand.click(LINE[1], RIGHT)
    hand.move(LINE[2])
    hand.release(LINE[2])
    (stroke,) = drawn
    assert stroke.object_id == 3
    assert near(stroke.points[-1], hand.seen(LINE[2]))


def test_a_stroke_whose_release_was_lost_is_dropped_at_the_next_press(canvas, hand, drawn):
    previews: list = []
    canvas._drawing.sketch_changed.connect(previews.append)
    canvas.set_tool(ToolKind.BRUSH)
    hand.press((20, 20))
    hand.move((30, 30))
    begun = len(previews)
    hand.drag(LINE)
    assert previews[begun] is None
    (stroke,) = drawn
    assert near(stroke.points[0], hand.seen(LINE[0]))


@pytest.mark.parametrize(
    "change",
    [
        lambda canvas: canvas.set_tool(ToolKind.LASSO),
        lambda canvas: canvas.set_frame_index(9),
        lambda canvas: canvas.clear_image("closed"),
        lambda canvas: canvas.hide(),
    ],
    ids=["tool", "frame", "picture", "hidden"],
)
def test_a_gesture_ends_with_what_it_was_meant_for(canvas, hand, drawn, change):
    canvas.set_tool(ToolKind.BRUSH)
    hand.press((20, 20))
    hand.move((30, 30))
    change(canvas)
    assert not canvas.cancel_gesture()
    hand.release((30, 30))
    assert drawn == []


def test_setting_the_same_frame_tool_and_size_again_does_not_end_a_gesture(canvas, hand, drawn):
    canvas.set_tool(ToolKind.BRUSH)
    hand.press((20, 20))
    canvas.set_tool(ToolKind.BRUSH)
    canvas.set_frame_index(0)
    canvas.set_video_size(Size(400, 300))
    hand.release((20, 20))
    assert len(drawn) == 1


def test_zooming_in_the_middle_of_a_stroke_keeps_its_points_in_place(canvas, hand, drawn):
    canvas.set_tool(ToolKind.BRUSH)
    hand.press(LINE[0])
    start = hand.seen(LINE[0])
    canvas.set_zoom(3.1, QPointF(300, 200))
    hand.move(LINE[2])
    end = hand.seen(LINE[2])
    hand.release(LINE[2])
    (stroke,) = drawn
    assert near(stroke.points[0], start)
    assert near(stroke.points[-1], end)


class TestPolygon:
    CORNERS = ((100, 80), (200, 85), (210, 180), (110, 170))

    @pytest.fixture(autouse=True)
    def _polygon(self, canvas):
        canvas.set_tool(ToolKind.POLYGON)

    def set_corners(self, hand):
        for corner in self.CORNERS:
            hand.click(corner)

    def check(self, hand, drawn, corners=CORNERS):
        (region,) = drawn
        assert isinstance(region, Region)
        assert region.object_id == 3
        assert len(region.outline) == len(corners)
        for found, wanted in zip(region.outline, corners, strict=True):
            assert near(found, hand.seen(wanted))

    @pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
    def test_enter_closes(self, hand, drawn, key):
        self.set_corners(hand)
        assert drawn == []
        hand.key(key)
        self.check(hand, drawn)

    def test_a_double_click_sets_the_last_vertex_and_closes(self, hand, drawn):
        for corner in self.CORNERS[:-1]:
            hand.click(corner)
        hand.double_click(self.CORNERS[-1])
        self.check(hand, drawn)

    def test_a_click_on_the_first_vertex_closes(self, hand, drawn):
        self.set_corners(hand)
        hand.click((101, 81))
        self.check(hand, drawn)

    def test_a_vertex_follows_while_the_button_is_held(self, hand, drawn):
        self.set_corners(hand)
        hand.drag([(20, 20), (60, 60), (40, 150)])
        hand.key(Qt.Key.Key_Return)
        self.check(hand, drawn, (*self.CORNERS, (40, 150)))

    def test_backspace_takes_vertices_back_one_by_one(self, canvas, hand, drawn):
        self.set_corners(hand)
        hand.click((300, 300))
        hand.key(Qt.Key.Key_Backspace)
        hand.key(Qt.Key.Key_Return)
        self.check(hand, drawn)
        self.set_corners(hand)
        for _ in self.CORNERS:
            hand.key(Qt.Key.Key_Backspace)
        assert not canvas.cancel_gesture()

    def test_escape_draws_nothing(self, hand, drawn):
        self.set_corners(hand)
        hand.key(Qt.Key.Key_Escape)
        hand.key(Qt.Key.Key_Return)
        assert drawn == []

    def test_two_vertices_cannot_be_closed(self, canvas, hand, drawn):
        hand.click(self.CORNERS[0])
        hand.click(self.CORNERS[1])
        hand.key(Qt.Key.Key_Return)
        assert drawn == []
        assert canvas.cancel_gesture()

    def test_the_right_button_draws_background(self, hand, drawn):
        for corner in self.CORNERS:
            hand.click(corner, RIGHT)
        hand.key(Qt.Key.Key_Return)
        assert drawn[0].object_id == BACKGROUND

    def test_the_other_button_sets_no_vertex(self, hand, drawn):
        self.set_corners(hand)
        hand.click((300, 290), RIGHT)
        hand.key(Qt.Key.Key_Return)
        self.check(hand, drawn)

    def test_a_vertex_beside_the_picture_lies_on_its_border(self, canvas, hand, drawn):
        canvas.fit()
        for corner in ((-5, 100), (50, 100), (50, 150)):
            hand.click(corner)
        hand.key(Qt.Key.Key_Return)
        assert drawn[0].outline[0][0] == 0


class TestRadius:
    def test_each_tool_keeps_its_own(self, canvas):
        canvas.set_tool(ToolKind.BRUSH)
        canvas.set_radius(40)
        canvas.set_tool(ToolKind.SCRIBBLE)
        assert canvas.radius == 3.0
        canvas.set_tool(ToolKind.BRUSH)
        assert canvas.radius == 40

    def test_a_tool_without_size_has_none_and_keeps_none(self, qtbot, canvas):
        canvas.set_tool(ToolKind.BOX)
        with qtbot.assertNotEmitted(canvas.radius_changed):
            canvas.set_radius(5)
            canvas.change_radius(3)
        assert canvas.radius is None

    def test_taking_a_tool_in_hand_tells_its_radius(self, canvas):
        told: list = []
        canvas.tool_changed.connect(told.append)
        canvas.radius_changed.connect(told.append)
        canvas.set_tool(ToolKind.ERASER)
        assert told == [ToolKind.ERASER, 12.0]

    @pytest.mark.parametrize("start", [0.5, 1.0, 3.0, 12.0, 100.0])
    def test_a_step_is_always_felt_and_leads_back(self, canvas, start):
        canvas.set_tool(ToolKind.BRUSH)
        canvas.set_radius(start)
        canvas.change_radius(1)
        larger = canvas.radius
        assert larger >= start + 0.5
        canvas.change_radius(-1)
        assert canvas.radius < larger
        assert canvas.radius == pytest.approx(start, rel=0.05)

    def test_it_stays_within_what_an_annotation_may_have(self, canvas, hand, drawn):
        canvas.set_tool(ToolKind.BRUSH)
        canvas.change_radius(-100)
        hand.click((50, 50))
        canvas.change_radius(200)
        hand.click((50, 50))
        assert [shape.radius for shape in drawn] == [0.5, 400.0]
