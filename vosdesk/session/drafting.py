"""Labels of the visible frame that keep up with the pen.

What is painted on the visible frame changes its labels long before all frames are labelled anew,
and while a gesture is still in progress. Its cells' nearest references follow from those of the
step before, at the cost of what the pen has added since; they are exact (see
``labelling.renewal``), so nothing jumps when the pen is lifted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vosdesk.labelling.engine import LabellingEngine
from vosdesk.labelling.references import ReferenceSet, frame_references
from vosdesk.labelling.renewal import Renumbering, renewed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vosdesk.arrays import EmbeddingMap, PaintedFrame
    from vosdesk.labelling.engine import FrameLabels
    from vosdesk.labelling.neighbours import Neighbours
    from vosdesk.session.label_book import LabelBook, LabelState


@dataclass(frozen=True, eq=False)
class _Step:
    """Where the next labels begin from.

    Attributes:
        references: Of the video, as they were.
        found: (cells, K) neighbours among them.
    """

    references: ReferenceSet
    found: Neighbours


class _Ground:
    """What stays as it is while one frame is painted on.

    Raises:
        StoreError: The frame's embeddings cannot be read.
    """

    def __init__(self, book: LabelBook, state: LabelState, frame_index: int) -> None:
        self.book, self.state, self.frame_index = book, state, frame_index
        self.embedding_map: EmbeddingMap = book.store.read(frame_index)
        references = state.engine.references
        self.elsewhere = references.take(references.frame_indices != frame_index)
        found = book.retrieval.exact_neighbours(state.engine, frame_index)
        self.begin = _Step(references, found.reshape(len(self.queries)))

    @property
    def queries(self) -> NDArray[np.float16]:
        """(cells, d)."""
        return self.embedding_map.reshape(-1, self.embedding_map.shape[-1])


class DraftLabels:
    """Labels one frame for whatever is painted on it; used from one thread."""

    def __init__(self) -> None:
        self._ground: _Ground | None = None
        self._last: _Step | None = None

    def labels(
        self, book: LabelBook, frame_index: int, painted: PaintedFrame | None
    ) -> FrameLabels | None:
        """Return the exact labels of an embedded frame with this paint on it; None without paint.

        What is painted on other frames is that of the book's newest state.

        Raises:
            StoreError: The frame's embeddings cannot be read.
        """
        ground, last = self._stand_on(book, book.state, frame_index)
        own = ReferenceSet.empty()
        if painted is not None:
            own = frame_references(painted, ground.embedding_map, book.geometry.network)
        settings = ground.state.engine.settings
        engine = LabellingEngine(ReferenceSet.merge([ground.elsewhere, own]), settings)
        references = engine.references
        step = Renumbering.between(last.references, references)
        every = np.arange(len(references), dtype=np.int32)
        found = renewed(last.found, step, references, every, ground.queries)
        self._last = _Step(references, found)
        if not references:
            return None
        return engine.vote(frame_index, found.reshape(*ground.embedding_map.shape[:2]))

    def _stand_on(
        self, book: LabelBook, state: LabelState, frame_index: int
    ) -> tuple[_Ground, _Step]:
        ground = self._ground
        wanted = (book, state, frame_index)
        if ground is None or (ground.book, ground.state, ground.frame_index) != wanted:
            self._ground = ground = _Ground(*wanted)
            self._last = None
        return ground, self._last or ground.begin
