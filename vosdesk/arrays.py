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
"""How labels of a frame are brought up from its cells, in 8 bits.

Shape (rows, columns, UPSAMPLING_NUMBERS). First come the weights: for each of the nine cells around
a fine pixel, row by row from the upper left one, the weight that it has in each of the cell's 4 x 4
fine pixels, row by row; see UPSAMPLING_ZERO. Then come the quarter embeddings of the cell's 2 x 2
quarters, row by row; see QUARTER_ZERO.
"""

QuarterMap: TypeAlias = NDArray[np.uint8]
"""Quarter embeddings of one frame, shape (rows, columns, QUARTERS, QUARTER_DIMENSIONS)."""

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
QUARTERS_ACROSS = 2
"""Quarters of a grid cell, in each direction: labels near borders are found for each by itself."""
QUARTERS = QUARTERS_ACROSS**2
"""Quarters of a cell."""
QUARTER_DIMENSIONS = 24
"""Length of a quarter embedding."""
QUARTER_ZERO = 128
QUARTER_ONE = 32
"""How quarter embeddings are kept in 8 bits: number = (byte - QUARTER_ZERO) / QUARTER_ONE."""
FINE_PER_CELL = 4
"""Fine pixels, for which upsampling weights are predicted, to one grid cell, in each direction."""
FINE_PER_QUARTER = FINE_PER_CELL // QUARTERS_ACROSS
"""Fine pixels to one quarter, in each direction."""
NEIGHBOUR_CELLS = 9
"""Cells that a fine pixel mixes: its own and those around it."""
UPSAMPLING_WEIGHTS = NEIGHBOUR_CELLS * FINE_PER_CELL**2
"""Weights of one cell."""
UPSAMPLING_NUMBERS = UPSAMPLING_WEIGHTS + QUARTERS * QUARTER_DIMENSIONS
"""Weights and quarter embeddings of one cell: fewer bytes than its embedding has."""
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
        upsampling: How its labels are brought up; None where the network does not say.
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


def check_upsampling_map(array: NDArray[np.generic], grid: GridSize, numbers: int) -> UpsamplingMap:
    """Return the array as an UpsamplingMap of the given grid.

    Raises:
        TypeError: It is not uint8 of shape (rows, columns, numbers).
    """
    if array.dtype != np.uint8 or array.shape != (*grid, numbers):
        raise TypeError(
            f"an upsampling map here is uint8 {(*grid, numbers)}, not {array.dtype} {array.shape}"
        )
    return array  # type: ignore[return-value]


def quarters_in(upsampling: UpsamplingMap) -> QuarterMap:
    """Return the quarter embeddings in an upsampling map, without a copy."""
    *grid, _numbers = upsampling.shape
    return upsampling[..., UPSAMPLING_WEIGHTS:].reshape(*grid, QUARTERS, QUARTER_DIMENSIONS)
