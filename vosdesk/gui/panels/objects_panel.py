"""The list of objects: choose what to paint; rename, recolour, hide, reorder, add, remove."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QColorDialog,
    QHBoxLayout,
    QListView,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from vosdesk.arrays import BACKGROUND
from vosdesk.gui.panels.objects_delegate import ObjectsDelegate
from vosdesk.gui.panels.objects_model import ObjectsModel, Role
from vosdesk.gui.panels.swatches import swatch_icon
from vosdesk.gui.theme import SPACE, set_icon

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vosdesk.project.objects import VideoObject


class ObjectsPanel(QWidget):
    """Background and objects. It shows ``set_objects`` and tells what the user wants.

    Attributes:
        object_selected: Paint this one from now on.
        object_added: A new object is wanted.
        object_removed: This one is to go, with its strokes.
        object_renamed: The id and the new name.
        object_recoloured: The id and the new colour, ``#rrggbb``.
        object_visibility_changed: The id and whether it is to be seen.
        object_merged: The id, and that of the object that is to have all of its strokes.
        object_moved: The id and its new place among the objects, counted after it was taken out.
    """

    object_selected = Signal(int)
    object_added = Signal()
    object_removed = Signal(int)
    object_renamed = Signal(int, str)
    object_recoloured = Signal(int, str)
    object_visibility_changed = Signal(int, bool)
    object_merged = Signal(int, int)
    object_moved = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = ObjectsModel()
        self.view = _ObjectsView()
        self.view.setModel(self.model)
        self._delegate = ObjectsDelegate(self.view)
        self.view.setItemDelegate(self._delegate)
        self.add_button, self.remove_button = QToolButton(), QToolButton()
        self.colour_dialog: QColorDialog | None = None
        self._lay_out()
        self._connect()
        self.set_current(BACKGROUND)

    def set_objects(self, objects: Sequence[VideoObject], counts: Mapping[int, int]) -> None:
        """Show other objects.

        Args:
            objects: In display order, background left out.
            counts: Strokes by object id, BACKGROUND included.
        """
        current = self.current()
        self.model.set_objects(objects, counts)
        self.set_current(current if self.model.row_of(current) >= 0 else BACKGROUND)

    def set_current(self, object_id: int) -> None:
        """Mark the one that is painted, or none where it is not listed yet; tells nobody."""
        row = self.model.row_of(object_id)
        selection = self.view.selectionModel()
        selection.blockSignals(True)
        selection.setCurrentIndex(
            self.model.index(row) if row >= 0 else QModelIndex(),
            QItemSelectionModel.SelectionFlag.ClearAndSelect,
        )
        selection.blockSignals(False)
        if row >= 0:
            self.view.scrollTo(self.view.currentIndex())
        self.view.viewport().update()
        self.remove_button.setEnabled(self.current() != BACKGROUND)

    def current(self) -> int:
        """Return the id of the marked one."""
        object_id = self.view.currentIndex().data(Role.OBJECT_ID)
        return BACKGROUND if object_id is None else object_id

    def edit_name(self, object_id: int) -> None:
        """Let the user type a name; the background has none to change."""
        index = self.model.index(self.model.row_of(object_id))
        if index.flags() & Qt.ItemFlag.ItemIsEditable:
            self.view.setFocus()
            self.view.edit(index)

    def choose_colour(self, object_id: int) -> None:
        """Open the colour dialog for an object."""
        item = self.model.object_at(self.model.row_of(object_id))
        if item is None:
            return
        dialog = QColorDialog(QColor(item.colour), self)
        dialog.setOption(QColorDialog.ColorDialogOption.DontUseNativeDialog)
        dialog.setWindowTitle(f"Colour of {item.name}")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.colorSelected.connect(
            lambda colour: self.object_recoloured.emit(object_id, colour.name())
        )
        dialog.finished.connect(self._on_colour_dialog_finished)
        self.colour_dialog = dialog
        dialog.open()

    def menu_for(self, object_id: int) -> QMenu:
        """Return what can be done with an object."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        item = self.model.object_at(self.model.row_of(object_id))
        menu.addAction("New object", self.object_added.emit)
        if item is not None:
            menu.addSeparator()
            menu.addAction("Rename", lambda: self.edit_name(object_id))
            menu.addAction("Change colour…", lambda: self.choose_colour(object_id))
            menu.addAction(
                "Hide" if item.visible else "Show", lambda: self._toggle_visible(object_id)
            )
            menu.addSeparator()
            self._add_merging(menu, object_id)
            menu.addAction("Remove", lambda: self.object_removed.emit(object_id))
        return menu

    def _add_merging(self, menu: QMenu, object_id: int) -> None:
        """Offer every other object as the one that takes this one's strokes over."""
        others = [item for item in self.model.objects if item.id != object_id]
        merging = menu.addMenu("Merge into")
        merging.setEnabled(bool(others))
        for other in others:
            merging.addAction(
                swatch_icon(QColor(other.colour)),
                other.name.replace("&", "&&"),
                lambda target=other.id: self.object_merged.emit(object_id, target),
            )

    def _lay_out(self) -> None:
        self.setMinimumWidth(220)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        for button, picture, text in (
            (self.add_button, "add", "New object"),
            (self.remove_button, "delete", "Remove object"),
        ):
            set_icon(button, picture)
            button.setToolTip(text)
            button.setAccessibleName(text)
            button.setIconSize(QSize(18, 18))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.add_button.setText("New object")
        self.add_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.view, 1)
        row = QHBoxLayout()
        row.setContentsMargins(SPACE // 2, SPACE // 2, SPACE // 2, SPACE // 2)
        row.addWidget(self.add_button)
        row.addStretch(1)
        row.addWidget(self.remove_button)
        column.addLayout(row)

    def _connect(self) -> None:
        self.view.selectionModel().currentChanged.connect(self._on_current_changed)
        self.view.visibility_toggled.connect(self._toggle_visible)
        self.view.customContextMenuRequested.connect(self._on_menu_requested)
        self.model.renamed.connect(self.object_renamed)
        self.model.moved.connect(self.object_moved)
        self._delegate.colour_clicked.connect(self.choose_colour)
        self._delegate.eye_clicked.connect(self._toggle_visible)
        self.add_button.clicked.connect(self.object_added)
        self.remove_button.clicked.connect(lambda: self.object_removed.emit(self.current()))

    def _toggle_visible(self, object_id: int) -> None:
        item = self.model.object_at(self.model.row_of(object_id))
        if item is not None:
            self.object_visibility_changed.emit(object_id, not item.visible)

    def _on_current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if current.isValid():
            self.remove_button.setEnabled(self.current() != BACKGROUND)
            self.object_selected.emit(self.current())

    def _on_menu_requested(self, where: QPoint) -> None:
        index = self.view.indexAt(where)
        object_id = index.data(Role.OBJECT_ID) if index.isValid() else BACKGROUND
        self.menu_for(object_id).popup(self.view.viewport().mapToGlobal(where))

    def _on_colour_dialog_finished(self) -> None:
        self.colour_dialog = None


class _ObjectsView(QListView):
    """The list, with Space to show and hide.

    Attributes:
        visibility_toggled: The id of the object to be shown or hidden.
    """

    visibility_toggled = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Objects")
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDropIndicatorShown(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Show or hide the marked object with Space."""
        if event.key() == Qt.Key.Key_Space:
            self.visibility_toggled.emit(self.currentIndex().data(Role.OBJECT_ID))
        else:
            super().keyPressEvent(event)
