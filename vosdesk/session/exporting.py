"""From the document to an exporter: what an export format asks for, asked of the label book."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vosdesk.errors import ExportError
from vosdesk.export.registry import exporter_named
from vosdesk.export.sequence import ExportObject, ExportSequence
from vosdesk.export.staging import check_target
from vosdesk.session.events import ExportChanged
from vosdesk.session.rendering import black

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from vosdesk.arrays import Frame
    from vosdesk.jobs import Job
    from vosdesk.project.document import Document
    from vosdesk.session.desk import Desk
    from vosdesk.session.events import Event
    from vosdesk.session.label_book import LabelBook
    from vosdesk.session.label_state import LabelState
    from vosdesk.video import FrameSource


@dataclass(frozen=True, eq=False)
class ExportRequest:
    """Everything that an export depends on; later edits do not touch it.

    Attributes:
        source: The video.
        document: Whose labels are written.
        book: Where they come from.
        undecodable: Frames that the video cannot give; they are black in pictures, and their
            masks hold what was painted on them.
        format_name: Which format.
        folder: Where to.
        overwrite: Whether an earlier export there may be replaced.
    """

    source: FrameSource
    document: Document
    book: LabelBook
    undecodable: Collection[int]
    format_name: str
    folder: Path
    overwrite: bool


def check_embedded(book: LabelBook, undecodable: Collection[int]) -> None:
    """Refuse to export a video of which frames are still to be embedded.

    Raises:
        ExportError: Frames are missing that can be embedded.
    """
    missing = set(np.flatnonzero(~book.store.finished).tolist()).difference(undecodable)
    if missing:
        raise ExportError(
            f"{len(missing)} of {book.frame_count} frames are not embedded yet.",
            "Wait for the embedding to end, or export what there is.",
        )


def export_sequence(request: ExportRequest, state: LabelState) -> ExportSequence:
    """Return the results of this document, each label map computed when it is asked for."""
    source, book = request.source, request.book

    def frame(frame_index: int) -> Frame:
        if frame_index in request.undecodable:
            return black(source.size)
        return source.read(frame_index)

    return ExportSequence(
        frame_count=source.frame_count,
        frame_names=tuple(source.frame_names),
        size=source.size,
        fps=source.fps,
        objects=tuple(ExportObject(o.id, o.name, o.colour) for o in request.document.objects),
        label_map=lambda frame_index: book.label_map(state, frame_index),
        frame=frame,
    )


def export_job(request: ExportRequest) -> Job[list[Path]]:
    """Write the results.

    Raises:
        ExportError: There is no such format, or the folder cannot be written.
    """
    exporter = exporter_named(request.format_name)
    check_target(request.folder, overwrite=request.overwrite)  # before minutes of work
    state = request.book.state_of(request.document)
    yield from request.book.prepare(state)
    sequence = export_sequence(request, state)
    return (yield from exporter.write(sequence, request.folder, overwrite=request.overwrite))


def start_export(desk: Desk, tell: Callable[[Event], None], request: ExportRequest) -> None:
    """Write the results on a thread of their own, and tell ExportChanged.

    Raises:
        VosdeskError: Without threads only; otherwise the session is told.
    """
    count = request.source.frame_count
    desk.start(
        "export",
        "export",
        export_job(request),
        on_progress=lambda p: tell(ExportChanged(p.done, p.total, p.text)),
        on_done=lambda _paths: tell(ExportChanged(count, count, "", request.folder, ended=True)),
        on_ended=lambda failed: tell(ExportChanged(0, count, ended=True, cancelled=not failed)),
    )
