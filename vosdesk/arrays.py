"""The arrays that travel between the rooms, and the checks made where they come in.

Coordinates of painted shapes are in source pixels, origin at the top left corner of the frame, so
the centre of the first pixel is (0.5, 0.5). Grid cells are ``STRIDE`` pixels of the *network's*
input, not of the source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Frame: TypeAlias = NDArray[np.uint8]
"""One picture, shape (height, width, 3), RGB."""

EmbeddingMap: TypeAlias = NDArray[np.float16]
"""Embeddings of one frame, shape (rows, columns, dimensions), each of unit length."""

UpsamplingMap: TypeAlias = NDArray[np.uint8]
"""How each fine pixel of a frame mixes the cells around it, in 8 bits; see UPSAMPLING_ZERO.

Shape (rows, columns, UPSAMPLING_WEIGHTS): for each of the nine cells, row by row from the upper
left one, the weight that it has in each of the cell's 4 x 4 fine pixels, row by row.
"""

LabelMap: TypeAlias = NDArray[np.uint8]
"""One object id for each pixel, shape (height, width); BACKGROUND and VOID are reserved."""

ScoreMap: TypeAlias = NDArray[np.float32]
"""Soft labels, shape (labels, rows, columns); they sum to one over the labels."""

Mask: TypeAlias = NDArray[np.bool_]
"""One object's pixels, shape (height, width)."""

ObjectId: TypeAlias = int
"""1..254 for objects; BACKGROUND for the rest of the picture."""

BACKGROUND: ObjectId = 0
VOID: ObjectId = 255
MAX_OBJECTS = 254
STRIDE = 8
"""Pixels of the network's input to one grid cell, in each direction."""
FINE_PER_CELL = 4
"""Fine pixels, for which upsampling weights are predicted, to one grid cell, in each direction."""
NEIGHBOUR_CELLS = 9
"""Cells that a fine pixel mixes: its own and those around it."""
UPSAMPLING_WEIGHTS = NEIGHBOUR_CELLS * FINE_PER_CELL**2
"""Weights of one cell."""
UPSAMPLING_ZERO = 96
UPSAMPLING_ONE = 64
"""How weights are kept in 8 bits: weight = (byte - UPSAMPLING_ZERO) / UPSAMPLING_ONE."""


class Size(NamedTuple):
    """Width and height in pixels, in this order."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width} x {self.height}"


class GridSize(NamedTuple):
    """Rows and columns of an embedding map, in this order."""

    rows: int
    columns: int


class EmbeddedFrame(NamedTuple):
    """What the network gives for a frame.

    Attributes:
        embedding_map: Its embeddings.
        upsampling: Its upsampling weights; None where the network predicts none.
    """

    embedding_map: EmbeddingMap
    upsampling: UpsamplingMap | None


@dataclass(frozen=True, eq=False)
class PaintedFrame:
    """What the user painted on one frame, as pixels.

    Attributes:
        frame_index: The frame.
        labels: (height, width) uint8 object ids; VOID where nothing was painted.
        owners: (height, width) int32 id of the annotation that painted the pixel; -1 where none.
    """

    frame_index: int
    labels: LabelMap
    owners: NDArray[np.int32]


def check_frame(array: NDArray[np.generic]) -> Frame:
    """Return the array as a Frame.

    Raises:
        TypeError: It is not uint8 of shape (height, width, 3).
    """
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3:
        raise TypeError(f"a frame is uint8 (height, width, 3), not {array.dtype} {array.shape}")
    return array  # type: ignore[return-value]


def check_label_map(array: NDArray[np.generic], size: Size) -> LabelMap:
    """Return the array as a LabelMap of the given size.

    Raises:
        TypeError: It is not uint8 of shape (height, width).
    """
    if array.dtype != np.uint8 or array.shape != (size.height, size.width):
        raise TypeError(f"a label map is uint8 {size}, not {array.dtype} {array.shape}")
    return array  # type: ignore[return-value]


def check_embedding_map(
    array: NDArray[np.generic], grid: GridSize, dimensions: int
) -> EmbeddingMap:
    """Return the array as an EmbeddingMap of the given grid.

    Raises:
        TypeError: It is not float16 of shape (rows, columns, dimensions).
    """
    if array.dtype != np.float16 or array.shape != (*grid, dimensions):
        expected = (*grid, dimensions)
        raise TypeError(
            f"an embedding map here is float16 {expected}, not {array.dtype} {array.shape}"
        )
    return array  # type: ignore[return-value]


def check_upsampling_map(array: NDArray[np.generic], grid: GridSize, weights: int) -> UpsamplingMap:
    """Return the array as an UpsamplingMap of the given grid.

    Raises:
        TypeError: It is not uint8 of shape (rows, columns, weights).
    """
    if array.dtype != np.uint8 or array.shape != (*grid, weights):
        raise TypeError(
            f"upsampling weights here are uint8 {(*grid, weights)}, not {array.dtype} {array.shape}"
        )
    return array  # type: ignore[return-value]
