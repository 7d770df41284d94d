"""Tool strip, overlay panel, progress and status line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMainWindow, QStyle, QStyleOptionSlider, QToolButton, QWidget

from vosdesk.gui.panels import (
    ExportStrip,
    LabellingPanel,
    OverlayPanel,
    ProgressStrip,
    StatusLine,
    ToolBar,
)
from vosdesk.gui.panels.tool_bar import LARGEST, SMALLEST, TOOLS, _radius_of, _step_of
from vosdesk.overlay.composition import OverlayMode
from vosdesk.project.choices import LabellingChoices

if TYPE_CHECKING:
    from vosdesk.gui.actions import Actions

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def actions(actions: Actions) -> Actions:
    for action in actions.values():
        action.setEnabled(True)
    return actions


class TestToolBar:
    @pytest.fixture
    def bar(self, shown, window: QMainWindow, actions: Actions) -> ToolBar:
        bar = ToolBar(actions)
        window.addToolBar(Qt.ToolBarArea.LeftToolBarArea, bar)
        shown(window)
        return bar

    def test_each_tool_has_a_button_that_names_its_key(self, bar: ToolBar, actions, qtbot) -> None:
        for name in TOOLS:
            button = bar.widgetForAction(actions[f"tool_{name}"])
            assert isinstance(button, QToolButton)
            with qtbot.waitSignal(actions[f"tool_{name}"].triggered):
                qtbot.mouseClick(button, LEFT)
            assert button.isChecked()
            assert button.toolTip().endswith(")")

    def test_the_slider_tells_a_radius(self, bar: ToolBar, qtbot) -> None:
        bar.set_radius(12)
        with qtbot.waitSignal(bar.radius_changed) as told:
            qtbot.keyClick(bar.slider, Qt.Key.Key_Up)
        assert 12 < told.args[0] < 13

    def test_being_told_a_radius_tells_nobody(self, bar: ToolBar, qtbot) -> None:
        with qtbot.assertNotEmitted(bar.radius_changed):
            bar.set_radius(6.5)
        assert bar.slider.toolTip() == "Size of the tool: 13 px"

    def test_a_tool_without_a_size(self, bar: ToolBar) -> None:
        bar.set_radius(None)
        assert not bar.slider.isEnabled()
        bar.set_radius(3)
        assert bar.slider.isEnabled()

    def test_clicking_a_tool_leaves_the_keyboard_where_it_was(
        self, bar: ToolBar, window: QMainWindow, actions: Actions, qtbot
    ) -> None:
        canvas = QWidget()
        canvas.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        window.setCentralWidget(canvas)
        canvas.show()
        with qtbot.waitActive(window):
            window.activateWindow()
        canvas.setFocus()
        assert canvas.hasFocus()
        qtbot.mouseClick(bar.widgetForAction(actions["tool_box"]), LEFT)
        assert canvas.hasFocus()


@settings(max_examples=80, deadline=None)
@given(st.floats(SMALLEST, LARGEST))
def test_the_slider_keeps_a_radius_to_a_few_percent(radius: float) -> None:
    kept = _radius_of(_step_of(radius))
    assert kept == pytest.approx(radius, abs=0.25 + 0.02 * radius)
    assert SMALLEST <= kept <= LARGEST


class TestLabellingPanel:
    @pytest.fixture
    def panel(self, shown) -> LabellingPanel:
        return shown(LabellingPanel())

    def test_each_field_tells_all_choices(self, panel: LabellingPanel, qtbot) -> None:
        panel.set_choices(LabellingChoices(neighbours=7, temperature=0.2))
        with qtbot.waitSignal(panel.choices_changed) as told:
            qtbot.keyClick(panel.neighbours, Qt.Key.Key_Up)
        assert told.args == [LabellingChoices(neighbours=8, temperature=0.2)]
        with qtbot.waitSignal(panel.choices_changed) as told:
            panel.temperature.selectAll()
            qtbot.keyClicks(panel.temperature, "0.5")
            qtbot.keyClick(panel.temperature, Qt.Key.Key_Return)
        assert told.args == [LabellingChoices(neighbours=7, temperature=0.5)]

    def test_the_models_threshold_gives_way_to_ones_own(self, panel, qtbot) -> None:
        assert not panel.floor.isEnabled()
        with qtbot.waitSignal(panel.choices_changed) as told:
            qtbot.mouseClick(panel.own_floor, LEFT, pos=QPoint(8, panel.own_floor.height() // 2))
        own = told.args[0]
        assert own == LabellingChoices(similarity_floor=0.5)
        panel.set_choices(own)
        with qtbot.waitSignal(panel.choices_changed) as told:
            qtbot.keyClick(panel.floor, Qt.Key.Key_Down)
        assert told.args == [LabellingChoices(similarity_floor=0.45)]

    def test_a_drag_of_the_links_is_one_change(self, panel: LabellingPanel, qtbot) -> None:
        panel.set_choices(LabellingChoices(links=0.5, neighbours=7))
        assert panel.links.value() == 50
        told: list[LabellingChoices] = []
        panel.choices_changed.connect(told.append)
        style, slider = panel.links.style(), panel.links
        option = QStyleOptionSlider()
        slider.initStyleOption(option)
        part = QStyle.SubControl.SC_SliderHandle
        control = QStyle.ComplexControl.CC_Slider
        handle = style.subControlRect(control, option, part, slider).center()
        qtbot.mousePress(slider, LEFT, pos=handle)
        for x in range(handle.x(), 0, -8):
            qtbot.mouseMove(slider, QPoint(x, handle.y()))
        assert told == []
        qtbot.mouseMove(slider, QPoint(0, handle.y()))
        qtbot.mouseRelease(slider, LEFT, pos=QPoint(0, handle.y()))
        assert told == [LabellingChoices(links=0.0, neighbours=7)]
        panel.set_choices(told[0])
        qtbot.keyClick(slider, Qt.Key.Key_PageUp)
        assert told[1:] == [LabellingChoices(links=0.1, neighbours=7)]

    def test_defaults_are_a_click_away(self, panel: LabellingPanel, qtbot) -> None:
        assert not panel.reset_button.isEnabled()
        panel.set_choices(LabellingChoices(neighbours=1))
        with qtbot.waitSignal(panel.choices_changed) as told:
            qtbot.mouseClick(panel.reset_button, LEFT)
        assert told.args == [LabellingChoices()]

    def test_being_told_tells_nobody(self, panel: LabellingPanel, qtbot) -> None:
        with qtbot.assertNotEmitted(panel.choices_changed):
            panel.set_choices(LabellingChoices(neighbours=9, similarity_floor=-0.2))
        shown = panel.neighbours.value(), panel.floor.value(), panel.own_floor.isChecked()
        assert shown == (9, -0.2, True)


class TestOverlayPanel:
    @pytest.fixture
    def panel(self, shown) -> OverlayPanel:
        return shown(OverlayPanel())

    def test_every_mode_can_be_chosen(self, panel: OverlayPanel, qtbot) -> None:
        assert {panel.mode.itemData(n) for n in range(panel.mode.count())} == set(OverlayMode)
        panel.set_style(OverlayMode.TINT, 0.5, False)
        with qtbot.waitSignal(panel.mode_changed) as told:
            qtbot.keyClick(panel.mode, Qt.Key.Key_Down)
        assert told.args == ["outline"]

    def test_opacity_and_heat(self, panel: OverlayPanel, qtbot) -> None:
        panel.set_style(OverlayMode.TINT, 0.5, False)
        with qtbot.waitSignal(panel.opacity_changed) as told:
            qtbot.keyClick(panel.opacity, Qt.Key.Key_Right)
        assert told.args == [0.51]
        with qtbot.waitSignal(panel.heat_changed) as told:
            qtbot.mouseClick(panel.heat, LEFT, pos=panel.heat.rect().center() / 4)
        assert told.args == [True]

    def test_being_told_the_style_tells_nobody(self, panel: OverlayPanel, qtbot) -> None:
        signals = (panel.mode_changed, panel.opacity_changed, panel.heat_changed)
        heard: list[object] = []
        for signal in signals:
            signal.connect(heard.append)
        panel.set_style(OverlayMode.CUTOUT, 0.8, True)
        assert heard == []
        assert panel.mode.currentText() == "Cutout"
        assert panel.opacity.value() == 80
        assert panel.heat.isChecked()

    def test_opacity_is_offered_where_it_means_something(self, panel: OverlayPanel) -> None:
        panel.set_style(OverlayMode.OUTLINE, 0.5, False)
        assert not panel.opacity.isEnabled()
        panel.set_style(OverlayMode.TINT, 0.5, False)
        assert panel.opacity.isEnabled()


class TestProgressStrip:
    @pytest.fixture
    def strip(self, shown) -> ProgressStrip:
        return shown(ProgressStrip())

    def test_it_says_how_far_it_is(self, strip: ProgressStrip) -> None:
        strip.set_embedding("running", 45, 90, "8.2 frames/s · 10 s left")
        assert strip.text.text() == "Embedding 45 / 90 · 8.2 frames/s · 10 s left"
        assert strip.bar.value() * 2 == strip.bar.maximum()
        assert strip.bar.isVisible()

    def test_pause_and_go_on(self, strip: ProgressStrip, qtbot) -> None:
        for state, wanted in (("running", True), ("paused", False)):
            strip.set_embedding(state, 1, 2)
            with qtbot.waitSignal(strip.paused) as told:
                qtbot.mouseClick(strip.pause_button, LEFT)
            assert told.args == [wanted]
        assert strip.pause_button.accessibleName() == "Go on embedding"

    def test_cancel(self, strip: ProgressStrip, qtbot) -> None:
        strip.set_embedding("running", 1, 2)
        with qtbot.waitSignal(strip.cancelled):
            qtbot.mouseClick(strip.cancel_button, LEFT)

    @pytest.mark.parametrize(
        ("state", "done", "text"),
        [
            ("idle", 0, ""),
            ("done", 9, "All frames embedded"),
            ("done", 7, "7 of 9 frames embedded"),
        ],
    )
    def test_at_rest_there_is_nothing_to_press(
        self, strip: ProgressStrip, state: str, done: int, text: str
    ) -> None:
        strip.set_embedding("running", 1, 9)
        strip.set_embedding(state, done, 9, "8 frames/s")
        assert strip.text.text() == text
        for widget in (strip.bar, strip.pause_button, strip.cancel_button):
            assert not widget.isVisible()

    @pytest.mark.parametrize("state", ["cancelled", "failed"])
    def test_what_stopped_can_go_on(self, strip: ProgressStrip, qtbot, state: str) -> None:
        strip.set_embedding("running", 1, 9)
        strip.set_embedding(state, 3, 9, "8 frames/s")
        assert strip.text.text() == f"Embedding {state} 3 / 9"
        assert not strip.bar.isVisible()
        assert not strip.cancel_button.isVisible()
        with qtbot.waitSignal(strip.restarted), qtbot.assertNotEmitted(strip.paused):
            qtbot.mouseClick(strip.pause_button, LEFT)

    def test_loading_moves_without_a_number(self, strip: ProgressStrip) -> None:
        strip.set_embedding("loading", 0, 0)
        assert (strip.bar.minimum(), strip.bar.maximum()) == (0, 0)
        assert not strip.pause_button.isEnabled()

    def test_many_frames_are_no_overflow(self, strip: ProgressStrip) -> None:
        strip.set_embedding("running", 2**40, 2**41)
        assert strip.bar.value() * 2 == strip.bar.maximum()

    def test_the_room_on_disk(self, strip: ProgressStrip) -> None:
        assert not strip.store_size.isVisible()
        strip.set_store_size(152_000_000)
        assert strip.store_size.text() == "Store 152 MB"
        strip.set_store_size(None)
        assert not strip.store_size.isVisible()

    def test_it_says_that_labels_are_still_being_proved(self, strip: ProgressStrip) -> None:
        strip.set_proved(0.462)
        assert strip.text.text() == "proving labels 46%"
        strip.set_embedding("done", 90, 90)
        assert strip.text.text() == "All frames embedded · proving labels 46%"
        strip.set_embedding("running", 9, 90)
        assert "proving" not in strip.text.text()
        strip.set_embedding("done", 90, 90)
        for settled in (1.0, float("nan")):
            strip.set_proved(settled)
            assert strip.text.text() == "All frames embedded"


class TestExportStrip:
    @pytest.fixture
    def strip(self, qtbot) -> ExportStrip:
        strip = ExportStrip()
        qtbot.addWidget(strip)
        assert not strip.isVisible()
        return strip

    def test_it_appears_with_an_export_and_says_how_far_it_is(self, strip: ExportStrip) -> None:
        strip.set_progress(0, 0)
        assert (strip.isVisible(), strip.text.text()) == (True, "Exporting")
        assert (strip.bar.minimum(), strip.bar.maximum()) == (0, 0)
        strip.set_progress(3, 12)
        assert strip.text.text() == "Exporting 3 / 12"
        assert (strip.bar.value(), strip.bar.maximum()) == (3, 12)

    def test_cancel(self, strip: ExportStrip, qtbot) -> None:
        strip.set_progress(3, 12)
        with qtbot.waitSignal(strip.cancelled):
            qtbot.mouseClick(strip.cancel_button, LEFT)


class TestStatusLine:
    @pytest.fixture
    def line(self, shown) -> StatusLine:
        return shown(StatusLine())

    def test_where_one_is(self, line: StatusLine) -> None:
        line.set_frame(12, 90, 0.48)
        line.set_pixel(412, 233, "Swan", "#e69f00")
        line.set_zoom(1.5)
        line.set_device("CPU")
        texts = [
            field.text()
            for field in (line.frame, line.pixel, line.object_name, line.zoom, line.device)
        ]
        assert texts == ["frame 12 / 89 · 0:00.480", "x 412  y 233", "Swan", "150 %", "CPU"]

    def test_without_a_video_or_a_pixel_it_is_empty(self, line: StatusLine) -> None:
        line.set_pixel(1, 2, "Swan", "#e69f00")
        line.clear_pixel()
        line.set_frame(0, 0, 0)
        assert line.frame.text() == line.pixel.text() == line.object_name.text() == ""

    @pytest.mark.parametrize(("zoom", "text"), [(1, "100 %"), (0.034, "3.4 %"), (32, "3200 %")])
    def test_zoom(self, line: StatusLine, zoom: float, text: str) -> None:
        line.set_zoom(zoom)
        assert line.zoom.text() == text

    def test_facts_keep_their_places_while_numbers_change(self, line: StatusLine, qtbot) -> None:
        line.resize(900, 30)
        line.set_frame(1, 90, 0.04)
        line.set_pixel(1, 1)
        before = line.pixel.x()
        line.set_frame(88, 90, 3.52)
        line.set_pixel(1999, 1079)
        qtbot.waitUntil(lambda: line.pixel.text() == "x 1999  y 1079")
        assert line.pixel.x() == before
