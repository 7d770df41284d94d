"""Annotations as rows for Qt's tree view: those of one frame, or all under their frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QFont

from vosdesk.arrays import BACKGROUND
from vosdesk.gui.panels.swatches import swatch_icon
from vosdesk.gui.theme import colours, icon
from vosdesk.gui.wording import count_of
from vosdesk.overlay.palette import screen_colour
from vosdesk.project.annotations import ERASED, Annotation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vosdesk.project.objects import VideoObject

_Index: TypeAlias = QModelIndex | QPersistentModelIndex

_NOWHERE = QModelIndex()

ID_ROLE = Qt.ItemDataRole.UserRole
FRAME_ROLE = Qt.ItemDataRole.UserRole + 1

_KINDS = {
    "click": ("Click", "click"),
    "scribble": ("Scribble", "scribble"),
    "region": ("Area", "lasso"),
    "mask": ("Mask", "overlay"),
}
_TOP = 0
"""Internal id of a row that has no parent; a row below group n has n + 1."""


class StrokesModel(QAbstractItemModel):
    """Column 0 says what it is, column 1 for which object."""

    def __init__(self) -> None:
        super().__init__()
        self._groups: list[tuple[int, list[Annotation]]] = []
        self._flat = True
        self._objects: Mapping[int, VideoObject] = {}

    def show_frame(self, annotations: Sequence[Annotation], objects: Sequence[VideoObject]) -> None:
        """List the annotations of one frame, newest first."""
        self._show([(0, list(reversed(annotations)))], objects, flat=True)

    def show_all(self, annotations: Sequence[Annotation], objects: Sequence[VideoObject]) -> None:
        """List all annotations under their frames, newest first in each."""
        by_frame: dict[int, list[Annotation]] = {}
        for item in reversed(annotations):
            by_frame.setdefault(item.frame, []).append(item)
        groups = sorted(by_frame.items(), key=lambda group: group[0])
        self._show(groups, objects, flat=False)

    def _show(
        self,
        groups: list[tuple[int, list[Annotation]]],
        objects: Sequence[VideoObject],
        *,
        flat: bool,
    ) -> None:
        self.beginResetModel()
        self._groups, self._flat = groups, flat
        self._objects = {item.id: item for item in objects}
        self.endResetModel()

    def annotation_at(self, index: _Index) -> Annotation | None:
        """Return the row's annotation; None for a frame's heading."""
        if not index.isValid():
            return None
        if self._flat:
            return self._groups[0][1][index.row()]
        group = index.internalId() - 1
        return self._groups[group][1][index.row()] if group >= 0 else None

    def frame_at(self, index: _Index) -> int | None:
        """Return the frame of an annotation or a heading; None for no row."""
        annotation = self.annotation_at(index)
        if annotation is not None:
            return annotation.frame
        return self._groups[index.row()][0] if index.isValid() else None

    def index_of(self, annotation_id: int) -> QModelIndex:
        """Return the row of an annotation; an invalid index where it is not listed."""
        for place, (_, own) in enumerate(self._groups):
            for row, item in enumerate(own):
                if item.id == annotation_id:
                    parent = QModelIndex() if self._flat else self.index(place, 0)
                    return self.index(row, 0, parent)
        return QModelIndex()

    def index(self, row: int, column: int, parent: _Index = _NOWHERE) -> QModelIndex:
        """Return the index of a row."""
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, parent.row() + 1 if parent.isValid() else _TOP)

    def parent(self, index: _Index = _NOWHERE) -> QModelIndex:
        """Return the heading above an annotation."""
        if not index.isValid() or index.internalId() == _TOP:
            return QModelIndex()
        return self.createIndex(index.internalId() - 1, 0, _TOP)

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        """Return the rows below a heading, or at the top."""
        if not parent.isValid():
            return len(self._groups[0][1]) if self._flat and self._groups else len(self._groups)
        top = parent.internalId() == _TOP and parent.column() == 0
        return len(self._groups[parent.row()][1]) if top and not self._flat else 0

    def columnCount(self, parent: _Index = _NOWHERE) -> int:
        """Return the two columns."""
        return 2

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Every row can be selected."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return one fact about a row."""
        annotation = self.annotation_at(index)
        if annotation is None:
            return self._heading(index, role)
        if role == ID_ROLE:
            return annotation.id
        if role == FRAME_ROLE:
            return annotation.frame
        if role == Qt.ItemDataRole.AccessibleTextRole:
            muted = ", muted" if annotation.muted else ""
            return f"{kind_of(annotation)[0]}, {self._object_text(annotation)}{muted}"
        if role == Qt.ItemDataRole.ForegroundRole and annotation.muted:
            return QColor(colours().muted_text)
        if role == Qt.ItemDataRole.FontRole and annotation.muted:
            return _font(struck=True)
        return self._cell(annotation, index.column(), role)

    def _cell(self, annotation: Annotation, column: int, role: int) -> Any:
        text, picture = kind_of(annotation)
        match role, column:
            case Qt.ItemDataRole.DisplayRole, 0:
                return text
            case Qt.ItemDataRole.DisplayRole, 1:
                return self._object_text(annotation)
            case Qt.ItemDataRole.DecorationRole, 0:
                return icon(picture, colours().muted_text if annotation.muted else "")
            case Qt.ItemDataRole.DecorationRole, 1:
                colour = self._colour(annotation)
                return swatch_icon(colour) if colour is not None else None
        return None

    def _heading(self, index: _Index, role: int) -> Any:
        if not index.isValid():
            return None
        frame, own = self._groups[index.row()]
        if role == FRAME_ROLE:
            return frame
        if role == Qt.ItemDataRole.DisplayRole:
            return f"Frame {frame}" if index.column() == 0 else count_of(len(own), "stroke")
        if role == Qt.ItemDataRole.FontRole and index.column() == 0:
            return _font(bold=True)
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == 1:
            return QColor(colours().muted_text)
        return None

    def _object_text(self, annotation: Annotation) -> str:
        if annotation.object_id == ERASED and annotation.kind != "mask":
            return "Takes paint away"
        objects = [i for i in annotation.object_ids if i != BACKGROUND]
        if len(objects) > 1:
            return f"{len(objects)} objects"
        if not objects:
            return "Background"
        known = self._objects.get(objects[0])
        return known.name if known else f"Object {objects[0]}"

    def _colour(self, annotation: Annotation) -> QColor | None:
        if annotation.object_id == ERASED:
            return None
        known = self._objects.get(annotation.object_id)
        return QColor(known.colour if known else screen_colour(annotation.object_id))


def _font(*, bold: bool = False, struck: bool = False) -> QFont:
    font = QFont()
    font.setBold(bold)
    font.setStrikeOut(struck)
    return font


def kind_of(annotation: Annotation) -> tuple[str, str]:
    """Return what an annotation is called, and its icon."""
    if annotation.kind != "mask" and annotation.object_id == ERASED:
        return "Eraser", "eraser"
    return _KINDS[annotation.kind]
