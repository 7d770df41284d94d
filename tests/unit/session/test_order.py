"""Labels are a function of the document: how it came about leaves no trace, bit for bit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vosdesk.project.annotations import Click, Region, Scribble
from vosdesk.project.commands import AddAnnotations, RemoveAnnotations, missing_objects

if TYPE_CHECKING:
    from pathlib import Path

    from vosdesk.arrays import LabelMap
    from vosdesk.project.annotations import Annotation
    from vosdesk.session import Session

COUNT, WIDTH, HEIGHT = 6, 96, 64

xs, ys = st.floats(0, WIDTH - 1), st.floats(0, HEIGHT - 1)
points = st.tuples(xs, ys)
objects = st.integers(0, 3)


def annotations_on(frame: int) -> st.SearchStrategy[Annotation]:
    return st.one_of(
        st.builds(Click, frame=st.just(frame), object_id=objects, x=xs, y=ys),
        st.builds(
            Scribble,
            frame=st.just(frame),
            object_id=objects,
            points=st.lists(points, min_size=1, max_size=4).map(tuple),
            radius=st.floats(1, 12),
        ),
        st.builds(
            Region,
            frame=st.just(frame),
            object_id=objects,
            outline=st.lists(points, min_size=3, max_size=5).map(tuple),
        ),
    )


one_per_frame = st.lists(st.integers(0, COUNT - 1), min_size=1, max_size=4, unique=True).flatmap(
    lambda frames: st.tuples(*map(annotations_on, frames))
)
any_frames = st.lists(st.integers(0, COUNT - 1).flatmap(annotations_on), min_size=1, max_size=5)


@pytest.fixture
def opened(session: Session, clip: Path) -> Session:
    session.open_video(clip)
    session.embed()
    return session


def add(session: Session, annotation: Annotation) -> None:
    missing = missing_objects(session.document, (annotation,))
    session.do(AddAnnotations((annotation,), missing))


def labels(session: Session) -> list[LabelMap]:
    return [session.label_map(index) for index in range(COUNT)]


def same(some: list[LabelMap], others: list[LabelMap]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(some, others, strict=True))


def take_all_back(session: Session) -> None:
    while session.undo() is not None:
        pass


def test_the_order_of_annotations_on_different_frames_does_not_matter(opened: Session) -> None:
    @settings(max_examples=25, deadline=None)
    @given(added=one_per_frame, random=st.randoms(use_true_random=False))
    def check(added: tuple[Annotation, ...], random: object) -> None:
        shuffled = list(added)
        random.shuffle(shuffled)  # type: ignore[attr-defined]
        for annotation in added:
            add(opened, annotation)
        expected = labels(opened)
        take_all_back(opened)
        for annotation in shuffled:
            add(opened, annotation)
            opened.label_map(annotation.frame)  # what is computed on the way does not matter either
        assert same(labels(opened), expected)
        take_all_back(opened)
        assert not any(label_map.any() for label_map in labels(opened))

    check()


def test_a_removed_annotation_was_never_there(opened: Session) -> None:
    @settings(max_examples=25, deadline=None)
    @given(added=any_frames, place=st.integers(0, 4), looked=st.booleans())
    def check(added: list[Annotation], place: int, looked: bool) -> None:
        removed = place % len(added)
        for number, annotation in enumerate(added):
            if number != removed:
                add(opened, annotation)
        expected = labels(opened)
        take_all_back(opened)
        for annotation in added:
            add(opened, annotation)
        if looked:
            labels(opened)
        opened.do(RemoveAnnotations((opened.document.annotations[removed].id,)))
        assert same(labels(opened), expected)
        take_all_back(opened)

    check()
