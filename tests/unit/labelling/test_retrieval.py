"""Labels of a whole video: however they came about, they are those of a search of everything."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.unit.labelling.number_video import GRID, NETWORK, NumberVideo
from vosdesk.arrays import Size
from vosdesk.embedding.precompute import nearest_first
from vosdesk.labelling import answers as answers_module
from vosdesk.labelling import engine as engine_module
from vosdesk.labelling import renewal
from vosdesk.labelling import retrieval as module
from vosdesk.labelling.answers import Answers
from vosdesk.labelling.engine import LabellingEngine
from vosdesk.labelling.retrieval import Doubt, Retrieval
from vosdesk.labelling.settings import LabellingSettings
from vosdesk.labelling.summary import summarise
from vosdesk.labelling.upsampling import to_label_map

FRAMES = 4

cells = st.tuples(st.integers(0, GRID.rows - 1), st.integers(0, GRID.columns - 1))
strokes = st.fixed_dictionaries(
    {
        "frame": st.integers(0, FRAMES - 1),
        "label": st.integers(0, 4),
        "cells": st.lists(cells, min_size=1, max_size=8, unique=True),
    }
)


def painted(document):
    """Return what a document's strokes paint: later ones over earlier ones."""
    frames = {}
    for annotation_id, stroke in document:
        if not stroke.get("muted"):
            for cell in stroke["cells"]:
                frames.setdefault(stroke["frame"], {})[cell] = (annotation_id, stroke["label"])
    return frames


def code_all(retrieval):
    return list(retrieval.code_frames(nearest_first(lambda: 0)))


def assert_same(found, expected):
    np.testing.assert_array_equal(found.number, expected.number)
    np.testing.assert_array_equal(found.similarity, expected.similarity)


class AnyOrder(RuleBasedStateMachine):
    """Strokes come, go, change and come back; searches happen now and then."""

    @initialize(
        kinds=st.sampled_from([0, 0, 7]),
        budget=st.sampled_from([10_000, 10_000, 12]),
        neighbours=st.sampled_from([1, 3, 5]),
        seed=st.integers(0, 50),
    )
    def begin(self, kinds, budget, neighbours, seed):
        self.video = NumberVideo(frames=FRAMES, kinds=kinds, seed=seed)
        self.settings = LabellingSettings(neighbours=neighbours, reference_budget=budget)
        self.retrieval = Retrieval(self.video.store)
        self.next_id = 1
        self.past, self.document, self.future = [], (), []
        self.renew()

    def renew(self):
        references = self.video.references(painted(self.document))
        self.engine = LabellingEngine(references, self.settings)

    def change(self, document):
        self.past.append(self.document)
        self.document, self.future = tuple(document), []
        self.renew()

    def some(self, place):
        return place % len(self.document) if self.document else None

    @rule(stroke=strokes)
    def add(self, stroke):
        self.change((*self.document, (self.next_id, stroke)))
        self.next_id += 1

    @rule(place=st.integers(0, 20))
    def remove(self, place):
        if self.document:
            gone = self.some(place)
            self.change(s for n, s in enumerate(self.document) if n != gone)

    @rule(
        place=st.integers(0, 20), field=st.sampled_from(["muted", "label"]), label=st.integers(0, 4)
    )
    def alter(self, place, field, label):
        if self.document:
            altered = self.some(place)
            annotation_id, stroke = self.document[altered]
            value = not stroke.get("muted") if field == "muted" else label
            strokes = list(self.document)
            strokes[altered] = (annotation_id, {**stroke, field: value})
            self.change(strokes)

    @rule()
    def undo(self):
        if self.past:
            self.future.append(self.document)
            self.document = self.past.pop()
            self.renew()

    @rule()
    def redo(self):
        if self.future:
            self.past.append(self.document)
            self.document = self.future.pop()
            self.renew()

    @rule(most=st.integers(1, FRAMES + 2))
    def code(self, most):
        for _frame, _number in zip(
            self.retrieval.code_frames(nearest_first(lambda: 1)), range(most), strict=False
        ):
            pass

    @rule(
        frames=st.sets(st.integers(0, FRAMES - 1), min_size=1),
        above=st.sampled_from([1.0, 3.0]),
        look_twice=st.booleans(),
    )
    def refine(self, frames, above, look_twice):
        self.retrieval.refine(self.engine, sorted(frames), Doubt(above, look_twice))

    @rule(frame=st.integers(0, FRAMES - 1))
    def look(self, frame):
        found = self.retrieval.exact_neighbours(self.engine, frame)
        assert_same(found, self.engine.search(self.video.maps[frame]))

    @rule(frame=st.integers(0, FRAMES - 1))
    def settle(self, frame):
        labels = self.retrieval.settle(self.engine, frame)
        exact = self.engine.label(frame, self.video.maps[frame])
        size = Size(100, 75)
        for upsampling in (None, self.video.upsampling[frame]):
            maps = [
                to_label_map(found, size, NETWORK, upsampling=upsampling)
                for found in (labels, exact)
            ]
            np.testing.assert_array_equal(*maps)
        assert self.retrieval.proved(self.engine, frame) in (0.0, 1.0)

    @invariant()
    def codewords_answer_as_if_asked_for_the_first_time(self):
        answers = self.retrieval.answers(self.engine)
        if answers is not None:
            fresh = Answers.of(self.engine, answers.codewords)
            assert answers.lists.keys() == fresh.lists.keys()
            for kind, found in fresh.lists.items():
                assert_same(answers.lists[kind], found)
            assert_same(answers.found, fresh.found)
            for part in ("scores", "confidence", "nearest"):
                np.testing.assert_array_equal(
                    getattr(answers.labels, part), getattr(fresh.labels, part)
                )
            np.testing.assert_array_equal(answers.winner, fresh.winner)
            np.testing.assert_array_equal(answers.critical, fresh.critical)
            assert_same(fresh.found, self.engine.search(answers.codewords[None]).reshape(-1))

    @invariant()
    def what_is_proved_is_what_exact_search_finds(self):
        for frame in np.flatnonzero(self.retrieval.coded).tolist():
            labels = self.retrieval.labels(self.engine, frame)
            exact = self.engine.label(frame, self.video.maps[frame])
            differ = labels.scores.argmax(axis=0) != exact.scores.argmax(axis=0)
            assert not self.retrieval.proved_cells(self.engine, frame)[differ].any()


