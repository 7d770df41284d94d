"""At which size the network sees a frame. Imports no torch, so everyone may ask early."""

from __future__ import annotations

import cv2

from vosdesk.arrays import STRIDE, Frame, GridSize, Size

SHORT_SIDE = 480
"""A network sees so many pixels along the shorter side at most, unless its card says otherwise."""
SMALLEST_SIDE = 64
"""A picture is enlarged to this, so that the coarsest level still has two cells."""
LONGEST_SIDE = 2048
"""Bounds the memory; a picture of more than about 4:1 is squeezed along its length."""


def network_input_size(size: Size, short_side: int = SHORT_SIDE) -> Size:
    """Return the size at which the network sees a frame of that size.

    The picture is never enlarged unless it is tiny, and keeps its aspect unless it is so long
    that one of the bounds above would be passed.

    Args:
        size: The frame's.
        short_side: Pixels along the shorter side at most.
    """
    short = min(size)
    scale = min(short_side / short, 1.0) if short >= SMALLEST_SIDE else SMALLEST_SIDE / short
    width, height = (min(max(round(side * scale), SMALLEST_SIDE), LONGEST_SIDE) for side in size)
    return Size(width, height)


def grid_of(input_size: Size) -> GridSize:
    """Return the grid of a network's input of that size."""
    return GridSize(-(-input_size.height // STRIDE), -(-input_size.width // STRIDE))


def fit_to_network(frame: Frame, short_side: int = SHORT_SIDE) -> Frame:
    """Return the frame at the network's input size; the frame itself where it has that size."""
    height, width = frame.shape[:2]
    target = network_input_size(Size(width, height), short_side)
    if target == (width, height):
        return frame
    shrinks = target.width <= width and target.height <= height
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(frame, target, interpolation=how)  # type: ignore[return-value]
