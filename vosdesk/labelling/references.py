"""Reference pixels: annotated grid cells with their embeddings, from every annotated frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from vosdesk.arrays import BACKGROUND, QUARTERS, quarters_in
from vosdesk.labelling.geometry import check_grid
from vosdesk.labelling.index import in_single
from vosdesk.labelling.sampling import sample_cells

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vosdesk.arrays import EmbeddingMap, ObjectId, PaintedFrame, Size, UpsamplingMap


Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True, eq=False)
class ReferenceSet:
    """n reference pixels in canonical order: by frame, row, column, annotation.

    There is one order only, so nothing that is computed from a set can depend on the order in
    which annotations were made.

    Attributes:
        embeddings: (n, d) float32, each of unit length.
        labels: (n, L) float32 soft labels; a row sums to the reference's vote, at most one.
        object_ids: The L labels, ascending; each occurs.
        annotation_ids: (n,) int32.
        frame_indices: (n,) int32.
        cells: (n, 2) int32 row and column.
        quarters: (n, QUARTERS, L) float32 what each quarter of the cell contributes to its soft
            label; None where that is not known.
        quarter_embeddings: (n, QUARTERS, QUARTER_DIMENSIONS) uint8; None where quarters is.

    Raises:
        ValueError: The lengths differ, or the order is not the canonical one.
    """

    embeddings: NDArray[np.float32]
    labels: NDArray[np.float32]
    object_ids: tuple[ObjectId, ...]
    annotation_ids: NDArray[np.int32]
    frame_indices: NDArray[np.int32]
    cells: NDArray[np.int32]
    quarters: NDArray[np.float32] | None = None
    quarter_embeddings: NDArray[np.uint8] | None = None

    def __post_init__(self) -> None:
        n = len(self.embeddings)
        if (
            self.labels.shape != (n, len(self.object_ids))
            or self.cells.shape != (n, 2)
            or self.annotation_ids.shape != (n,)
            or self.frame_indices.shape != (n,)
        ):
            raise ValueError("the parts of a reference set differ in length")
        if self.quarters is not None and self.quarters.shape != (n, QUARTERS, self.labels.shape[1]):
            raise ValueError("quarters are not of the references that they belong to")
        known = None if self.quarter_embeddings is None else len(self.quarter_embeddings)
        if known != (None if self.quarters is None else n):
            raise ValueError("quarters have labels and embeddings, or neither")
        if not _ascending(self.frame_indices, *self.cells.T, self.annotation_ids):
            raise ValueError("reference pixels are not in canonical order, or one is there twice")

    def __len__(self) -> int:
        return len(self.embeddings)

    @property
    def knows_background(self) -> bool:
        """Whether any reference pixel is background, be it in part."""
        return BACKGROUND in self.object_ids

    @property
    def background_count(self) -> float:
        """How many reference pixels are background; one in part counts as that part."""
        if not self.knows_background:
            return 0.0
        shares = self.labels[:, 0] / self.labels.sum(axis=1)
        return float(shares.sum(dtype=np.float64))

    def votes_nearer_to_one(self, part: float) -> NDArray[np.float32]:
        """Return (n, L) float32 soft labels of references with a larger vote.

        Args:
            part: How much larger: 0 leaves votes as they are, 1 makes all of them one.
        """
        if not part or not len(self):
            return self.labels
        votes = self.labels.sum(axis=1, keepdims=True)
        nearer: NDArray[np.float32] = self.labels * (
            np.float32(part) / votes + np.float32(1 - part)
        )
        return nearer

    def same(self, other: ReferenceSet) -> bool:
        """Whether the same cells say the same; of one video."""
        return (
            self.object_ids == other.object_ids
            and all(
                np.array_equal(own, others)
                for own, others in (
                    (self.frame_indices, other.frame_indices),
                    (self.cells, other.cells),
                    (self.annotation_ids, other.annotation_ids),
                    (self.labels, other.labels),
                )
            )
            and _same(self.quarters, other.quarters)
        )

    @staticmethod
    def empty() -> ReferenceSet:
        """Return a set without references, which merges with any other."""
        return ReferenceSet(
            embeddings=np.empty((0, 0), np.float32),
            labels=np.empty((0, 0), np.float32),
            object_ids=(),
            annotation_ids=np.empty(0, np.int32),
            frame_indices=np.empty(0, np.int32),
            cells=np.empty((0, 2), np.int32),
        )

    @staticmethod
    def merge(parts: Sequence[ReferenceSet]) -> ReferenceSet:
        """Return all references of several frames, in canonical order.

        Raises:
            ValueError: Embeddings differ in length, or a reference is in two parts.
        """
        parts = [part for part in parts if len(part)]
        if not parts:
            return ReferenceSet.empty()
        object_ids = sorted({object_id for part in parts for object_id in part.object_ids})
        frame_indices = np.concatenate([part.frame_indices for part in parts])
        cells = np.concatenate([part.cells for part in parts])
        annotation_ids = np.concatenate([part.annotation_ids for part in parts])
        embeddings = np.concatenate([part.embeddings for part in parts])
        labels = np.concatenate([_spread(part, part.labels, object_ids) for part in parts])
        quarters, quarter_embeddings = _all_quarters(parts, object_ids)
        if not _ascending(frame_indices, *cells.T, annotation_ids):
            order = np.lexsort((annotation_ids, cells[:, 1], cells[:, 0], frame_indices))
            embeddings, labels, cells = embeddings[order], labels[order], cells[order]
            annotation_ids, frame_indices = annotation_ids[order], frame_indices[order]
            quarters, quarter_embeddings = _of(order, quarters), _of(order, quarter_embeddings)
        return ReferenceSet(
            embeddings=embeddings,
            labels=labels,
            object_ids=tuple(object_ids),
            annotation_ids=annotation_ids,
            frame_indices=frame_indices,
            cells=cells,
            quarters=quarters,
            quarter_embeddings=quarter_embeddings,
        )

    def take(self, chosen: NDArray[np.bool_]) -> ReferenceSet:
        """Return the chosen references, (n,) bool, and the labels that occur among them."""
        labels = self.labels[chosen]
        used = np.flatnonzero(labels.any(axis=0))
        return ReferenceSet(
            embeddings=self.embeddings[chosen],
            labels=labels[:, used],
            object_ids=tuple(self.object_ids[column] for column in used),
            annotation_ids=self.annotation_ids[chosen],
            frame_indices=self.frame_indices[chosen],
            cells=self.cells[chosen],
            quarters=None if self.quarters is None else self.quarters[chosen][:, :, used],
            quarter_embeddings=_of(chosen, self.quarter_embeddings),
        )


def frame_references(
    painted: PaintedFrame,
    embedding_map: EmbeddingMap,
    network: Size,
    upsampling: UpsamplingMap | None = None,
) -> ReferenceSet:
    """Return the references that the paint on one frame gives; see ``sampling``.

    Args:
        painted: The paint, at the source's size.
        embedding_map: The frame's embeddings, (rows, columns, d).
        network: The network's input size for the source.
        upsampling: The frame's upsampling map, which has the quarters' embeddings; None for none.

    Raises:
        ValueError: The embeddings are not of that input size.
    """
    check_grid(embedding_map.shape[:2], network)
    sampled = sample_cells(painted, network)
    rows, columns = sampled.cells.T
    return ReferenceSet(
        embeddings=in_single(embedding_map[rows, columns]),
        labels=sampled.labels,
        object_ids=sampled.object_ids,
        annotation_ids=sampled.annotation_ids,
        frame_indices=np.full(len(rows), painted.frame_index, dtype=np.int32),
        cells=sampled.cells,
        quarters=None if upsampling is None else sampled.quarters,
        quarter_embeddings=None if upsampling is None else quarters_in(upsampling)[rows, columns],
    )


def references_at(
    frame_index: int,
    cells: tuple[NDArray[np.intp], NDArray[np.intp]],
    embedding_map: EmbeddingMap,
    labels: NDArray[np.float32],
    object_ids: tuple[ObjectId, ...],
    annotation_id: int,
    upsampling: UpsamplingMap | None = None,
) -> ReferenceSet:
    """Return cells that nobody painted as references, with the labels that occur among them.

    Args:
        frame_index: Their frame.
        cells: (n,) rows and (n,) columns, in reading order.
        embedding_map: The frame's, (rows, columns, d).
        labels: (n, L) float32 soft labels.
        object_ids: The L labels, ascending.
        annotation_id: What stands for their annotation.
        upsampling: The frame's upsampling map; None for none. Each quarter of a cell contributes
            a like part of its label.
    """
    rows, columns = cells
    parts = np.repeat(labels[:, None] / np.float32(QUARTERS), QUARTERS, axis=1)
    every = ReferenceSet(
        embeddings=in_single(embedding_map[rows, columns]),
        labels=np.ascontiguousarray(labels),
        object_ids=object_ids,
        annotation_ids=np.full(len(rows), annotation_id, dtype=np.int32),
        frame_indices=np.full(len(rows), frame_index, dtype=np.int32),
        cells=np.stack([rows, columns], axis=1).astype(np.int32),
        quarters=None if upsampling is None else parts,
        quarter_embeddings=None if upsampling is None else quarters_in(upsampling)[rows, columns],
    )
    return every.take(np.ones(len(rows), dtype=np.bool_))


def _ascending(*keys: NDArray[np.int32]) -> bool:
    """Whether rows of these keys, the first one decides first, ascend and none is there twice."""
    ascends = np.zeros(max(len(keys[0]) - 1, 0), dtype=np.bool_)
    for key in reversed(keys):
        ascends = (key[1:] > key[:-1]) | ((key[1:] == key[:-1]) & ascends)
    return bool(ascends.all())


def _spread(
    part: ReferenceSet, labels: NDArray[np.float32], object_ids: Sequence[ObjectId]
) -> NDArray[np.float32]:
    """Return (..., L) labels of a part with a column for each of the given object ids."""
    spread = np.zeros((*labels.shape[:-1], len(object_ids)), dtype=np.float32)
    spread[..., np.searchsorted(object_ids, part.object_ids)] = labels
    return spread


def _all_quarters(
    parts: Sequence[ReferenceSet], object_ids: Sequence[ObjectId]
) -> tuple[NDArray[np.float32] | None, NDArray[np.uint8] | None]:
    """Return the quarters' labels and embeddings of several sets; None where one has none."""
    labels, embeddings = [], []
    for part in parts:
        if part.quarters is None or part.quarter_embeddings is None:
            return None, None
        labels.append(_spread(part, part.quarters, object_ids))
        embeddings.append(part.quarter_embeddings)
    return np.concatenate(labels), np.concatenate(embeddings)


def _of(chosen: NDArray[Any], values: NDArray[Number] | None) -> NDArray[Number] | None:
    return None if values is None else values[chosen]


def _same(one: NDArray[Number] | None, other: NDArray[Number] | None) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other)
