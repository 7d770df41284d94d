from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from vosdesk.gui.panels import StrokesPanel
from vosdesk.gui.panels.strokes_model import StrokesModel
from vosdesk.gui.panels.strokes_panel import MOST_EXPANDED
from vosdesk.project.annotations import ERASED, Click, MaskAnnotation, Region, Scribble
from vosdesk.project.objects import VideoObject

SWAN = VideoObject(id=1, name="Swan & Co", colour="#e69f00")
DOG = VideoObject(id=2, name="Dog", colour="#56b4e9")
LINE = ((1.0, 1.0), (5.0, 5.0))
AREA = ((0.0, 0.0), (9.0, 0.0), (0.0, 9.0))
ANNOTATIONS = (
    Scribble(id=1, frame=12, object_id=1, points=LINE),
    Click(id=2, frame=12, object_id=0, x=3, y=3),
    Region(id=3, frame=12, object_id=2, outline=AREA, muted=True),
    Click(id=4, frame=40, object_id=2, x=3, y=3),
    Scribble(id=5, frame=7, object_id=ERASED, points=LINE),
)
OBJECTS = (SWAN, DOG)
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(qtbot) -> StrokesPanel:
    panel = StrokesPanel()
    qtbot.addWidget(panel)
    panel.set_annotations(ANNOTATIONS, OBJECTS)
    panel.set_frame(12)
    panel.resize(300, 320)
    with qtbot.waitActive(panel):
        panel.show()
        panel.activateWindow()
    return panel


def rows(model: StrokesModel, parent: QModelIndex | None = None) -> list:
    parent = parent or QModelIndex()
    found = []
    for row in range(model.rowCount(parent)):
        index = model.index(row, 0, parent)
        text = (index.data(), model.index(row, 1, parent).data())
        below = rows(model, index)
        found.append((*text, below) if below else text)
    return found


def click(qtbot, panel: StrokesPanel, annotation_id: int, *, more: bool = False) -> None:
    where = panel.view.visualRect(panel.model.index_of(annotation_id)).center()
    held = Qt.KeyboardModifier.ControlModifier if more else Qt.KeyboardModifier.NoModifier
    qtbot.mouseClick(panel.view.viewport(), LEFT, held, where)


def test_a_change_is_painted_soon_but_not_at_once(qtbot, panel: StrokesPanel) -> None:
    viewport = panel.view.viewport()
    qtbot.waitUntil(viewport.updatesEnabled)
    panel.set_annotations(ANNOTATIONS[:2], OBJECTS)
    panel.set_annotations(ANNOTATIONS[:1], OBJECTS)
    assert not viewport.updatesEnabled()
    assert len(rows(panel.model)) == 1  # what is listed is known at once
    qtbot.waitUntil(viewport.updatesEnabled)


def test_it_lists_the_frame_newest_first(panel: StrokesPanel) -> None:
    assert rows(panel.model) == [
        ("Area", "Dog"),
        ("Click", "Background"),
        ("Scribble", "Swan & Co"),
    ]


def test_it_follows_the_frame(panel: StrokesPanel) -> None:
    panel.set_frame(7)
    assert rows(panel.model) == [("Eraser", "Takes paint away")]


def test_all_frames_are_listed_under_their_frames(panel: StrokesPanel, qtbot) -> None:
    qtbot.mouseClick(panel.all_frames, LEFT)
    assert rows(panel.model) == [
        ("Frame 7", "1 stroke", [("Eraser", "Takes paint away")]),
        (
            "Frame 12",
            "3 strokes",
            [("Area", "Dog"), ("Click", "Background"), ("Scribble", "Swan & Co")],
        ),
        ("Frame 40", "1 stroke", [("Click", "Dog")]),
    ]
    qtbot.mouseClick(panel.this_frame, LEFT)
    assert len(rows(panel.model)) == 3


@pytest.mark.parametrize("everything", [False, True])
def test_the_model_keeps_qts_rules(panel: StrokesPanel, everything: bool) -> None:
    model = StrokesModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Warning)
    show = model.show_all if everything else model.show_frame
    show(ANNOTATIONS, OBJECTS)
    show((), OBJECTS)
    show(ANNOTATIONS[:2], OBJECTS)


def test_a_mask_names_its_one_object_or_how_many() -> None:
    model = StrokesModel()
    one, two = np.zeros((4, 4), np.uint8), np.zeros((4, 4), np.uint8)
    one[0, 0] = 2
    two[0, :2] = 1, 2
    masks = [MaskAnnotation.of(0, one), MaskAnnotation.of(0, two)]
    model.show_frame(masks, OBJECTS)
    assert rows(model) == [("Mask", "2 objects"), ("Mask", "Dog")]


def test_an_empty_frame_says_so(panel: StrokesPanel) -> None:
    panel.set_frame(99)
    assert not panel.view.isVisible()
    panel.set_frame(12)
    assert panel.view.isVisible()


def test_a_click_selects(panel: StrokesPanel, qtbot) -> None:
    with qtbot.waitSignal(panel.annotation_selected) as told:
        click(qtbot, panel, 2)
    assert told.args == [2]
    assert panel.selected() == (2,)


def test_several_selected_are_no_single_one(panel: StrokesPanel, qtbot) -> None:
    click(qtbot, panel, 2)
    with qtbot.waitSignal(panel.annotation_selected) as told:
        click(qtbot, panel, 1, more=True)
    assert told.args == [None]
    assert panel.selected() == (2, 1)


