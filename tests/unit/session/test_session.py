"""The main job without a window: open, annotate, label, undo, save, reopen, export."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from vosdesk.errors import ExportError, ProjectError, VideoError
from vosdesk.project.annotations import Click, Scribble
from vosdesk.project.commands import AddAnnotations, RemoveAnnotations, UnlockFrame, missing_objects
from vosdesk.session import Session, events

if TYPE_CHECKING:
    from pathlib import Path

    from vosdesk.arrays import LabelMap

COUNT = 6
WIDTH, HEIGHT = 96, 64


def truth(frame_index: int) -> LabelMap:
    labels = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    left = 8 + 8 * frame_index
    labels[16:48, left : left + 24] = 1
    return labels


def agreement(session: Session, frame_index: int) -> float:
    return float((session.label_map(frame_index) == truth(frame_index)).mean())


def annotate(session: Session) -> None:
    """One click on the red square of frame 0, one on the blue around it."""
    clicks = (
        Click(frame=0, object_id=1, x=20.0, y=32.0),
        Click(frame=0, object_id=0, x=80.0, y=8.0),
    )
    session.do(AddAnnotations(clicks, missing_objects(session.document, clicks)))


@pytest.fixture
def opened(session: Session, clip: Path) -> Session:
    session.open_video(clip)
    session.embed()
    return session


def test_clicks_on_one_frame_label_every_frame(opened: Session) -> None:
    annotate(opened)
    assert all(agreement(opened, i) > 0.97 for i in range(COUNT))


def test_undo_and_redo_bring_back_exactly_the_labels(opened: Session) -> None:
    annotate(opened)
    first = [opened.label_map(i) for i in range(COUNT)]
    stroke = Scribble(frame=3, object_id=0, points=((40.0, 20.0), (50.0, 40.0)), radius=3.0)
    opened.do(AddAnnotations((stroke,)))
    second = [opened.label_map(i) for i in range(COUNT)]
    assert any((a != b).any() for a, b in zip(first, second, strict=True))
    opened.undo()
    assert all((a == opened.label_map(i)).all() for i, a in enumerate(first))
    opened.redo()
    assert all((b == opened.label_map(i)).all() for i, b in enumerate(second))


def test_a_removed_stroke_leaves_no_trace(opened: Session) -> None:
    annotate(opened)
    before = [opened.label_map(i) for i in range(COUNT)]
    stroke = Scribble(frame=2, object_id=0, points=((30.0, 20.0), (40.0, 40.0)), radius=4.0)
    opened.do(AddAnnotations((stroke,)))
    added = opened.document.annotations[-1].id
    opened.do(RemoveAnnotations((added,)))
    assert all((a == opened.label_map(i)).all() for i, a in enumerate(before))


def test_undoing_everything_gives_background_everywhere(opened: Session) -> None:
    annotate(opened)
    opened.label_map(2)
    while opened.undo() is not None:
        pass
    assert not any(opened.label_map(i).any() for i in range(COUNT))


def test_painted_pixels_are_kept_on_their_own_frame(opened: Session) -> None:
    annotate(opened)
    wrong = Scribble(frame=1, object_id=1, points=((80.0, 56.0),), radius=5.0)
    opened.do(AddAnnotations((wrong,)))
    assert opened.label_map(1)[56, 80] == 1


def test_a_locked_frame_keeps_its_label_map(opened: Session) -> None:
    annotate(opened)
    opened.lock_frame(4)
    kept = opened.label_map(4)
    everything = Scribble(frame=0, object_id=0, points=((0.0, 30.0), (96.0, 30.0)), radius=60.0)
    opened.do(AddAnnotations((everything,)))
    assert (opened.label_map(4) == kept).all()
    opened.do(UnlockFrame(4))
    assert (opened.label_map(4) != kept).any()


def test_a_project_comes_back_as_it_was(
    opened: Session, clip: Path, tmp_path: Path, shelf: object
) -> None:
    annotate(opened)
    opened.lock_frame(5)
    path = tmp_path / "mein Projekt.vosdesk"
    opened.save(path)
    assert opened.clean
    labels = [opened.label_map(i) for i in range(COUNT)]

    again = Session(shelf=shelf)  # type: ignore[arg-type]
    again.open_project(path)
    again.embed()
    assert again.document.annotations == opened.document.annotations
    assert all((a == again.label_map(i)).all() for i, a in enumerate(labels))
    again.close()


def test_embeddings_are_computed_once(opened: Session, clip: Path, shelf: object) -> None:
    embedder = shelf.embedder  # type: ignore[attr-defined]
    assert len(embedder.embedded) == COUNT
    again = Session(shelf=shelf)  # type: ignore[arg-type]
    again.open_video(clip)
    again.embed()
    assert again.finished_frames().all()
    assert len(embedder.embedded) == COUNT
    again.close()


def test_export_writes_the_label_maps(opened: Session, tmp_path: Path) -> None:
    annotate(opened)
    opened.export("indexed", tmp_path / "out")
    for i in range(COUNT):
        with Image.open(tmp_path / "out" / f"{i:05d}.png") as image:
            assert image.mode == "P"
            assert (np.asarray(image) == opened.label_map(i)).all()


def test_masks_can_be_imported(opened: Session, tmp_path: Path) -> None:
    Image.fromarray(truth(0) * 255).save(tmp_path / "first.png")
    opened.import_annotations("masks", tmp_path / "first.png")
    assert [item.id for item in opened.document.objects] == [1]
    assert all(agreement(opened, i) > 0.97 for i in range(COUNT))
    opened.undo()
    assert not opened.document.objects


def test_a_moved_video_is_found_when_told(opened: Session, clip: Path, tmp_path: Path) -> None:
    annotate(opened)
    path = tmp_path / "p.vosdesk"
    opened.save(path)
    moved = clip.rename(tmp_path / "elsewhere")
    with pytest.raises(ProjectError, match="not there any more"):
        opened.open_project(path)
    opened.open_project(path, moved)
    assert len(opened.document.annotations) == 2


def test_another_video_is_refused_in_words(opened: Session, clip: Path, tmp_path: Path) -> None:
    annotate(opened)
    path = tmp_path / "p.vosdesk"
    opened.save(path)
    Image.new("RGB", (WIDTH, HEIGHT)).save(clip / "00002.png")
    with pytest.raises(ProjectError, match="is not the video of this project"):
        opened.open_project(path)
    opened.open_project(path, accept_changed=True)
    assert len(opened.document.annotations) == 2


def test_nothing_can_be_exported_before_it_is_embedded(
    session: Session, clip: Path, tmp_path: Path
) -> None:
    session.open_video(clip)
    with pytest.raises(ProjectError, match="embedded"):
        session.export("indexed", tmp_path / "out")


def test_an_unknown_format_is_told(opened: Session, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="no export format"):
        opened.export("gif", tmp_path / "out")


def test_a_missing_video_is_told(session: Session, tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"nothing\.mp4"):
        session.open_video(tmp_path / "nothing.mp4")
    assert session.source is None


def test_listeners_hear_of_every_edit(opened: Session) -> None:
    heard: list[events.Event] = []
    unsubscribe = opened.subscribe(heard.append)
    annotate(opened)
    opened.undo()
    unsubscribe()
    opened.redo()
    changes = [event for event in heard if isinstance(event, events.DocumentChanged)]
    assert [change.change.frames for change in changes] == [{0}, {0}]
    assert all(change.change.labels for change in changes)


def test_undo_goes_to_the_frame_that_changed(opened: Session) -> None:
    annotate(opened)
    opened.seek(5)
    opened.undo()
    assert opened.playhead == 0
