"""Small videos made of numbers, and what is painted on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vosdesk.arrays import UPSAMPLING_NUMBERS, VOID, GridSize, PaintedFrame, Size
from vosdesk.embedding.store import MemoryStore, StoreKey
from vosdesk.labelling.references import ReferenceSet, frame_references

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vosdesk.arrays import EmbeddingMap, UpsamplingMap

GRID = GridSize(6, 8)
NETWORK = Size(64, 48)

Strokes = "Mapping[int, Mapping[tuple[int, int], tuple[int, int]]]"
"""For each frame, for each cell, the annotation and its label."""


class NumberVideo:
    """A video whose embeddings are random walks: frames are like their neighbours.

    Args:
        frames: How many.
        dimensions: Length of an embedding.
        step: How far a cell moves from frame to frame.
        kinds: So many vectors there are in all; few of them make many equals.
        seed: Of the chance.
        written: How many of the frames are in the store; None for all.
    """

    def __init__(
        self,
        frames: int = 4,
        dimensions: int = 6,
        step: float = 0.2,
        kinds: int = 0,
        seed: int = 0,
        written: int | None = None,
    ) -> None:
        chance = np.random.default_rng(seed)
        walk = chance.standard_normal((frames, *GRID, dimensions))
        walk[1:] *= step
        vectors = np.cumsum(walk, axis=0)
        if kinds:
            every = vectors.reshape(-1, dimensions)[:kinds]
            vectors = every[chance.integers(0, kinds, (frames, *GRID)) % len(every)]
        vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
        self.maps: list[EmbeddingMap] = list(vectors.astype(np.float16))
        numbers = np.random.default_rng(seed + 1).integers(
            64, 192, (frames, *GRID, UPSAMPLING_NUMBERS)
        )
        self.upsampling: list[UpsamplingMap] = list(numbers.astype(np.uint8))
        key = StoreKey(
            video=f"video {seed}",
            model="numbers",
            input_size=NETWORK,
            grid=GRID,
            dimensions=dimensions,
            frame_count=frames,
        )
        self.store = MemoryStore(key)
        for frame_index in range(frames if written is None else written):
            self.write(frame_index)

    def write(self, frame_index: int) -> None:
        """Put a frame into the store."""
        self.store.write(frame_index, self.maps[frame_index])

    def references(self, strokes: Strokes) -> ReferenceSet:
        """Return the references of painted cells."""
        return ReferenceSet.merge([self._of_frame(f, cells) for f, cells in strokes.items()])

    def _of_frame(
        self, frame_index: int, cells: Mapping[tuple[int, int], tuple[int, int]]
    ) -> ReferenceSet:
        labels = np.full((48, 64), VOID, np.uint8)
        owners = np.full((48, 64), -1, np.int32)
        for (row, column), (annotation_id, label) in cells.items():
            at = (slice(8 * row, 8 * row + 8), slice(8 * column, 8 * column + 8))
            labels[at], owners[at] = label, annotation_id
            if label > 2:  # a cell at an edge: some of it is something else
                labels[at][:label] = label - 2
        painted = PaintedFrame(frame_index, labels, owners)
        upsampling = self.upsampling[frame_index]
        return frame_references(painted, self.maps[frame_index], NETWORK, upsampling)
