from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from vosdesk.errors import ProjectError
from vosdesk.project.annotations import Click, MaskAnnotation, Scribble
from vosdesk.project.change import difference
from vosdesk.project.choices import LabellingChoices
from vosdesk.project.commands import (
    AddAnnotation,
    AddObject,
    ChangeSettings,
    ClearFrame,
    LockFrame,
    MergeObjects,
    MoveObject,
    MuteAnnotation,
    ReassignAnnotation,
    RemoveAnnotations,
    RemoveObject,
    RenameObject,
    SetObjectVisible,
    UnlockFrame,
)
from vosdesk.project.document import Document
from vosdesk.project.history import History
from vosdesk.project.masks import encode_label_map
from vosdesk.project.objects import default_object
from vosdesk.project.storage import to_text
from vosdesk.project.video_reference import VideoReference

DEPTH = 8
START = Document(
    video=VideoReference(path=Path("/a.mp4"), fingerprint="ab", width=6, height=4, frame_count=4),
    objects=(default_object(1), default_object(2)),
)
FRAMES = st.integers(0, 3)
OBJECTS = st.integers(1, 3)
SHOWN = st.sampled_from([0, 1, 2, 3, 255])
POSITION = st.floats(-1, 7)
IDS = st.integers(1, 6)


@st.composite
def label_maps(draw: st.DrawFn) -> np.ndarray:
    values = draw(st.lists(st.sampled_from([0, 1, 2, 255]), min_size=24, max_size=24))
    return np.array(values, np.uint8).reshape(4, 6)


ANNOTATIONS = st.one_of(
    st.builds(Click, frame=FRAMES, object_id=SHOWN, x=POSITION, y=POSITION),
    st.builds(
        Scribble,
        frame=FRAMES,
        object_id=SHOWN,
        points=st.lists(st.tuples(POSITION, POSITION), min_size=1, max_size=3).map(tuple),
    ),
    st.builds(MaskAnnotation.of, FRAMES, label_maps()),
)
COMMANDS = st.one_of(
    st.builds(AddAnnotation, ANNOTATIONS),
    st.builds(RemoveAnnotations, st.lists(IDS, min_size=1, max_size=2).map(tuple)),
    st.builds(MuteAnnotation, IDS, st.booleans()),
    st.builds(ReassignAnnotation, IDS, SHOWN),
    st.builds(ClearFrame, FRAMES),
    st.builds(AddObject),
    st.builds(RemoveObject, OBJECTS),
    st.builds(MergeObjects, OBJECTS, OBJECTS),
    st.builds(RenameObject, OBJECTS, st.sampled_from(["Cat", "Dog"])),
    st.builds(MoveObject, OBJECTS, st.integers(0, 2)),
    st.builds(SetObjectVisible, OBJECTS, st.booleans()),
    st.builds(LockFrame, FRAMES, label_maps().map(encode_label_map)),
    st.builds(UnlockFrame, FRAMES),
    st.builds(ChangeSettings, st.builds(LabellingChoices, neighbours=st.integers(1, 2))),
)


class HistoryMachine(RuleBasedStateMachine):
    """Compares a History with a plain list of the files it would have saved."""

    def __init__(self) -> None:
        super().__init__()
        self.history = History(START, DEPTH)
        self.states = [START]
        self.texts: list[str] = []
        self.place = 0
        self.saved = to_text(START)

    @rule(command=COMMANDS)
    def do(self, command) -> None:
        before = self.history.document
        try:
            change = self.history.do(command)
        except ProjectError:
            assert self.history.document is before
            return
        after = self.history.document
        assert change == difference(before, after, command.text)
        if after == before:
            assert not change
            return
        del self.states[self.place + 1 :], self.texts[self.place :]
        self.states.append(after)
        self.texts.append(command.text)
        forgotten = max(0, len(self.texts) - DEPTH)
        del self.states[:forgotten], self.texts[:forgotten]
        self.place = len(self.texts)

    @rule()
    def undo(self) -> None:
        before = self.history.document
        change = self.history.undo()
        if self.place == 0:
            assert change is None
            return
        self.place -= 1
        assert change == difference(self.history.document, before, self.texts[self.place])

    @rule()
    def redo(self) -> None:
        before = self.history.document
        change = self.history.redo()
        if self.place == len(self.texts):
            assert change is None
            return
        self.place += 1
        assert change == difference(before, self.history.document, self.texts[self.place - 1])

    @rule()
    def save(self) -> None:
        self.history.mark_clean()
        self.saved = to_text(self.history.document)

    @precondition(lambda self: self.texts)
    @rule()
    def go_to_both_ends(self) -> None:
        while self.history.undo() is not None:
            pass
        assert to_text(self.history.document) == to_text(self.states[0])
        while self.history.redo() is not None:
            pass
        assert to_text(self.history.document) == to_text(self.states[-1])
        self.place = len(self.texts)

    @invariant()
    def the_document_is_the_one_of_this_place(self) -> None:
        assert self.history.document is self.states[self.place]

    @invariant()
    def the_menus_tell_the_steps(self) -> None:
        assert self.history.undo_text == "".join(self.texts[: self.place][-1:])
        assert self.history.redo_text == "".join(self.texts[self.place :][:1])

    @invariant()
    def clean_means_that_the_file_would_be_the_same(self) -> None:
        assert self.history.is_clean == (to_text(self.history.document) == self.saved)


TestHistory = HistoryMachine.TestCase
TestHistory.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)


def test_a_step_keeps_its_words_through_undo_and_redo():
    history = History(START)
    history.do(RenameObject(1, "Cat"))
    assert history.undo_text == "Rename object 1"
    assert history.undo().text == history.redo_text == "Rename object 1"
    assert history.redo().objects == {1}


def test_a_new_edit_forgets_what_was_undone():
    history = History(START)
    history.do(RenameObject(1, "Cat"))
    history.undo()
    history.do(RenameObject(1, "Dog"))
    assert history.redo() is None


def test_an_edit_without_effect_leaves_no_step():
    history = History(START)
    assert not history.do(SetObjectVisible(1, True))
    assert history.undo() is None
    assert history.is_clean


def test_what_was_saved_in_the_background_is_clean_only_if_nothing_came_since():
    history = History(START)
    history.do(RenameObject(1, "Cat"))
    saved = history.document
    history.do(RenameObject(1, "Dog"))
    history.mark_clean(saved)
    assert not history.is_clean
    history.undo()
    assert history.is_clean
    history.mark_unsaved()
    assert not history.is_clean


def test_a_history_needs_room():
    with pytest.raises(ValueError, match="at least one step"):
        History(START, 0)


def test_coming_back_by_another_way_is_clean_too():
    history = History(START)
    history.do(RenameObject(1, "Cat"))
    history.do(RenameObject(1, START.objects[0].name))
    assert history.is_clean
    assert [bool(history.undo()) for _ in range(2)] == [True, True]
