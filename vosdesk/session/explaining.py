"""Why a pixel has its label: paint, a lock, or the reference pixels that are most like it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vosdesk.arrays import BACKGROUND
from vosdesk.labelling.best import best_labels
from vosdesk.labelling.geometry import cells_of_pixels, pixels_per_cell
from vosdesk.labelling.spread_references import SPREAD
from vosdesk.project.rasterise import paint
from vosdesk.session.explanation import Explanation, PathStep, Reason, ReferencePixel
from vosdesk.session.rendering import visible_labels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vosdesk.arrays import ObjectId
    from vosdesk.labelling.engine import FrameLabels, LabellingEngine
    from vosdesk.labelling.neighbours import Neighbours
    from vosdesk.labelling.sweep import Trace
    from vosdesk.session.label_book import LabelBook
    from vosdesk.session.label_state import Geometry, LabelState
    from vosdesk.session.rendering import ViewRequest

_NEXT_TO = ((0, 0), (0, -1), (0, 1), (-1, 0), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1))
"""The cells that a pixel's label may come from, the one that it lies in first."""


def explain(request: ViewRequest, x: int, y: int) -> Explanation:
    """Find out why a pixel of the frame in view has its label.

    Args:
        request: The frame, the document, and where labels come from.
        x: Column in source pixels, within the frame.
        y: Row in source pixels, within the frame.

    Raises:
        StoreError: The frame's embeddings cannot be read.
    """
    frame_index, document, book = request.frame_index, request.document, request.book
    label_map, _confidence = visible_labels(request, document.annotations_on(frame_index))
    object_id = int(label_map[y, x])
    if frame_index in document.locks_by_frame:
        return Explanation(frame_index, x, y, object_id, Reason.LOCKED)
    painted = paint(document.annotations_on(frame_index), frame_index, request.source.size)
    if painted is not None and painted.owners[y, x] >= 0:
        owner = int(painted.owners[y, x])
        return Explanation(frame_index, x, y, object_id, Reason.PAINTED, owner)
    if book is None or not book.store.finished[frame_index] or not book.state.engine.references:
        return Explanation(frame_index, x, y, object_id, Reason.UNKNOWN)
    return _retrieved(book, book.state, frame_index, (x, y), object_id)


def _retrieved(
    book: LabelBook, state: LabelState, frame_index: int, pixel: tuple[int, int], object_id: int
) -> Explanation:
    """Search anew for the cell whose label the pixel has: of one cell that takes no time."""
    embedding_map, engine = book.store.read(frame_index), state.engine_for(frame_index)
    labels = book.known_labels(frame_index)
    cell = _cell_of(book.geometry, pixel, labels, object_id)
    proved = book.retrieval.proved_cells(engine, frame_index)
    row, column = cell
    found = engine.search(embedding_map[row : row + 1, column : column + 1])
    voted = engine.vote(frame_index, found)
    settled = not book.stale()[frame_index]
    trace = book.sweep.trace(labels, cell) if labels and engine.settings.links else None
    path = _path(trace, book.geometry) if trace else ()
    retrieved = voted.object_ids[int(voted.scores[:, 0, 0].argmax())]
    if path and retrieved != object_id:
        reason = Reason.SPREAD if path[-1].frame_index == frame_index else Reason.LINKED
    else:
        is_unlike = voted.nearest[0, 0] < 0 and object_id == BACKGROUND
        reason = Reason.UNLIKE if is_unlike else Reason.RETRIEVED
    return Explanation(
        frame_index,
        *pixel,
        object_id,
        reason,
        margin=float((labels or voted).confidence[cell if labels else (0, 0)]),
        proved=settled or bool(proved[cell]),
        references=_references(book, state, engine, found),
        path=path,
        path_painted=trace is not None and trace.painted,
        path_annotation_id=_painter(state, trace, object_id) if trace and trace.painted else None,
    )


