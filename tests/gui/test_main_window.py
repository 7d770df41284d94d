"""The whole window on a real session: what a user does, and what is to be seen of it."""

from __future__ import annotations

import itertools
import shutil
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QTabBar, QToolButton, QWidget

from vosdesk.embedding.store_folder import default_root
from vosdesk.gui.app import make_window
from vosdesk.gui.controllers import files
from vosdesk.gui.dialogs.export_dialog import ExportDialog
from vosdesk.gui.notices import Notice, Toast
from vosdesk.project.choices import LabellingChoices
from vosdesk.project.commands import AddObject, ChangeSettings, RecolourObject
from vosdesk.session import events
from vosdesk.session.events import EmbeddingState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from vosdesk.gui.main_window import MainWindow

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
COUNT = 6


class Gate:
    """Holds the network before its first frame until it is opened."""

    def __init__(self, embedder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.open = threading.Event()
        embed = embedder.embed

        def held(*words: Any) -> Any:
            assert self.open.wait(20)
            return embed(*words)

        monkeypatch.setattr(embedder, "embed", held)


@pytest.fixture
def gate(shelf: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    made = Gate(shelf.embedder, monkeypatch)
    yield made
    made.open.set()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where Save as saves."""
    path = tmp_path / "mein Projekt.vosdesk"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_asked: (str(path), ""))
    return path


def answer(monkeypatch: pytest.MonkeyPatch, question: str, text: str) -> list[str]:
    """Answer a question; returns whom it was asked about."""
    asked: list[str] = []
    monkeypatch.setattr(files, question, lambda _w, name, *_m: asked.append(str(name)) or text)
    return asked


def annotate(hand: Any) -> None:
    hand.draw((18, 32), (28, 32))
    hand.draw((80, 8), (88, 8), button=RIGHT)
    hand.labelled()


def picture(hand: Any, x: int, y: int) -> tuple[int, ...]:
    """The colour that the canvas shows at a point of the frame."""
    place = hand.at(x + 0.5, y + 0.5)
    return hand.window.canvas.viewport().grab().toImage().pixelColor(place).getRgb()[:3]


def sentences(window: MainWindow) -> list[str]:
    return [notice.sentence for notice in window.notices.notices()]


# -- painting


def test_two_strokes_label_every_frame_and_the_canvas_shows_it(hand: Any) -> None:
    window = hand.window
    window.actions_by_name["overlay_mask"].trigger()
    annotate(hand)
    for frame_index in range(COUNT):
        window.session.seek(frame_index)
        left = 8 + 8 * frame_index
        inside, outside = (left + 12, 24), ((left + 48) % 90, 58)

        def shows_the_object(inside: Any = inside, outside: Any = outside) -> bool:
            return picture(hand, *inside) != picture(hand, *outside)

        hand.qtbot.waitUntil(shows_the_object, timeout=10_000)
    assert [item.object_id for item in window.session.document.annotations] == [1, 0]


@pytest.mark.parametrize("key", ["C", "S", "B", "G", "R"])
@pytest.mark.parametrize(("button", "painted"), [(LEFT, 1), (RIGHT, 0)])
def test_each_tool_paints_the_object_left_and_background_right(
    hand: Any, key: str, button: Qt.MouseButton, painted: int
) -> None:
    hand.press(key)
    hand.draw((20, 20), (40, 22), (40, 40), button=button)
    added = hand.window.session.document.annotations
    assert [(item.object_id, item.frame) for item in added] == [(painted, 0)]


def test_no_row_is_marked_that_the_left_button_does_not_paint(hand: Any) -> None:
    panel = hand.window.objects
    assert not panel.view.selectionModel().hasSelection()
    hand.draw((20, 30), (30, 30))
    assert panel.current() == 1
    hand.press("0")
    assert panel.current() == 0


def test_a_locked_frame_takes_no_paint_and_says_so(hand: Any) -> None:
    window = hand.window
    annotate(hand)
    window.session.seek(3)
    hand.press("L")
    hand.until(lambda: 3 in window.session.document.locks_by_frame)
    before = window.session.document
    hand.draw((50, 30), (60, 30))
    assert window.session.document is before
    assert sentences(window) == ["Frame 3 is locked and keeps its labels."]


def test_the_lock_tick_follows_the_frame(hand: Any) -> None:
    window = hand.window
    annotate(hand)
    lock = window.actions_by_name["lock_frame"]
    hand.press("L")
    hand.until(lambda: bool(window.session.document.locks))
    ticks = []
    for key in ("", "Right", "Left", "L"):
        if key:
            hand.press(key)
        ticks.append(lock.isChecked())
    assert ticks == [True, False, True, False]


def test_a_lock_that_fails_leaves_no_tick(hand: Any) -> None:
    window = hand.window
    (store,) = (path for path in default_root().iterdir() if path.is_dir())
    hand.until(lambda: bool(list(store.glob("*.kept.*"))))  # the last thing that is written
    shutil.rmtree(default_root())
    hand.press("Right")  # what was read of the first frame is known
    hand.press("L")
    hand.until(lambda: bool(sentences(window)))
    assert not window.session.document.locks
    assert not window.actions_by_name["lock_frame"].isChecked()


def test_several_strokes_are_muted_in_one_step(hand: Any) -> None:
    window = hand.window
    annotate(hand)
    window.strokes.view.selectAll()
    window.actions_by_name["mute_stroke"].trigger()
    assert [item.muted for item in window.session.document.annotations] == [True, True]
    hand.press("Ctrl+Z")
    assert [item.muted for item in window.session.document.annotations] == [False, False]


def test_merging_gives_all_strokes_to_the_other_object(hand: Any) -> None:
    window = hand.window
    hand.draw((20, 30), (30, 30))
    hand.press("M")
    hand.draw((60, 30), (70, 30))
    merging = next(
        entry.menu()
        for entry in window.objects.menu_for(2).actions()
        if entry.text() == "Merge into"
    )
    merging.actions()[0].trigger()
    assert [item.object_id for item in window.session.document.annotations] == [1, 1]
    assert [item.id for item in window.session.document.objects] == [1]
    assert window.objects.current() == 1
    hand.press("Ctrl+Z")
    assert [item.object_id for item in window.session.document.annotations] == [1, 2]


def test_settings_of_the_labelling_are_edits_like_others(hand: Any) -> None:
    window = hand.window
    annotate(hand)
    panel = window.labelling
    panel.parentWidget().raise_()
    window.centralWidget().setFocus()
    panel.neighbours.setFocus()
    QTest.keyClick(panel.neighbours, Qt.Key.Key_Down)
    assert window.session.document.settings.neighbours == 4
    book = window.session.book
    hand.qtbot.waitUntil(lambda: book.state.engine.settings.neighbours == 4, timeout=10_000)
    window.actions_by_name["undo"].trigger()
    assert window.session.document.settings == LabellingChoices()
    assert panel.neighbours.value() == 5


def test_the_undo_menu_says_what_it_undoes(hand: Any) -> None:
    actions = hand.window.actions_by_name
    hand.draw((20, 30), (30, 30))
    hand.draw((22, 36), (30, 36))
    assert actions["undo"].text() == "Undo “add stroke on frame 0”"
    hand.press("Ctrl+Z")
    assert actions["redo"].text() == "Redo “add stroke on frame 0”"
    hand.press("Ctrl+Z")
    assert (actions["undo"].text(), actions["undo"].isEnabled()) == ("Undo", False)


def test_without_a_video_there_is_nothing_to_edit(main_window: MainWindow) -> None:
    assert not main_window.objects.isEnabled()
    QTest.keySequence(main_window, "M")
    assert not main_window.session.document.objects
    assert main_window.session.clean


class Shown(QObject):
    """Notes what is shown as a window."""

    def __init__(self) -> None:
        super().__init__()
        self.windows: list[QObject] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt names it
        shown = event.type() == QEvent.Type.Show and isinstance(watched, QWidget)
        if shown and watched.isWindow():
            self.windows.append(watched)
        return False


def test_no_part_of_it_is_a_window_of_its_own_for_a_moment(
    qapp: QApplication, qtbot: Any, shelf: Any
) -> None:
    """It would flash, and take the keyboard: what has no parent yet must not be shown."""
    shown = Shown()
    qapp.installEventFilter(shown)
    window = make_window(shelf=shelf)
    qtbot.addWidget(window)
    window.show()
    window.notices.show_notice(Notice("error", "It happened.", "Do this."))
    qapp.removeEventFilter(shown)
    assert shown.windows == [window]


def test_in_a_low_window_a_button_that_can_be_seen_leads_to_the_rest_of_the_tools(
    main_window: MainWindow, qtbot: Any
) -> None:
    button = main_window.tool_bar.findChild(QToolButton, "qt_toolbar_ext_button")
    main_window.resize(1000, 600)
    qtbot.waitUntil(button.isVisible)
    assert button.accessibleName() == "More tools"
    picture = button.grab().toImage()
    places = itertools.product(range(picture.width()), range(picture.height()))
    background = picture.pixelColor(0, 0)
    drawn = [place for place in places if picture.pixelColor(*place) != background]
    assert len(drawn) > 20


def test_a_notice_stays_above_the_parts_of_the_window(hand: Any) -> None:
    window = hand.window
    window.resize(900, 700)  # so narrow that a notice lies over docks as well
    window.notices.show_notice(Notice("error", "It happened.", "Do this."))
    QApplication.processEvents()
    (toast,) = window.notices.findChildren(Toast)

    def above() -> bool:
        places = (QPoint(x, toast.height() // 2) for x in (12, toast.width() - 12))
        found = [window.childAt(toast.mapTo(window, place)) for place in places]
        return all(there is toast or toast.isAncestorOf(there) for there in found)

    bars = window.findChildren(QTabBar)
    assert bars
    for bar in bars:
        for place in (1, 0):
            bar.setCurrentIndex(place)
            hand.until(above)
    window.why_dock.raise_()
    assert not window.why.visibleRegion().isEmpty()
    hand.until(above)


# -- moving


def test_unsure_frames_are_visited(hand: Any, tmp_path: Path) -> None:
    """A colour between the two that were shown is a doubtful one."""
    folder = tmp_path / "doubt"
    folder.mkdir()
    for index in range(7):
        frame = np.full((64, 96, 3), (220, 200, 30), np.uint8)
        frame[16:48, 16:48] = (220, 40, 30)
        if index in (2, 5):
            frame[16:48, 48:90] = (220, 122, 30)
        Image.fromarray(frame).save(folder / f"{index:05d}.png")
    hand.open(folder)
    settings = hand.window.session.document.settings  # what links say would settle the doubt
    doubtful = settings.model_copy(update={"links": 0.0, "temperature": 0.15})
    hand.window.session.do(ChangeSettings(doubtful))
    hand.draw((24, 32), (40, 32))
    hand.draw((4, 4), (90, 4), button=RIGHT)
    hand.labelled()
    visited = []
    for key in ("N", "N", "Shift+N", "N", "N"):
        hand.press(key)
        visited.append(hand.window.session.playhead)
    assert visited == [2, 5, 2, 5, 2]  # past the last comes the first


def test_where_there_is_no_frame_to_go_to_it_is_said(hand: Any) -> None:
    window = hand.window
    for key in ("K", "N"):
        hand.press(key)
    hand.draw((24, 32), (40, 32))
    hand.draw((4, 4), (90, 4), button=RIGHT)
    hand.labelled()
    hand.press("K")
    assert window.session.playhead == 0
    alone = Notice("info", "No other frame is annotated.")
    unlabelled = Notice("info", "No frame is labelled yet.", "Paint on an object first.")
    shown = {toast.notice: toast.count for toast in window.notices.findChildren(Toast)}
    assert shown == {alone: 2, unlabelled: 1}


def test_a_number_typed_and_a_click_beside_it_leave_the_keys_to_the_canvas(hand: Any) -> None:
    window = hand.window
    number = window.timeline.transport.number
    QTest.mouseClick(number, LEFT)
    assert QApplication.focusWidget() is number
    number.selectAll()
    QTest.keyClicks(number, "3")
    QTest.keyClick(number, Qt.Key.Key_Return)
    assert window.session.playhead == 3
    assert QApplication.focusWidget() is window.canvas
    for widget in (window.overlay.opacity, window.overlay.heat, window.labelling.links):
        QTest.mouseClick(widget, LEFT, pos=QPoint(8, widget.height() // 2))
    assert QApplication.focusWidget() is window.canvas
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Right)
    assert window.session.playhead == 4


def test_space_on_the_canvas_plays_and_stops(hand: Any) -> None:
    window = hand.window
    QTest.keyClick(window.canvas, Qt.Key.Key_Space)
    assert window.frames.playback.playing
    hand.until(lambda: window.session.playhead > 0)
    if window.frames.playback.playing:
        QTest.keyClick(window.canvas, Qt.Key.Key_Space)
    assert not window.frames.playback.playing
    assert not window.actions_by_name["play"].isChecked()


def test_many_finished_frames_redraw_the_track_once(
    hand: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = hand.window
    annotate(hand)
    hand.until(lambda: not np.isnan(window.timeline.track.marks.unsure).any())
    drawn: list[object] = []
    monkeypatch.setattr(window.timeline, "set_unsure", drawn.append)
    for _ in range(500):
        window.bridge.labels_changed.emit(events.LabelsChanged(frozenset({1})))
    hand.until(lambda: bool(drawn))
    assert len(drawn) == 1


def test_the_track_shows_what_is_proved(hand: Any) -> None:
    window = hand.window
    marks = window.timeline.track.marks
    assert np.isnan(marks.proved).all()
    annotate(hand)
    hand.until(lambda: bool((window.timeline.track.marks.proved == 1).all()))
    assert "proving" not in window.progress.text.text()
    window.session.undo()
    window.session.undo()
    hand.until(lambda: bool(np.isnan(window.timeline.track.marks.proved).all()))


def test_marks_on_the_track_follow_strokes_and_colours(hand: Any) -> None:
    window = hand.window

    def marks() -> dict[int, list[str]]:
        shown = window.timeline.track.marks.annotated
        return {frame: [colour.name() for colour in own] for frame, own in shown.items()}

    hand.draw((20, 30), (30, 30))
    window.session.seek(3)
    hand.draw((44, 30), (50, 30))
    colour = window.session.document.objects[0].colour
    assert marks() == {0: [colour], 3: [colour]}
    window.session.do(RecolourObject(1, "#123456"))
    assert marks() == {0: ["#123456"], 3: ["#123456"]}
    hand.press("Ctrl+Z")
    hand.press("Ctrl+Z")
    assert marks() == {0: [colour]}


# -- embedding


def test_embedding_pauses_stops_and_goes_on(
    main_window: MainWindow, qtbot: Any, clip: Path, gate: Gate
) -> None:
    actions, session = main_window.actions_by_name, main_window.session

    def state() -> EmbeddingState:
        return session.embedding.state

    main_window.files.open_path(clip)
    qtbot.waitUntil(lambda: state() is EmbeddingState.RUNNING, timeout=10_000)
    for wanted in (EmbeddingState.PAUSED, EmbeddingState.RUNNING):
        actions["pause_embedding"].trigger()
        assert state() is wanted
    actions["cancel_embedding"].trigger()
    gate.open.set()
    qtbot.waitUntil(lambda: state() is EmbeddingState.CANCELLED, timeout=10_000)
    assert not session.finished_frames().all()
    assert actions["restart_embedding"].isEnabled()
    assert not actions["cancel_embedding"].isEnabled()
    actions["restart_embedding"].trigger()
    qtbot.waitUntil(lambda: state() is EmbeddingState.DONE, timeout=10_000)
    assert session.finished_frames().all()


def test_escape_ends_the_gesture_first_and_then_the_embedding(
    main_window: MainWindow, qtbot: Any, clip: Path, gate: Gate, request: pytest.FixtureRequest
) -> None:
    session, canvas = main_window.session, main_window.canvas
    main_window.files.open_path(clip)
    qtbot.waitUntil(lambda: session.embedding.state is EmbeddingState.RUNNING, timeout=10_000)
    place = canvas.to_widget((20, 20)).toPoint()
    QTest.mousePress(canvas.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, place)
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    QTest.mouseRelease(canvas.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, place)
    assert not session.document.annotations
    assert session.embedding.state is EmbeddingState.RUNNING
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    gate.open.set()
    qtbot.waitUntil(lambda: session.embedding.state is EmbeddingState.CANCELLED, timeout=10_000)


# -- export


def export(hand: Any, folder: Path) -> None:
    hand.press("Ctrl+E")
    dialog = hand.window.findChild(ExportDialog)
    dialog.folder.setText(str(folder))
    hand.until(lambda: dialog.export_button.isEnabled())
    QTest.mouseClick(dialog.export_button, LEFT)


def test_an_export_shows_how_far_it_is_and_where_it_ended(hand: Any, tmp_path: Path) -> None:
    window = hand.window
    annotate(hand)
    height = window.canvas.height()
    seen: list[str] = []
    window.bridge.export_changed.connect(lambda _e: seen.append(window.export_strip.text.text()))
    export(hand, tmp_path / "out")
    assert window.export_strip.isVisible()
    window.layout().activate()
    assert window.canvas.height() == height
    hand.until(lambda: not window.exporting.running)
    assert f"Exporting {COUNT} / {COUNT}" in seen
    assert not window.export_strip.isVisible()
    assert sentences(window) == [f"The export is in {tmp_path / 'out'}."]
    assert len(list((tmp_path / "out").glob("*.png"))) == COUNT


def test_escape_cancels_an_export_and_nothing_is_left(
    hand: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = hand.window
    annotate(hand)
    go_on = held_export(hand, tmp_path / "out", monkeypatch)
    window.session.save(tmp_path / "p.vosdesk")  # which does not wait for the export
    hand.until(lambda: window.session.clean)
    window.activateWindow()  # a window manager does that when a dialog closes
    hand.until(window.isActiveWindow)
    QTest.keyClick(window.canvas, Qt.Key.Key_Escape)
    go_on.set()
    hand.until(lambda: not window.exporting.running)
    assert sentences(window) == ["The export was cancelled; nothing was written."]
    assert [path.name for path in tmp_path.glob("out*")] == []


def held_export(hand: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Begin an export that stands still before its first frame until the event is set."""
    reached, go_on = threading.Event(), threading.Event()
    label_map = hand.window.session.book.label_map

    def slow(*words: Any) -> Any:
        reached.set()
        assert go_on.wait(20)
        return label_map(*words)

    monkeypatch.setattr(hand.window.session.book, "label_map", slow)
    export(hand, folder)
    hand.until(reached.is_set)
    return go_on


@pytest.mark.parametrize("agreed", [False, True])
@pytest.mark.parametrize("unsaved", [False, True])
def test_closing_asks_before_it_cancels_an_export(
    hand: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, agreed: bool, unsaved: bool
) -> None:
    window = hand.window
    annotate(hand)
    if not unsaved:
        window.session.save(tmp_path / "p.vosdesk")
        hand.until(lambda: window.session.clean)
    asked = answer(monkeypatch, "ask_unsaved", "discard")
    go_on = held_export(hand, tmp_path / "out", monkeypatch)
    monkeypatch.setattr(files, "ask_end_export", lambda _w: bool(asked.append("export")) or agreed)
    if agreed:
        threading.Timer(0.1, go_on.set).start()  # closing waits for the step in hand
    closed = window.close()
    go_on.set()
    assert closed == agreed
    assert asked[-1] == "export"
    assert len(asked) == 1 + unsaved
    if not agreed:
        hand.until(lambda: not window.exporting.running)
        assert len(window.session.document.annotations) == 2
        assert window.close()  # nothing runs any more
        assert asked.count("export") == 1
    assert (tmp_path / "out").exists() != agreed
    assert not list(tmp_path.glob("out.*"))


def test_another_video_asks_before_it_cancels_an_export(
    hand: Any, tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = hand.window
    annotate(hand)
    window.session.save(tmp_path / "p.vosdesk")
    hand.until(lambda: window.session.clean)
    source = window.session.source
    go_on = held_export(hand, tmp_path / "out", monkeypatch)
    monkeypatch.setattr(files, "ask_end_export", lambda _w: False)
    window.files.open_path(clip)
    go_on.set()
    hand.until(lambda: not window.exporting.running)
    assert window.session.source is source
    assert (tmp_path / "out").is_dir()


# -- files


def test_a_wrong_file_that_is_dropped_is_refused_in_words(hand: Any, tmp_path: Path) -> None:
    window = hand.window
    source = window.session.source
    wrong = tmp_path / "notes.txt"
    wrong.write_text("no video")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(wrong))])
    viewport, key = window.canvas.viewport(), Qt.KeyboardModifier.NoModifier
    copy = Qt.DropAction.CopyAction
    QApplication.sendEvent(viewport, QDragEnterEvent(QPoint(20, 20), copy, mime, LEFT, key))
    QApplication.sendEvent(viewport, QDropEvent(QPointF(20, 20), copy, mime, LEFT, key))
    hand.until(lambda: bool(sentences(window)))
    assert "notes.txt" in sentences(window)[0]
    assert window.session.source is source


