from __future__ import annotations

import numpy as np
import pytest

from vosdesk.arrays import MAX_OBJECTS
from vosdesk.errors import ProjectError
from vosdesk.overlay.palette import screen_colour
from vosdesk.project.annotations import Click, MaskAnnotation
from vosdesk.project.commands import (
    AddAnnotation,
    AddObject,
    LockFrame,
    MergeObjects,
    MoveObject,
    RecolourObject,
    RemoveObject,
    RenameObject,
    SetObjectVisible,
)
from vosdesk.project.document import Document
from vosdesk.project.masks import encode_label_map


@pytest.fixture
def painted(document, label_map) -> Document:
    """A click of each object, a mask and a lock of both."""
    for object_id in (1, 2):
        click = Click(frame=0, object_id=object_id, x=5.0, y=6.0)
        document = AddAnnotation(click).apply(document)
    document = AddAnnotation(MaskAnnotation.of(3, label_map)).apply(document)
    return LockFrame(7, encode_label_map(label_map)).apply(document)


def test_a_new_object_takes_the_lowest_free_number_and_its_davis_colour(document):
    third = AddObject().apply(document).objects[-1]
    assert (third.id, third.name, third.colour) == (3, "Object 3", screen_colour(3))
    refilled = AddObject().apply(RemoveObject(1).apply(document))
    assert [item.id for item in refilled.objects] == [2, 1]


def test_a_new_object_can_be_named_coloured_and_numbered(document):
    item = AddObject(" Dog ", "#AABBCC", 200).apply(document).objects[-1]
    assert (item.id, item.name, item.colour) == (200, "Dog", "#aabbcc")
    for command in (AddObject(object_id=2), AddObject(object_id=0), AddObject(object_id=255)):
        with pytest.raises(ProjectError):
            command.apply(document)


def test_there_is_an_end_to_objects():
    document = Document()
    for _ in range(MAX_OBJECTS):
        document = AddObject().apply(document)
    with pytest.raises(ProjectError, match="at most 254 objects") as error:
        AddObject().apply(document)
    assert error.value.advice


def test_removing_an_object_takes_its_paint_along(painted, label_map):
    after = RemoveObject(1).apply(painted)
    assert [item.id for item in after.objects] == [2]
    assert [item.id for item in after.annotations] == [2, 3]
    expected = np.where(label_map == 1, 255, label_map)
    np.testing.assert_array_equal(after.annotations[-1].label_map(), expected)
    assert after.annotations[-1].object_ids == (0, 2)
    np.testing.assert_array_equal(
        after.locks[0].label_map(), np.where(label_map == 1, 0, label_map)
    )


def test_a_mask_goes_with_the_last_object_in_it(painted):
    after = RemoveObject(2).apply(RemoveObject(1).apply(painted))
    assert (after.objects, after.annotations) == ((), ())


def test_what_does_not_show_the_object_stays_the_very_same(document, label_map):
    without = np.where(label_map == 1, 0, label_map).astype(np.uint8)
    document = AddAnnotation(MaskAnnotation.of(3, without)).apply(document)
    assert RemoveObject(1).apply(document).annotations[0] is document.annotations[0]


def test_merging_gives_everything_to_the_other(painted, label_map):
    after = MergeObjects(1, 2).apply(painted)
    assert [item.id for item in after.objects] == [2]
    assert [item.object_id for item in after.annotations[:2]] == [2, 2]
    expected = np.where(label_map == 1, 2, label_map)
    np.testing.assert_array_equal(after.annotations[2].label_map(), expected)
    np.testing.assert_array_equal(after.locks[0].label_map(), expected)


@pytest.mark.parametrize("command", [MergeObjects(1, 1), MergeObjects(1, 9), MergeObjects(9, 1)])
def test_a_merge_needs_two_objects(painted, command):
    with pytest.raises(ProjectError):
        command.apply(painted)


@pytest.mark.parametrize("name", ["", "   ", "two\nlines", "x" * 201, "\udcff", "bell\a"])
def test_a_name_is_plain_text(document, name):
    for command in (RenameObject(1, name), AddObject(name)):
        with pytest.raises(ProjectError, match="name"):
            command.apply(document)


def test_objects_are_renamed_recoloured_hidden_and_moved(document):
    assert RenameObject(2, "Katze 🐈").apply(document).objects[1].name == "Katze 🐈"
    assert RecolourObject(2, "#Ff0000").apply(document).objects[1].colour == "#ff0000"
    hidden = SetObjectVisible(2, False).apply(document)
    assert not hidden.objects[1].visible
    assert SetObjectVisible(2, True).apply(hidden) == document
    assert [item.id for item in MoveObject(1, 1).apply(document).objects] == [2, 1]
    assert MoveObject(1, 0).apply(document) == document


@pytest.mark.parametrize(
    "command",
    [
        RenameObject(9, "x"),
        RecolourObject(9, "#000000"),
        RecolourObject(1, "red"),
        RecolourObject(1, "#00000"),
        SetObjectVisible(9, True),
        RemoveObject(9),
        MoveObject(9, 0),
        MoveObject(1, 2),
        MoveObject(1, -1),
    ],
)
def test_what_is_not_possible_is_refused(document, command):
    with pytest.raises(ProjectError):
        command.apply(document)


def test_the_menu_names_the_edit():
    assert AddObject().text == "Add object"
    assert AddObject("Dog").text == "Add object Dog"
    assert RemoveObject(3).text == "Remove object 3"
    assert MergeObjects(3, 1).text == "Merge object 3 into 1"
    assert SetObjectVisible(2, False).text == "Hide object 2"
