"""Each object's mask by itself: a folder of black and white PNGs for each object."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from vosdesk.arrays import LabelMap, ObjectId, check_label_map
from vosdesk.errors import ExportError
from vosdesk.export.marks import mark_of, write_png
from vosdesk.export.names import check_frame_names, object_folder_name
from vosdesk.export.staging import staged
from vosdesk.jobs import Job, Progress

if TYPE_CHECKING:
    from pathlib import Path

    from vosdesk.export.sequence import ExportSequence


class BinaryExporter:
    """For each object a folder, in it for each frame a PNG: 255 on the object, 0 elsewhere."""

    name = "binary"
    title = "A mask for each object (PNG)"
    description = "A folder for each object with black and white PNGs."

    def write(
        self, sequence: ExportSequence, folder: Path, *, overwrite: bool = False
    ) -> Job[list[Path]]:
        """Write the masks; see ``Exporter.write``.

        Raises:
            ExportError: Also where there are no objects.
        """
        if not sequence.objects:
            raise ExportError("There is no object to export.", "Mark an object first.")
        check_frame_names(sequence.frame_names)
        places = [(item.id, object_folder_name(item)) for item in sequence.objects]
        names = [f"{place}/{name}.png" for _, place in places for name in sequence.frame_names]
        mark = mark_of(self.name)
        with staged(folder, names, mark=mark, overwrite=overwrite) as staging:
            for frame_index, frame_name in enumerate(sequence.frame_names):
                labels = check_label_map(sequence.label_map(frame_index), sequence.size)
                for object_id, place in places:
                    path = staging.path(f"{place}/{frame_name}.png")
                    write_png(_binary_image(labels, object_id), path, mark)
                yield Progress(frame_index + 1, sequence.frame_count, "Writing masks")
            return staging.publish()


def _binary_image(labels: LabelMap, object_id: ObjectId) -> Image.Image:
    return Image.fromarray(np.where(labels == object_id, np.uint8(255), np.uint8(0)))