def test_a_video_that_cannot_be_opened_leaves_the_invitation(
    main_window: MainWindow, qtbot: Any, tmp_path: Path
) -> None:
    canvas = main_window.canvas
    invitation = canvas.accessibleDescription()
    main_window.files.open_path(tmp_path / "nothing.mp4", tmp_path / "scribbles.json")
    assert canvas.accessibleDescription() == "Opening nothing.mp4"
    qtbot.waitUntil(lambda: bool(sentences(main_window)), timeout=10_000)
    assert canvas.accessibleDescription() == invitation


def test_what_was_to_follow_a_failed_opening_does_not_follow_the_next_one(
    hand: Any, tmp_path: Path, clip: Path
) -> None:
    window = hand.window
    window.files.open_path(tmp_path / "nothing.mp4", tmp_path / "missing.json")
    hand.until(lambda: bool(sentences(window)))
    hand.open(clip)
    hand.until(lambda: not sentences(window))


def test_title_and_mark_follow_the_project(hand: Any, clip: Path, project: Path) -> None:
    window = hand.window
    assert (window.windowTitle(), window.isWindowModified()) == (f"{clip.name}[*] — vosdesk", False)
    hand.draw((20, 30), (30, 30))
    assert window.isWindowModified()
    hand.press("Ctrl+S")
    hand.until(lambda: not window.isWindowModified())
    assert window.windowTitle() == f"{project.name}[*] — vosdesk"
    hand.press("Ctrl+Z")
    assert window.isWindowModified()
    hand.press("Ctrl+Y")
    assert not window.isWindowModified()


