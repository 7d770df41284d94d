from __future__ import annotations

import itertools

import pytest
from PySide6.QtCore import QMimeData, QModelIndex, QPoint, QRect, Qt
from PySide6.QtGui import QColor, QContextMenuEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu

from vosdesk.arrays import BACKGROUND
from vosdesk.gui.panels import ObjectsPanel
from vosdesk.gui.panels.objects_delegate import RowPlaces
from vosdesk.gui.panels.objects_model import Role
from vosdesk.project.objects import VideoObject

SWAN = VideoObject(id=1, name="Swan", colour="#e69f00")
DOG = VideoObject(id=5, name="Dog", colour="#56b4e9")
SHADOW = VideoObject(id=3, name="Shadow", colour="#d55e00", visible=False)
OBJECTS = (SWAN, DOG, SHADOW)
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(qtbot) -> ObjectsPanel:
    panel = ObjectsPanel()
    qtbot.addWidget(panel)
    panel.set_objects(OBJECTS, {BACKGROUND: 2, 1: 12})
    panel.resize(260, 300)
    with qtbot.waitActive(panel):
        panel.show()
        panel.activateWindow()
    return panel


def row_of(panel: ObjectsPanel, object_id: int) -> QRect:
    return panel.view.visualRect(panel.model.index(panel.model.row_of(object_id)))


def click(qtbot, panel: ObjectsPanel, object_id: int, part: str = "name") -> None:
    place: QRect = getattr(RowPlaces.of(row_of(panel, object_id)), part)
    qtbot.mouseClick(panel.view.viewport(), LEFT, pos=place.center())


def texts(menu: QMenu) -> list[str]:
    return [entry.text() for entry in menu.actions() if not entry.isSeparator()]


def press_entry(menu: QMenu, text: str) -> None:
    next(entry for entry in menu.actions() if entry.text() == text).trigger()


def test_background_comes_first_then_the_documents_order(panel: ObjectsPanel) -> None:
    names = [panel.model.index(row).data() for row in range(panel.model.rowCount())]
    assert names == ["Background", "Swan", "Dog", "Shadow"]


def test_parts_of_a_row_lie_in_order_without_overlap() -> None:
    for width in (220, 260, 500):
        row = QRect(3, 40, width, 32)
        places = RowPlaces.of(row)
        parts = (places.digit, places.swatch, places.name, places.count, places.eye)
        for one, other in itertools.pairwise(parts):
            assert one.right() < other.left()
        assert all(row.contains(part) for part in parts)


def test_a_click_selects(panel: ObjectsPanel, qtbot) -> None:
    with qtbot.waitSignal(panel.object_selected) as told:
        click(qtbot, panel, DOG.id)
    assert told.args == [DOG.id]
    assert panel.current() == DOG.id


def test_arrows_select(panel: ObjectsPanel, qtbot) -> None:
    panel.set_current(SWAN.id)
    with qtbot.waitSignal(panel.object_selected) as told:
        qtbot.keyClick(panel.view, Qt.Key.Key_Down)
    assert told.args == [DOG.id]


def test_being_told_the_current_one_tells_nobody(panel: ObjectsPanel, qtbot) -> None:
    with qtbot.assertNotEmitted(panel.object_selected):
        panel.set_current(DOG.id)
        panel.set_objects(OBJECTS[:2], {})
    assert panel.current() == DOG.id


def test_the_current_one_survives_a_change_and_falls_back_when_it_goes(
    panel: ObjectsPanel,
) -> None:
    panel.set_current(SHADOW.id)
    panel.set_objects((SHADOW, SWAN), {})
    assert panel.current() == SHADOW.id
    panel.set_objects((SWAN,), {})
    assert panel.current() == BACKGROUND


def test_the_eye_asks_for_the_opposite(panel: ObjectsPanel, qtbot) -> None:
    for item in (SWAN, SHADOW):
        with qtbot.waitSignal(panel.object_visibility_changed) as told:
            click(qtbot, panel, item.id, "eye")
        assert told.args == [item.id, not item.visible]


def test_space_shows_and_hides(panel: ObjectsPanel, qtbot) -> None:
    panel.set_current(SWAN.id)
    with qtbot.waitSignal(panel.object_visibility_changed) as told:
        qtbot.keyClick(panel.view, Qt.Key.Key_Space)
    assert told.args == [SWAN.id, False]


