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
        draft: Makes the annotation that is being drawn on the visible frame; None where none is.
    """

    def __init__(
        self,
        desk: Desk,
        tell: Callable[[events.Event], None],
        notify: Callable[[events.Severity, VideoError], None],
    ) -> None:
        self.choices = ViewChoices()
        self.draft: Draft | None = None
        self._desk, self._tell, self._notify = desk, tell, notify
        self._drafting = DraftLabels()
        self._frame_index = 0

    def show(
        self, source: FrameSource, frame_index: int, document: Document, book: LabelBook | None
    ) -> None:
        """Render a frame; a picture that was overtaken is shown too if it is done by then.

        Or else nothing would be seen while requests come in faster than pictures can be made. A
        draft belongs to its frame and ends with it.
        """
        if frame_index != self._frame_index:
            self._frame_index, self.draft = frame_index, None
        request = self._request(source, frame_index, document, book)
        self._desk.start(
            "view", "view", _rendering(request), on_progress=lambda step: self._show(step.payload)
        )

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
        return ViewRequest(
            source, frame_index, document, book, self.choices, self.draft, self._drafting
        )

    def _show(self, rendered: object) -> None:
        assert isinstance(rendered, events.FrameRendered)
        self._tell(rendered)
        if rendered.problem is not None:
            self._notify(events.Severity.WARNING, rendered.problem)


def _rendering(request: ViewRequest) -> Job[None]:
    yield Progress(1, 1, "Rendering", render(request))
