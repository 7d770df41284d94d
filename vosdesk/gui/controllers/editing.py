"""Edits: strokes, objects, locks, settings, undo. Each is one command to the session."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QColor

from vosdesk.arrays import BACKGROUND
from vosdesk.errors import VosdeskError
from vosdesk.gui.actions import name_steps
from vosdesk.project import commands
from vosdesk.project.objects import default_object
from vosdesk.session.events import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from PySide6.QtGui import QAction

    from vosdesk.gui.bridge import Bridge
    from vosdesk.gui.canvas.view import Canvas
    from vosdesk.gui.panels.labelling_panel import LabellingPanel
    from vosdesk.gui.panels.objects_panel import ObjectsPanel
    from vosdesk.gui.panels.strokes_panel import StrokesPanel
    from vosdesk.project.annotations import Annotation
    from vosdesk.project.commands import Command
    from vosdesk.session import Session, events

FIRST_OBJECT = 1


class EditController(QObject):
    """Document, canvas, and the panels of objects, strokes and labelling."""

    def __init__(
        self,
        session: Session,
        bridge: Bridge,
        actions: Mapping[str, QAction],
        canvas: Canvas,
        objects: ObjectsPanel,
        strokes: StrokesPanel,
        labelling: LabellingPanel,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session, self._actions = session, actions
        self._canvas, self._objects, self._strokes = canvas, objects, strokes
        self._labelling = labelling
        self._current = FIRST_OBJECT
        self._last_object = FIRST_OBJECT
        self._connect_actions()
        self._connect_objects()
        self._connect_strokes()
        labelling.choices_changed.connect(lambda choices: self.do(commands.ChangeSettings(choices)))
        canvas.draft_changed.connect(session.preview)
        canvas.shape_drawn.connect(self._on_shape_drawn)
        bridge.document_changed.connect(self._on_document_changed)
        bridge.source_opened.connect(self._on_source_changed)
        bridge.source_closed.connect(self._on_source_changed)
        bridge.playhead_moved.connect(self._on_playhead_moved)

    def do(self, command: Command) -> None:
        """Make an edit; what is not possible is told in one sentence."""
        try:
            self._session.do(command)
        except VosdeskError as error:
            self._session.notify(Severity.WARNING, error)

    # -- connections

    def _connect_actions(self) -> None:
        actions, session = self._actions, self._session
        actions["undo"].triggered.connect(lambda: session.undo())
        actions["redo"].triggered.connect(lambda: session.redo())
        actions["delete_stroke"].triggered.connect(self._delete_selected)
        actions["mute_stroke"].triggered.connect(self._toggle_mute_selected)
        actions["clear_frame"].triggered.connect(
            lambda: self.do(commands.ClearFrame(session.playhead))
        )
        actions["lock_frame"].triggered.connect(self._on_lock_triggered)
        actions["new_object"].triggered.connect(self._add_object)
        actions["rename_object"].triggered.connect(lambda: self._objects.edit_name(self._current))
        actions["remove_object"].triggered.connect(lambda: self._remove_object(self._current))
        actions["next_object"].triggered.connect(lambda: self._cycle(1))
        actions["previous_object"].triggered.connect(lambda: self._cycle(-1))
        actions["swap_background"].triggered.connect(self._swap_background)
        for digit in range(10):
            actions[f"select_object_{digit}"].triggered.connect(
                lambda _checked=False, place=digit: self._select_place(place)
            )

    def _connect_objects(self) -> None:
        panel = self._objects
        panel.object_selected.connect(self.set_current)
        panel.object_added.connect(self._add_object)
        panel.object_removed.connect(self._remove_object)
        panel.object_renamed.connect(lambda i, name: self.do(commands.RenameObject(i, name)))
        panel.object_recoloured.connect(lambda i, c: self.do(commands.RecolourObject(i, c)))
        panel.object_visibility_changed.connect(
            lambda i, visible: self.do(commands.SetObjectVisible(i, visible))
        )
        panel.object_merged.connect(self._merge_objects)
        panel.object_moved.connect(lambda i, place: self.do(commands.MoveObject(i, place)))

    def _connect_strokes(self) -> None:
        panel = self._strokes
        panel.annotation_selected.connect(self._canvas.set_selected_annotation)
        panel.annotations_removed.connect(self._remove_annotations)
        panel.annotations_muted.connect(self._mute)
        panel.annotations_reassigned.connect(self._reassign)
        panel.frame_requested.connect(self._session.seek)
        self._canvas.annotation_selected.connect(self._on_annotation_selected)

    # -- objects

    def set_current(self, object_id: int) -> None:
        """Choose what the left button paints."""
        if object_id != BACKGROUND:
            self._last_object = object_id
        self._current = object_id
        self._objects.set_current(object_id)
        self._canvas.set_object(object_id, self._colour(object_id))

    def _colour(self, object_id: int) -> QColor:
        if object_id == BACKGROUND:
            return self._canvas.background_colour
        item = self._session.document.objects_by_id.get(object_id)
        return QColor(item.colour if item else default_object(object_id).colour)

    def _select_place(self, place: int) -> None:
        """Digits count the list's rows, so that they always reach the first nine objects."""
        objects = self._session.document.objects
        if place == 0:
            self.set_current(BACKGROUND)
        elif place <= len(objects):
            self.set_current(objects[place - 1].id)

    def _cycle(self, way: int) -> None:
        ids = [BACKGROUND, *(item.id for item in self._session.document.objects)]
        place = ids.index(self._current) if self._current in ids else 0
        self.set_current(ids[(place + way) % len(ids)])

    def _swap_background(self) -> None:
        self.set_current(self._last_object if self._current == BACKGROUND else BACKGROUND)

    def _add_object(self) -> None:
        before = self._session.document.objects_by_id.keys()
        self.do(commands.AddObject())
        added = self._session.document.objects_by_id.keys() - before
        if added:
            self.set_current(min(added))

    def _remove_object(self, object_id: int) -> None:
        if object_id != BACKGROUND:
            self.do(commands.RemoveObject(object_id))

    def _merge_objects(self, source_id: int, target_id: int) -> None:
        self.do(commands.MergeObjects(source_id, target_id))
        if source_id not in self._session.document.objects_by_id:
            self.set_current(target_id)

    # -- annotations

    def _on_shape_drawn(self, annotation: Annotation) -> None:
        if annotation.frame in self._session.document.locks_by_frame:
            self._session.notify(
                Severity.INFO,
                f"Frame {annotation.frame} is locked and keeps its labels.",
                "Unlock it to paint on it.",
            )
            return
        new = commands.missing_objects(self._session.document, (annotation,))
        if new:
            self.do(commands.AddAnnotations((annotation,), new))
        else:
            self.do(commands.AddAnnotation(annotation))

    def _on_annotation_selected(self, annotation_id: int | None) -> None:
        self._strokes.set_selected(annotation_id)

    def _selected(self) -> Sequence[int]:
        chosen = self._canvas.selected_annotation
        return (chosen,) if chosen is not None else self._strokes.selected()

    def _delete_selected(self) -> None:
        self._remove_annotations(self._selected())

    def _remove_annotations(self, annotation_ids: Sequence[int]) -> None:
        if annotation_ids:
            self.do(commands.RemoveAnnotations(tuple(annotation_ids)))

    def _toggle_mute_selected(self) -> None:
        chosen = set(self._selected())
        found = [item for item in self._session.document.annotations if item.id in chosen]
        muted = any(not item.muted for item in found)
        self._mute([item.id for item in found if item.muted != muted], muted)

    def _mute(self, annotation_ids: Sequence[int], muted: bool) -> None:
        self._do_together(commands.MuteAnnotation(i, muted) for i in annotation_ids)

    def _reassign(self, annotation_ids: Sequence[int], object_id: int) -> None:
        self._do_together(commands.ReassignAnnotation(i, object_id) for i in annotation_ids)

    def _do_together(self, wanted: Iterable[Command]) -> None:
        """Make edits of several strokes; the menu takes them back in one step."""
        edits = tuple(wanted)
        if len(edits) == 1:
            self.do(edits[0])
        elif edits:
            self.do(commands.Together(f"{edits[0].text}, {len(edits)} times", edits))

    def _on_lock_triggered(self, lock: bool) -> None:
        frame = self._session.playhead
        # the tick follows the document, which may refuse
        self._actions["lock_frame"].setChecked(not lock)
        if not lock:
            self.do(commands.UnlockFrame(frame))
            return
        try:
            self._session.lock_frame(frame)
        except VosdeskError as error:
            self._session.notify(Severity.WARNING, error)

    # -- showing the document

    def _on_source_changed(self, _event: object) -> None:
        self.set_current(FIRST_OBJECT)
        self._on_document_changed(None)

    def _on_document_changed(self, _event: events.DocumentChanged | None) -> None:
        document, history = self._session.document, self._session.history
        known = {BACKGROUND, *document.objects_by_id}
        if self._current not in known:
            self._current = document.objects[0].id if document.objects else FIRST_OBJECT
        counts = Counter(i for item in document.annotations for i in item.object_ids)
        self._objects.set_objects(document.objects, counts)
        self.set_current(self._current)
        self._strokes.set_annotations(document.annotations, document.objects)
        self._labelling.set_choices(document.settings)
        name_steps(self._actions, history.undo_text, history.redo_text)
        self._show_frame()

    def _on_playhead_moved(self, _event: events.PlayheadMoved) -> None:
        self._show_frame()

    def _show_frame(self) -> None:
        document, frame = self._session.document, self._session.playhead
        annotations = document.annotations_on(frame)
        colours = {item.id: QColor(item.colour) for item in document.objects}
        self._canvas.set_frame_index(frame)
        self._canvas.set_annotations(annotations, colours)
        self._strokes.set_frame(frame)
        self._actions["lock_frame"].setChecked(frame in document.locks_by_frame)
        self._actions["clear_frame"].setEnabled(bool(annotations))
