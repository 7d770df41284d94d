"""Step 5: results to disk, one small module for each format, and foreign masks back in."""

from vosdesk.export.mask_folder import find_masks, read_mask_folder, read_masks
from vosdesk.export.masks import MaskReader, read_mask
from vosdesk.export.registry import EXPORTERS, Exporter, exporter_named
from vosdesk.export.sequence import ExportObject, ExportSequence

__all__ = [
    "EXPORTERS",
    "ExportObject",
    "ExportSequence",
    "Exporter",
    "MaskReader",
    "exporter_named",
    "find_masks",
    "read_mask",
    "read_mask_folder",
    "read_masks",
]