def test_the_recent_menu_reopens_a_project(hand: Any, clip: Path, project: Path) -> None:
    window = hand.window
    hand.draw((20, 30), (30, 30))
    hand.press("Ctrl+S")
    hand.until(lambda: window.session.clean)
    hand.open(clip)
    assert not window.session.document.annotations
    entry = next(
        entry
        for entry in window.menus["File/Open recent"].actions()
        if entry.text() == project.name
    )
    with hand.qtbot.waitSignal(window.bridge.source_opened, timeout=10_000):
        entry.trigger()
    assert len(window.session.document.annotations) == 1


@pytest.mark.parametrize("given", ["discard", "cancel", "save"])
def test_another_video_waits_for_the_answer_about_unsaved_work(
    hand: Any, clip: Path, project: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    window = hand.window
    hand.draw((20, 30), (30, 30))
    asked = answer(monkeypatch, "ask_unsaved", given)
    source = window.session.source
    window.files.open_path(clip)
    if given == "cancel":
        hand.qtbot.wait(50)
        assert window.session.source is source
    else:
        hand.until(lambda: window.session.source not in (source, None))
    assert asked == [clip.name]
    assert project.exists() == (given == "save")
    answer(monkeypatch, "ask_unsaved", "discard")


def test_a_failed_save_closes_nothing_later(
    hand: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = hand.window
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")
    target = blocked / "p.vosdesk"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_asked: (str(target), ""))
    hand.draw((20, 30), (30, 30))
    answer(monkeypatch, "ask_unsaved", "save")
    assert not window.close()
    hand.until(lambda: bool(sentences(window)))
    assert window.isVisible()
    window.session.save(tmp_path / "fine.vosdesk")
    hand.until(lambda: window.session.clean)
    assert window.isVisible()


def test_closing_after_saving(hand: Any, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    window = hand.window
    hand.draw((20, 30), (30, 30))
    answer(monkeypatch, "ask_unsaved", "save")
    window.close()
    hand.until(lambda: not window.isVisible())
    assert project.is_file()


@pytest.mark.parametrize(
    ("typed", "saved"), [("a", "a.vosdesk"), ("a.v2", "a.v2.vosdesk"), ("a.vosdesk", "a.vosdesk")]
)
def test_a_project_gets_its_suffix_and_keeps_its_dots(
    tmp_path: Path, typed: str, saved: str
) -> None:
    assert files.with_project_suffix(tmp_path / typed) == tmp_path / saved


def test_a_file_that_the_dialog_did_not_ask_about_is_not_replaced(
    hand: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.vosdesk"
    other.write_text("somebody's")
    typed = (str(tmp_path / "other"), "")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_asked: typed)
    asked: list[Path] = []
    monkeypatch.setattr(files, "ask_replace", lambda _w, path: bool(asked.append(path)))
    hand.draw((20, 30), (30, 30))
    hand.press("Ctrl+Shift+S")
    assert asked == [other]
    assert other.read_text() == "somebody's"


# -- the end


def test_quitting_ends_every_thread_and_leaves_nothing_to_recover(
    qtbot: Any, shelf: Any, clip: Path
) -> None:
    before = set(threading.enumerate())
    window = make_window(shelf=shelf)
    with qtbot.waitExposed(window):
        window.show()
    window.files.open_path(clip)
    qtbot.waitUntil(lambda: window.session.source is not None, timeout=10_000)
    window.editing.do(AddObject())
    window.session.autosave()
    assert len(threading.enumerate()) > len(before)
    window.files.ask_before_closing = False
    window.actions_by_name["quit"].trigger()
    assert not window.isVisible()
    assert set(threading.enumerate()) <= before
    again = make_window(shelf=shelf)
    qtbot.addWidget(again)
    with qtbot.waitSignal(again.bridge.recoveries_found, timeout=10_000) as found:
        again.files.offer_recovery()
    assert found.args[0].recoveries == ()
    window.deleteLater()
