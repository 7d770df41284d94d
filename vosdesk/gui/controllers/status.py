"""The status line: where the playhead is, and what lies under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from vosdesk.arrays import BACKGROUND

if TYPE_CHECKING:
    from vosdesk.arrays import LabelMap
    from vosdesk.gui.bridge import Bridge
    from vosdesk.gui.canvas.view import Canvas
    from vosdesk.gui.panels.status_line import StatusLine
    from vosdesk.session import Session, events


class StatusController(QObject):
    """Status line."""

    def __init__(
        self,
        session: Session,
        bridge: Bridge,
        line: StatusLine,
        canvas: Canvas,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session, self._line = session, line
        self._label_map: LabelMap | None = None
        bridge.playhead_moved.connect(lambda event: self._show_frame(event.frame_index))
        bridge.source_opened.connect(lambda _event: self._show_frame(0))
        bridge.source_closed.connect(self._on_source_closed)
        bridge.frame_rendered.connect(self._on_frame_rendered)
        bridge.embedding_changed.connect(lambda event: line.set_device(event.device))
        canvas.cursor_moved.connect(self._on_cursor_moved)
        canvas.cursor_left.connect(line.clear_pixel)
        canvas.zoom_changed.connect(line.set_zoom)

    def _show_frame(self, frame_index: int) -> None:
        source = self._session.source
        if source is not None:
            seconds = source.timestamp(frame_index)
            self._line.set_frame(frame_index, source.frame_count, seconds)

    def _on_source_closed(self, _event: events.SourceClosed) -> None:
        self._label_map = None
        self._line.clear_pixel()

    def _on_frame_rendered(self, event: events.FrameRendered) -> None:
        self._label_map = event.label_map

    def _on_cursor_moved(self, x: float, y: float) -> None:
        column, row = int(x), int(y)
        if self._label_map is None:
            return
        height, width = self._label_map.shape
        if not (0 <= row < height and 0 <= column < width):
            self._line.clear_pixel()
            return
        object_id = int(self._label_map[row, column])
        item = self._session.document.objects_by_id.get(object_id)
        if item is not None:
            self._line.set_pixel(column, row, item.name, item.colour)
        else:
            name = "Background" if object_id == BACKGROUND else ""
            self._line.set_pixel(column, row, name)
