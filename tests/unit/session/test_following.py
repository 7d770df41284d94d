"""Labels follow the video's links, in the job behind the window as in an export."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vosdesk.embedding.link_format import OFFSETS
from vosdesk.jobs import run_to_end
from vosdesk.project.annotations import Click, Scribble
from vosdesk.project.commands import AddAnnotations, ChangeSettings, missing_objects
from vosdesk.session.relabelling import relabel

if TYPE_CHECKING:
    from pathlib import Path

    from vosdesk.jobs import Progress
    from vosdesk.labelling.engine import FrameLabels
    from vosdesk.session import Session
    from vosdesk.session.label_book import LabelBook

COUNT = 6


@pytest.fixture
def clicked(session: Session, clip: Path) -> Session:
    """One click on the square of frame 0, one beside it."""
    session.open_video(clip)
    session.embed()
    clicks = (
        Click(frame=0, object_id=1, x=20.0, y=32.0),
        Click(frame=0, object_id=0, x=80.0, y=8.0),
    )
    session.do(AddAnnotations(clicks, missing_objects(session.document, clicks)))
    return session


def book_of(session: Session) -> LabelBook:
    assert session.book is not None
    return session.book


def with_links(session: Session, links: float) -> None:
    session.do(ChangeSettings(session.document.settings.model_copy(update={"links": links})))


def shown(session: Session, frame_index: int) -> FrameLabels:
    labels = book_of(session).known_labels(frame_index)
    assert labels is not None
    return labels


def relabelled(session: Session, visible: int = 2) -> list[Progress]:
    seen: list[Progress] = []
    run_to_end(relabel(book_of(session), lambda: session.document, lambda: visible), seen.append)
    return seen


def test_a_video_is_linked_when_it_is_embedded(clicked: Session) -> None:
    links = book_of(clicked).store.links
    for offset in OFFSETS:
        assert links.finished(offset).tolist() == [i >= offset for i in range(COUNT)]


def test_without_links_labels_are_those_of_the_references_alone(clicked: Session) -> None:
    with_links(clicked, 0.0)
    relabelled(clicked)
    book = book_of(clicked)
    for index in range(COUNT):
        alone = book.state.engine.label(index, book.store.read(index))
        assert np.array_equal(book.labels(book.state, index).scores, alone.scores)
        painted = clicked.label_map(index) if index == 0 else book.upsample(alone, None)
        assert np.array_equal(clicked.label_map(index), painted)
        assert book.known_labels(index) is book.labels(book.state, index)


def test_the_window_shows_what_an_export_writes(clicked: Session) -> None:
    seen = relabelled(clicked)
    book = book_of(clicked)
    assert book.sweep.settled.all()
    assert not np.isnan(book.unsure).any()
    assert all(progress.payload is None or progress.payload for progress in seen[1:])
    for index in range(1, COUNT):
        written = clicked.label_map(index)
        assert np.array_equal(book.upsample(shown(clicked, index), None), written)
        sweep = run_to_end(book.prepare(book.state)).sweep
        exactly = sweep.labels(book.labels(book.state, index))
        assert np.array_equal(shown(clicked, index).scores, exactly.scores)
        alone = book.labels(book.state, index)
        assert (shown(clicked, index).scores != alone.scores).any()


def test_a_change_and_its_undoing_are_followed(clicked: Session) -> None:
    relabelled(clicked)
    first = [shown(clicked, index).scores for index in range(COUNT)]
    stroke = Scribble(frame=3, object_id=2, points=((40.0, 20.0), (50.0, 40.0)), radius=4.0)
    clicked.do(AddAnnotations((stroke,), missing_objects(clicked.document, (stroke,))))
    relabelled(clicked)
    assert shown(clicked, 3).object_ids == (0, 1, 2)
    assert (shown(clicked, 3).scores[2] > 0.5).any()
    clicked.undo()
    relabelled(clicked)
    for index, scores in enumerate(first):
        assert np.array_equal(shown(clicked, index).scores, scores)


def test_a_job_that_was_ended_is_taken_up_by_the_next(clicked: Session) -> None:
    whole = [scores.copy() for scores in _after_ending(clicked, after=None)]
    with_links(clicked, 0.5)
    relabelled(clicked)
    with_links(clicked, 1.0)
    ended = _after_ending(clicked, after=3)
    assert all(np.array_equal(a, b) for a, b in zip(whole, ended, strict=True))


def test_what_an_export_needs_is_prepared_in_steps_that_can_end(clicked: Session) -> None:
    book = book_of(clicked)
    state = book.advance(clicked.document)
    job = book.prepare(state)
    assert next(job).done == 0
    job.close()
    seen: list[Progress] = []
    prepared = run_to_end(book.prepare(state), seen.append)
    assert prepared.sweep is not None
    assert len(seen) > COUNT
    clicked.undo()
    assert run_to_end(book.prepare(book.advance(clicked.document))).sweep is None
    seen.clear()
    assert run_to_end(book.prepare(state), seen.append) is prepared  # it is still there
    assert not seen


def test_other_frames_follow_what_paint_is_spread_to(clicked: Session) -> None:
    stroke = Scribble(frame=0, object_id=1, points=((20.0, 32.0),), radius=10.0)
    clicked.do(AddAnnotations((stroke,)))
    book = book_of(clicked)
    state = book.advance(clicked.document)
    assert not state.whole
    assert state.elsewhere is state.engine, "nothing was spread before"
    relabelled(clicked)
    whole = book.state
    assert whole.whole
    assert whole.generation > state.generation
    assert set(whole.spread) == {0}
    assert whole.engine_for(0) is state.engine
    for index in range(1, COUNT):
        engine = whole.engine_for(index)
        assert len(engine.references) > len(whole.references)
        alone = engine.label(index, book.store.read(index))
        assert np.array_equal(book.labels(whole, index).scores, alone.scores)
    with_links(clicked, 0.0)
    relabelled(clicked)
    assert book.state.engine_for(3) is book.state.engine


def test_until_paint_is_spread_anew_other_frames_have_what_it_was_spread_to(
    clicked: Session,
) -> None:
    stroke = Scribble(frame=0, object_id=1, points=((20.0, 32.0),), radius=10.0)
    clicked.do(AddAnnotations((stroke,)))
    relabelled(clicked)
    book, before = book_of(clicked), book_of(clicked).state
    clicked.do(AddAnnotations((Click(frame=2, object_id=0, x=90.0, y=60.0),)))
    after = book.advance(clicked.document)
    assert after.spread == before.spread
    assert len(after.elsewhere.references) > len(after.engine.references)
    clicked.undo()
    clicked.undo()
    assert not book.advance(clicked.document).spread.keys() - {0}
    third = Click(frame=1, object_id=2, x=50.0, y=30.0)
    clicked.do(AddAnnotations((third,), missing_objects(clicked.document, (third,))))
    assert not book.advance(clicked.document).spread, "it knew nothing of the third label"


@pytest.mark.parametrize("steps", [1, 2, 4, 6])
def test_an_export_that_ends_may_have_spread_paint_for_the_job(
    clicked: Session, steps: int
) -> None:
    relabelled(clicked)
    stroke = Scribble(frame=0, object_id=1, points=((20.0, 32.0),), radius=10.0)
    clicked.do(AddAnnotations((stroke,)))
    book = book_of(clicked)
    job = relabel(book, lambda: clicked.document, lambda: 2)
    for _step in range(steps):
        next(job)
    export = book.prepare(book.state)
    while not book.state.whole:
        next(export)
    export.close()
    whole = book.state
    count = sum(1 for _progress in islice(job, 1000))
    assert count < 1000, "it ends"
    assert book.state is whole
    assert not book.stale().any()
    for index in range(1, COUNT):
        written = clicked.label_map(index)
        assert np.array_equal(book.upsample(shown(clicked, index), None), written)


def test_what_comes_of_it_is_the_same_whenever_jobs_were_ended(clicked: Session) -> None:
    places = st.tuples(st.floats(0, 95), st.floats(0, 63))
    strokes = st.builds(
        Scribble,
        frame=st.integers(0, COUNT - 1),
        object_id=st.integers(0, 1),
        points=st.lists(places, min_size=1, max_size=3).map(tuple),
        radius=st.floats(2, 12),
    )

    @settings(max_examples=20, deadline=None)
    @given(edits=st.lists(st.tuples(strokes, st.integers(0, 12)), min_size=1, max_size=4))
    def check(edits: list[tuple[Scribble, int]]) -> None:
        for stroke, steps in edits:
            clicked.do(AddAnnotations((stroke,)))
            job = relabel(book_of(clicked), lambda: clicked.document, lambda: 2)
            for _progress in islice(job, steps):
                pass
            job.close()
        relabelled(clicked)
        book = book_of(clicked)
        for index in set(range(COUNT)) - {stroke.frame for stroke, _steps in edits} - {0}:
            seen = book.upsample(shown(clicked, index), None)
            assert np.array_equal(seen, clicked.label_map(index))
        fresh = run_to_end(book.prepare(book.state))
        assert fresh.state is book.state
        for _edit in edits:
            clicked.undo()

    check()


def _after_ending(session: Session, after: int | None) -> list[np.ndarray]:
    if after is not None:
        job = relabel(book_of(session), lambda: session.document, lambda: 5)
        for _step in range(after):
            next(job)
        job.close()
    relabelled(session)
    return [shown(session, index).scores for index in range(COUNT)]


def test_labels_of_an_older_state_keep_no_references_alive(clicked: Session) -> None:
    relabelled(clicked)
    book = book_of(clicked)
    assert all(book.labels(book.state, index).heard is not None for index in range(COUNT))
    with_links(clicked, 0.5)
    book.advance(clicked.document)
    kept = [labels for _generation, labels in book._labels.values()]
    assert kept
    assert not any(labels.heard for labels in kept)
    assert book._labels_bytes == sum(labels.nbytes for labels in kept)
