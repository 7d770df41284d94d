"""Background and objects as rows for Qt's list view."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QByteArray, QMimeData, QModelIndex, Qt, Signal

from vosdesk.arrays import BACKGROUND
from vosdesk.gui.wording import count_of
from vosdesk.overlay.palette import screen_colour

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vosdesk.project.objects import VideoObject

MIME_TYPE = "application/x-vosdesk-object"
DIGITS = 9
"""Rows that a digit key reaches, the background's 0 aside."""


class Role(IntEnum):
    """What the delegate asks a row for."""

    OBJECT_ID = Qt.ItemDataRole.UserRole
    COLOUR = Qt.ItemDataRole.UserRole + 1
    VISIBLE = Qt.ItemDataRole.UserRole + 2
    DIGIT = Qt.ItemDataRole.UserRole + 3
    STROKES = Qt.ItemDataRole.UserRole + 4


class ObjectsModel(QAbstractListModel):
    """Row 0 is the background; the objects follow in the document's order.

    It changes nothing itself: a new name or a dropped row is told by a signal, and the document's
    answer comes back through ``set_objects``.

    Attributes:
        renamed: An object's id and the name that the user typed.
        moved: An object's id and its place among the objects, counted after it was taken out.
    """

    renamed = Signal(int, str)
    moved = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self._objects: tuple[VideoObject, ...] = ()
        self._counts: Mapping[int, int] = {}

    @property
    def objects(self) -> tuple[VideoObject, ...]:
        """The objects, in the document's order."""
        return self._objects

    def set_objects(self, objects: Sequence[VideoObject], counts: Mapping[int, int]) -> None:
        """Show other objects; rows that stay keep selection and scrolling."""
        same_rows = [item.id for item in objects] == [item.id for item in self._objects]
        if not same_rows:
            self.beginResetModel()
        self._objects, self._counts = tuple(objects), dict(counts)
        if same_rows:
            self.dataChanged.emit(self.index(0), self.index(len(self._objects)))
        else:
            self.endResetModel()

    def object_at(self, row: int) -> VideoObject | None:
        """Return the object of a row; None for the background and for no row."""
        return self._objects[row - 1] if 1 <= row <= len(self._objects) else None

    def row_of(self, object_id: int) -> int:
        """Return the row of an object or the background; -1 where it is not there."""
        ids = [BACKGROUND, *(item.id for item in self._objects)]
        return ids.index(object_id) if object_id in ids else -1

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Return the background and the objects."""
        return 0 if parent is not None and parent.isValid() else len(self._objects) + 1

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return one fact about a row."""
        item = self.object_at(index.row())
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.EditRole:
                return item.name if item else "Background"
            case Qt.ItemDataRole.AccessibleTextRole:
                return self._spoken(index.row())
            case Role.OBJECT_ID:
                return item.id if item else BACKGROUND
            case Role.COLOUR:
                return item.colour if item else screen_colour(BACKGROUND)
            case Role.VISIBLE:
                return item.visible if item else True
            case Role.DIGIT:
                return str(index.row()) if index.row() <= DIGITS else ""
            case Role.STROKES:
                return self._counts.get(item.id if item else BACKGROUND, 0)
        return None

    def setData(self, index: QModelIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Tell a new name; an empty one or the old one is no change."""
        item = self.object_at(index.row())
        name = str(value).strip()
        if item is None or role != Qt.ItemDataRole.EditRole or name in ("", item.name):
            return False
        self.renamed.emit(item.id, name)
        return True

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """Objects can be renamed and dragged, the background cannot."""
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if self.object_at(index.row()):
            flags |= Qt.ItemFlag.ItemIsEditable | Qt.ItemFlag.ItemIsDragEnabled
        return flags

    def supportedDropActions(self) -> Qt.DropAction:
        """Rows move."""
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        """Only own rows can be dropped."""
        return [MIME_TYPE]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """Carry the object's id."""
        data = QMimeData()
        ids = [self.data(index, Role.OBJECT_ID) for index in indexes]
        data.setData(MIME_TYPE, QByteArray(str(ids[0]).encode()))
        return data

    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: QModelIndex
    ) -> bool:
        """Tell where a row was dropped; the rows themselves wait for the document."""
        text = bytes(data.data(MIME_TYPE).data()).decode("ascii", "replace")
        source = self.row_of(int(text)) if text.isdigit() else -1
        if source < 1:
            return False
        target = row if row >= 0 else self.rowCount()
        place = max(target, 1) - 1
        if place > source - 1:
            place -= 1
        if place != source - 1:
            self.moved.emit(self._objects[source - 1].id, place)
        return False

    def _spoken(self, row: int) -> str:
        item = self.object_at(row)
        index = self.index(row)
        strokes = count_of(self.data(index, Role.STROKES), "stroke")
        name = self.data(index)
        return f"{name}, {strokes}" + ("" if item is None or item.visible else ", hidden")
