"""The clip that is shipped, and the strokes on it."""

from __future__ import annotations

import json
from contextlib import closing

from vosdesk.arrays import Size
from vosdesk.assets import asset_folder
from vosdesk.video import open_source

DEMO = asset_folder("resources") / "demo"


def test_the_clip_is_four_small_seconds():
    with closing(open_source(DEMO / "big_buck_bunny.mp4")) as source:
        assert source.frame_count == 100
        assert source.size == Size(640, 360)
        assert source.fps == 25
        assert source.notice == ""
    assert (DEMO / "big_buck_bunny.mp4").stat().st_size < 1 << 20


def test_the_strokes_lie_inside_the_clip():
    document = json.loads((DEMO / "scribbles.json").read_text(encoding="utf-8"))
    assert document["sequence"] == "big_buck_bunny"
    assert len(document["scribbles"]) == 100
    strokes = [stroke for frame in document["scribbles"] for stroke in frame]
    assert {stroke["object_id"] for stroke in strokes} == {0, 1}
    assert all(0 < x < 1 and 0 < y < 1 for stroke in strokes for x, y in stroke["path"])


def test_the_film_is_credited():
    credit = (DEMO / "ATTRIBUTION.md").read_text(encoding="utf-8")
    assert "(c) copyright 2008, Blender Foundation / www.bigbuckbunny.org" in credit
    assert "https://creativecommons.org/licenses/by/3.0/" in credit
