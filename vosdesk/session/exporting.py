"""From the document to an exporter: what an export format asks for, asked of the label book."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vosdesk.errors import ExportError
from vosdesk.export.registry import EXPORTERS
from vosdesk.export.sequence import ExportObject, ExportSequence

if TYPE_CHECKING:
    from pathlib import Path

    from vosdesk.jobs import Job
    from vosdesk.project.document import Document
    from vosdesk.session.label_book import LabelBook
    from vosdesk.video import FrameSource


def export_sequence(source: FrameSource, document: Document, book: LabelBook) -> ExportSequence:
    """Return the results of this document, each label map computed when it is asked for."""
    state = book.advance(document)
    return ExportSequence(
        frame_count=source.frame_count,
        frame_names=tuple(source.frame_names),
        size=source.size,
        fps=source.fps,
        objects=tuple(ExportObject(o.id, o.name, o.colour) for o in document.objects),
        label_map=lambda frame_index: book.label_map(state, frame_index),
        frame=source.read,
    )


def export_job(
    source: FrameSource,
    document: Document,
    book: LabelBook,
    format_name: str,
    folder: Path,
    overwrite: bool,
) -> Job[list[Path]]:
    """Write the results of this document; later edits do not touch a running export.

    Raises:
        ExportError: There is no such format, or the folder cannot be written.
    """
    exporter = EXPORTERS.get(format_name)
    if exporter is None:
        known = ", ".join(sorted(EXPORTERS))
        raise ExportError(f"There is no export format {format_name}.", f"Known are: {known}.")
    sequence = export_sequence(source, document, book)
    return (yield from exporter.write(sequence, folder, overwrite=overwrite))
