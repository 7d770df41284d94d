"""Labels that keep up with the pen are those that come of the finished stroke."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vosdesk.overlay.composition import OverlayMode
from vosdesk.project.annotations import ERASED, Annotation, Click, Scribble
from vosdesk.project.commands import AddAnnotations, missing_objects
from vosdesk.project.rasterise import paint
from vosdesk.session.drafting import DraftLabels
from vosdesk.session.rendering import ViewChoices, ViewRequest, render

if TYPE_CHECKING:
    from pathlib import Path

    from vosdesk.session import Session
    from vosdesk.session.events import FrameRendered
    from vosdesk.session.label_book import LabelBook

OBJECT = Click(frame=0, object_id=1, x=20.0, y=32.0)
BLUE = Click(frame=3, object_id=0, x=80.0, y=8.0)

points = st.tuples(st.integers(0, 95).map(float), st.integers(0, 63).map(float))
strokes = st.builds(
    lambda object_id, line, radius: Scribble(
        frame=0, object_id=object_id, points=tuple(line), radius=radius
    ),
    st.sampled_from([0, 1, 2, ERASED]),
    st.lists(points, min_size=1, max_size=4),
    st.sampled_from([1.0, 6.0, 15.0]),
)


@pytest.fixture
def book(session: Session, clip: Path) -> LabelBook:
    """A book of a video with one click on its first frame and one on its fourth."""
    session.open_video(clip)
    session.embed()
    session.do(AddAnnotations((OBJECT, BLUE), missing_objects(session.document, (OBJECT, BLUE))))
    session.label_map(0)
    assert session.book is not None
    return session.book


def from_scratch(book: LabelBook, session: Session, annotations: tuple[Annotation, ...]):
    """The labels of frame 0 where the document has exactly these annotations on it."""
    kept = tuple(item for item in session.document.annotations if item.frame != 0)
    numbered = tuple(
        item.model_copy(update={"id": 10 + place}) for place, item in enumerate(annotations)
    )
    document = session.document.with_fields(
        objects=session.document.objects + missing_objects(session.document, annotations),
        annotations=(*kept, *numbered),
        next_annotation_id=100,
    )
    engine = book.state_of(document).engine
    return engine.label(0, book.store.read(0)), numbered


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.lists(strokes, max_size=3), min_size=1, max_size=4))
def test_step_by_step_they_are_those_from_scratch(book, session, steps) -> None:
    drafting = DraftLabels()
    for drawn in steps:
        expected, numbered = from_scratch(book, session, tuple(drawn))
        painted = paint(numbered, 0, session.source.size)
        found = drafting.labels(book, 0, painted)
        assert found.object_ids == expected.object_ids
        np.testing.assert_array_equal(found.scores, expected.scores)
        np.testing.assert_array_equal(found.nearest, expected.nearest)


def test_a_growing_line_searches_only_for_what_it_adds(book, session, monkeypatch) -> None:
    from vosdesk.labelling import renewal

    searched: list[int] = []
    search = renewal.search_among

    def counted(references, members, queries, neighbours):
        searched.append(len(members) * len(queries))
        return search(references, members, queries, neighbours)

    drafting = DraftLabels()
    kept = session.document.annotations_on(0)
    drafting.labels(book, 0, paint(kept, 0, session.source.size))
    monkeypatch.setattr(renewal, "search_among", counted)
    for end in (30.0, 45.0, 60.0):
        line = Scribble(frame=0, object_id=0, points=((4.0, 60.0), (end, 60.0)), radius=2.0)
        drafting.labels(book, 0, paint((*kept, line), 0, session.source.size))
    cells = 8 * 12
    assert searched[0] <= 5 * cells
    assert all(count <= 3 * cells for count in searched[1:])


def test_other_frames_paint_counts_and_new_states_are_noticed(book, session) -> None:
    drafting = DraftLabels()
    kept = session.document.annotations_on(0)
    before = drafting.labels(book, 0, paint(kept, 0, session.source.size))
    session.do(AddAnnotations((Click(frame=5, object_id=1, x=90.0, y=60.0),)))
    session.label_map(1)
    after = drafting.labels(book, 0, paint(kept, 0, session.source.size))
    np.testing.assert_array_equal(
        after.scores, book.state.engine.label(0, book.store.read(0)).scores
    )
    assert not np.array_equal(before.scores, after.scores)


def test_without_any_paint_there_are_no_labels(session: Session, clip: Path) -> None:
    session.open_video(clip)
    session.embed()
    assert session.book is not None
    assert DraftLabels().labels(session.book, 0, None) is None


def test_a_closed_video_is_let_go(session: Session, clip: Path) -> None:
    session.open_video(clip)
    session.embed()
    session.do(AddAnnotations((OBJECT,), missing_objects(session.document, (OBJECT,))))
    session.explain(0, 20, 32)  # of a frame that was painted on since it was labelled
    assert session.book is not None
    book = weakref.ref(session.book)
    session.close_video()
    gc.collect()
    assert book() is None


def test_a_finished_strokes_picture_is_that_of_its_preview(book, session) -> None:
    drafting, before = DraftLabels(), session.document
    stroke = Scribble(frame=0, object_id=1, points=((5.0, 5.0), (40.0, 9.0)), radius=6.0)

    def picture(document, **more) -> FrameRendered:
        return render(ViewRequest(session.source, 0, document, book, drafting=drafting, **more))

    preview = picture(before, draft=lambda: stroke)
    session.do(AddAnnotations((stroke,), ()))
    finished = picture(session.document)
    assert finished.picture is preview.picture
    outline = ViewChoices(mode=OverlayMode.OUTLINE)
    other = picture(session.document, choices=outline)
    assert not np.array_equal(other.picture, preview.picture)
    undone = picture(before)
    assert not np.array_equal(undone.picture, preview.picture)


@pytest.mark.parametrize("heat", [False, True])
def test_a_growing_strokes_picture_is_what_it_would_be_without_the_last_one(
    book, session, heat
) -> None:
    drafting, choices = DraftLabels(), ViewChoices(heat=heat)
    for end in (10.0, 30.0, 50.0):
        stroke = Scribble(frame=0, object_id=1, points=((5.0, 5.0), (end, 9.0)), radius=6.0)
        asked = ViewRequest(session.source, 0, session.document, book, choices, lambda s=stroke: s)
        grown = render(replace(asked, drafting=drafting))
        np.testing.assert_array_equal(grown.picture, render(asked).picture)
