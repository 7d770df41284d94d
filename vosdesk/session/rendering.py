"""The visible frame: decoded, labelled as far as known, composed. Runs on the view thread."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from vosdesk.errors import VideoError
from vosdesk.overlay.composition import OverlayMode, OverlayStyle, compose
from vosdesk.overlay.palette import from_hex
from vosdesk.project.rasterise import paint
from vosdesk.session.events import FrameRendered
from vosdesk.session.label_book import painted_label_map

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vosdesk.arrays import Frame, LabelMap, Size
    from vosdesk.labelling.engine import FrameLabels
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


@dataclass(frozen=True, eq=False)
class ViewRequest:
    """Everything that a picture of one frame depends on."""

    source: FrameSource
    frame_index: int
    document: Document
    book: LabelBook | None
    choices: ViewChoices = field(default_factory=ViewChoices)


def overlay_style(document: Document, choices: ViewChoices) -> OverlayStyle:
    """Return the style for the document's objects."""
    return OverlayStyle(
        mode=choices.mode,
        opacity=choices.opacity,
        colours={item.id: from_hex(item.colour) for item in document.objects},
        hidden=frozenset(item.id for item in document.objects if not item.visible),
        heat=choices.heat,
    )


def render(request: ViewRequest) -> FrameRendered:
    """Compose the picture of one frame.

    A frame that cannot be decoded is black: the one shown before must not pass for it.

    Raises:
        StoreError: Its embeddings cannot be read.
    """
    problem = None
    try:
        frame = request.source.read(request.frame_index)
    except VideoError as error:
        frame, problem = black(request.source.size), error
    label_map, confidence = visible_labels(request)
    style = overlay_style(request.document, request.choices)
    picture = compose(frame, label_map, style, confidence)
    return FrameRendered(request.frame_index, picture, label_map, problem)


def black(size: Size) -> Frame:
    """Return what stands for a frame that cannot be decoded."""
    return np.zeros((size.height, size.width, 3), dtype=np.uint8)


def visible_labels(request: ViewRequest) -> tuple[LabelMap, NDArray[np.float32] | None]:
    """Return the best label map known now, and the confidence where it is to be seen.

    Painted pixels are always the newest.

    Raises:
        StoreError: The frame's embeddings cannot be read.
    """
    document, index, book = request.document, request.frame_index, request.book
    locked = document.locks_by_frame.get(index)
    if locked is not None:
        return locked.label_map(), None
    painted = paint(document.annotations_on(index), index, request.source.size)
    labels = _known_labels(book, index)
    if book is None or labels is None:
        return painted_label_map(painted, request.source.size), None
    confidence = book.confidence(labels) if request.choices.heat else None
    return book.upsample(labels, painted), confidence


def _known_labels(book: LabelBook | None, frame_index: int) -> FrameLabels | None:
    """Return labels from memory; those that had to make room are computed again."""
    if book is None or not book.state.engine.references or not book.store.finished[frame_index]:
        return None
    return book.known_labels(frame_index) or book.labels(book.state, frame_index)
