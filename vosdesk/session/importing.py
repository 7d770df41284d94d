"""From files to edits: each reader returns a command, so that an import is one step of undo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vosdesk.arrays import BACKGROUND, VOID
from vosdesk.export.masks import read_masks
from vosdesk.project.annotations import MaskAnnotation
from vosdesk.project.commands import ImportAnnotations, LockFrame
from vosdesk.project.document import LockedFrame
from vosdesk.project.scribbles import read_clicks, read_scribbles
from vosdesk.project.storage import load_project
from vosdesk.session.events import VideoMissing
from vosdesk.video import ReadAhead, open_source

if TYPE_CHECKING:
    from pathlib import Path

    from vosdesk.project.commands import Command
    from vosdesk.project.document import Document
    from vosdesk.session.label_book import LabelBook
    from vosdesk.video import FrameSource


@dataclass(frozen=True, eq=False)
class OpenedProject:
    """A project and its video, both open."""

    path: Path
    document: Document
    source: FrameSource


def mask_command(path: Path, source: FrameSource, document: Document) -> Command:
    """Read a mask, or a folder of masks named after their frames, as one edit.

    Raises:
        MaskError: A file does not fit the video or is not a label map.
    """
    masks = read_masks(path, source.frame_names, source.size)
    annotations = tuple(MaskAnnotation.of(frame, masks[frame]) for frame in sorted(masks))
    return ImportAnnotations(annotations, f"Import {_count(len(masks), 'mask')}")
