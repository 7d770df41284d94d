"""The list of annotations: go to one, mute it, give it to another object, delete it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QStackedLayout,
    QToolButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from vosdesk.arrays import BACKGROUND
from vosdesk.gui.panels.strokes_model import ID_ROLE, StrokesModel
from vosdesk.gui.theme import SPACE, set_icon
from vosdesk.project.annotations import ERASED, Annotation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vosdesk.project.objects import VideoObject

PAINTED_AFTER_MS = 60
"""So long after a change the list is painted: the frame with the new stroke on it goes first."""
MOST_EXPANDED = 200
"""Strokes of all frames that are shown without a click: opening thousands takes too long."""
_EMPTY = "Nothing is painted here yet"


class StrokesPanel(QWidget):
    """The annotations of the visible frame, or of all frames.

    Attributes:
        annotation_selected: The id of the one that was chosen; None where none or several are.
        annotations_removed: The list of ids that are to go.
        annotations_muted: The list of ids, and whether they are to be without effect.
        annotations_reassigned: The list of ids, and the object id that they are to paint.
        frame_requested: The frame to be shown.
    """

    annotation_selected = Signal(object)
    annotations_removed = Signal(list)
    annotations_muted = Signal(list, bool)
    annotations_reassigned = Signal(list, int)
    frame_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._annotations: Sequence[Annotation] = ()
        self._objects: Sequence[VideoObject] = ()
        self._frame = 0
        self.model = StrokesModel()
        self.view = QTreeView()
        self.view.setModel(self.model)
        self.this_frame, self.all_frames = QToolButton(), QToolButton()
        self.go_button, self.mute_button, self.delete_button = (
            QToolButton(),
            QToolButton(),
            QToolButton(),
        )
        self._empty = QLabel(_EMPTY)
        self._painting = QTimer(self, singleShot=True, interval=PAINTED_AFTER_MS)
        self._set_up_view()
        self._lay_out()
        self._connect()
        self._refresh()

    def set_annotations(
        self, annotations: Sequence[Annotation], objects: Sequence[VideoObject]
    ) -> None:
        """Show other annotations; those that stay keep their selection.

        Args:
            annotations: Of all frames, in paint order.
            objects: For their names and colours.
        """
        self._annotations, self._objects = annotations, objects
        self._refresh()

    def set_frame(self, frame_index: int) -> None:
        """Follow the visible frame."""
        if frame_index != self._frame:
            self._frame = frame_index
            if self.this_frame.isChecked():
                self._refresh()

    def set_selected(self, annotation_id: int | None) -> None:
        """Mark one annotation, or none; tells nobody."""
        self._select([] if annotation_id is None else [annotation_id])

    def selected(self) -> tuple[int, ...]:
        """Return the ids of the marked annotations, from top to bottom."""
        return tuple(item.id for item in self._chosen())

    def menu_for(self, annotations: Sequence[Annotation]) -> QMenu:
        """Return what can be done with annotations."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        first = annotations[0]
        menu.addAction("Go to frame", lambda: self.frame_requested.emit(first.frame))
        menu.addAction("Unmute" if first.muted else "Mute", self._toggle_mute)
        give = menu.addMenu("Give to")
        give.addAction("Background", lambda: self._reassign(annotations, BACKGROUND))
        for item in self._objects:
            name = item.name.replace("&", "&&")
            give.addAction(name, lambda to=item.id: self._reassign(annotations, to))
        give.setEnabled(any(_can_be_given(item) for item in annotations))
        menu.addSeparator()
        menu.addAction("Delete", self._delete)
        return menu

    def _set_up_view(self) -> None:
        view = self.view
        view.setAccessibleName("Strokes")
        view.setHeaderHidden(True)
        view.setUniformRowHeights(True)
        view.setIconSize(QSize(16, 16))
        view.setIndentation(SPACE * 2)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.setExpandsOnDoubleClick(False)
        view.header().setStretchLastSection(True)
        view.header().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        view.header().setMinimumSectionSize(64)

    def _lay_out(self) -> None:
        self.setMinimumWidth(220)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._scope_row())
        self._stack = QStackedLayout()
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._empty.setEnabled(False)
        # first, since a stack shows what is put in it: without a parent as a window of its own
        column.addLayout(self._stack, 1)
        self._stack.addWidget(self.view)
        self._stack.addWidget(self._empty)
        column.addLayout(self._button_row())

    def _scope_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(SPACE, SPACE // 2, SPACE, SPACE // 2)
        row.setSpacing(SPACE // 2)
        group = QButtonGroup(self)
        for button, text in ((self.this_frame, "This frame"), (self.all_frames, "All frames")):
            button.setText(text)
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setAccessibleName(f"List {text.lower()}")
            group.addButton(button)
            row.addWidget(button)
        self.this_frame.setChecked(True)
        row.addStretch(1)
        return row

    def _button_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(SPACE // 2, SPACE // 2, SPACE // 2, SPACE // 2)
        row.setSpacing(2)
        for button, picture, text in (
            (self.go_button, "frame", "Go to the stroke's frame"),
            (self.mute_button, "mute", "Mute or unmute the strokes"),
            (self.delete_button, "delete", "Delete the strokes"),
        ):
            set_icon(button, picture)
            button.setIconSize(QSize(18, 18))
            button.setToolTip(text)
            button.setAccessibleName(text)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        row.addWidget(self.go_button)
        row.addWidget(self.mute_button)
        row.addStretch(1)
        row.addWidget(self.delete_button)
        return row

    def _connect(self) -> None:
        self.view.selectionModel().selectionChanged.connect(self._on_selection_changed)
        self.view.activated.connect(self._on_activated)
        self.view.customContextMenuRequested.connect(self._on_menu_requested)
        self.this_frame.toggled.connect(self._refresh)
        self.go_button.clicked.connect(lambda: self._on_activated(self.view.currentIndex()))
        self.mute_button.clicked.connect(self._toggle_mute)
        self.delete_button.clicked.connect(self._delete)
        self._painting.timeout.connect(lambda: self.view.viewport().setUpdatesEnabled(True))

    def _refresh(self) -> None:
        if not self._painting.isActive():
            self.view.viewport().setUpdatesEnabled(False)
            self._painting.start()
        kept = self.selected()
        if self.this_frame.isChecked():
            own = [item for item in self._annotations if item.frame == self._frame]
            self.model.show_frame(own, self._objects)
            self.view.setRootIsDecorated(False)
        else:
            self.model.show_all(self._annotations, self._objects)
            self.view.setRootIsDecorated(True)
            self._expand()
        self._stack.setCurrentIndex(0 if self.model.rowCount() else 1)
        self._select(kept)

    def _expand(self) -> None:
        """Open every frame's heading; where there are many strokes, only the visible frame's."""
        if len(self._annotations) <= MOST_EXPANDED:
            self.view.expandAll()
            return
        for row in range(self.model.rowCount()):
            index = self.model.index(row, 0)
            if self.model.frame_at(index) == self._frame:
                self.view.expand(index)
                self.view.scrollTo(index)

    def _select(self, annotation_ids: Sequence[int]) -> None:
        if not annotation_ids and not self.view.selectionModel().hasSelection():
            self._enable_buttons()
            return
        selection = self.view.selectionModel()
        selection.blockSignals(True)
        selection.clear()
        for annotation_id in annotation_ids:
            index = self.model.index_of(annotation_id)
            if index.isValid():
                selection.select(
                    index,
                    QItemSelectionModel.SelectionFlag.Select
                    | QItemSelectionModel.SelectionFlag.Rows,
                )
                selection.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
                self.view.scrollTo(index)
        selection.blockSignals(False)
        self.view.viewport().update()
        self._enable_buttons()

    def _chosen(self) -> list[Annotation]:
        rows = self.view.selectionModel().selectedRows()
        rows.sort(key=lambda index: (index.parent().row(), index.row()))
        found = (self.model.annotation_at(index) for index in rows)
        return [item for item in found if item is not None]

    def _enable_buttons(self) -> None:
        chosen = self._chosen()
        for button in (self.go_button, self.mute_button, self.delete_button):
            button.setEnabled(bool(chosen))

    def _toggle_mute(self) -> None:
        chosen = self._chosen()
        mute = any(not item.muted for item in chosen)
        if different := [item.id for item in chosen if item.muted != mute]:
            self.annotations_muted.emit(different, mute)

    def _delete(self) -> None:
        if chosen := self.selected():
            self.annotations_removed.emit(list(chosen))

    def _reassign(self, annotations: Sequence[Annotation], object_id: int) -> None:
        given = [i.id for i in annotations if _can_be_given(i) and i.object_id != object_id]
        if given:
            self.annotations_reassigned.emit(given, object_id)

    def _on_selection_changed(self) -> None:
        chosen = self.selected()
        self._enable_buttons()
        self.annotation_selected.emit(chosen[0] if len(chosen) == 1 else None)

    def _on_activated(self, index: QModelIndex) -> None:
        frame = self.model.frame_at(index)
        if frame is not None:
            self.frame_requested.emit(frame)

    def _on_menu_requested(self, where: QPoint) -> None:
        index = self.view.indexAt(where)
        if index.data(ID_ROLE) is not None and self._chosen():
            self.menu_for(self._chosen()).popup(self.view.viewport().mapToGlobal(where))


def _can_be_given(annotation: Annotation) -> bool:
    """An eraser paints no object, and a mask may paint several."""
    return annotation.kind != "mask" and annotation.object_id != ERASED
