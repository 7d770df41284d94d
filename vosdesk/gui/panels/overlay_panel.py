"""How labels are laid over the frame."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QSlider,
    QWidget,
)

from vosdesk.gui.theme import SPACE
from vosdesk.overlay.composition import OverlayMode

_TITLES = {
    OverlayMode.TINT: "Tint",
    OverlayMode.OUTLINE: "Outline",
    OverlayMode.CUTOUT: "Cutout",
    OverlayMode.CHECKER: "Checkerboard",
    OverlayMode.MASK: "Mask",
    OverlayMode.NONE: "None",
}
_WITH_OPACITY = (OverlayMode.TINT, OverlayMode.CUTOUT)


class OverlayPanel(QWidget):
    """Mode, opacity, heat map.

    Attributes:
        mode_changed: The value of the OverlayMode that the user chose.
        opacity_changed: 0..1.
        heat_changed: Whether the heat map is wanted.
    """

    mode_changed = Signal(str)
    opacity_changed = Signal(float)
    heat_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.mode = QComboBox()
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.heat = QCheckBox("Heat map")
        self._percent = QLabel()
        for mode, title in _TITLES.items():
            self.mode.addItem(title, mode)
        self._lay_out()
        self.set_style(OverlayMode.TINT, 0.5, heat=False)
        self.mode.activated.connect(self._on_mode_activated)
        self.opacity.valueChanged.connect(self._on_opacity_moved)
        self.heat.clicked.connect(self.heat_changed)

    def set_style(self, mode: OverlayMode, opacity: float, heat: bool) -> None:
        """Show how it is; tells nobody."""
        self.mode.setCurrentIndex(list(_TITLES).index(mode))
        self.opacity.blockSignals(True)
        self.opacity.setValue(round(opacity * 100))
        self.opacity.blockSignals(False)
        self.heat.setChecked(heat)
        self._percent.setText(f"{self.opacity.value()} %")
        self.opacity.setEnabled(mode in _WITH_OPACITY)

    def _lay_out(self) -> None:
        self.setMinimumWidth(220)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        self.mode.setAccessibleName("Overlay")
        self.mode.setToolTip("How labels are laid over the frame")
        self.opacity.setAccessibleName("Opacity of the overlay")
        self.opacity.setToolTip("How much of the frame shows through")
        self.opacity.setRange(0, 100)
        self.opacity.setPageStep(10)
        self.heat.setToolTip("Let pixels glow whose label is doubtful")
        for widget in (self.mode, self.opacity, self.heat):
            widget.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys to the canvas
        self._percent.setMinimumWidth(self._percent.fontMetrics().horizontalAdvance("100 %"))
        self._percent.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(self.opacity, 1)
        row.addWidget(self._percent)
        form = QFormLayout(self)
        form.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        form.setHorizontalSpacing(SPACE * 3 // 2)
        form.setVerticalSpacing(SPACE)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        form.addRow("Mode", self.mode)
        form.addRow("Opacity", row)
        form.addRow("", self.heat)

    def _on_mode_activated(self, place: int) -> None:
        mode: OverlayMode = self.mode.itemData(place)
        self.opacity.setEnabled(mode in _WITH_OPACITY)
        self.mode_changed.emit(mode.value)

    def _on_opacity_moved(self, percent: int) -> None:
        self._percent.setText(f"{percent} %")
        self.opacity_changed.emit(percent / 100)