def test_the_background_has_no_eye_and_no_colour_to_choose(panel: ObjectsPanel, qtbot) -> None:
    with qtbot.assertNotEmitted(panel.object_visibility_changed):
        click(qtbot, panel, BACKGROUND, "eye")
        click(qtbot, panel, BACKGROUND, "swatch")
        panel.set_current(BACKGROUND)
        qtbot.keyClick(panel.view, Qt.Key.Key_Space)
    assert panel.colour_dialog is None


def test_a_click_on_the_colour_chooses_another(panel: ObjectsPanel, qtbot) -> None:
    click(qtbot, panel, DOG.id, "swatch")
    dialog = panel.colour_dialog
    assert dialog is not None
    assert dialog.currentColor().name() == DOG.colour
    dialog.setCurrentColor(QColor("#112233"))
    with qtbot.waitSignal(panel.object_recoloured) as told:
        dialog.accept()
    assert told.args == [DOG.id, "#112233"]


def test_a_cancelled_colour_changes_nothing(panel: ObjectsPanel, qtbot) -> None:
    panel.choose_colour(DOG.id)
    with qtbot.assertNotEmitted(panel.object_recoloured):
        panel.colour_dialog.reject()
    assert panel.colour_dialog is None


def rename(qtbot, panel: ObjectsPanel, text: str, end: Qt.Key = Qt.Key.Key_Return) -> None:
    editor = panel.view.viewport().findChild(QLineEdit)
    assert editor is not None
    editor.selectAll()
    qtbot.keyClicks(editor, text)
    qtbot.keyClick(editor, end)


def test_a_double_click_renames(panel: ObjectsPanel, qtbot) -> None:
    where = RowPlaces.of(row_of(panel, DOG.id)).name.center()
    qtbot.mouseClick(panel.view.viewport(), LEFT, pos=where)
    qtbot.mouseDClick(panel.view.viewport(), LEFT, pos=where)
    with qtbot.waitSignal(panel.object_renamed) as told:
        rename(qtbot, panel, " Fox ")
    assert told.args == [DOG.id, "Fox"]
    assert panel.model.index(2).data() == "Dog"


def test_f2_renames(panel: ObjectsPanel, qtbot) -> None:
    panel.set_current(SWAN.id)
    qtbot.keyClick(panel.view, Qt.Key.Key_F2)
    with qtbot.waitSignal(panel.object_renamed) as told:
        rename(qtbot, panel, "Goose")
    assert told.args == [SWAN.id, "Goose"]


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("Goose", Qt.Key.Key_Escape),
        ("   ", Qt.Key.Key_Return),
        ("Swan", Qt.Key.Key_Return),
    ],
)
def test_what_is_no_new_name_tells_nothing(
    panel: ObjectsPanel, qtbot, text: str, end: Qt.Key
) -> None:
    panel.edit_name(SWAN.id)
    with qtbot.assertNotEmitted(panel.object_renamed):
        rename(qtbot, panel, text, end)


def test_the_background_cannot_be_renamed(panel: ObjectsPanel) -> None:
    panel.edit_name(BACKGROUND)
    assert panel.view.viewport().findChild(QLineEdit) is None


def test_buttons_add_and_remove(panel: ObjectsPanel, qtbot) -> None:
    with qtbot.waitSignal(panel.object_added):
        qtbot.mouseClick(panel.add_button, LEFT)
    panel.set_current(DOG.id)
    with qtbot.waitSignal(panel.object_removed) as told:
        qtbot.mouseClick(panel.remove_button, LEFT)
    assert told.args == [DOG.id]
    panel.set_current(BACKGROUND)
    assert not panel.remove_button.isEnabled()


@pytest.mark.parametrize(
    ("dragged", "row", "place"),
    [
        (SWAN, 4, 2),
        (SWAN, 3, 1),
        (SHADOW, 1, 0),
        (SHADOW, 0, 0),
        (SHADOW, 2, 1),
        (SWAN, -1, 2),
    ],
)
def test_a_dropped_row_tells_its_place_among_the_others(
    panel: ObjectsPanel, qtbot, dragged: VideoObject, row: int, place: int
) -> None:
    with qtbot.waitSignal(panel.object_moved) as told:
        drop(panel, dragged, row)
    assert told.args == [dragged.id, place]
    assert panel.model.index(1).data() == "Swan", "the document decides, not the panel"


@pytest.mark.parametrize(("dragged", "row"), [(SWAN, 1), (SWAN, 2), (DOG, 2), (DOG, 3)])
def test_a_row_dropped_where_it_was_tells_nothing(
    panel: ObjectsPanel, qtbot, dragged: VideoObject, row: int
) -> None:
    with qtbot.assertNotEmitted(panel.object_moved):
        drop(panel, dragged, row)


