from __future__ import annotations

import pytest

from vosdesk.project.annotations import ERASED, Click, MaskAnnotation
from vosdesk.project.change import Change, difference
from vosdesk.project.choices import LabellingChoices
from vosdesk.project.commands import (
    AddAnnotation,
    AddObject,
    ChangeSettings,
    LockFrame,
    MergeObjects,
    MoveObject,
    MuteAnnotation,
    RecolourObject,
    RemoveObject,
    SetObjectVisible,
)
from vosdesk.project.masks import encode_label_map


@pytest.fixture
def painted(document, label_map):
    click = Click(frame=3, object_id=1, x=4.0, y=4.0)
    document = AddAnnotation(click).apply(AddObject().apply(document))
    return AddAnnotation(MaskAnnotation.of(5, label_map)).apply(document)


def change(document, command):
    after = command.apply(document)
    forth, back = difference(document, after, "x"), difference(after, document, "x")
    assert forth == back
    return forth


def test_equal_documents_do_not_differ(painted):
    assert not difference(painted, painted.model_copy())


def test_a_stroke_touches_its_frame_and_the_labels(painted):
    eraser = Click(frame=9, object_id=ERASED, x=4.0, y=4.0)
    assert change(painted, AddAnnotation(eraser)) == Change("x", frames=frozenset({9}), labels=True)


def test_adding_a_muted_annotation_leaves_the_labels(painted):
    click = Click(frame=9, object_id=1, x=4.0, y=4.0, muted=True)
    assert change(painted, AddAnnotation(click)) == Change("x", frames=frozenset({9}))


def test_muting_touches_the_labels(painted):
    assert change(painted, MuteAnnotation(1)) == Change("x", frames=frozenset({3}), labels=True)


def test_looks_do_not_touch_the_labels(painted):
    for command in (RecolourObject(2, "#102030"), SetObjectVisible(2, False)):
        assert change(painted, command) == Change("x", objects=frozenset({2}))


def test_an_order_touches_the_objects_that_moved(painted):
    assert change(painted, MoveObject(1, 1)) == Change("x", objects=frozenset({1, 2}))
    assert change(painted, MoveObject(1, 2)).objects == {1, 2, 3}


def test_removing_the_first_object_does_not_touch_the_others(painted):
    assert change(painted, RemoveObject(1)) == Change(
        "x", frames=frozenset({3, 5}), objects=frozenset({1}), labels=True
    )


def test_a_lock_and_a_merge_touch_their_frames(painted, label_map):
    lock = LockFrame(7, encode_label_map(label_map))
    assert change(painted, lock) == Change("x", frames=frozenset({7}), labels=True)
    assert change(lock.apply(painted), MergeObjects(2, 1)).frames == {5, 7}


def test_settings_touch_the_labels(painted):
    command = ChangeSettings(LabellingChoices(neighbours=1))
    assert change(painted, command) == Change("x", labels=True, settings=True)


def test_a_moved_video_touches_nothing_else(painted):
    video = painted.video.model_copy(update={"fingerprint": "cd34"})
    moved = painted.with_fields(video=video)
    assert difference(painted, moved, "x") == Change("x", video=True)
