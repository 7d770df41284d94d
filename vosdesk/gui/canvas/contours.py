"""Outlines around painted areas, found on a small raster: exact unions of long strokes are slow."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np

from vosdesk.project.annotations import Point

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vosdesk.arrays import Mask

Outline: TypeAlias = tuple[Point, ...]

_FINE_SIDE, _LARGEST_SIDE = 600, 2000
"""Cells along a side of the raster: below the first a pixel is parted into several, above the
second several pixels share one."""
_FINEST = 4.0
"""Raster cells to a source pixel at most."""
_SMOOTHING = 0.7
"""Raster cells by which an outline may be straightened, to take the stairs out of it."""
_FRACTION_BITS = 4


def band_outlines(points: Sequence[Point], radius: float) -> list[Outline]:
    """Return the outlines of what a round pen covers, its holes among them (even-odd).

    Args:
        points: The pen's way, in source pixels; at least one.
        radius: The pen's, in source pixels.
    """
    line = np.asarray((points[0], *points), float)  # one point alone would draw nothing
    corner = line.min(axis=0) - radius - 1
    extent = line.max(axis=0) + radius + 1 - corner
    side = float(extent.max())
    cells = min(max(_FINE_SIDE / side, min(1.0, _LARGEST_SIDE / side)), _FINEST)
    columns, rows = np.ceil(extent * cells).astype(int) + 1
    raster = np.zeros((rows, columns), np.uint8)
    way = np.rint((line - corner) * cells * 2**_FRACTION_BITS).astype(np.int32)
    # the outline runs through the centres of the outermost cells, hence one cell more
    thickness = max(1, round(2 * radius * cells)) + 1
    cv2.polylines(raster, [way], False, 1, thickness, cv2.LINE_8, _FRACTION_BITS)
    return [_scaled(found, cells, corner) for found in _contours(raster)]


def mask_outlines(mask: Mask) -> list[Outline]:
    """Return the outlines of a mask along the borders of its pixels (even-odd)."""
    left, top, width, height = cv2.boundingRect(mask.astype(np.uint8))
    shown = mask[top : top + height, left : left + width].astype(np.uint8)
    cells = shown.repeat(2, axis=0).repeat(2, axis=1)
    middle_of_first = np.array([left + 0.25, top + 0.25])
    return [_scaled(found, 2.0, middle_of_first) for found in _contours(cells)] if width else []


def _contours(raster: np.ndarray) -> list[np.ndarray]:
    found, _ = cv2.findContours(raster, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    smooth = [cv2.approxPolyDP(one, _SMOOTHING, True)[:, 0] for one in found]
    return [one for one in smooth if len(one) > 2]


def _scaled(contour: np.ndarray, cells: float, corner: np.ndarray) -> Outline:
    return tuple(map(tuple, (contour / cells + corner).tolist()))