def test_foreign_data_is_not_taken(panel: ObjectsPanel, qtbot) -> None:
    data = QMimeData()
    data.setText("1")
    action = Qt.DropAction.MoveAction
    assert not panel.model.canDropMimeData(data, action, 1, 0, QModelIndex())
    data.setData("application/x-vosdesk-object", b"\xff none")
    with qtbot.assertNotEmitted(panel.object_moved):
        assert not panel.model.dropMimeData(data, action, 1, 0, QModelIndex())


def drop(panel: ObjectsPanel, dragged: VideoObject, row: int) -> None:
    index = panel.model.index(panel.model.row_of(dragged.id))
    data = panel.model.mimeData([index])
    panel.model.dropMimeData(data, Qt.DropAction.MoveAction, row, 0, QModelIndex())


def test_the_menu_offers_what_can_be_done(panel: ObjectsPanel, qtbot) -> None:
    everything = ["New object", "Rename", "Change colour…", "Hide", "Merge into", "Remove"]
    assert texts(panel.menu_for(SWAN.id)) == everything
    assert "Show" in texts(panel.menu_for(SHADOW.id))
    assert texts(panel.menu_for(BACKGROUND)) == ["New object"]
    with qtbot.waitSignal(panel.object_removed) as told:
        press_entry(panel.menu_for(DOG.id), "Remove")
    assert told.args == [DOG.id]


def test_an_object_is_merged_into_one_of_the_others(panel: ObjectsPanel, qtbot) -> None:
    def merging(object_id: int) -> QMenu:
        menu = panel.menu_for(object_id)
        return next(entry.menu() for entry in menu.actions() if entry.text() == "Merge into")

    panel.set_objects((SWAN, DOG.model_copy(update={"name": "Cat & dog"})), {})
    assert texts(merging(SWAN.id)) == ["Cat && dog"]
    with qtbot.waitSignal(panel.object_merged) as told:
        press_entry(merging(SWAN.id), "Cat && dog")
    assert told.args == [SWAN.id, DOG.id]
    panel.set_objects((SWAN,), {})
    assert not merging(SWAN.id).isEnabled()


def test_the_menu_opens_at_the_row(panel: ObjectsPanel, qtbot) -> None:
    viewport, where = panel.view.viewport(), row_of(panel, SWAN.id).center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, where, viewport.mapToGlobal(where))
    QApplication.sendEvent(viewport, event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert "Rename" in texts(menu)
    qtbot.keyClick(menu, Qt.Key.Key_Escape)
    assert QApplication.activePopupWidget() is None


def test_rows_tell_digit_and_strokes(panel: ObjectsPanel) -> None:
    many = tuple(VideoObject(id=n, name=f"O{n}", colour="#000000") for n in range(1, 13))
    panel.set_objects(many, {2: 7})
    digits = [panel.model.index(row).data(Role.DIGIT) for row in range(panel.model.rowCount())]
    assert digits == [*"0123456789", "", "", ""]
    assert panel.model.index(2).data(Role.STROKES) == 7
    spoken = panel.model.index(2).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "O2, 7 strokes"


def test_the_swatch_shows_the_colour(panel: ObjectsPanel) -> None:
    places = RowPlaces.of(row_of(panel, SWAN.id))
    image = panel.view.viewport().grab().toImage()
    assert image.pixelColor(places.swatch.center()).name() == SWAN.colour


def test_a_long_name_stays_out_of_the_count(panel: ObjectsPanel) -> None:
    before = panel.view.viewport().grab().toImage()
    panel.set_objects((SWAN.model_copy(update={"name": "W" * 100}), DOG, SHADOW), {1: 12})
    after = panel.view.viewport().grab().toImage()
    places = RowPlaces.of(row_of(panel, SWAN.id))
    right = QRect(places.count.topLeft(), places.eye.bottomRight())
    assert before.copy(right) == after.copy(right)
    assert before != after


def test_hovering_a_row_points_at_it(panel: ObjectsPanel, qtbot) -> None:
    where = row_of(panel, DOG.id).center() + QPoint(20, 0)
    before = panel.view.viewport().grab().toImage().pixelColor(where)
    qtbot.mouseMove(panel.view.viewport(), where)
    qtbot.waitUntil(lambda: panel.view.viewport().grab().toImage().pixelColor(where) != before)
