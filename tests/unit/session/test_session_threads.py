"""A live session: real threads, and their news brought to the test's thread as to the window's."""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from vosdesk.embedding.store_folder import StoreFolder
from vosdesk.errors import StoreError
from vosdesk.jobs import once
from vosdesk.project.annotations import Click, Scribble
from vosdesk.project.commands import AddAnnotations, missing_objects
from vosdesk.session import EmbeddingChoices, Session, events
from vosdesk.session.events import EmbeddingState
from vosdesk.session.runners import Runners

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

COUNT = 6
PATIENCE = 20.0
OBJECT = Click(frame=0, object_id=1, x=20.0, y=32.0)
BACKGROUND = Click(frame=0, object_id=0, x=80.0, y=8.0)


class Gate:
    """Holds the embedder before a frame, so that a test knows where the work stands."""

    def __init__(self, embedder: object) -> None:
        self._embed = embedder.embed  # type: ignore[attr-defined]
        self._open = threading.Event()
        self.reached = threading.Event()
        embedder.embed = self.embed  # type: ignore[attr-defined]

    def embed(self, frames: object, times: object) -> object:
        self.reached.set()
        assert self._open.wait(PATIENCE)
        return self._embed(frames, times)

    def open(self) -> None:
        self._open.set()


class Live:
    """A session with threads, and the loop that makes its calls."""

    def __init__(self, shelf: object, choices: EmbeddingChoices | None = None) -> None:
        self._calls: queue.Queue[Callable[[], None]] = queue.Queue()
        self.heard: list[events.Event] = []
        self.runners = Runners.threads()
        self.session = Session(
            runners=self.runners,
            dispatch=self._calls.put,
            choices=choices,
            shelf=shelf,  # type: ignore[arg-type]
        )
        self.session.subscribe(self.heard.append)

    def until(self, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not done():
            self._calls.get(timeout=max(0.01, deadline - time.monotonic()))()

    def settle(self) -> None:
        """Make every call that is there already."""
        while not self._calls.empty():
            self._calls.get()()

    def all(self, kind: type) -> list:
        return [event for event in self.heard if isinstance(event, kind)]

    def embedded(self) -> bool:
        return self.session.embedding.state is EmbeddingState.DONE

    def labelled(self) -> bool:
        """Whether every embedded frame has the labels of the newest document."""
        book = self.session.book
        if book is None or book.state_of(self.session.document) is not book.state:
            return False
        return bool(book.state.engine.references) and not book.stale().any()

    def open(self, path: Path) -> None:
        self.session.open_video(path)
        self.until(lambda: self.session.source is not None and self.session.source.path == path)

    def annotate(self, *clicks: Click | Scribble) -> None:
        self.session.do(AddAnnotations(clicks, missing_objects(self.session.document, clicks)))


def own_threads() -> set[threading.Thread]:
    """Those that run, without the pool that zarr keeps."""
    return {thread for thread in threading.enumerate() if thread.name.startswith("vosdesk")}


@pytest.fixture
def live(shelf: object) -> Iterator[Live]:
    made = Live(shelf)
    yield made
    made.session.close()


@pytest.fixture
def gate(shelf: object) -> Iterator[Gate]:
    made = Gate(shelf.embedder)  # type: ignore[attr-defined]
    yield made
    made.open()


@pytest.fixture
def other_clip(clip: Path) -> Path:
    """Another video, of another length and size."""
    folder = clip.with_name("other")
    folder.mkdir()
    for index in range(3):
        Image.new("RGB", (64, 48), (10 * index, 120, 60)).save(folder / f"{index:05d}.png")
    return folder


def test_every_frame_is_labelled_the_visible_one_first(live: Live, clip: Path) -> None:
    live.open(clip)
    live.until(live.embedded)
    live.session.seek(4)
    live.heard.clear()
    live.annotate(OBJECT, BACKGROUND)
    live.until(live.labelled)
    live.settle()
    told = [event.frames for event in live.all(events.LabelsChanged)]
    assert told[0] == frozenset()  # every frame's labels may be others, and the visible one's are
    assert 4 not in told[1]
    assert frozenset().union(*told) == set(range(COUNT))
    for index in range(COUNT):
        label_map = live.session.label_map(index)
        left = 8 + 8 * index
        assert (label_map[20:44, left + 4 : left + 20] == 1).all()


def test_annotations_may_come_before_the_embeddings(live: Live, gate: Gate, clip: Path) -> None:
    live.open(clip)
    assert gate.reached.wait(PATIENCE)
    live.annotate(OBJECT, BACKGROUND)
    gate.open()
    live.until(lambda: live.embedded() and live.labelled())
    assert live.session.label_map(5)[32, 60] == 1


def test_a_correction_while_labelling_is_what_all_frames_end_with(live: Live, clip: Path) -> None:
    live.open(clip)
    live.until(live.embedded)
    live.annotate(OBJECT)
    live.until(lambda: bool(live.all(events.LabelsChanged)))
    live.annotate(BACKGROUND)
    live.until(live.labelled)
    assert live.session.book is not None
    assert live.session.book.state.engine.references.knows_background


def test_an_export_of_an_earlier_document_leaves_the_labels_alone(
    live: Live, clip: Path, tmp_path: Path
) -> None:
    """The export waits behind other work; what is edited meanwhile is not undone by it."""
    live.open(clip)
    live.until(live.embedded)
    live.annotate(OBJECT, BACKGROUND)
    live.until(live.labelled)
    before = [live.session.label_map(index) for index in range(COUNT)]
    go_on = threading.Event()
    live.runners.export.submit(once(lambda: go_on.wait(PATIENCE)), key="something else")
    live.session.export("indexed", tmp_path / "out")
    everything = Scribble(frame=1, object_id=0, points=((0.0, 30.0), (96.0, 30.0)), radius=60.0)
    live.annotate(everything)
    live.until(live.labelled)
    live.settle()
    live.heard.clear()
    go_on.set()
    live.until(lambda: any(event.ended for event in live.all(events.ExportChanged)))
    live.until(live.labelled)
    for index, label_map in enumerate(before):
        with Image.open(tmp_path / "out" / f"{index:05d}.png") as image:
            assert (np.asarray(image) == label_map).all()
    assert frozenset() not in [event.frames for event in live.all(events.LabelsChanged)]
    assert not live.session.label_map(1).any()


def test_a_second_video_takes_over_while_the_first_is_embedded(
    live: Live, gate: Gate, clip: Path, other_clip: Path
) -> None:
    live.open(clip)
    assert gate.reached.wait(PATIENCE)
    live.session.open_video(other_clip)
    live.until(lambda: live.session.source is not None and live.session.source.path == other_clip)
    live.heard.clear()
    gate.open()
    live.until(live.embedded)
    live.settle()
    assert {event.total for event in live.all(events.EmbeddingChanged) if event.total} == {3}
    assert {len(event.finished) for event in live.all(events.FramesEmbedded)} == {3}
    assert not live.all(events.Notice)


def test_the_store_of_a_closed_video_can_be_removed(live: Live, clip: Path) -> None:
    live.open(clip)
    live.until(live.embedded)
    assert not StoreFolder().remove_all()
    live.session.close_video()
    assert len(StoreFolder().remove_all()) == 1


def test_a_video_opened_twice_in_a_hurry_leaves_no_thread_behind(
    shelf: object, clip: Path, other_clip: Path
) -> None:
    before = own_threads()
    live = Live(shelf)
    for _ in range(3):
        live.session.open_video(clip)
        live.session.open_video(other_clip)
    live.until(live.embedded)
    assert live.session.source is not None
    assert live.session.source.path == other_clip
    live.session.close()
    assert own_threads() == before


def test_closing_in_the_middle_of_the_work_joins_every_thread(
    shelf: object, gate: Gate, clip: Path, tmp_path: Path
) -> None:
    before = own_threads()
    live = Live(shelf)
    live.open(clip)
    assert gate.reached.wait(PATIENCE)
    live.annotate(OBJECT)
    live.session.save(tmp_path / "p.vosdesk")
    gate.open()
    live.session.close()
    assert own_threads() == before
    assert (tmp_path / "p.vosdesk").is_file()
    live.heard.clear()
    live.settle()
    assert not live.heard


def test_pausing_holds_and_cancelling_ends_and_embed_goes_on(
    live: Live, gate: Gate, shelf: object, clip: Path
) -> None:
    live.open(clip)
    live.until(lambda: live.session.embedding.state is EmbeddingState.RUNNING)
    assert gate.reached.wait(PATIENCE)
    live.session.pause_embedding(True)
    gate.open()
    live.until(lambda: live.session.embedding.done > 0)
    assert live.session.embedding.state is EmbeddingState.PAUSED
    done = live.session.embedding.done
    assert done < COUNT
    live.session.cancel_embedding()
    live.until(lambda: live.session.embedding.state is EmbeddingState.CANCELLED)
    assert live.session.finished_frames().sum() == done
    live.session.embed()
    live.until(live.embedded)
    assert live.session.finished_frames().all()
    assert len(shelf.embedder.embedded) == COUNT  # type: ignore[attr-defined]


def test_a_paused_job_goes_on(live: Live, gate: Gate, clip: Path) -> None:
    live.open(clip)
    live.until(lambda: live.session.embedding.state is EmbeddingState.RUNNING)
    live.session.pause_embedding(True)
    gate.open()
    live.session.pause_embedding(False)
    live.until(live.embedded)


def test_a_large_store_is_begun_when_somebody_agrees(shelf: object, clip: Path) -> None:
    live = Live(shelf, EmbeddingChoices(agreed_bytes=1))
    live.open(clip)
    live.until(lambda: bool(live.all(events.StoreConsentNeeded)))
    assert not live.session.finished_frames().any()
    live.session.agree_to_store(live.all(events.StoreConsentNeeded)[0].needed)
    live.until(live.embedded)
    live.session.close()


@pytest.mark.parametrize(("limit", "stores"), [(1, 1), (0, 2)], ids=["tiny", "none"])
def test_the_limit_for_stores_is_kept_unless_there_is_none(
    shelf: object, clip: Path, other_clip: Path, limit: int, stores: int
) -> None:
    live = Live(shelf, EmbeddingChoices(store_limit=limit))
    for path in (clip, other_clip):
        live.open(path)
        live.until(live.embedded)
    assert len(StoreFolder().list()) == stores
    live.session.close()


def test_another_model_begins_anew(live: Live, shelf: object, clip: Path) -> None:
    live.open(clip)
    live.until(live.embedded)
    live.annotate(OBJECT, BACKGROUND)
    live.until(live.labelled)
    shelf.embedder.fingerprint = "colour-2"  # type: ignore[attr-defined]
    live.session.set_choices(EmbeddingChoices(model="another"))
    assert not live.all(events.FramesEmbedded)[-1].finished.any()
    live.until(lambda: live.embedded() and live.labelled())
    assert len(shelf.embedder.embedded) == 2 * COUNT  # type: ignore[attr-defined]


def test_embeddings_in_memory_survive_a_pause_for_good(
    live: Live, gate: Gate, shelf: object, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (clip.parent / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("VOSDESK_CACHE_DIR", str(clip.parent / "file"))
    live.open(clip)
    assert gate.reached.wait(PATIENCE)
    live.session.cancel_embedding()
    gate.open()
    live.until(lambda: live.session.embedding.state is EmbeddingState.CANCELLED)
    done = int(live.session.finished_frames().sum())
    assert 0 < done < COUNT
    live.session.embed()
    live.until(live.embedded)
    assert len(shelf.embedder.embedded) == COUNT  # type: ignore[attr-defined]
    assert len(live.all(events.Notice)) == 1


@pytest.mark.parametrize("fails", ["network", "store"])
def test_a_failure_is_one_notice(
    live: Live, shelf: object, clip: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    def refuse(*_anything: object) -> object:
        raise StoreError("The disk of here is full.", "Make room.")

    if fails == "network":
        monkeypatch.setattr(shelf, "get", refuse)
    else:
        monkeypatch.setattr("vosdesk.embedding.store.EmbeddingStore.write", refuse)
    live.open(clip)
    live.until(lambda: live.session.embedding.state is EmbeddingState.FAILED)
    live.settle()
    assert [notice.sentence for notice in live.all(events.Notice)] == ["The disk of here is full."]
    monkeypatch.undo()


def test_a_bug_is_one_notice_and_keeps_the_work(
    live: Live, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vosdesk.session.viewer.render", lambda _request: 1 // 0)
    live.open(clip)
    live.until(lambda: bool(live.all(events.Notice)))
    (notice,) = {notice.sentence for notice in live.all(events.Notice)}
    assert "went wrong" in notice
    live.until(live.embedded)


def test_a_frame_that_cannot_be_decoded_is_passed_over_and_told(
    live: Live, clip: Path, tmp_path: Path
) -> None:
    path = clip / "00003.png"
    path.write_bytes(path.read_bytes()[:80])
    live.open(clip)
    live.until(live.embedded)
    (notice,) = live.all(events.Notice)
    assert notice.sentence == f"Frame 00003 of {clip.name} cannot be decoded."
    assert live.session.finished_frames().tolist() == [True, True, True, False, True, True]
    live.session.seek(3)
    live.until(lambda: any(event.frame_index == 3 for event in live.all(events.FrameRendered)))
    assert not live.all(events.FrameRendered)[-1].picture.any()
    assert "00003.png" in live.all(events.Notice)[-1].sentence
    live.annotate(OBJECT, BACKGROUND)
    for name in ("indexed", "overlay"):
        live.session.export(name, tmp_path / name)
        ended = len([event for event in live.all(events.ExportChanged) if event.ended])
        live.until(
            lambda ended=ended: (
                len([event for event in live.all(events.ExportChanged) if event.ended]) > ended
            )
        )
        assert live.all(events.ExportChanged)[-1].folder == tmp_path / name
    with Image.open(tmp_path / "indexed" / "00003.png") as image:
        assert not np.asarray(image).any()
    assert len(list((tmp_path / "indexed").iterdir())) == COUNT


def test_a_video_that_disappears_ends_the_work_in_words(live: Live, gate: Gate, clip: Path) -> None:
    live.open(clip)
    assert gate.reached.wait(PATIENCE)
    clip.rename(clip.with_name("gone"))
    gate.open()
    live.until(lambda: live.session.embedding.state is EmbeddingState.FAILED)
    sentences = [notice.sentence for notice in live.all(events.Notice)]
    assert f"{clip} is not there any more." in sentences


def test_a_video_that_changes_is_not_embedded_as_the_one_it_was(
    live: Live, gate: Gate, clip: Path
) -> None:
    live.open(clip)
    assert gate.reached.wait(PATIENCE)
    Image.new("RGB", (96, 64), (9, 9, 9)).save(clip / "00005.png")
    gate.open()
    live.until(lambda: live.session.embedding.state is EmbeddingState.FAILED)
    sentences = {notice.sentence for notice in live.all(events.Notice)}
    assert sentences == {"00005.png has changed since it was opened."}
    assert not live.session.finished_frames()[5]