AnyOrder.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
test_in_any_order = AnyOrder.TestCase


MANY = {0: {(r, c): (1, int(c > 3)) for r in range(6) for c in range(8)}, 2: {(0, 0): (2, 2)}}


@pytest.fixture
def video():
    return NumberVideo(frames=FRAMES, seed=3)


@pytest.fixture
def engine(video):
    return LabellingEngine(video.references(MANY))


def test_without_codes_everything_is_searched_and_nothing_is_looked_up(video, engine):
    retrieval = Retrieval(video.store)
    assert retrieval.answers(engine) is None
    assert retrieval.labels(engine, 1) is None
    assert retrieval.neighbours(engine, 1) is None
    assert retrieval.proved(engine, 1) == 0
    exact = engine.label(1, video.maps[1])
    np.testing.assert_array_equal(retrieval.settle(engine, 1).scores, exact.scores)
    with pytest.raises(KeyError):
        retrieval.summary(engine, 1)


def test_frames_get_codes_as_they_come():
    video = NumberVideo(frames=FRAMES, written=0)
    retrieval = Retrieval(video.store)
    assert code_all(retrieval) == []
    video.write(2)
    assert code_all(retrieval) == [2]
    assert retrieval.coded.tolist() == [False, False, True, False]
    edition = retrieval.edition
    for frame in (0, 1, 3):
        video.write(frame)
    assert set(code_all(retrieval)) == set(range(FRAMES))
    assert retrieval.coded.all()
    assert retrieval.edition == edition + 1, "all that is there is learnt from at the end"
    assert code_all(retrieval) == []


def test_refining_proves_the_most_doubtful_cells_and_then_all(video, engine):
    retrieval = Retrieval(video.store)
    code_all(retrieval)
    coarse = retrieval.proved(engine, 3)
    retrieval.refine(engine, [1, 3], Doubt(4.0))
    first = retrieval.proved(engine, 3)
    retrieval.refine(engine, [1, 3])
    assert coarse < first <= retrieval.proved(engine, 3) == retrieval.proved(engine, 1) == 1
    exact = engine.label(3, video.maps[3])
    labels = retrieval.labels(engine, 3)
    np.testing.assert_array_equal(labels.scores.argmax(axis=0), exact.scores.argmax(axis=0))


def test_a_second_look_searches_fewer_cells_and_finds_nearly_all_that_are_wrong(video, engine):
    right = [engine.label(frame, video.maps[frame]).scores.argmax(axis=0) for frame in range(4)]
    searched, wrong = {}, {}
    for look_twice in (False, True):
        retrieval = Retrieval(video.store)
        code_all(retrieval)
        coarse = [retrieval.labels(engine, frame).scores.argmax(axis=0) for frame in range(4)]
        retrieval.refine(engine, range(4), Doubt(1.0, look_twice))
        searched[look_twice] = sum(len(exact.cells) for exact in retrieval._exact.values())
        found = [retrieval.labels(engine, frame).scores.argmax(axis=0) for frame in range(4)]
        wrong[look_twice] = np.sum(np.array(found) != right)
    assert searched[True] < 0.8 * searched[False]
    assert wrong[False] == 0
    assert wrong[True] < 0.3 * np.sum(np.array(coarse) != right)


