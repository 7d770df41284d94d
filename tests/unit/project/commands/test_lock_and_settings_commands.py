from __future__ import annotations

import numpy as np
import pytest

from vosdesk.errors import ProjectError
from vosdesk.project.annotations import Click
from vosdesk.project.choices import LabellingChoices
from vosdesk.project.commands import (
    AddAnnotation,
    ChangeSettings,
    ClearFrame,
    LockFrame,
    UnlockFrame,
)
from vosdesk.project.document import Document
from vosdesk.project.masks import encode_label_map


def test_a_locked_frame_keeps_its_label_map_through_edits(document, label_map):
    locked = LockFrame(5, encode_label_map(label_map)).apply(document)
    locked = AddAnnotation(Click(frame=5, object_id=1, x=1.0, y=1.0)).apply(locked)
    locked = ClearFrame(5).apply(locked)
    np.testing.assert_array_equal(locked.locks_by_frame[5].label_map(), label_map)
    assert UnlockFrame(5).apply(locked).locks == ()


def test_locks_are_kept_by_frame_and_the_newer_one_wins(document, label_map):
    background = np.zeros_like(label_map)
    for frame, labels in ((9, label_map), (2, label_map), (9, background)):
        document = LockFrame(frame, encode_label_map(labels)).apply(document)
    assert [lock.frame for lock in document.locks] == [2, 9]
    np.testing.assert_array_equal(document.locks[1].label_map(), background)


@pytest.mark.parametrize(
    ("frame", "labels", "words"),
    [
        (20, np.zeros((24, 32), np.uint8), "no frame 20"),
        (3, np.full((24, 32), 4, np.uint8), "no object 4"),
        (3, np.zeros((24, 31), np.uint8), "31 x 24"),
    ],
)
def test_a_lock_must_fit(document, frame, labels, words):
    with pytest.raises(ProjectError, match=words):
        LockFrame(frame, encode_label_map(labels)).apply(document)


def test_a_lock_needs_a_picture(document):
    with pytest.raises(ProjectError, match=r"Frame 3 cannot be locked: .*not base64"):
        LockFrame(3, "?").apply(document)
    with pytest.raises(ProjectError, match="not locked"):
        UnlockFrame(3).apply(document)


def test_settings_are_replaced(document):
    choices = LabellingChoices(neighbours=1, similarity_floor=0.25)
    assert ChangeSettings(choices).apply(document).settings == choices


@pytest.mark.parametrize(
    "wrong",
    [{"neighbours": 0}, {"neighbours": 2.0}, {"temperature": 0.0}, {"similarity_floor": 1.5}],
)
def test_settings_are_bounded(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        LabellingChoices(**wrong)


def test_a_video_found_again_must_hold_every_annotation(document, video):
    document = AddAnnotation(Click(frame=19, object_id=1, x=1.0, y=1.0)).apply(document)
    moved = video.model_copy(update={"path": video.path.parent / "moved.mp4"})
    assert document.with_fields(video=moved).video == moved
    with pytest.raises(ProjectError, match="the video has 19 frames"):
        document.with_fields(video=video.model_copy(update={"frame_count": 19}))
    assert Document().with_fields(video=video).video == video
