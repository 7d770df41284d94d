"""The strip of tools, with the size of the one in hand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QLabel, QSlider, QToolBar, QToolButton, QVBoxLayout, QWidget

from vosdesk.gui.theme import SPACE, set_icon

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QAction

TOOLS = ("pick", "why", "click", "scribble", "brush", "eraser", "lasso", "polygon", "box")
SMALLEST, LARGEST = 0.5, 400.0
"""Radii in source pixels."""
_STEPS = 200


class ToolBar(QToolBar):
    """One button for each tool action, and a slider for the radius.

    The slider is logarithmic: one pixel matters for a small brush and not for a large one.

    Args:
        actions: The window's actions by name.

    Attributes:
        radius_changed: The user chose a radius, in source pixels.
    """

    radius_changed = Signal(float)

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__("Tools", parent)
        self.setOrientation(Qt.Orientation.Vertical)
        self.setMovable(False)
        self.setIconSize(QSize(22, 22))
        self.setAccessibleName("Tools")
        self.toggleViewAction().setText("Tool strip")
        for name in TOOLS:
            self._add(actions[f"tool_{name}"])
        self.addSeparator()
        self._add(actions["swap_background"])
        self.addSeparator()
        self.slider = QSlider(Qt.Orientation.Vertical)
        self._label = QLabel()
        self.addWidget(self._size_box())
        self._dress_extension()
        self.slider.valueChanged.connect(self._on_value_changed)
        self.set_radius(None)

    def set_radius(self, radius: float | None) -> None:
        """Show the radius of the tool in hand; None where it has none. Tells nobody."""
        self.slider.setEnabled(radius is not None)
        self._label.setEnabled(radius is not None)
        if radius is None:
            self._label.setText("–")
            return
        self.slider.blockSignals(True)
        self.slider.setValue(_step_of(radius))
        self.slider.blockSignals(False)
        self._show(radius)

    def _add(self, action: QAction) -> None:
        self.addAction(action)
        button = self.widgetForAction(action)
        if isinstance(button, QToolButton):
            button.setAccessibleName(action.text())
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def _dress_extension(self) -> None:
        """In a low window this button leads to what has no room; Qt's own icon is too faint."""
        button = self.findChild(QToolButton, "qt_toolbar_ext_button")
        set_icon(button, "more")
        button.setAccessibleName("More tools")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def _size_box(self) -> QWidget:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, SPACE // 2, 0, SPACE // 2)
        column.setSpacing(SPACE // 2)
        centre = Qt.AlignmentFlag.AlignHCenter
        self.slider.setRange(0, _STEPS)
        self.slider.setPageStep(_STEPS // 20)
        self.slider.setFixedHeight(120)
        self.slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.slider.setAccessibleName("Size of the tool")
        self._label.setAlignment(centre)
        self._label.setMinimumWidth(self._label.fontMetrics().horizontalAdvance("800 px"))
        column.addWidget(self.slider, alignment=centre)
        column.addWidget(self._label, alignment=centre)
        return box

    def _show(self, radius: float) -> None:
        """Name the diameter, which is what one sees on the picture."""
        width = 2 * radius
        text = f"{width:.0f} px" if width >= 10 else f"{width:g} px"
        self._label.setText(text)
        self.slider.setToolTip(f"Size of the tool: {text}")

    def _on_value_changed(self, value: int) -> None:
        radius = _radius_of(value)
        self._show(radius)
        self.radius_changed.emit(radius)


def _radius_of(step: int) -> float:
    """Return the radius at a slider step, to half a pixel."""
    radius = SMALLEST * (LARGEST / SMALLEST) ** (step / _STEPS)
    return round(radius * 2) / 2


def _step_of(radius: float) -> int:
    kept = min(max(radius, SMALLEST), LARGEST)
    return round(_STEPS * math.log(kept / SMALLEST) / math.log(LARGEST / SMALLEST))
