"""The visible frame: decoded, labelled as far as known, composed. Runs on the view thread."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from vosdesk.errors import VideoError
from vosdesk.jobs import JobCancelled
from vosdesk.overlay.composition import OverlayMode, OverlayStyle, compose
from vosdesk.overlay.palette import from_hex
from vosdesk.project.commands import missing_objects
from vosdesk.session.drafting import DraftLabels
from vosdesk.session.events import FrameRendered
from vosdesk.session.label_book import painted_label_map

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from vosdesk.arrays import Frame, LabelMap, PaintedFrame, Size
    from vosdesk.labelling.engine import FrameLabels
    from vosdesk.project.annotations import Annotation
    from vosdesk.project.document import Document
    from vosdesk.session.label_book import LabelBook
    from vosdesk.video import FrameSource


@dataclass(frozen=True)
class ViewChoices:
    """How the user wants labels shown.

    Attributes:
        mode: How objects are drawn over the frame.
        opacity: Of the tint, 0..1.
        heat: Whether doubtful pixels glow.
    """

    mode: OverlayMode = OverlayMode.TINT
    opacity: float = 0.5
    heat: bool = False


Draft: TypeAlias = "Callable[[], Annotation | None]"
"""Makes the annotation of a gesture in progress; None where it encloses nothing."""


@dataclass(frozen=True, eq=False)
class ViewRequest:
    """Everything that a picture of one frame depends on.

    Attributes:
        source: The video.
        frame_index: The frame.
        document: What is painted.
        book: Where labels come from; None before there are any.
        choices: How labels are shown.
        draft: What is being painted on the frame, beyond the document.
        drafting: Labels a frame while it is painted on.
        overtaken: Whether nobody wants to see the picture any more.
    """

    source: FrameSource
    frame_index: int
    document: Document
    book: LabelBook | None
    choices: ViewChoices = field(default_factory=ViewChoices)
    draft: Draft | None = None
    drafting: DraftLabels = field(default_factory=DraftLabels)
    overtaken: Callable[[], bool] = lambda: False

    def raise_if_overtaken(self) -> None:
        """Leave the work on a picture between two parts of it.

        Raises:
            JobCancelled: Nobody wants to see it any more.
        """
        if self.overtaken():
            raise JobCancelled

    def annotations(self) -> tuple[Annotation, ...]:
        """Return what is painted on the frame, what is being painted last."""
        drawn = None if self.draft is None else self.draft()
        kept = self.document.annotations_on(self.frame_index)
        if drawn is None:
            return kept
        # its own number to be, as labels depend on which of two strokes is the newer one
        return *kept, drawn.model_copy(update={"id": self.document.next_annotation_id})


def overlay_style(
    document: Document, choices: ViewChoices, annotations: Iterable[Annotation] = ()
) -> OverlayStyle:
    """Return the style for the document's objects, and for those that begin with annotations."""
    objects = (*missing_objects(document, annotations), *document.objects)
    return OverlayStyle(
        mode=choices.mode,
        opacity=choices.opacity,
        colours={item.id: from_hex(item.colour) for item in objects},
        hidden=frozenset(item.id for item in document.objects if not item.visible),
        heat=choices.heat,
    )


def render(request: ViewRequest) -> FrameRendered:
    """Compose the picture of one frame.

    A frame that cannot be decoded is black: the one shown before must not pass for it.

    Raises:
        StoreError: Its embeddings cannot be read.
        JobCancelled: It was overtaken.
    """
    problem = None
    try:
        frame = request.source.read(request.frame_index)
    except VideoError as error:
        frame, problem = black(request.source.size), error
    annotations = request.annotations()
    label_map, confidence = visible_labels(request, annotations)
    request.raise_if_overtaken()
    style = overlay_style(request.document, request.choices, annotations)
    picture = compose(frame, label_map, style, confidence)
    return FrameRendered(request.frame_index, picture, label_map, problem)


def black(size: Size) -> Frame:
    """Return what stands for a frame that cannot be decoded."""
    return np.zeros((size.height, size.width, 3), dtype=np.uint8)


def visible_labels(
    request: ViewRequest, annotations: tuple[Annotation, ...]
) -> tuple[LabelMap, NDArray[np.float32] | None]:
    """Return the best label map known now, and the confidence where it is to be seen.

    Args:
        request: The frame.
        annotations: What is painted on it; painted pixels keep their label.

    Raises:
        StoreError: The frame's embeddings cannot be read.
        JobCancelled: The request was overtaken.
    """
    index, book = request.frame_index, request.book
    locked = request.document.locks_by_frame.get(index)
    if locked is not None:
        return locked.label_map(), None
    painted = request.drafting.paint(annotations, index, request.source.size)
    labels = _known_labels(request, annotations, painted)
    request.raise_if_overtaken()
    if book is None or labels is None:
        return painted_label_map(painted, request.source.size), None
    confidence = book.confidence(labels) if request.choices.heat else None
    return book.upsample(labels, painted), confidence


def _known_labels(
    request: ViewRequest, annotations: tuple[Annotation, ...], painted: PaintedFrame | None
) -> FrameLabels | None:
    """Return labels that take the newest paint on the frame into account."""
    book, frame_index = request.book, request.frame_index
    if book is None or not book.store.finished[frame_index]:
        return None
    state = book.state
    if state.inputs.get(frame_index, ((), None)) != (annotations, None):
        drafted = request.drafting.labels(book, frame_index, painted)
        return None if drafted is None else book.sweep.labels(drafted)
    if not state.engine.references:
        return None
    known = book.known_labels(frame_index)
    return known or book.sweep.labels(book.labels(state, frame_index))
