"""How labels are taken from what was painted: few numbers, each with its default at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QSpinBox,
    QWidget,
)

from vosdesk.gui.theme import SPACE, indent_text
from vosdesk.project.choices import LabellingChoices

if TYPE_CHECKING:
    from collections.abc import Callable

_FIRST_FLOOR = 0.5
"""What a threshold of one's own begins with."""


class LabellingPanel(QWidget):
    """Links, neighbours, temperature, threshold. It shows ``set_choices`` and tells what is wanted.

    Attributes:
        choices_changed: The LabellingChoices that the user wants from now on.
    """

    choices_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choices = LabellingChoices()
        self.links = QSlider(Qt.Orientation.Horizontal)
        self._percent = QLabel()
        self.neighbours = QSpinBox()
        self.temperature, self.floor = QDoubleSpinBox(), QDoubleSpinBox()
        self.own_floor = QCheckBox("Own")
        self.reset_button = QPushButton("Defaults")
        self._set_up()
        self._lay_out()
        self.set_choices(self._choices)
        self.links.valueChanged.connect(lambda percent: self._change(links=percent / 100))
        self.links.sliderMoved.connect(self._show_percent)
        self.neighbours.valueChanged.connect(lambda value: self._change(neighbours=value))
        self.temperature.valueChanged.connect(lambda value: self._change(temperature=value))
        self.floor.valueChanged.connect(lambda value: self._change(similarity_floor=value))
        self.own_floor.clicked.connect(self._on_own_floor_clicked)
        self.reset_button.clicked.connect(self._on_reset_clicked)

    def set_choices(self, choices: LabellingChoices) -> None:
        """Show how it is; tells nobody."""
        self._choices = choices
        own = choices.similarity_floor is not None
        _show(self.links.setValue, self.links, round(choices.links * 100))
        self._show_percent(self.links.value())
        _show(self.neighbours.setValue, self.neighbours, choices.neighbours)
        _show(self.temperature.setValue, self.temperature, choices.temperature)
        _show(self.floor.setValue, self.floor, choices.similarity_floor if own else _FIRST_FLOOR)
        self.own_floor.setChecked(own)
        self.floor.setEnabled(own)
        self.reset_button.setEnabled(choices != LabellingChoices())

    def _show_percent(self, percent: int) -> None:
        self._percent.setText(f"{percent} %")

    def _change(self, **choices: object) -> None:
        values = {**self._choices.model_dump(), **choices}
        self.choices_changed.emit(LabellingChoices.model_validate(values))

    def _on_own_floor_clicked(self, own: bool) -> None:
        self._change(similarity_floor=self.floor.value() if own else None)

    def _on_reset_clicked(self) -> None:
        self.choices_changed.emit(LabellingChoices())

    def _set_up(self) -> None:
        self.links.setRange(0, 100)
        self.links.setPageStep(10)
        self.links.setTracking(False)  # a drag is one change, told at its end
        self.links.setAccessibleName("Links")
        self.links.setToolTip(
            "How far a pixel follows its likes in the frames before and after;"
            " at 0 % only its likeness to strokes counts"
        )
        self._percent.setMinimumWidth(self._percent.fontMetrics().horizontalAdvance("100 %"))
        self._percent.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.neighbours.setRange(1, 100)
        self.temperature.setRange(0.001, 10.0)
        self.temperature.setDecimals(3)
        self.temperature.setSingleStep(0.01)
        self.floor.setRange(-1.0, 1.0)
        self.floor.setSingleStep(0.05)
        for box, name, tip in (
            (self.neighbours, "Neighbours", "How many references vote on a pixel"),
            (
                self.temperature,
                "Temperature",
                "Smaller lets the most similar reference decide alone",
            ),
            (
                self.floor,
                "Threshold",
                "How similar to an object a pixel must be while little background is painted",
            ),
        ):
            box.setAccessibleName(name)
            box.setToolTip(tip)
            box.setKeyboardTracking(False)  # a number that is being typed is not one yet
            box.setStepType(QAbstractSpinBox.StepType.DefaultStepType)
            indent_text(box)
        self.own_floor.setAccessibleName("A threshold of one's own")
        self.own_floor.setToolTip("Use this threshold and not the model's")
        self.reset_button.setToolTip("Go back to what works best on most videos")
        for widget in (self.links, self.own_floor, self.reset_button):
            widget.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys to the canvas

    def _lay_out(self) -> None:
        self.setMinimumWidth(220)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        links = QHBoxLayout()
        links.setSpacing(SPACE)
        links.addWidget(self.links, 1)
        links.addWidget(self._percent)
        floor = QHBoxLayout()
        floor.setSpacing(SPACE)
        floor.addWidget(self.floor, 1)
        floor.addWidget(self.own_floor)
        form = QFormLayout(self)
        form.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        form.setHorizontalSpacing(SPACE * 3 // 2)
        form.setVerticalSpacing(SPACE)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        form.addRow("Links", links)
        form.addRow("Neighbours", self.neighbours)
        form.addRow("Temperature", self.temperature)
        form.addRow("Threshold", floor)
        form.addRow("", self.reset_button)


def _show(put: Callable[[float], object], box: QWidget, value: float) -> None:
    """Put a value into a field without its telling anybody."""
    box.blockSignals(True)
    put(value)
    box.blockSignals(False)
