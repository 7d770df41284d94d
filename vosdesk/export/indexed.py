"""Label maps as indexed PNGs in the DAVIS palette: a pixel's index is its object id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vosdesk.arrays import check_label_map
from vosdesk.export.marks import mark_of, write_png
from vosdesk.export.names import check_frame_names
from vosdesk.export.staging import staged
from vosdesk.jobs import Job, Progress
from vosdesk.overlay.png import indexed_image

if TYPE_CHECKING:
    from pathlib import Path

    from vosdesk.export.sequence import ExportSequence


class IndexedExporter:
    """One PNG for each frame, at the source's size, under the frame's own name."""

    name = "indexed"
    title = "Indexed masks (PNG)"
    description = "One PNG for each frame in the DAVIS palette; the index is the object id."

    def write(
        self, sequence: ExportSequence, folder: Path, *, overwrite: bool = False
    ) -> Job[list[Path]]:
        """Write the masks; see ``Exporter.write``."""
        check_frame_names(sequence.frame_names)
        names = [f"{name}.png" for name in sequence.frame_names]
        mark = mark_of(self.name)
        with staged(folder, names, mark=mark, overwrite=overwrite) as staging:
            for frame_index, name in enumerate(names):
                labels = check_label_map(sequence.label_map(frame_index), sequence.size)
                write_png(indexed_image(labels), staging.path(name), mark)
                yield Progress(frame_index + 1, sequence.frame_count, "Writing masks")
            return staging.publish()