def test_being_told_the_selection_tells_nobody(panel: StrokesPanel, qtbot) -> None:
    with qtbot.assertNotEmitted(panel.annotation_selected):
        panel.set_selected(1)
        assert panel.selected() == (1,)
        panel.set_selected(4)
        assert panel.selected() == ()
        panel.set_selected(None)


def test_the_selection_survives_a_change(panel: StrokesPanel, qtbot) -> None:
    panel.set_selected(2)
    with qtbot.assertNotEmitted(panel.annotation_selected):
        panel.set_annotations(ANNOTATIONS[1:], OBJECTS)
    assert panel.selected() == (2,)
    panel.set_annotations(ANNOTATIONS[2:], OBJECTS)
    assert panel.selected() == ()
    assert not panel.delete_button.isEnabled()


def test_delete_takes_all_that_are_selected(panel: StrokesPanel, qtbot) -> None:
    click(qtbot, panel, 3)
    click(qtbot, panel, 1, more=True)
    with qtbot.waitSignal(panel.annotations_removed) as told:
        qtbot.mouseClick(panel.delete_button, LEFT)
    assert told.args == [[3, 1]]


@pytest.mark.parametrize(("annotation_id", "mute"), [(1, True), (3, False)])
def test_mute_asks_for_the_opposite(
    panel: StrokesPanel, qtbot, annotation_id: int, mute: bool
) -> None:
    panel.set_selected(annotation_id)
    with qtbot.waitSignal(panel.annotations_muted) as told:
        qtbot.mouseClick(panel.mute_button, LEFT)
    assert told.args == [[annotation_id], mute]


def test_a_mixed_selection_is_muted_as_a_whole(panel: StrokesPanel, qtbot) -> None:
    heard: list[tuple[list[int], bool]] = []
    panel.annotations_muted.connect(lambda ids, muted: heard.append((ids, muted)))
    click(qtbot, panel, 1)
    click(qtbot, panel, 3, more=True)
    qtbot.mouseClick(panel.mute_button, LEFT)
    assert heard == [([1], True)]


def test_a_muted_stroke_is_struck_through_and_spoken(panel: StrokesPanel) -> None:
    muted, other = panel.model.index_of(3), panel.model.index_of(1)
    assert muted.data(Qt.ItemDataRole.FontRole).strikeOut()
    assert other.data(Qt.ItemDataRole.FontRole) is None
    assert muted.data(Qt.ItemDataRole.AccessibleTextRole) == "Area, Dog, muted"


def test_going_to_a_stroke_goes_to_its_frame(panel: StrokesPanel, qtbot) -> None:
    qtbot.mouseClick(panel.all_frames, LEFT)
    click(qtbot, panel, 4)
    with qtbot.waitSignal(panel.frame_requested) as told:
        qtbot.mouseClick(panel.go_button, LEFT)
    assert told.args == [40]


def test_a_double_click_on_a_heading_goes_to_the_frame(panel: StrokesPanel, qtbot) -> None:
    qtbot.mouseClick(panel.all_frames, LEFT)
    where = panel.view.visualRect(panel.model.index(0, 0)).center()
    qtbot.mouseClick(panel.view.viewport(), LEFT, pos=where)
    with qtbot.waitSignal(panel.frame_requested) as told:
        qtbot.mouseDClick(panel.view.viewport(), LEFT, pos=where)
    assert told.args == [7]
    assert panel.selected() == ()


def test_a_stroke_is_given_to_another_object(panel: StrokesPanel, qtbot) -> None:
    panel.set_selected(1)
    menu = panel.menu_for([ANNOTATIONS[0]])
    give = next(entry for entry in menu.actions() if entry.text() == "Give to").menu()
    assert [entry.text() for entry in give.actions()] == ["Background", "Swan && Co", "Dog"]
    with qtbot.waitSignal(panel.annotations_reassigned) as told:
        give.actions()[2].trigger()
    assert told.args == [[1], 2]
    with qtbot.assertNotEmitted(panel.annotations_reassigned):
        give.actions()[1].trigger()


def test_an_eraser_has_no_object_to_give(panel: StrokesPanel) -> None:
    menu = panel.menu_for([ANNOTATIONS[4]])
    assert not next(e for e in menu.actions() if e.text() == "Give to").menu().isEnabled()


def test_buttons_wait_for_a_selection(panel: StrokesPanel) -> None:
    buttons = (panel.go_button, panel.mute_button, panel.delete_button)
    assert not any(button.isEnabled() for button in buttons)
    index = panel.model.index_of(1)
    panel.view.selectionModel().select(
        index,
        QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows,
    )
    assert all(button.isEnabled() for button in buttons)


def test_of_thousands_of_strokes_only_the_visible_frame_is_opened(panel: StrokesPanel) -> None:
    many = [
        Click(id=number + 1, frame=number % 300, object_id=1, x=1.0, y=1.0)
        for number in range(MOST_EXPANDED + 100)
    ]
    panel.all_frames.click()
    panel.set_frame(7)
    panel.set_annotations(many, ())
    opened = [
        row
        for row in range(panel.model.rowCount())
        if panel.view.isExpanded(panel.model.index(row, 0))
    ]
    assert opened == [7]
