"""Where one is: frame, pixel and object under the pointer, zoom, device."""

from __future__ import annotations

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from vosdesk.gui.panels.swatches import SIDE, swatch
from vosdesk.gui.theme import SPACE
from vosdesk.gui.wording import format_time


class StatusLine(QWidget):
    """Short facts in a row; each keeps its place while numbers change."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.frame = _field("Frame", "frame 99999 / 99999 · 00:00.000")
        self.pixel = _field("Pixel under the pointer", "x 9999  y 9999")
        self.zoom = _field("Zoom", "1000 %")
        self.device = _field("Device", "")
        self.object_name = _field("Object under the pointer", "")
        self._swatch = QLabel()
        self._swatch.setFixedSize(SIDE, SIDE)
        # the progress beside it needs its room more than the last fact of this line
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE, 2, SPACE, 2)
        row.setSpacing(SPACE)
        for widget in (self.device, self.zoom, self.frame, self.pixel, self._swatch):
            row.addWidget(widget)
        row.addWidget(self.object_name, 1)

    def set_frame(self, frame_index: int, frame_count: int, seconds: float) -> None:
        """Show the visible frame; a count of 0 for no video."""
        last = frame_count - 1
        text = f"frame {frame_index} / {last} · {format_time(seconds)}" if frame_count else ""
        self.frame.setText(text)

    def set_pixel(self, x: int, y: int, object_name: str = "", colour: str = "") -> None:
        """Show the pixel under the pointer and what it is labelled as.

        Args:
            x: Column in source pixels, from 0.
            y: Row in source pixels, from 0.
            object_name: Empty where it is not labelled yet.
            colour: The object's, ``#rrggbb``.
        """
        self.pixel.setText(f"x {x}  y {y}")
        self.object_name.setText(object_name)
        self._swatch.setVisible(bool(colour))
        if colour:
            self._swatch.setPixmap(swatch(QColor(colour), self.devicePixelRatio()))

    def clear_pixel(self) -> None:
        """The pointer left the picture."""
        self.pixel.clear()
        self.object_name.clear()
        self._swatch.hide()

    def set_zoom(self, factor: float) -> None:
        """Show the zoom; 1 is one source pixel on one logical pixel of the screen."""
        percent = factor * 100
        self.zoom.setText(f"{percent:.0f} %" if percent >= 10 else f"{percent:.1f} %")

    def set_device(self, text: str) -> None:
        """Show what computes the embeddings."""
        self.device.setText(text)
        self.device.setVisible(bool(text))


def _field(name: str, widest: str) -> QLabel:
    label = QLabel()
    label.setAccessibleName(name)
    label.setToolTip(name)
    label.setMinimumWidth(label.fontMetrics().horizontalAdvance(widest))
    return label
