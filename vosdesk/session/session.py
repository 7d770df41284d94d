"""The application without Qt: one object that the window and the command line both drive."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from vosdesk.errors import ProjectError
from vosdesk.jobs import once
from vosdesk.project.document import Document
from vosdesk.project.history import History
from vosdesk.project.storage import SUFFIX
from vosdesk.session import events, importing, surroundings
from vosdesk.session.broadcaster import Broadcaster
from vosdesk.session.desk import Desk
from vosdesk.session.embedding_work import EmbedderShelf, EmbeddingChoices
from vosdesk.session.embedding_worker import EmbeddingWorker
from vosdesk.session.events import Severity
from vosdesk.session.exporting import ExportRequest, check_embedded, start_export
from vosdesk.session.keeper import Keeper
from vosdesk.session.label_book import LabelBook
from vosdesk.session.relabelling import relabel
from vosdesk.session.viewer import Viewer
from vosdesk.video import ReadAhead

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from vosdesk.arrays import LabelMap
    from vosdesk.jobs import Progress
    from vosdesk.project.autosave import Recovery
    from vosdesk.project.change import Change
    from vosdesk.project.commands import Command
    from vosdesk.session.desk import Dispatch
    from vosdesk.session.embedding_work import StoreOpened
    from vosdesk.session.events import EmbeddingChanged
    from vosdesk.session.rendering import Draft, ViewChoices
    from vosdesk.session.runners import Runners
    from vosdesk.video import FrameSource


class Session(Broadcaster):
    """A video, the document about it, and the jobs that follow every edit.

    All methods belong to one thread, the session's own: the window's, or the caller's of a
    headless session. Nothing here waits on that thread when ``runners`` are given.

    Args:
        runners: Threads for the work; None does all work inside the call that asks for it, and
            labels are then computed only when they are asked for.
        dispatch: Brings a call from a runner's thread to the session's own.
        choices: What the user chose about embedding.
        shelf: Where networks come from; sessions that share one load a network only once.
    """

    def __init__(
        self,
        *,
        runners: Runners | None = None,
        dispatch: Dispatch = lambda call: call(),
        choices: EmbeddingChoices | None = None,
        shelf: EmbedderShelf | None = None,
    ) -> None:
        super().__init__()
        self.source: FrameSource | None = None
        self._decoder: FrameSource | None = None
        self.book: LabelBook | None = None
        self.path: Path | None = None
        self.playhead = 0
        self._live = runners is not None
        self._desk = Desk(runners, dispatch, self._on_job_failed)
        self._worker = EmbeddingWorker(
            self._desk,
            self._tell,
            shelf or EmbedderShelf(),
            choices or EmbeddingChoices(),
            on_store=self._on_store_opened,
            on_frames=self._on_frames_embedded,
            asks=self._live,
        )
        self._viewer = Viewer(self._desk, self._tell, self.notify)
        self._keeper = Keeper(self._desk, self._tell)
        self._history = History(Document())

    # -- the document

    @property
    def history(self) -> History:
        """Past and future documents, for the undo menu."""
        return self._history

    @property
    def document(self) -> Document:
        """The newest document; it never changes itself, edits replace it."""
        return self._history.document

    @property
    def clean(self) -> bool:
        """Whether the project's file holds the newest document."""
        return self._history.is_clean

    def do(self, command: Command) -> Change:
        """Make an edit.

        Raises:
            ProjectError: The edit is not possible; nothing was changed.
        """
        return self._changed(self._history.do(command))

    def undo(self) -> Change | None:
        """Take the last edit back; None where there is none."""
        return self._moved(self._history.undo())

    def redo(self) -> Change | None:
        """Make the edit again that was taken back last; None where there is none."""
        return self._moved(self._history.redo())

    def _moved(self, change: Change | None) -> Change | None:
        """After undo and redo the user is taken to the place that changed."""
        if change is None:
            return None
        self._changed(change)
        if change.frames and self.playhead not in change.frames:
            self.seek(min(change.frames, key=lambda frame: abs(frame - self.playhead)))
        return change

    def _changed(self, change: Change) -> Change:
        self._viewer.draft = None
        self._request_view()  # first, since everything else gives way to it
        self._tell(events.DocumentChanged(change))
        self._tell(events.ProjectChanged(self.path, self.clean))
        if change.labels:
            self._request_labels()
        return change

    # -- opening and closing

    def open(self, path: Path) -> None:
        """Open a project, a video file or a folder of images.

        Raises:
            VosdeskError: Headless only; a window is told by a Notice.
        """
        if path.suffix == SUFFIX:
            self.open_project(path)
        else:
            self.open_video(path)

    def open_video(self, path: Path) -> None:
        """Begin a new project about a video.

        Raises:
            VideoError: Headless only; a window is told by a Notice.
        """
        self._start_opening(path, lambda: importing.open_new(path))

    def open_project(
        self, path: Path, video: Path | None = None, *, accept_changed: bool = False
    ) -> None:
        """Open a project and its video.

        Args:
            path: The project's file.
            video: Where the video is now, where it is not where the project remembers it.
            accept_changed: Take a video of other content, as long as size and length are the same.

        Raises:
            VosdeskError: Headless only; a window is told by a Notice, or by VideoMissing where
                the video moved or changed.
        """
        self._start_opening(path, lambda: importing.open_project_files(path, video, accept_changed))

    def _start_opening(
        self, path: Path, read: Callable[[], importing.OpenedProject | events.VideoMissing]
    ) -> None:
        self._tell(events.SourceOpening(path))
        self._desk.start(
            "disk",
            "open",
            once(read),
            on_done=lambda opened: self._on_opened(path, opened),
            on_ended=lambda _failed: self._tell(events.SourceNotOpened(path)),
        )

    def close_video(self) -> None:
        """Let go of the video and begin an empty document."""
        self._desk.cancel_all()
        if self.source is not None:
            # a reader may be in the middle of a frame: closing belongs to the thread that opens
            self._desk.start("disk", "close", once(self.source.close), lasting=True)
        self._use_book(None)
        self.source = self._decoder = self.path = None
        self.playhead = 0
        self._history = History(Document())
        self._worker.reset()
        self._tell(events.SourceClosed())

    def close(self) -> None:
        """End all work; the session is of no use afterwards."""
        self._desk.close()
        self._use_book(None)
        if self.source is not None:
            self.source.close()

    def _on_opened(self, path: Path, opened: importing.OpenedProject | events.VideoMissing) -> None:
        if isinstance(opened, events.VideoMissing):
            if not self._live:
                raise ProjectError(opened.reason, "Say where the video of the project is now.")
            self._tell(events.SourceNotOpened(path))
            self._tell(opened)
            return
        self._adopt(opened)
        if opened.unsaved:
            self._history.mark_unsaved()
            self._tell(events.ProjectChanged(self.path, self.clean))

    def _adopt(self, opened: importing.OpenedProject) -> None:
        self.close_video()
        self._decoder, self.path = opened.source, opened.path
        self.source = ReadAhead(opened.source)
        self._history = History(opened.document)
        self._tell(events.SourceOpened(self.source, opened.times))
        self._tell(events.ProjectChanged(opened.path, self.clean))
        if opened.source.notice:
            self.notify(Severity.WARNING, opened.source.notice)
        self._request_view()
        if self._live:
            self.embed()

    # -- saving

    def save(self, path: Path | None = None) -> None:
        """Write the project to its file, or to another one from now on.

        Raises:
            ProjectError: There is no path yet; or, headless, the file cannot be written.
        """
        target = path or self.path
        if target is None:
            raise ProjectError("This project has no file yet.", "Choose one with Save as.")
        document, source = self.document, self.source

        def saved() -> None:
            if source is not self.source:
                return  # another video was opened meanwhile
            self.path = target
            self._history.mark_clean(document)
            self._tell(events.ProjectChanged(target, self.clean))
            self.autosave()  # edits made meanwhile are in no file, and the copy is gone

        self._keeper.save(document, target, saved)

    def autosave(self) -> None:
        """Keep a recovery copy of what is not saved."""
        if self.source is not None and not self.clean:
            self._keeper.autosave(self.document, self.path)

    def find_recoveries(self) -> None:
        """Look for unsaved work of a session that crashed; tells RecoveriesFound."""
        self._keeper.find_recoveries()

    def recover(self, recovery: Recovery) -> None:
        """Take up unsaved work; the copy stays until the work is saved or discarded.

        Raises:
            VosdeskError: Headless only; a window is told by a Notice.
        """
        self._start_opening(recovery.path, lambda: importing.open_recovery(recovery))

    def discard_recovery(self, recovery: Recovery | None = None) -> None:
        """Remove a copy of unsaved work; this session's own where None."""
        self._keeper.discard(recovery)

    # -- the playhead and the picture

    def seek(self, frame_index: int) -> None:
        """Make a frame the visible one; an index outside the video means its nearest end."""
        if self.source is None:
            return
        self.playhead = int(np.clip(frame_index, 0, self.source.frame_count - 1))
        self._tell(events.PlayheadMoved(self.playhead))
        self._request_view()
        if self.book is not None and not self.book.stale().any():
            self._request_labels()  # else they are being made, and the work follows the playhead

    @property
    def view(self) -> ViewChoices:
        """How labels are shown."""
        return self._viewer.choices

    def set_view(self, view: ViewChoices) -> None:
        """Show labels in another way."""
        self._viewer.choices = view
        self._request_view()

    def preview(self, draft: Draft | None) -> None:
        """Show the visible frame as if this were painted on it too, until the next edit."""
        if draft is not self._viewer.draft:
            self._viewer.draft = draft
            self._request_view()

    def _request_view(self) -> None:
        if self.source is not None and self._live:
            self._viewer.show(self.source, self.playhead, self.document, self.book)

    # -- embedding

    @property
    def choices(self) -> EmbeddingChoices:
        """What the user chose about embedding."""
        return self._worker.choices

    @property
    def embedding(self) -> EmbeddingChanged:
        """How far embedding has come."""
        return self._worker.progress

    def embed(self) -> None:
        """Embed what is not embedded yet, in the background where there is one.

        Raises:
            VosdeskError: Headless only; a window is told by a Notice.
        """
        if self._decoder is not None:
            store = self.book.store if self.book is not None else None
            self._worker.start(self._decoder, store, lambda: self.playhead)

    def agree_to_store(self, needed: int) -> None:
        """Begin embedding although the store takes that many bytes."""
        self._worker.agree(needed)
        self.embed()

    def set_choices(self, choices: EmbeddingChoices) -> None:
        """Embed with another model or on another device from now on."""
        before = self._worker.choices
        choices = dataclasses.replace(choices, agreed_bytes=before.agreed_bytes)
        if choices == before:
            return
        self._worker.choices = choices
        if self.source is not None and self._live:
            if choices.model != before.model:
                self._desk.cancel("labels")
                self._use_book(None)
                self._tell(events.FramesEmbedded(self.finished_frames()))
                self._request_view()
            self.embed()

    def pause_embedding(self, paused: bool) -> None:
        """Hold the embedding worker between two frames, or let it go on."""
        self._worker.set_paused(paused)

    def cancel_embedding(self) -> None:
        """End embedding; what is embedded stays, and ``embed`` goes on from there."""
        self._worker.cancel()

    def look_around(self) -> None:
        """Find devices, models and stores; tells SurroundingsFound."""
        look = once(surroundings.look_around)
        self._desk.start("disk", "look around", look, on_done=self._tell, lasting=True)

    def clear_stores(self) -> None:
        """Remove all embedding stores but the open one; tells SurroundingsFound."""
        clear = once(surroundings.clear_stores)
        self._desk.start("disk", "clear", clear, on_done=self._tell, lasting=True)

    def finished_frames(self) -> NDArray[np.bool_]:
        """Return (frame_count,) bool: which frames are embedded."""
        if self.book is None:
            return np.zeros(self.source.frame_count if self.source else 0, dtype=np.bool_)
        return self.book.store.finished

    def _on_store_opened(self, opened: StoreOpened) -> None:
        assert self.source is not None
        if self.book is None or self.book.store is not opened.store:
            source, floor = self.source, opened.similarity_floor
            self._use_book(
                LabelBook(source.frame_count, opened.geometry, opened.store, floor, source.read)
            )
        self._on_frames_embedded()

    def _use_book(self, book: LabelBook | None) -> None:
        """Take up another book; who has closed a store lets other processes remove it."""
        if self.book is not None:
            self.book.store.close()
        self._viewer.forget()
        self.book = book

    def _on_frames_embedded(self) -> None:
        self._tell(events.FramesEmbedded(self.finished_frames()))
        self._request_labels()

    # -- labels

    def label_map(self, frame_index: int) -> LabelMap:
        """Return (height, width) uint8 object ids of a frame, computed now where need be.

        Meant for headless use: it takes as long as it takes.

        Raises:
            ProjectError: No video is open.
            StoreError: The frame's embeddings cannot be read.
        """
        book = self._need_book()
        return book.label_map(book.advance(self.document), frame_index)

    def explain(self, frame_index: int, x: int, y: int) -> None:
        """Find out why a pixel, told in source pixels, has its label; tells PixelExplained."""
        if self.source is not None:
            self._viewer.explain(self.source, (frame_index, x, y), self.document, self.book)

    def _request_labels(self) -> None:
        if self.book is None or not self._live:
            return
        self._desk.start(
            "labels",
            "labels",
            relabel(self.book, lambda: self.document, lambda: self.playhead),
            on_progress=self._on_labels_progress,
        )

    def _on_labels_progress(self, progress: Progress) -> None:
        frames = progress.payload
        if frames is None:
            return
        assert isinstance(frames, frozenset)
        self._tell(events.LabelsChanged(frames))
        if not frames or self.playhead in frames:
            self._request_view()

    def _need_book(self) -> LabelBook:
        if self.book is None:
            raise ProjectError(
                "No video is embedded yet.", "Open one and wait for its first frame."
            )
        return self.book

    # -- in and out

    def import_annotations(self, kind: importing.Kind, path: Path) -> None:
        """Add masks, scribbles or clicks from files, with the objects they need, as one edit.

        Raises:
            VosdeskError: There is no video; headless also where a file cannot be used. A window
                is told by a Notice.
        """
        source, document = self.source, self.document
        if source is None:
            raise ProjectError(f"There is no video for {path.name}.", "Open a video first.")
        read = importing.READERS[kind]
        self._desk.start(
            "disk", "import", once(lambda: read(path, source, document)), on_done=self._do_or_tell
        )

    def _do_or_tell(self, command: Command) -> None:
        """Make an edit that was prepared by a job; the document may have moved on meanwhile."""
        try:
            self.do(command)
        except ProjectError as error:
            if not self._live:
                raise
            self.notify(Severity.ERROR, error)

    def lock_frame(self, frame_index: int) -> None:
        """Keep the frame's label map as it is now, whatever is annotated later."""
        job = importing.lock_command(self._need_book(), self.document, frame_index)
        self._desk.start("export", "lock", job, on_done=self._do_or_tell)

    def export(
        self, format_name: str, folder: Path, *, overwrite: bool = False, partial: bool = False
    ) -> None:
        """Write all label maps in a format of ``vosdesk.export``.

        Args:
            format_name: Which format.
            folder: Where; a new or empty folder unless ``overwrite``.
            overwrite: Replace results of an earlier export in that folder.
            partial: Export although frames are not embedded yet; those hold painted pixels only.

        Raises:
            VosdeskError: Nothing to export yet; headless also where the folder cannot be written.
        """
        book, source = self._need_book(), self.source
        assert source is not None
        undecodable = self._worker.undecodable
        if not partial:
            check_embedded(book, undecodable)
        request = ExportRequest(
            source, self.document, book, undecodable, format_name, folder, overwrite
        )
        start_export(self._desk, self._tell, request)

    def cancel_export(self) -> None:
        """End a running export; no half result stays behind."""
        self._desk.cancel("export")
