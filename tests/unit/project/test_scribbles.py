from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vosdesk.arrays import Size
from vosdesk.errors import ProjectError
from vosdesk.project.scribbles import pen_radius, read_clicks, read_scribbles

if TYPE_CHECKING:
    from pathlib import Path

SIZE = Size(101, 51)
LINE = {
    "path": [[0.0, 0.0], [1.0, 1.0], [0.5, 0.5]],
    "object_id": 2,
    "start_time": 3,
    "end_time": 9,
}


def write(folder: Path, content: object) -> Path:
    path = folder / "input.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_davis_scribbles_come_in_pixels(tmp_path):
    path = write(tmp_path, {"sequence": "bear", "scribbles": [[], [LINE, LINE], []]})
    strokes = read_scribbles(path, SIZE, 3)
    assert [(stroke.frame, stroke.object_id) for stroke in strokes] == [(1, 2), (1, 2)]
    # the centres of the first, the last and the middle pixel
    assert strokes[0].points == ((0.5, 0.5), (100.5, 50.5), (50.5, 25.5))
    assert strokes[0].radius == 2.0


def test_a_pen_grows_with_the_frame():
    assert pen_radius(Size(854, 480)) == 3.0
    assert pen_radius(Size(2160, 3840)) == 13.5
    assert pen_radius(Size(10, 10)) == 2.0


def test_clicks_come_in_pixels(tmp_path):
    path = write(
        tmp_path,
        [
            {"frame": 0, "x": 0.41, "y": 0.56, "object": 1},
            {"frame": 2, "x": 0, "y": 1, "object": 0},
        ],
    )
    clicks = read_clicks(path, SIZE, 3, radius=5.0)
    assert [(c.frame, c.object_id, c.radius) for c in clicks] == [(0, 1, 5.0), (2, 0, 5.0)]
    assert (clicks[0].x, clicks[0].y) == pytest.approx((41.5, 28.5))
    assert (clicks[1].x, clicks[1].y) == (0.5, 50.5)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            {"scribbles": [[], [LINE, {"path": [[0.1, 0.2]]}]]},
            "scribbles[1][1].object_id is missing",
        ),
        ({"scribbles": [[{**LINE, "object_id": 300}]]}, "scribbles[0][0].object_id should be"),
        ({"scribbles": [[{**LINE, "path": []}]]}, "scribbles[0][0].path should have at least 1"),
        ({"scribbles": [[{**LINE, "path": [[410, 20]]}]]}, "scribbles[0][0].path[0][0] should be"),
        ({"scribbles": [[], [], [], [LINE]]}, "scribbles[3] is on frame 3, but the video has 3"),
        ({"scribbles": {}}, "scribbles should be a valid array"),
        ({}, "scribbles is missing"),
        ([], "should be an object"),
    ],
)
def test_wrong_scribbles_are_named_by_their_place(tmp_path, content, words):
    with pytest.raises(ProjectError) as error:
        read_scribbles(write(tmp_path, content), SIZE, 3)
    assert error.value.sentence.startswith("input.json cannot be used: ")
    assert words in error.value.sentence


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"frame": 3}, "[1] is on frame 3, but the video has 3 frames"),
        ({"frame": -1}, "[1].frame should be greater than or equal to 0"),
        ({"frame": 0.5}, "[1].frame"),
        ({"x": 410}, "[1].x should be less than or equal to 1"),
        ({"y": "0.5"}, "[1].y should be a valid number"),
        ({"object": 255}, "[1].object should be less than or equal to 254"),
    ],
)
def test_wrong_clicks_are_named_by_their_place(tmp_path, entry, words):
    good = {"frame": 0, "x": 0.4, "y": 0.5, "object": 1}
    with pytest.raises(ProjectError) as error:
        read_clicks(write(tmp_path, [good, {**good, **entry}]), SIZE, 3)
    assert words in error.value.sentence
    assert ("not pixels" in error.value.advice) == bool({"x", "y"} & entry.keys())


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[[[" * 10_000])
def test_what_is_no_json_is_refused(tmp_path, data):
    path = tmp_path / "input.json"
    path.write_bytes(data)
    for read in (read_scribbles, read_clicks):
        with pytest.raises(ProjectError, match="cannot be used"):
            read(path, SIZE, 3)
        with pytest.raises(ProjectError, match="no file"):
            read(tmp_path / "missing.json", SIZE, 3)


fractions = st.floats(-1, 2)
lines = st.fixed_dictionaries(
    {
        "path": st.lists(st.tuples(fractions, fractions), min_size=1, max_size=4),
        "object_id": st.integers(0, 254),
    }
)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.lists(lines, max_size=2), max_size=3))
def test_strokes_survive_their_file(tmp_path, frames):
    strokes = read_scribbles(write(tmp_path, {"scribbles": frames}), SIZE, 3)
    written = [(frame, line) for frame, lines in enumerate(frames) for line in lines]
    for (frame, line), stroke in zip(written, strokes, strict=True):
        assert (stroke.frame, stroke.object_id) == (frame, line["object_id"])
        for (x, y), point in zip(line["path"], stroke.points, strict=True):
            assert point == pytest.approx((x * 100 + 0.5, y * 50 + 0.5))
