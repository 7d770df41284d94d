"""The visible frame: decoded, labelled as far as known, composed. Runs on the view thread."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from vosdesk.errors import VideoError
from vosdesk.jobs import JobCancelled
from vosdesk.overlay.composition import OverlayMode, OverlayStyle, compose, compose_again
from vosdesk.overlay.palette import from_hex
from vosdesk.project.commands import missing_objects
from vosdesk.project.rasterise import painted_label_map
from vosdesk.session.drafting import DraftLabels
from vosdesk.session.events import FrameRendered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from vosdesk.arrays import Frame, LabelMap, PaintedFrame, Size
    from vosdesk.labelling.engine import FrameLabels
    from vosdesk.project.annotations import Annotation
    from vosdesk.project.document import Document
    from vosdesk.session.drafting import ShownLabels
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
        overtaken: Told what is painted on the frame, whether nobody wants to see that any more.
    """

    source: FrameSource
    frame_index: int
    document: Document
    book: LabelBook | None
    choices: ViewChoices = field(default_factory=ViewChoices)
    draft: Draft | None = None
    drafting: DraftLabels = field(default_factory=DraftLabels)
    overtaken: Callable[[tuple[Annotation, ...]], bool] = lambda _annotations: False

    def raise_if_overtaken(self, annotations: tuple[Annotation, ...]) -> None:
        """Leave the work on a picture between two parts of it.

        Raises:
            JobCancelled: Nobody wants to see it any more.
        """
        if self.overtaken(annotations):
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
    shown = visible_labels(request, annotations)
    request.raise_if_overtaken(annotations)
    style = overlay_style(request.document, request.choices, annotations)
    like = (request.source, request.frame_index, problem, style)

    label_map, confidence = shown

    def make(before: tuple[Frame, LabelMap] | None) -> Frame:
        if before is None or style.heat:  # doubt changes everywhere
            return compose(frame, label_map, style, confidence)
        return compose_again(*before, frame, label_map, style)

    picture = request.drafting.composed(like, shown, make)
    return FrameRendered(request.frame_index, picture, label_map, problem)


def black(size: Size) -> Frame:
    """Return what stands for a frame that cannot be decoded."""
    return np.zeros((size.height, size.width, 3), dtype=np.uint8)


def visible_labels(request: ViewRequest, annotations: tuple[Annotation, ...]) -> ShownLabels:
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
    if book is None or not book.store.finished[index]:
        painted = request.drafting.paint(annotations, index, request.source.size)
        return painted_label_map(painted, request.source.size), None
    state = book.state
    if state.inputs.get(index, ((), None)) == (annotations, None):
        return _known_labels(request, book, annotations)
    # a finished stroke is what the last of its previews has shown
    like = (index, annotations, state, book.sweep.edition, request.choices.heat)
    return request.drafting.once(like, lambda: _drafted_labels(request, book, annotations))


def _known_labels(
    request: ViewRequest, book: LabelBook, annotations: tuple[Annotation, ...]
) -> ShownLabels:
    index, state = request.frame_index, book.state
    painted = request.drafting.paint(annotations, index, request.source.size)
    labels = None
    if state.engine.references:
        labels = book.known_labels(index) or book.sweep.labels(book.labels(state, index))
    return _at_source(request, book, labels, painted)


def _drafted_labels(
    request: ViewRequest, book: LabelBook, annotations: tuple[Annotation, ...]
) -> ShownLabels:
    """Return labels that take paint into account of which the book does not know yet."""
    painted = request.drafting.paint(annotations, request.frame_index, request.source.size)

    def go_on() -> None:
        request.raise_if_overtaken(annotations)

    go_on()
    drafted = request.drafting.labels(book, request.frame_index, painted, go_on)
    go_on()
    labels = None if drafted is None else book.sweep.labels(drafted)
    return _at_source(request, book, labels, painted)


def _at_source(
    request: ViewRequest,
    book: LabelBook,
    labels: FrameLabels | None,
    painted: PaintedFrame | None,
) -> ShownLabels:
    if labels is None:
        return painted_label_map(painted, request.source.size), None
    confidence = book.confidence(labels) if request.choices.heat else None
    return book.upsample(labels, painted), confidence
