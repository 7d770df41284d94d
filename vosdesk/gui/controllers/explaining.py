"""Where labels come from: a pixel is asked about, and the way leads to the strokes behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QColor

from vosdesk.arrays import BACKGROUND
from vosdesk.gui.canvas.trace import Mark
from vosdesk.gui.panels.strokes_model import kind_of
from vosdesk.gui.panels.why_panel import WhyAnswer, WhyRow
from vosdesk.gui.wording import count_of
from vosdesk.overlay.palette import screen_colour
from vosdesk.session.explanation import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QDockWidget

    from vosdesk.gui.bridge import Bridge
    from vosdesk.gui.canvas.view import Canvas
    from vosdesk.gui.panels.strokes_panel import StrokesPanel
    from vosdesk.gui.panels.why_panel import WhyPanel
    from vosdesk.session import Session, events
    from vosdesk.session.explanation import Explanation, ReferencePixel

_BY_PATH = (Reason.LINKED, Reason.SPREAD)
"""Where the label is not that of the references."""


@dataclass(frozen=True)
class _Place:
    """Where the user can be taken to.

    Attributes:
        frame_index: The frame.
        annotation_id: Which stroke lies there; None for none.
        mark: What is shown there.
        row: How it is listed.
    """

    frame_index: int
    annotation_id: int | None
    mark: Mark
    row: WhyRow


class WhyController(QObject):
    """Why tool, Why panel, and the marks on the canvas.

    The answer is about the newest document: an edit asks anew.
    """

    def __init__(
        self,
        session: Session,
        bridge: Bridge,
        actions: Mapping[str, QAction],
        canvas: Canvas,
        strokes: StrokesPanel,
        dock: QDockWidget,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session, self._canvas, self._strokes = session, canvas, strokes
        self._actions, self._dock = actions, dock
        self._panel: WhyPanel = dock.widget()
        self._found: Explanation | None = None
        self._places: tuple[_Place, ...] = ()
        self._asked: tuple[int, int, int] | None = None
        canvas.pixel_asked.connect(self._on_pixel_asked)
        self._panel.reference_requested.connect(self._go_to_reference)
        self._panel.pixel_requested.connect(self._go_to_pixel)
        actions["go_to_reference"].triggered.connect(
            lambda: self._go_to_reference(max(self._panel.current(), 0))
        )
        actions["back_to_pixel"].triggered.connect(self._go_to_pixel)
        bridge.pixel_explained.connect(self._on_pixel_explained)
        bridge.labels_changed.connect(self._on_labels_changed)
        bridge.document_changed.connect(self._on_document_changed)
        bridge.playhead_moved.connect(lambda _event: self._show_marks())
        bridge.source_opened.connect(lambda _event: self._forget())
        bridge.source_closed.connect(lambda _event: self._forget())
        self._forget()

    # -- asking

    def _on_pixel_asked(self, x: int, y: int) -> None:
        self._asked = (self._session.playhead, x, y)
        self._session.explain(*self._asked)
        self._dock.show()
        self._dock.raise_()

    def _on_labels_changed(self, event: events.LabelsChanged) -> None:
        if self._asked is not None and (not event.frames or self._asked[0] in event.frames):
            self._session.explain(*self._asked)

    def _on_document_changed(self, event: events.DocumentChanged) -> None:
        """Names and colours may be new, and what a frame is painted with."""
        if self._asked is not None and event.change:
            self._session.explain(*self._asked)

    def _on_pixel_explained(self, event: events.PixelExplained) -> None:
        found = event.explanation
        if self._asked == (found.frame_index, found.x, found.y):
            self._found, self._places = found, tuple(self._places_of(found))
            self._panel.set_answer(self._answer(found))
            self._actions["go_to_reference"].setEnabled(bool(self._places))
            self._actions["back_to_pixel"].setEnabled(True)
            self._show_marks()

    def _forget(self) -> None:
        self._found = self._asked = None
        self._places = ()
        self._panel.set_answer(None)
        for name in ("go_to_reference", "back_to_pixel"):
            self._actions[name].setEnabled(False)
        self._show_marks()

    # -- going there

    def _go_to_reference(self, place: int) -> None:
        """Show a place's frame with its stroke chosen, and let it flash."""
        if place >= len(self._places):
            return
        wanted = self._places[place]
        self._session.seek(wanted.frame_index)
        known = {item.id for item in self._session.document.annotations}
        chosen = wanted.annotation_id if wanted.annotation_id in known else None
        self._canvas.set_selected_annotation(chosen)
        self._strokes.set_selected(chosen)
        self._canvas.flash(wanted.mark)

    def _go_to_pixel(self) -> None:
        if self._found is not None:
            self._session.seek(self._found.frame_index)
            colour = QColor(self._colour(self._found.object_id))
            self._canvas.flash(Mark((self._found.x + 0.5, self._found.y + 0.5), colour))

    # -- showing

    def _show_marks(self) -> None:
        """Mark what lies on the visible frame."""
        found, frame = self._found, self._session.playhead
        if found is None:
            self._canvas.set_marks(None, ())
            return
        asked = (found.x + 0.5, found.y + 0.5) if found.frame_index == frame else None
        marks = [place.mark for place in self._places if place.frame_index == frame]
        colour = QColor(self._colour(found.object_id))
        on_the_way = [Mark((s.x, s.y), colour) for s in found.path[1:-1] if s.frame_index == frame]
        self._canvas.set_marks(asked, [*marks, *on_the_way])

    def _places_of(self, found: Explanation) -> list[_Place]:
        """List references and the end of the path; first what the label was taken from."""
        references = list(self._references(found))
        if not found.path:
            return references
        end, colour = found.path[-1], self._colour(found.object_id)
        how = "Beside it" if end.frame_index == found.frame_index else "Along links"
        row = WhyRow(f"{end.frame_index} · {how}", colour)
        mark = Mark((end.x, end.y), QColor(colour))
        of_path = _Place(end.frame_index, found.path_annotation_id, mark, row)
        if found.reason in _BY_PATH:
            return [of_path, *references]
        return [*references, of_path]

    def _references(self, found: Explanation) -> Iterator[_Place]:
        for item in found.references:
            colour = self._colour(item.object_id)
            title = f"{item.frame_index} · {self._maker(item)}"
            yield _Place(
                item.frame_index,
                item.annotation_id,
                Mark((item.x, item.y), QColor(colour), item.weight),
                WhyRow(title, colour, item.similarity, item.weight),
            )

    def _answer(self, found: Explanation) -> WhyAnswer:
        return WhyAnswer(
            label=self._name(found.object_id),
            colour=self._colour(found.object_id),
            where=f"frame {found.frame_index} · x {found.x}  y {found.y}",
            reason=self._reason(found),
            rows=tuple(place.row for place in self._places),
        )

    def _reason(self, found: Explanation) -> str:
        match found.reason:
            case Reason.PAINTED:
                stroke = self._stroke(found.annotation_id or 0).lower()
                return f"You painted this pixel with a {stroke}."
            case Reason.LOCKED:
                return "The frame is locked and keeps its labels."
            case Reason.UNKNOWN:
                return "Nothing is known here yet: there are no strokes, or no embeddings."
            case Reason.UNLIKE:
                return "No stroke is similar enough. Paint background to say what else there is."
        return f"{found.margin:.0%} ahead of the next label{_proof(found)}.{_path_in_words(found)}"

    def _name(self, object_id: int) -> str:
        item = self._session.document.objects_by_id.get(object_id)
        return item.name if item else "Background"

    def _colour(self, object_id: int) -> str:
        item = self._session.document.objects_by_id.get(object_id)
        return item.colour if item else screen_colour(BACKGROUND)

    def _maker(self, reference: ReferencePixel) -> str:
        """What a reference comes from."""
        if reference.annotation_id is None:
            return "Near paint"
        stroke = self._stroke(reference.annotation_id)
        return f"Near {stroke.lower()}" if reference.is_spread else stroke

    def _stroke(self, annotation_id: int) -> str:
        """What kind of annotation it is; a lock where it is none."""
        for annotation in self._session.document.annotations:
            if annotation.id == annotation_id:
                return kind_of(annotation)[0]
        return "Locked frame"


def _proof(found: Explanation) -> str:
    """Proofs are about what the references say: of a label against them there is none."""
    if found.reason in _BY_PATH:
        return ""
    return ", the same as comparing with every reference" if found.proved else ", not proved yet"


def _path_in_words(found: Explanation) -> str:
    if not found.path:
        return ""
    end = "paint" if found.path_painted else "what is like it"
    against = ", against the references" if found.reason in _BY_PATH else ""
    if found.path[-1].frame_index == found.frame_index:
        return f" No edge parts it from {end} on this frame{against}."
    steps = count_of(len(found.path) - 1, "step")
    return f" Links lead in {steps} to {end} on frame {found.path[-1].frame_index}{against}."
