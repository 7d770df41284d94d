"""All formats, by the name that the command line uses."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from vosdesk.errors import ExportError
from vosdesk.export.binary import BinaryExporter
from vosdesk.export.contact_sheet import ContactSheetExporter
from vosdesk.export.indexed import IndexedExporter
from vosdesk.export.overlay_video import OverlayVideoExporter

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from vosdesk.export.sequence import ExportSequence
    from vosdesk.jobs import Job


class Exporter(Protocol):
    """One format."""

    @property
    def name(self) -> str:
        """The name on the command line."""
        ...

    @property
    def title(self) -> str:
        """The text in menus."""
        ...

    @property
    def description(self) -> str:
        """One sentence about what is written."""
        ...

    def write(
        self, sequence: ExportSequence, folder: Path, *, overwrite: bool = False
    ) -> Job[list[Path]]:
        """Write the sequence into the folder: all of it, or nothing.

        The job yields Progress after each frame. Closed or failed before its end, it leaves the
        folder as it was; see ``vosdesk.export.staging`` for what is replaced and what never is.

        Args:
            sequence: What to write.
            folder: Is made, with its parents, if missing.
            overwrite: Whether an earlier export of this format in the folder may be replaced.

        Returns:
            The files written.

        Raises:
            ExportError: By the job's first steps: the folder is not empty and ``overwrite`` was
                not given, or a file that is not ours is in the way, or the frames' names cannot be
                names of files. By any step: the disk is full or may not be written.
            VosdeskError: A frame or label map of the sequence cannot be read.
        """
        ...


_ALL: tuple[Exporter, ...] = (
    IndexedExporter(),
    BinaryExporter(),
    OverlayVideoExporter(),
    ContactSheetExporter(),
)
EXPORTERS: Mapping[str, Exporter] = MappingProxyType({item.name: item for item in _ALL})


def exporter_named(name: str) -> Exporter:
    """Return the format of that name.

    Raises:
        ExportError: There is none.
    """
    if name not in EXPORTERS:
        raise ExportError(
            f"There is no export format {name!r}.", f"Choose one of: {', '.join(EXPORTERS)}."
        )
    return EXPORTERS[name]
