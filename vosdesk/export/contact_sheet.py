"""The whole video at a glance: evenly spaced frames with their objects in one PNG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from vosdesk.export.marks import mark_of, write_png
from vosdesk.export.staging import staged
from vosdesk.jobs import Job, Progress
from vosdesk.overlay import contact_sheet, shrink

if TYPE_CHECKING:
    from pathlib import Path

    from vosdesk.export.sequence import ExportSequence

FILE_NAME = "contact_sheet.png"


@dataclass(frozen=True)
class ContactSheetExporter:
    """One PNG with some frames of the video, each with its frame index.

    Attributes:
        count: Frames on the sheet; all of them where the video has fewer.
        columns: Frames in a row.
        width: Of each frame on the sheet, in pixels at most.
    """

    count: int = 12
    columns: int = 4
    width: int = 480
    name: str = "contact"
    title: str = "Contact sheet (PNG)"
    description: str = "Evenly spaced frames with their objects in one picture."

    def write(
        self, sequence: ExportSequence, folder: Path, *, overwrite: bool = False
    ) -> Job[list[Path]]:
        """Write the sheet; see ``Exporter.write``."""
        mark = mark_of(self.name)
        indices = evenly_spaced(sequence.frame_count, self.count)
        with staged(folder, [FILE_NAME], mark=mark, overwrite=overwrite) as staging:
            pictures = []
            for frame_index in indices:
                pictures.append(shrink(sequence.overlaid(frame_index), self.width))
                yield Progress(len(pictures), len(indices), "Drawing frames")
            captions = [f"frame {frame_index}" for frame_index in indices]
            sheet = contact_sheet(pictures, self.columns, captions)
            write_png(Image.fromarray(sheet), staging.path(FILE_NAME), mark)
            return staging.publish()


def evenly_spaced(frame_count: int, count: int) -> list[int]:
    """Return up to ``count`` frame indices, the first and the last among them, in order."""
    places = np.linspace(0, frame_count - 1, min(count, frame_count))
    return [int(place) for place in np.rint(places)]
