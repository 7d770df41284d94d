from __future__ import annotations

import numpy as np
import pytest

from vosdesk.arrays import Size
from vosdesk.errors import ProjectError
from vosdesk.project.annotations import ERASED, Click, MaskAnnotation, Region, Scribble
from vosdesk.project.commands import (
    AddAnnotation,
    AddAnnotations,
    ClearFrame,
    MuteAnnotation,
    ReassignAnnotation,
    RemoveAnnotations,
    missing_objects,
)
from vosdesk.project.document import Document
from vosdesk.project.rasterise import paint

SIZE = Size(32, 24)


def click(frame: int = 0, object_id: int = 1, **fields) -> Click:
    return Click(frame=frame, object_id=object_id, x=5.0, y=6.0, **fields)


@pytest.fixture
def painted(document) -> Document:
    for annotation in (click(0), click(4, 2), click(4, 1)):
        document = AddAnnotation(annotation).apply(document)
    return document


def test_annotations_are_numbered_from_one_and_never_twice(painted):
    assert [item.id for item in painted.annotations] == [1, 2, 3]
    without = RemoveAnnotations((3,)).apply(painted)
    assert AddAnnotation(click()).apply(without).annotations[-1].id == 4


def test_commands_leave_the_document_they_are_given(painted):
    before = painted.model_dump_json()
    RemoveAnnotations((1,)).apply(painted)
    MuteAnnotation(2).apply(painted)
    assert painted.model_dump_json() == before


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (click(20), "no frame 20: the video has 20 frames"),
        (click(0, 7), "no object 7"),
        (MaskAnnotation.of(3, np.zeros((4, 5), np.uint8)), "frame 3 is 5 x 4 .* is 32 x 24"),
        (MaskAnnotation.of(3, np.full((24, 32), 9, np.uint8)), "no object 9"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(document, annotation, words):
    with pytest.raises(ProjectError, match=words):
        AddAnnotation(annotation).apply(document)


def test_without_a_video_nothing_can_be_painted():
    with pytest.raises(ProjectError, match="no video yet"):
        AddAnnotation(click(object_id=0)).apply(Document())


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (click(12), "Add click on frame 12"),
        (Scribble(frame=3, object_id=1, points=((1.0, 1.0),)), "Add stroke on frame 3"),
        (Scribble(frame=3, object_id=ERASED, points=((1.0, 1.0),)), "Erase on frame 3"),
        (Region(frame=3, object_id=0, outline=((1.0, 1.0),) * 3), "Add region on frame 3"),
        (MaskAnnotation.of(3, np.full((4, 4), 255, np.uint8)), "Add mask on frame 3"),
    ],
)
def test_the_menu_says_what_was_painted(annotation, text):
    assert AddAnnotation(annotation).text == text


def test_an_import_brings_its_objects_in_one_step(document):
    new = (click(1, 5), click(2, 0), click(3, 2), click(3, 9))
    objects = missing_objects(document, new)
    assert [item.name for item in objects] == ["Object 5", "Object 9"]
    command = AddAnnotations(new, objects, "clicks.json")
    assert command.text == "Add 4 clicks from clicks.json"
    after = command.apply(document)
    assert [item.id for item in after.objects] == [1, 2, 5, 9]
    assert [item.id for item in after.annotations] == [1, 2, 3, 4]
    with pytest.raises(ProjectError, match="Object 5 is there already"):
        command.apply(after)
    with pytest.raises(ProjectError, match="no object 5"):
        AddAnnotations(new).apply(document)
    with pytest.raises(ProjectError, match="nothing to add"):
        AddAnnotations(()).apply(document)


def test_several_kinds_are_annotations():
    mixed = (click(), Scribble(frame=0, object_id=1, points=((1.0, 1.0),)))
    assert AddAnnotations(mixed).text == "Add 2 annotations"
    assert AddAnnotations(mixed[:1]).text == "Add 1 click"


def test_removing_leaves_the_rest_in_order(painted):
    assert [item.id for item in RemoveAnnotations((1, 3)).apply(painted).annotations] == [2]
    with pytest.raises(ProjectError, match="no annotation 8"):
        RemoveAnnotations((1, 8)).apply(painted)


def test_a_muted_annotation_paints_nothing_until_it_speaks_again(painted):
    muted = MuteAnnotation(1).apply(painted)
    assert paint(muted.annotations_on(0), 0, SIZE) is None
    assert MuteAnnotation(1, False).apply(muted) == painted
    with pytest.raises(ProjectError):
        MuteAnnotation(8).apply(painted)


def test_a_stroke_can_be_given_to_another_object(painted):
    assert ReassignAnnotation(1, 2).apply(painted).annotations[0].object_id == 2
    assert ReassignAnnotation(1, 0).apply(painted).annotations[0].object_id == 0
    with pytest.raises(ProjectError, match="no object 9"):
        ReassignAnnotation(1, 9).apply(painted)


def test_a_mask_of_one_object_can_be_given_to_another(document, label_map):
    alone = np.where(label_map == 2, 0, label_map).astype(np.uint8)
    document = AddAnnotation(MaskAnnotation.of(0, alone)).apply(document)
    document = MuteAnnotation(1).apply(document)
    moved = ReassignAnnotation(1, 2).apply(document).annotations[0]
    assert (moved.id, moved.muted, moved.object_ids) == (1, True, (0, 2))
    np.testing.assert_array_equal(moved.label_map() == 2, alone == 1)
    np.testing.assert_array_equal(moved.label_map() == 255, alone == 255)


def test_a_mask_of_two_objects_cannot(document, label_map):
    document = AddAnnotation(MaskAnnotation.of(0, label_map)).apply(document)
    with pytest.raises(ProjectError, match="shows 2 objects"):
        ReassignAnnotation(1, 2).apply(document)


def test_clearing_a_frame_leaves_the_others(painted):
    cleared = ClearFrame(4).apply(painted)
    assert [item.id for item in cleared.annotations] == [1]
    with pytest.raises(ProjectError, match="Nothing is painted on frame 4"):
        ClearFrame(4).apply(cleared)
