"""The picture of the visible frame, and questions about it: the newest request wins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vosdesk.jobs import Progress, once
from vosdesk.session import events
from vosdesk.session.drafting import DraftLabels
from vosdesk.session.explaining import explain
from vosdesk.session.rendering import ViewChoices, ViewRequest, render

if TYPE_CHECKING:
    from collections.abc import Callable

    from vosdesk.errors import VideoError
    from vosdesk.jobs import Job
    from vosdesk.project.annotations import Annotation
    from vosdesk.project.document import Document
    from vosdesk.session.desk import Desk
    from vosdesk.session.label_book import LabelBook
    from vosdesk.session.rendering import Draft
    from vosdesk.video import FrameSource


class Viewer:
    """Renders on the view thread and tells FrameRendered and PixelExplained.

    Args:
        desk: Starts the work.
        tell: Told of the results.
        notify: Tells the user of a frame that cannot be decoded.

    Attributes:
        choices: How labels are shown.
    """

    def __init__(
        self,
        desk: Desk,
        tell: Callable[[events.Event], None],
        notify: Callable[[events.Severity, VideoError], None],
    ) -> None:
        self.choices = ViewChoices()
        self._draft: Draft | None = None
        self._desk, self._tell, self._notify = desk, tell, notify
        self._drafting = DraftLabels()
        self._frame_index = 0
        self._painted: tuple[Annotation, ...] = ()

    @property
    def draft(self) -> Draft | None:
        """Makes the annotation that is being drawn on the visible frame; None where none is."""
        return self._draft

    @draft.setter
    def draft(self, draft: Draft | None) -> None:
        """Take up a draft; while there is one, labels of other frames wait for its end."""
        self._draft = draft
        self._desk.set_paused("labels", draft is not None)

    def show(
        self, source: FrameSource, frame_index: int, document: Document, book: LabelBook | None
    ) -> None:
        """Render a frame; a picture that was overtaken is shown too if it is done by then.

        Or else nothing would be seen while requests come in faster than pictures can be made. A
        draft belongs to its frame and ends with it, and so does the work on pictures of it.
        """
        stays = frame_index == self._frame_index
        if not stays:
            self._frame_index, self.draft = frame_index, None
        self._painted = document.annotations_on(frame_index)
        job = _rendering(self._request(source, frame_index, document, book), stays)
        self._desk.start("view", "view", job, on_progress=lambda step: self._show(step.payload))

    def forget(self) -> None:
        """Let go of a video's embeddings; a picture that is being made keeps them until then."""
        self.draft, self._drafting = None, DraftLabels()

    def explain(
        self,
        source: FrameSource,
        pixel: tuple[int, int, int],
        document: Document,
        book: LabelBook | None,
    ) -> None:
        """Find out why a pixel has its label, told as frame index, column and row."""
        frame_index, x, y = pixel
        request = self._request(source, frame_index, document, book)
        self._desk.start(
            "view",
            "explain",
            once(lambda: explain(request, x, y)),
            on_done=lambda found: self._tell(events.PixelExplained(found)),
        )

    def _request(
        self, source: FrameSource, frame_index: int, document: Document, book: LabelBook | None
    ) -> ViewRequest:
        drawing = self._draft is not None
        return ViewRequest(
            source,
            frame_index,
            document,
            book,
            self.choices,
            self._draft,
            self._drafting,
            # a stroke's preview is in the way as soon as the stroke is done, unless it shows that
            overtaken=lambda seen: drawing and self._draft is None and seen != self._painted,
        )

    def _show(self, rendered: object) -> None:
        assert isinstance(rendered, events.FrameRendered)
        self._tell(rendered)
        if rendered.problem is not None:
            self._notify(events.Severity.WARNING, rendered.problem)


def _rendering(request: ViewRequest, stays: bool) -> Job[None]:
    yield Progress(1, 1, "Rendering", render(request))
    if stays and request.book is not None:  # somebody may be about to paint on it
        request.drafting.prepare(request.book, request.frame_index)
