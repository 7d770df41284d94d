"""Files and folders dragged onto a widget."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QMimeData, QObject, Qt, Signal
from PySide6.QtGui import QDropEvent
from typing_extensions import override

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


class FileDrop(QObject):
    """Lets a widget take local files; anything else dragged over it is refused."""

    files_dropped = Signal(list)
    """list[Path], in the order of the drag."""
    hover_changed = Signal(bool)
    """Whether files are being held over the widget."""

    def __init__(self, target: QWidget) -> None:
        super().__init__(target)
        self.hovering = False
        target.setAcceptDrops(True)
        target.installEventFilter(self)

    @override
    def eventFilter(self, target: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.DragLeave:
            self._set_hovering(False)
            return True
        if kind not in (QEvent.Type.DragEnter, QEvent.Type.DragMove, QEvent.Type.Drop):
            return False
        paths = local_paths(event.mimeData()) if isinstance(event, QDropEvent) else []
        if not paths:
            event.ignore()
            return True
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        self._set_hovering(kind != QEvent.Type.Drop)
        if kind == QEvent.Type.Drop:
            self.files_dropped.emit(paths)
        return True

    def _set_hovering(self, hovering: bool) -> None:
        if hovering != self.hovering:
            self.hovering = hovering
            self.hover_changed.emit(hovering)


def local_paths(data: QMimeData) -> list[Path]:
    """Return the local files and folders of a drag."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
