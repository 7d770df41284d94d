"""How a frame's pixels lie on the grid of its embedding map.

The network sees the frame scaled to its input size; grid cell c covers the input pixels
[STRIDE c, STRIDE (c + 1)). The last row and column of cells may reach beyond the picture, so pixels
are never mapped by the ratio of grid to frame, but always by way of the input size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vosdesk.arrays import STRIDE
from vosdesk.embedding.input_size import grid_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vosdesk.arrays import Size


def cells_of_pixels(pixels: int, network_pixels: int, stride: int = STRIDE) -> NDArray[np.intp]:
    """Return the row (or column) of cells in which the centre of each pixel lies.

    Args:
        pixels: Height (or width) of the frame.
        network_pixels: The same of the network's input.
        stride: Side of a cell, or of a part of one, in pixels of that input.

    Returns:
        (pixels,) numbers that never fall.
    """
    # (i + 0.5) * network / (pixels * stride) in whole numbers, where nothing is rounded
    return (2 * np.arange(pixels) + 1) * network_pixels // (2 * pixels * stride)


def pixels_per_cell(size: Size, network: Size) -> tuple[float, float]:
    """Return how many pixels of the frame one cell is wide and high."""
    return STRIDE * size.width / network.width, STRIDE * size.height / network.height


def check_grid(grid: tuple[int, ...], network: Size) -> None:
    """Check that rows and columns are those of a network input of this size.

    Raises:
        ValueError: They are not.
    """
    if grid != grid_of(network):
        raise ValueError(f"a grid of {grid} is not that of a network input of {network}")
