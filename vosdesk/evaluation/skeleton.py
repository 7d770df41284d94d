"""The middle line of a region: homotopic thinning, then the longest way along what is left."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vosdesk.arrays import Mask

Pixel: TypeAlias = tuple[int, int]
"""Column and row."""

_NEIGHBOURS = ((0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1))
"""Steps to the eight neighbours, clockwise from the one above; neighbour k is bit k of a code."""


def clearance(region: Mask) -> NDArray[np.float32]:
    """Return each pixel's distance to the nearest one outside; the frame's edge is outside too.

    A disc around a pixel lies inside the region if its radius is below that distance.
    """
    padded = np.pad(region, 1).astype(np.uint8)
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(distance[1:-1, 1:-1], np.float32)


def medial_axis(region: Mask) -> Mask:
    """Thin a region down to its medial axis without breaking it apart.

    The thinning is that of Zhang and Suen, "A Fast Parallel Algorithm for Thinning Digital
    Patterns", CACM 1984. Pixels on the ridge of the chessboard distance stay, so that the axis of
    something round runs from side to side, where thinning alone would shrink it to a dot.
    """
    padded = np.pad(region, 1).astype(np.uint8)
    ridge = _ridge(padded)
    while True:
        before = padded.copy()
        for removable in _REMOVABLE:
            codes = cv2.filter2D(padded, -1, _CODE_KERNEL, borderType=cv2.BORDER_CONSTANT)
            may_go = np.asarray(cv2.LUT(codes, removable), np.uint8)
            padded[(may_go & ~ridge) > 0] = 0
        if np.array_equal(padded, before):
            return padded[1:-1, 1:-1].astype(np.bool_)


def longest_path(skeleton: Mask) -> list[Pixel]:
    """Return the pixels between the two ends that lie farthest apart along the skeleton.

    Found by searching twice for the farthest pixel, which is exact where the skeleton has no
    loops. The search begins at the first pixel in reading order; pixels that are not connected
    with it are not seen.

    Raises:
        ValueError: The skeleton is empty.
    """
    rows, columns = np.nonzero(skeleton)
    if not len(rows):
        raise ValueError("an empty skeleton has no path")
    pixels = set(zip(columns.tolist(), rows.tolist(), strict=True))
    end, _ = _farthest(pixels, (int(columns[0]), int(rows[0])))
    pixel, came_from = _farthest(pixels, end)
    path = [pixel]
    while pixel != end:
        pixel = came_from[pixel]
        path.append(pixel)
    return path


def _farthest(pixels: set[Pixel], start: Pixel) -> tuple[Pixel, dict[Pixel, Pixel]]:
    """Return the pixel farthest from the start, and from where each pixel is reached (Dijkstra)."""
    came_from = {start: start}
    done: set[Pixel] = set()
    queue = [(0.0, start, start)]
    last = start
    while queue:
        distance, pixel, previous = heapq.heappop(queue)
        if pixel in done:
            continue
        done.add(pixel)
        came_from[pixel] = previous
        last = pixel
        for dx, dy in _NEIGHBOURS:
            beside = (pixel[0] + dx, pixel[1] + dy)
            if beside in pixels and beside not in done:
                step = 2**0.5 if dx and dy else 1.0
                heapq.heappush(queue, (distance + step, beside, pixel))
    return last, came_from


def _ridge(padded: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Mark the pixels that no neighbour surpasses in chessboard distance to the outside, as 255."""
    distance = cv2.distanceTransform(padded, cv2.DIST_C, 3)
    highest = cv2.dilate(distance, np.ones((3, 3), np.uint8))
    return np.where((distance == highest) & (padded > 0), np.uint8(255), np.uint8(0))


def _code_kernel() -> NDArray[np.int32]:
    kernel = np.zeros((3, 3), np.int32)
    for bit, (dx, dy) in enumerate(_NEIGHBOURS):
        kernel[1 + dy, 1 + dx] = 1 << bit
    return kernel


def _removable(north_or_east: bool) -> NDArray[np.uint8]:
    """Return, for each code of eight neighbours, 255 where the pixel between them may go."""
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1
    above, right, below, left = bits[:, 0], bits[:, 2], bits[:, 4], bits[:, 6]
    count = bits.sum(axis=1)
    rises = ((bits == 0) & (np.roll(bits, -1, axis=1) == 1)).sum(axis=1)
    if north_or_east:
        open_side = (above & right & below) | (right & below & left)
    else:
        open_side = (above & right & left) | (above & below & left)
    may_go = (count >= 2) & (count <= 6) & (rises == 1) & (open_side == 0)
    return np.where(may_go, np.uint8(255), np.uint8(0))


_CODE_KERNEL = _code_kernel()
_REMOVABLE = (_removable(True), _removable(False))
