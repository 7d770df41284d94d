"""The tools as generators, told events without a window."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vosdesk.arrays import Size
from vosdesk.gui.canvas.sketch import Shape, Sketch
from vosdesk.gui.canvas.tools import (
    TOOLS,
    EventKind,
    GestureEvent,
    RunningGesture,
    Surface,
    ToolKind,
)
from vosdesk.gui.canvas.tools import trail as trail_module
from vosdesk.project.annotations import MAX_POINTS, Click, Region, Scribble

SURFACE = Surface(Size(400, 300), radius=5.0)
PRESS, MOVE, RELEASE = EventKind.PRESS, EventKind.MOVE, EventKind.RELEASE
CLOSE, BACK = EventKind.CLOSE, EventKind.STEP_BACK
PAINTING = [kind for kind in ToolKind if TOOLS[kind].begin is not None]
DRAGGING = [kind for kind in PAINTING if kind is not ToolKind.POLYGON]


def begin(kind: ToolKind, point, pixel: float = 1.0) -> RunningGesture:
    return RunningGesture(TOOLS[kind].begin(GestureEvent(PRESS, point, pixel), SURFACE))


def tell(gesture: RunningGesture, *events) -> RunningGesture:
    for kind, point in events:
        gesture.send(GestureEvent(kind, point, 1.0))
    return gesture


def test_there_is_a_tool_of_every_kind():
    assert set(TOOLS) == set(ToolKind)


@pytest.mark.parametrize("kind", PAINTING)
def test_a_gesture_shows_something_from_the_press_on_and_nothing_once_cancelled(kind):
    gesture = begin(kind, (50, 50))
    assert gesture.sketch is not None
    assert gesture.sketch.points
    assert not gesture.finished
    gesture.cancel()
    assert gesture.finished
    assert gesture.sketch is None


@pytest.mark.parametrize("kind", [ToolKind.CLICK, *[k for k in PAINTING if TOOLS[k].erases]])
def test_a_press_far_beside_the_picture_begins_nothing(kind):
    gesture = begin(kind, (-100, 50))
    assert gesture.finished
    assert gesture.sketch is None


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(DRAGGING),
    way=st.lists(st.tuples(st.floats(-900, 1300), st.floats(-900, 1300)), min_size=1, max_size=30),
)
def test_whatever_the_pointer_does_the_result_is_a_valid_annotation_or_none(kind, way):
    gesture = begin(kind, way[0])
    for point in way[1:]:
        if not gesture.finished:
            gesture.sketch.to_annotation(0, 1)
            tell(gesture, (MOVE, point))
    if not gesture.finished:
        tell(gesture, (RELEASE, way[-1]))
    assert gesture.finished
    if gesture.sketch is not None:
        drawn = gesture.sketch.to_annotation(3, 1)
        points = getattr(drawn, "outline", None) or getattr(drawn, "points", ())
        margin = 0 if isinstance(drawn, Region) else SURFACE.radius
        assert all(-margin <= x <= 400 + margin for x, _ in points)
        assert all(-margin <= y <= 300 + margin for _, y in points)


def test_a_polygon_survives_any_number_of_steps_back():
    gesture = tell(begin(ToolKind.POLYGON, (10, 10)), (RELEASE, (10, 10)), (BACK, (10, 10)))
    assert gesture.finished
    assert gesture.sketch is None


def test_a_polygon_shows_where_the_next_vertex_would_be_and_when_a_press_closes_it():
    gesture = begin(ToolKind.POLYGON, (10, 10))
    assert gesture.sketch.next_vertex is None
    tell(gesture, (RELEASE, (10, 10)), (MOVE, (60, 12)))
    assert gesture.sketch.next_vertex == (60, 12)
    for corner in ((100, 10), (100, 90)):
        tell(gesture, (PRESS, corner), (RELEASE, corner))
    tell(gesture, (MOVE, (30, 10)))
    assert not gesture.sketch.closes
    tell(gesture, (MOVE, (14, 13)))
    assert gesture.sketch.closes
    tell(gesture, (PRESS, (14, 13)))
    assert gesture.finished
    assert gesture.sketch == Sketch(Shape.AREA, ((10, 10), (100, 10), (100, 90)))


def test_the_reach_of_the_first_vertex_is_in_widget_pixels():
    gesture = begin(ToolKind.POLYGON, (10, 10))
    for corner in ((100, 10), (100, 90)):
        tell(gesture, (RELEASE, corner), (PRESS, corner), (RELEASE, corner))
    gesture.send(GestureEvent(PRESS, (14, 13), pixel=0.1))
    assert not gesture.finished


def test_each_shape_becomes_its_annotation():
    click = Sketch(Shape.POINT, ((4.0, 5.0),), radius=6.0).to_annotation(2, 1)
    assert click == Click(frame=2, object_id=1, x=4.0, y=5.0, radius=6.0)
    line = Sketch(Shape.LINE, ((4.0, 5.0), (9.0, 9.0)), radius=6.0).to_annotation(2, 0)
    assert line == Scribble(frame=2, object_id=0, points=((4, 5), (9, 9)), radius=6.0)
    corners = ((4.0, 5.0), (9.0, 9.0), (4.0, 9.0))
    for shape in (Shape.AREA, Shape.POLYGON):
        region = Sketch(shape, corners).to_annotation(2, 7)
        assert region == Region(frame=2, object_id=7, outline=corners)
        assert Sketch(shape, corners[:2]).to_annotation(2, 7) is None


def test_a_line_in_the_making_is_the_one_that_it_becomes():
    way = [(10.0 + 3 * i, 40 + 7 * (i % 5) ** 0.5) for i in range(30)]
    gesture = begin(ToolKind.SCRIBBLE, way[0])
    for i in range(1, len(way)):
        tell(gesture, (MOVE, way[i]))
        other = begin(ToolKind.SCRIBBLE, way[0])
        tell(other, *((MOVE, point) for point in way[1 : i + 1]), (RELEASE, way[i]))
        ended = other.sketch.to_annotation(0, 1)
        assert gesture.sketch.to_annotation(0, 1) == ended
    assert len(ended.points) < len(way)


def test_an_endless_stroke_stays_within_what_a_document_takes(monkeypatch):
    assert trail_module.MAX_POINTS == MAX_POINTS
    monkeypatch.setattr(trail_module, "MAX_POINTS", 300)
    trail = trail_module.Trail((0.0, 0.0), pixel=1.0)
    for i in range(1, 1000):
        trail.extend((float(i), float(i % 2) * 100))
        assert len(trail.points) <= 300
    assert trail.points[0] == (0, 0)
    assert trail.straightened()[-1] == (999, 100)


def test_geometry_and_tools_do_without_qt():
    """They can be understood, tested and used where there is no display."""
    names = ["geometry", "placement", "contours", "hit_testing", "sketch", "tools"]
    imports = ", ".join(f"vosdesk.gui.canvas.{name}" for name in names)
    code = f"import sys, {imports}; sys.exit('PySide6' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