def _painter(state: LabelState, trace: Trace, object_id: ObjectId) -> int | None:
    """Return the annotation whose paint a trace ends on: the one that says most of the label."""
    frame_index, *cell = trace.steps[-1]
    references = state.references
    if object_id not in references.object_ids:
        return None
    there = (references.frame_indices == frame_index) & (references.cells == cell).all(axis=1)
    said = references.labels[there, references.object_ids.index(object_id)]
    return int(references.annotation_ids[there][said.argmax()]) if len(said) else None


def _path(trace: Trace, geometry: Geometry) -> tuple[PathStep, ...]:
    """Return the steps of a trace in source pixels; none where it leads nowhere else."""
    if len(trace.steps) < 2:
        return ()
    return tuple(
        PathStep(frame_index, *_middle((row, column), geometry))
        for frame_index, row, column in trace.steps
    )


def _middle(cell: tuple[int, int], geometry: Geometry) -> tuple[float, float]:
    """Return x and y of a cell's middle, kept within the picture."""
    across, down = pixels_per_cell(geometry.source, geometry.network)
    return (
        min((cell[1] + 0.5) * across, geometry.source.width - 0.5),
        min((cell[0] + 0.5) * down, geometry.source.height - 0.5),
    )


def _cell_of(
    geometry: Geometry, pixel: tuple[int, int], labels: FrameLabels | None, object_id: ObjectId
) -> tuple[int, int]:
    """Return the cell in which a pixel lies, or one beside it from which it has its label."""
    (x, y), source, network = pixel, geometry.source, geometry.network
    column = int(cells_of_pixels(source.width, network.width)[x])
    row = int(cells_of_pixels(source.height, network.height)[y])
    if labels is None or object_id not in labels.object_ids:
        return row, column
    winner, wanted = best_labels(labels.scores), labels.object_ids.index(object_id)
    around = [(row + down, column + right) for down, right in _NEXT_TO]
    inside = [at for at in around if 0 <= at[0] < winner.shape[0] and 0 <= at[1] < winner.shape[1]]
    return next((at for at in inside if winner[at] == wanted), (row, column))


def _references(
    book: LabelBook, state: LabelState, engine: LabellingEngine, found: Neighbours
) -> tuple[ReferencePixel, ...]:
    """Return the references of a list of one cell, as the user knows them."""
    references = engine.references
    numbers = found.number.ravel()
    numbers = numbers[numbers >= 0]
    similarity = found.similarity.ravel()[: len(numbers)]
    weights = _weights(similarity, engine.settings.temperature)
    pixels = []
    for number, alike, weight in zip(numbers, similarity, weights, strict=True):
        frame_index = int(references.frame_indices[number])
        row, column = references.cells[number].tolist()
        x, y = _middle((row, column), book.geometry)
        annotation_id: int | None = int(references.annotation_ids[number])
        is_spread = annotation_id == SPREAD
        if is_spread:
            annotation_id = _spread_from(book, state, frame_index, (row, column))
        pixels.append(
            ReferencePixel(
                frame_index=frame_index,
                annotation_id=annotation_id,
                x=x,
                y=y,
                object_id=references.object_ids[int(references.labels[number].argmax())],
                similarity=float(alike),
                weight=float(weight),
                is_spread=is_spread,
            )
        )
    return tuple(pixels)


def _spread_from(
    book: LabelBook, state: LabelState, frame_index: int, cell: tuple[int, int]
) -> int | None:
    """Return whose paint was spread to a cell of an annotated frame; None where none's was."""
    labels = book.known_labels(frame_index)
    if labels is None:
        return None
    trace = book.sweep.trace(labels, cell)
    object_id = labels.object_ids[int(labels.scores[:, cell[0], cell[1]].argmax())]
    return _painter(state, trace, object_id) if trace.painted else None


def _weights(similarity: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """Return each vote's part of all votes; see ``labelling.engine``."""
    weights = np.exp((similarity - similarity[:1]) / temperature)
    shares: NDArray[np.float32] = weights / weights.sum()
    return shares
