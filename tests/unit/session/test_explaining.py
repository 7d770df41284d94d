"""Where a label comes from, told without a window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from vosdesk.labelling.sweep import Trace
from vosdesk.project.annotations import Click
from vosdesk.project.commands import AddAnnotations, missing_objects
from vosdesk.session import Session, events
from vosdesk.session.explaining import _painter
from vosdesk.session.explanation import Explanation, Reason
from vosdesk.session.label_book import LOCK_OWNER

if TYPE_CHECKING:
    from pathlib import Path

OBJECT = Click(frame=0, object_id=1, x=20.0, y=32.0)
BLUE = Click(frame=0, object_id=0, x=80.0, y=8.0)


@pytest.fixture
def opened(session: Session, clip: Path) -> Session:
    session.open_video(clip)
    session.embed()
    return session


def annotate(session: Session, *clicks: Click) -> None:
    session.do(AddAnnotations(clicks, missing_objects(session.document, clicks)))
    session.label_map(0)  # headless, labels are made when they are asked for


def why(session: Session, frame_index: int, x: int, y: int) -> Explanation:
    told: list[Explanation] = []
    with_explanation = events.PixelExplained

    def hear(event: events.Event) -> None:
        if isinstance(event, with_explanation):
            told.append(event.explanation)

    session.subscribe(hear)
    session.explain(frame_index, x, y)
    return told[-1]


def test_nothing_explains_a_pixel_without_strokes_or_embeddings(
    session: Session, clip: Path
) -> None:
    session.open_video(clip)
    assert why(session, 2, 4, 4) == Explanation(2, 4, 4, 0, Reason.UNKNOWN)
    session.embed()
    assert why(session, 2, 4, 4).reason is Reason.UNKNOWN


def test_the_references_are_those_that_voted(opened: Session) -> None:
    annotate(opened, OBJECT, BLUE)
    assert opened.book is not None
    for frame_index, x, y, owner in ((3, 40, 30, 1), (3, 90, 60, 2)):
        found = why(opened, frame_index, x, y)
        labels = opened.label_map(frame_index)
        assert found.object_id == labels[y, x]
        assert found.references[0].annotation_id == owner
        assert found.references[0].object_id == found.object_id
        engine = opened.book.state.engine_for(frame_index)
        cell = opened.book.store.read(frame_index)[y // 8, x // 8].astype(np.float32)
        alike = np.sort(engine.references.embeddings @ cell)[::-1][: len(found.references)]
        np.testing.assert_allclose([r.similarity for r in found.references], alike, atol=1e-3)
        assert sum(r.weight for r in found.references) == pytest.approx(1)


def test_a_reference_that_paint_was_spread_to_leads_to_that_paint(opened: Session) -> None:
    annotate(opened, OBJECT.model_copy(update={"radius": 9.0}), BLUE)
    places = [(x, y) for x in range(4, 96, 8) for y in range(4, 64, 8)]
    asked = [why(opened, 3, x, y) for x, y in places]
    spread = [r for found in asked for r in found.references if r.is_spread]
    assert {r.annotation_id for r in spread} <= {1, 2, None}
    assert {1, 2} & {r.annotation_id for r in spread}
    assert {r.frame_index for r in spread} == {0}
    assert all(r.annotation_id == r.object_id or r.annotation_id != 1 for r in spread)


def test_every_pixel_of_a_border_names_a_reference_of_its_own_label(opened: Session) -> None:
    annotate(opened, OBJECT, BLUE)
    labels = opened.label_map(4)
    for x in range(34, 70):
        found = why(opened, 4, x, 20)
        assert found.object_id == labels[20, x]
        assert found.references[0].object_id == found.object_id


def test_paint_and_locks_stand_for_themselves(opened: Session) -> None:
    annotate(opened, OBJECT, BLUE)
    found = why(opened, 0, 20, 32)
    assert (found.reason, found.annotation_id, found.references) == (Reason.PAINTED, 1, ())
    opened.lock_frame(0)
    assert why(opened, 0, 20, 32).reason is Reason.LOCKED
    opened.label_map(1)
    assert why(opened, 1, 28, 30).references[0].annotation_id == LOCK_OWNER


def test_without_background_what_is_unlike_says_so(opened: Session) -> None:
    annotate(opened, OBJECT)
    assert why(opened, 3, 90, 60).reason is Reason.UNLIKE
    assert why(opened, 3, 40, 30).reason is Reason.RETRIEVED


def test_the_last_row_and_column_lie_within_the_frame(opened: Session) -> None:
    annotate(opened, OBJECT, Click(frame=1, object_id=0, x=95.0, y=63.0))
    for reference in why(opened, 5, 95, 63).references:
        assert 0 <= reference.x < 96
        assert 0 <= reference.y < 64


def test_without_a_video_there_is_nothing_to_ask(session: Session) -> None:
    heard: list[events.Event] = []
    session.subscribe(heard.append)
    session.explain(0, 1, 1)
    assert not heard


def test_of_two_strokes_in_a_cell_the_one_counts_that_says_the_label(opened: Session) -> None:
    both = Click(frame=0, object_id=0, x=22.0, y=32.0, radius=1.0)
    annotate(opened, OBJECT, both)
    assert opened.book is not None
    state = opened.book.advance(opened.document)
    cells = state.references.cells[state.references.annotation_ids == 2].tolist()
    shared = next(
        cell
        for cell in state.references.cells[state.references.annotation_ids == 1].tolist()
        if cell in cells
    )
    trace = Trace(((0, *shared),), painted=True)
    assert [_painter(state, trace, object_id) for object_id in (0, 1, 7)] == [2, 1, None]
