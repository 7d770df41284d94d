"""Labels of the visible frame that keep up with the pen.

What is painted on the visible frame changes its labels long before all frames are labelled anew,
and while a gesture is still in progress. Its cells' nearest references follow from those of the
step before, at the cost of what the pen has added since; they are exact (see
``labelling.renewal``), so nothing jumps when the pen is lifted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from vosdesk.labelling.engine import LabellingEngine
from vosdesk.labelling.index import Queries
from vosdesk.labelling.references import ReferenceSet, frame_references
from vosdesk.labelling.renewal import Renumbering, renewed
from vosdesk.project.rasterise import paint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from vosdesk.arrays import EmbeddingMap, Frame, LabelMap, PaintedFrame, Size
    from vosdesk.labelling.engine import FrameLabels
    from vosdesk.labelling.neighbours import Neighbours
    from vosdesk.project.annotations import Annotation
    from vosdesk.session.label_book import LabelBook
    from vosdesk.session.label_state import LabelState

ShownLabels: TypeAlias = "tuple[LabelMap, NDArray[np.float32] | None]"
"""(height, width) object ids at the source's size, and the confidence where it is to be seen."""


@dataclass(frozen=True, eq=False)
class _Step:
    """Where the next labels begin from.

    Attributes:
        references: Of the video, as they were.
        found: (cells, K) neighbours among them.
        signature: Of the engine that has voted.
        labels: What came of the vote; None before there was one.
    """

    references: ReferenceSet
    found: Neighbours
    signature: bytes = b""
    labels: FrameLabels | None = None


@dataclass(frozen=True, eq=False)
class _Painted:
    """What is painted on a frame, but for the newest annotation.

    Attributes:
        frame_index: The frame.
        size: Of the frame.
        annotations: What is painted.
        frame: As pixels; None where there are none.
    """

    frame_index: int
    size: Size
    annotations: tuple[Annotation, ...] = ()
    frame: PaintedFrame | None = None

    def begins(self, annotations: Sequence[Annotation]) -> bool:
        """Whether these annotations are the first of others."""
        few = len(self.annotations) <= len(annotations)
        return few and all(a is b for a, b in zip(self.annotations, annotations, strict=False))


class _Ground:
    """What stays as it is while one frame is painted on.

    Raises:
        StoreError: The frame's embeddings cannot be read.
    """

    def __init__(self, book: LabelBook, state: LabelState, frame_index: int) -> None:
        self.book, self.state, self.frame_index = book, state, frame_index
        self.embedding_map: EmbeddingMap = book.store.read(frame_index)
        self.upsampling = book.store.read_upsampling(frame_index)
        self.elsewhere = state.references.take(state.references.frame_indices != frame_index)
        found = self._found(book, state)
        cells = self.embedding_map.reshape(-1, self.embedding_map.shape[-1])
        self.queries = Queries.of(cells)
        self.begin = _Step(state.engine.references, found.reshape(len(cells)))

    def _found(self, book: LabelBook, state: LabelState) -> Neighbours:
        """Search for the engine of annotated frames: with its first stroke the frame is one."""
        if state.engine_for(self.frame_index) is state.engine:
            return book.retrieval.exact_neighbours(state.engine, self.frame_index)
        return state.engine.search(self.embedding_map)


class DraftLabels:
    """Labels one frame for whatever is painted on it; used from one thread."""

    def __init__(self) -> None:
        self._ground: _Ground | None = None
        self._last: _Step | None = None
        self._painted: _Painted | None = None
        self._shown: tuple[object, ShownLabels] | None = None
        self._composed: tuple[object, ShownLabels, Frame] | None = None

    def once(self, like: object, compute: Callable[[], ShownLabels]) -> ShownLabels:
        """Return the labels computed last, if those were of the same, or else compute them."""
        if self._shown is None or self._shown[0] != like:
            self._shown = like, compute()
        return self._shown[1]

    def composed(
        self,
        like: object,
        shown: ShownLabels,
        compose: Callable[[tuple[Frame, LabelMap] | None], Frame],
    ) -> Frame:
        """Return the picture composed last, if it is of these very labels, or else compose it.

        Args:
            like: What else the picture depends on.
            shown: The labels in it, as ``once`` returned them.
            compose: Makes it, given the last picture and the label map in it where only the labels
                differ, or else None.
        """
        known = self._composed if self._composed and self._composed[0] == like else None
        if known is None or known[1] is not shown:
            before = None if known is None else (known[2], known[1][0])
            self._composed = known = like, shown, compose(before)
        return known[2]

    def paint(
        self, annotations: tuple[Annotation, ...], frame_index: int, size: Size
    ) -> PaintedFrame | None:
        """Return what ``rasterise.paint`` does; only the newest annotation is painted every time.

        Raises:
            MaskError: A mask's picture is damaged or has another size.
        """
        known, older = self._painted, annotations[:-1]
        if known is None or (known.frame_index, known.size) != (frame_index, size):
            known = _Painted(frame_index, size)
        if not known.begins(older):
            known = _Painted(frame_index, size)
        added = older[len(known.annotations) :]
        if added or known is not self._painted:
            frame = paint(added, frame_index, size, known.frame)
            self._painted = known = _Painted(frame_index, size, older, frame)
        return paint(annotations[len(older) :], frame_index, size, known.frame)

    def prepare(self, book: LabelBook, frame_index: int) -> None:
        """Do what the first move of the pen would have to wait for, where that takes no search.

        Raises:
            StoreError: The frame's embeddings cannot be read.
        """
        state = book.state
        if book.store.finished[frame_index] and not book.needs_search(state, frame_index):
            self._stand_on(book, state, frame_index)

    def labels(
        self,
        book: LabelBook,
        frame_index: int,
        painted: PaintedFrame | None,
        go_on: Callable[[], None] = lambda: None,
    ) -> FrameLabels | None:
        """Return the exact labels of an embedded frame with this paint on it; None without paint.

        What is painted on other frames is that of the book's newest state.

        Args:
            book: Where labels come from.
            frame_index: The frame.
            painted: What is painted on it.
            go_on: Called between parts of the work; it may raise to leave the rest undone.

        Raises:
            StoreError: The frame's embeddings cannot be read.
        """
        ground, last = self._stand_on(book, book.state, frame_index)
        own = ReferenceSet.empty()
        if painted is not None:
            network = book.geometry.network
            own = frame_references(painted, ground.embedding_map, network, ground.upsampling)
        go_on()
        settings = ground.state.engine.settings
        engine = LabellingEngine(ReferenceSet.merge([ground.elsewhere, own]), settings)
        if not engine.references:
            self._last = None
            return None
        if engine.signature != last.signature:
            self._last = last = _next_step(engine, ground, last)
        return last.labels

    def _stand_on(
        self, book: LabelBook, state: LabelState, frame_index: int
    ) -> tuple[_Ground, _Step]:
        ground = self._ground
        wanted = (book, state, frame_index)
        if ground is None or (ground.book, ground.state, ground.frame_index) != wanted:
            self._ground = ground = _Ground(*wanted)
            self._last = None
        return ground, self._last or ground.begin


def _next_step(engine: LabellingEngine, ground: _Ground, last: _Step) -> _Step:
    references = engine.references
    step = Renumbering.between(last.references, references)
    every = np.arange(len(references), dtype=np.int32)
    found = renewed(last.found, step, references, every, ground.queries)
    on_grid = found.reshape(*ground.embedding_map.shape[:2])
    return _Step(references, found, engine.signature, engine.vote(ground.frame_index, on_grid))
