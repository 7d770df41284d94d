from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from vosdesk.errors import ProjectError
from vosdesk.project.annotations import Click, MaskAnnotation
from vosdesk.project.document import Document, LockedFrame
from vosdesk.project.objects import default_object


def click(number: int, frame: int = 0, object_id: int = 1) -> Click:
    return Click(id=number, frame=frame, object_id=object_id, x=1.0, y=1.0)


def wrong_size(frame: int) -> dict:
    return {"frame": frame, "labels": np.zeros((5, 6), np.uint8)}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"annotations": (click(0),)}, r"annotations\[0\]\.id should be at least 1"),
        ({"annotations": (click(1), click(1))}, r"annotations\[1\]\.id is 1, which is already"),
        ({"annotations": (click(9),)}, r"annotations\[0\]\.id .* below next_annotation_id"),
        ({"annotations": (click(1, frame=20),)}, r"annotations\[0\]\.frame is 20, .* 20 frames"),
        ({"annotations": (click(1, object_id=7),)}, r"annotations\[0\]\.object_id is 7"),
        (
            {"annotations": (MaskAnnotation.of(**wrong_size(1)).model_copy(update={"id": 1}),)},
            "6 x 5",
        ),
        ({"objects": (default_object(1), default_object(1))}, r"objects\[1\]\.id is 1"),
        ({"objects": (), "annotations": (click(1),)}, "no such object"),
        ({"locks": (LockedFrame.of(**wrong_size(1)),)}, r"locks\[0\]\.png has 6 x 5 pixels"),
        (
            {"locks": tuple(LockedFrame.of(f, np.zeros((24, 32), np.uint8)) for f in (3, 3))},
            r"locks\[1\]\.frame should be above",
        ),
        (
            {"locks": (LockedFrame.of(1, np.full((24, 32), 9, np.uint8)),)},
            r"locks\[0\] shows object 9",
        ),
        ({"video": None, "annotations": (click(1),)}, "no video"),
        ({"version": 2}, "version should be 1"),
        ({"annotations": [click(1)]}, "annotations should be a valid tuple"),
    ],
)
def test_a_document_that_contradicts_itself_cannot_be_made(document, fields, words):
    with pytest.raises(ProjectError, match=words):
        document.with_fields(next_annotation_id=5, **fields)


def test_background_and_the_eraser_need_no_object(document):
    kept = document.with_fields(
        annotations=(click(1, object_id=0), click(2, object_id=255)), next_annotation_id=3
    )
    assert len(kept.annotations) == 2


def test_a_document_cannot_change(document):
    with pytest.raises(ValidationError):
        document.objects = ()
    with pytest.raises(TypeError):
        document.annotations_by_frame[0] = ()
    assert hash(document) == hash(document.model_copy())


def test_annotations_are_found_by_frame_in_paint_order(document):
    items = (click(1, 4), click(2, 0), click(3, 4))
    painted = document.with_fields(annotations=items, next_annotation_id=4)
    assert painted.annotations_on(4) == (items[0], items[2])
    assert painted.annotations_on(7) == ()
    fewer = painted.with_fields(annotations=items[1:])
    assert fewer.annotations_on(4) == (items[2],)


def test_an_empty_document_is_valid():
    empty = Document()
    assert (empty.version, empty.video, empty.objects) == (1, None, ())
    assert Document.model_validate_json(empty.model_dump_json()) == empty
