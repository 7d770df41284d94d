"""From files to edits: each reader returns a command, so that an import is one step of undo."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from vosdesk.errors import ProjectError
from vosdesk.export.mask_folder import read_masks
from vosdesk.project.annotations import MaskAnnotation
from vosdesk.project.commands import AddAnnotations, Command, LockFrame, missing_objects
from vosdesk.project.document import Document
from vosdesk.project.masks import encode_label_map
from vosdesk.project.scribbles import read_clicks, read_scribbles
from vosdesk.project.storage import load_project
from vosdesk.project.video_reference import VideoReference, VideoState
from vosdesk.session.events import VideoMissing
from vosdesk.video import FrameSource, open_source

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from vosdesk.jobs import Job
    from vosdesk.project.annotations import Annotation
    from vosdesk.project.autosave import Recovery
    from vosdesk.session.label_book import LabelBook


Kind: TypeAlias = Literal["masks", "scribbles", "clicks"]
"""Of annotations that can be read from files."""
Reader: TypeAlias = Callable[[Path, FrameSource, Document], Command]
"""From such a file to one edit."""


@dataclass(frozen=True, eq=False)
class OpenedProject:
    """A document and its video, both open.

    Attributes:
        path: The project's file; None for a new project.
        document: With the video's path as it is now.
        source: The video.
        times: (frame_count,) seconds from the first frame.
        unsaved: Whether no file holds this document: it was recovered, or its video moved.
    """

    path: Path | None
    document: Document
    source: FrameSource
    times: NDArray[np.float64]
    unsaved: bool = False


def open_new(path: Path) -> OpenedProject:
    """Open a video and begin an empty document about it.

    Raises:
        VideoError: It cannot be opened.
    """
    return _opened(None, open_source(path), None)


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


READERS: Mapping[Kind, Reader] = MappingProxyType(
    {"masks": mask_command, "scribbles": scribble_command, "clicks": click_command}
)


def lock_command(book: LabelBook, document: Document, frame_index: int) -> Job[Command]:
    """Take the frame's label map as it is for this document.

    Raises:
        StoreError: Embeddings or links cannot be read.
    """
    state = book.state_of(document)
    yield from book.prepare(state)
    return LockFrame(frame_index, encode_label_map(book.label_map(state, frame_index)))


def open_project_files(
    path: Path, video: Path | None, accept_changed: bool
) -> OpenedProject | VideoMissing:
    """Read a project and open its video, or say why the video is not to be had.

    Args:
        path: The project's file.
        video: Where somebody says that the video is; None looks where the project remembers it.
        accept_changed: Take a video of other content, as long as size and length are the same.

    Raises:
        ProjectError: The project cannot be read, or has no video.
        VideoError: The video is there, but cannot be opened.
    """
    return _with_video(load_project(path), path, video, accept_changed)


def open_recovery(recovery: Recovery) -> OpenedProject | VideoMissing:
    """Read a copy of unsaved work and open its video.

    Raises:
        ProjectError: The copy cannot be read.
        VideoError: The video is there, but cannot be opened.
    """
    opened = _with_video(recovery.load(), recovery.path, None, accept_changed=False)
    if isinstance(opened, VideoMissing):
        return opened
    return dataclasses.replace(opened, path=recovery.project_path, unsaved=True)


def _with_video(
    document: Document, path: Path, video: Path | None, accept_changed: bool
) -> OpenedProject | VideoMissing:
    remembered = document.video
    if remembered is None:
        raise ProjectError(f"{path.name} names no video.", "Open the video itself instead.")
    found = video or remembered.resolve(path)
    if found is None:
        reason = f"The video {remembered.path} of this project is not there any more."
        return VideoMissing(path, remembered.path, reason)
    source = open_source(found)
    check = remembered.check(source)
    fits = (source.size, source.frame_count) == (remembered.size, remembered.frame_count)
    if check.state is VideoState.CHANGED and not (accept_changed and fits):
        source.close()
        return VideoMissing(path, found, check.sentence, found if fits else None)
    if check.state is VideoState.SAME:
        return _opened(path, source, document)
    document = document.with_fields(video=VideoReference.of(source))
    return _opened(path, source, document, unsaved=True)


def _opened(
    path: Path | None, source: FrameSource, document: Document | None, *, unsaved: bool = False
) -> OpenedProject:
    count = source.frame_count
    times = np.fromiter(map(source.timestamp, range(count)), dtype=np.float64, count=count)
    document = document or Document(video=VideoReference.of(source))
    return OpenedProject(path, document, source, times, unsaved)


def _addition(document: Document, annotations: Iterable[Annotation], path: Path) -> Command:
    added = tuple(annotations)
    return AddAnnotations(added, missing_objects(document, added), path.name)