def test_a_frame_is_summed_up_by_its_codes(video, engine):
    retrieval = Retrieval(video.store)
    code_all(retrieval)
    labels = retrieval.labels(engine, 2)
    summary, proved = retrieval.summary(engine, 2)
    assert summary.unsure == pytest.approx(summarise(labels).unsure, abs=1e-4)
    assert summary.object_ids == summarise(labels).object_ids
    assert proved == retrieval.proved(engine, 2)


def test_neighbours_are_a_cells_own_where_they_are_known(video, engine):
    retrieval = Retrieval(video.store)
    code_all(retrieval)
    before = retrieval.proved_cells(engine, 1)
    retrieval.refine(engine, [1], Doubt(3.0))
    found, exact = retrieval.neighbours(engine, 1), engine.search(video.maps[1])
    own = retrieval.proved_cells(engine, 1) & ~before
    assert 0 < own.sum() < own.size
    np.testing.assert_array_equal(found.number[own], exact.number[own])
    np.testing.assert_array_equal(found.similarity[own], exact.similarity[own])
    voted = engine.vote(1, found)
    np.testing.assert_array_equal(voted.scores, retrieval.labels(engine, 1).scores)


def test_exact_lists_make_room_and_are_searched_again(video, engine, monkeypatch):
    retrieval = Retrieval(video.store)
    retrieval.exact_neighbours(engine, 0)
    monkeypatch.setattr(module, "EXACT_BYTES", int(1.5 * retrieval._exact_bytes))
    for frame in (1, 2, 3, 0, 1):
        found = retrieval.exact_neighbours(engine, frame)
        assert_same(found, engine.search(video.maps[frame]))
        assert len(retrieval._exact) == 1


def test_adding_a_stroke_searches_only_the_stroke(video, engine, monkeypatch):
    retrieval = Retrieval(video.store)
    code_all(retrieval)
    retrieval.answers(engine)
    retrieval.exact_neighbours(engine, 1)
    searched = []
    search = renewal.search_among

    def counted(references, members, queries, neighbours):
        searched.append((len(members), len(queries)))
        return search(references, members, queries, neighbours)

    monkeypatch.setattr(renewal, "search_among", counted)
    more = LabellingEngine(video.references({**MANY, 3: {(5, 5): (3, 1), (5, 6): (3, 1)}}))
    retrieval.answers(more)
    retrieval.exact_neighbours(more, 1)
    assert {members for members, queries in searched if members and queries} == {2}
    searched.clear()
    again = LabellingEngine(video.references(MANY))
    assert retrieval.answers(again).engine is engine, "undo finds what was answered before"
    assert not searched


def test_only_codewords_whose_lists_change_are_judged_again(video, monkeypatch):
    """With enough of the background annotated, so that no virtual one makes all votes others."""
    monkeypatch.setattr(engine_module, "ENOUGH_BACKGROUND", 10)
    engine = LabellingEngine(video.references(MANY))
    retrieval = Retrieval(video.store)
    code_all(retrieval)
    before = retrieval.answers(engine).critical
    judged = []
    levels = answers_module.critical_levels

    def counted(friends, *rest):
        judged.append(len(friends))
        return levels(friends, *rest)

    monkeypatch.setattr(answers_module, "critical_levels", counted)
    more = LabellingEngine(video.references({**MANY, 3: {(5, 5): (3, 1), (5, 6): (3, 1)}}))
    found = retrieval.answers(more)
    assert (found.critical != before).sum() <= sum(judged) < len(found.codewords) / 2
    np.testing.assert_array_equal(found.critical, Answers.of(more, found.codewords).critical)


def test_a_summary_waits_for_no_exact_list(video, engine, monkeypatch):
    retrieval = Retrieval(video.store)
    code_all(retrieval)
    retrieval.exact_neighbours(engine, 1)
    assert retrieval.summary(engine, 1)[1] == 1
    more = LabellingEngine(video.references({**MANY, 3: {(5, 5): (3, 1), (5, 6): (3, 1)}}))
    retrieval.answers(more)
    monkeypatch.setattr(video.store, "read", None)
    _summary, proved = retrieval.summary(more, 1)
    assert proved < 1
    monkeypatch.undo()
    assert retrieval.proved(more, 1) == 1
    assert retrieval.summary(more, 1)[1] == 1


def test_another_number_of_voters_is_another_search(video, engine):
    retrieval = Retrieval(video.store)
    code_all(retrieval)
    retrieval.exact_neighbours(engine, 1)
    three = LabellingEngine(engine.references, LabellingSettings(neighbours=3))
    assert_same(retrieval.exact_neighbours(three, 1), three.search(video.maps[1]))
    assert retrieval.answers(three).found.number.shape[1] == 3
