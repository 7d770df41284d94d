"""From files to edits: each reader returns a command, so that an import is one step of undo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vosdesk.export.masks import read_masks
from vosdesk.project.annotations import MaskAnnotation
from vosdesk.project.commands import AddAnnotations, LockFrame, missing_objects
from vosdesk.project.masks import encode_label_map
from vosdesk.project.scribbles import read_clicks, read_scribbles
from vosdesk.project.storage import load_project
from vosdesk.project.video_reference import VideoReference, VideoState
from vosdesk.session.events import VideoMissing
from vosdesk.video import ReadAhead, open_source

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from vosdesk.project.annotations import Annotation
    from vosdesk.project.commands import Command
    from vosdesk.project.document import Document
    from vosdesk.session.label_book import LabelBook
    from vosdesk.video import FrameSource


@dataclass(frozen=True, eq=False)
class OpenedProject:
    """A project and its video, both open.

    Attributes:
        path: The project's file.
        document: With the video's path as it is now.
        source: The video.
        moved: Whether the video was found elsewhere than the file says.
    """

    path: Path
    document: Document
    source: FrameSource
    moved: bool


def mask_command(path: Path, source: FrameSource, document: Document) -> Command:
    """Read a mask, or a folder of masks named after their frames, as one edit.

    Raises:
        MaskError: A file does not fit the video or is not a label map.
    """
    masks = read_masks(path, source.frame_names, source.size)
    return _addition(
        document, (MaskAnnotation.of(frame, masks[frame]) for frame in sorted(masks)), path
    )


def scribble_command(path: Path, source: FrameSource, document: Document) -> Command:
    """Read the strokes of a DAVIS scribbles file as one edit.

    Raises:
        ProjectError: The file cannot be read or does not fit the video.
    """
    return _addition(document, read_scribbles(path, source.size, source.frame_count), path)


def click_command(path: Path, source: FrameSource, document: Document) -> Command:
    """Read the clicks of a clicks file as one edit.

    Raises:
        ProjectError: The file cannot be read or does not fit the video.
    """
    return _addition(document, read_clicks(path, source.size, source.frame_count), path)


def lock_command(book: LabelBook, document: Document, frame_index: int) -> Command:
    """Take the frame's label map as it is for this document.

    Raises:
        StoreError: The frame's embeddings cannot be read.
    """
    label_map = book.label_map(book.advance(document), frame_index)
    return LockFrame(frame_index, encode_label_map(label_map))


def open_project_files(path: Path, video: Path | None) -> OpenedProject | VideoMissing:
    """Read a project and open its video, or say why the video is not to be had.

    Args:
        path: The project's file.
        video: Where somebody says that the video is; None looks where the project remembers it.

    Raises:
        ProjectError: The project cannot be read, or has no video.
        VideoError: The video named by ``video`` cannot be opened.
    """
    document = load_project(path)
    remembered = document.video
    if remembered is None:
        return VideoMissing(path, path.parent, f"{path.name} names no video.")
    found = video or remembered.resolve(path)
    if found is None:
        reason = f"The video {remembered.path} of this project is not there any more."
        return VideoMissing(path, remembered.path, reason)
    source = open_source(found)
    check = remembered.check(source)
    if check.state is VideoState.CHANGED:
        source.close()
        return VideoMissing(path, remembered.path, check.sentence)
    moved = check.state is VideoState.MOVED
    if moved:
        document = document.with_fields(video=VideoReference.of(source))
    return OpenedProject(path, document, ReadAhead(source), moved)


def _addition(document: Document, annotations: Iterable[Annotation], path: Path) -> Command:
    added = tuple(annotations)
    return AddAnnotations(added, missing_objects(document, added), path.name)
