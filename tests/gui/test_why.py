"""Asking where a label comes from, on the real window: marks, words, and the way to the stroke."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from vosdesk.project.commands import ChangeSettings, MuteAnnotation, RenameObject
from vosdesk.session.events import PixelExplained
from vosdesk.session.explanation import PathStep, Reason

if TYPE_CHECKING:
    from vosdesk.session.explanation import Explanation

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def asked(hand: Any) -> list[Explanation]:
    """Answers so far, on a clip with a stroke on the object and one on the background."""
    found: list[Explanation] = []
    hand.window.bridge.pixel_explained.connect(lambda event: found.append(event.explanation))
    hand.draw((18, 32), (28, 32))
    hand.draw((80, 8), (88, 8), button=RIGHT)
    hand.labelled()
    return found


def ask(hand: Any, found: list[Explanation], x: int, y: int, frame: int) -> Explanation:
    hand.window.session.seek(frame)
    found.clear()
    hand.draw((x + 0.5, y + 0.5), modifier=SHIFT)
    hand.until(lambda: bool(found))
    return found[-1]


def test_a_pixel_tells_the_references_that_labelled_it(hand: Any, asked: list[Explanation]) -> None:
    window = hand.window
    before = window.session.document
    answer = ask(hand, asked, 60, 24, 4)  # the square of frame 4, where nothing is painted
    assert (answer.frame_index, answer.x, answer.y, answer.object_id) == (4, 60, 24, 1)
    assert answer.reason is Reason.RETRIEVED
    strokes = before.annotations
    first = answer.references[0]
    assert (first.frame_index, first.annotation_id, first.object_id) == (0, strokes[0].id, 1)
    assert first.similarity == pytest.approx(1.0, abs=1e-3)
    assert 14 <= first.x <= 32
    assert 26 <= first.y <= 38
    similar = [reference.similarity for reference in answer.references]
    assert similar == sorted(similar, reverse=True)
    assert sum(reference.weight for reference in answer.references) == pytest.approx(1)
    assert answer.proved
    assert answer.margin > 0.9
    assert window.session.document is before  # a question is no edit


def test_the_panel_says_it_in_words(hand: Any, asked: list[Explanation]) -> None:
    panel = hand.window.why
    ask(hand, asked, 60, 24, 4)
    assert panel.isVisible()
    assert panel.label.text() == hand.window.session.document.objects[0].name
    assert panel.where.text() == "frame 4 · x 60  y 24"
    assert "the same as comparing with every reference" in panel.reason.text()
    row = panel.view.topLevelItem(0)
    assert row.text(0) == "0 · Scribble"
    assert row.text(1) == "1.00"


@pytest.mark.parametrize("by", ["key", "button", "row"])
def test_the_way_leads_to_the_stroke_and_back(hand: Any, asked: list[Explanation], by: str) -> None:
    window = hand.window
    ask(hand, asked, 60, 24, 4)
    if by == "key":
        hand.press("Y")
    elif by == "button":
        QTest.mouseClick(window.why.go_button, LEFT)
    else:
        item = window.why.view.visualItemRect(window.why.view.topLevelItem(0))
        QTest.mouseClick(window.why.view.viewport(), LEFT, pos=item.center())
    assert window.session.playhead == 0
    assert window.canvas.selected_annotation == window.session.document.annotations[0].id
    assert window.strokes.selected() == (window.canvas.selected_annotation,)
    assert window.canvas.flashing
    hand.until(lambda: not window.canvas.flashing)
    if by == "key":
        hand.press("Shift+Y")
    else:
        QTest.mouseClick(window.why.back_button, LEFT)
    assert window.session.playhead == 4


def test_the_tool_asks_wherever_it_is_dragged(hand: Any, asked: list[Explanation]) -> None:
    window = hand.window
    window.session.seek(4)
    hand.press("Q")
    hand.draw((60, 24), (20, 60))
    hand.until(lambda: bool(asked) and (asked[-1].x, asked[-1].y) == (20, 60))
    assert asked[-1].object_id == 0
    assert asked[-1].references[0].object_id == 0
    assert len(window.session.document.annotations) == 2


def test_the_path_along_links_leads_back_to_the_paint(hand: Any, asked: list[Explanation]) -> None:
    window = hand.window
    hand.press("B")  # whose paint covers whole cells, which stand fast
    hand.draw((14, 24), (26, 40))
    hand.labelled()
    ask(hand, asked, 60, 24, 4)
    hand.until(lambda: bool(asked[-1].path))
    answer = asked[-1]
    frames = [step.frame_index for step in answer.path]
    assert frames == sorted(frames, reverse=True)  # what is painted lies before
    assert frames[0] == 4
    assert abs(answer.path[0].x - 60.5) <= 8
    for step in answer.path:  # on the square, which moves
        left = 8 + 8 * step.frame_index
        assert left <= step.x <= left + 24
        assert 16 <= step.y <= 48
    view = window.why.view
    assert view.topLevelItem(view.topLevelItemCount() - 1).text(0) == f"{frames[-1]} · Along links"
    assert f"on frame {frames[-1]}" in window.why.reason.text()
    view.setCurrentItem(view.topLevelItem(view.topLevelItemCount() - 1))
    QTest.mouseClick(window.why.go_button, LEFT)
    assert window.session.playhead == frames[-1]
    assert window.canvas.flashing


def test_without_links_there_is_no_path(hand: Any, asked: list[Explanation]) -> None:
    settings = hand.window.session.document.settings
    hand.window.session.do(ChangeSettings(settings.model_copy(update={"links": 0.0})))
    hand.labelled()
    answer = ask(hand, asked, 60, 24, 4)
    assert answer.path == ()
    assert answer.reason is Reason.RETRIEVED


def test_paint_and_locks_answer_for_themselves(hand: Any, asked: list[Explanation]) -> None:
    window = hand.window
    answer = ask(hand, asked, 22, 32, 0)
    assert answer.reason is Reason.PAINTED
    assert answer.annotation_id == window.session.document.annotations[0].id
    assert window.why.reason.text() == "You painted this pixel with a scribble."
    hand.press("L")
    hand.until(lambda: bool(window.session.document.locks))
    hand.until(lambda: asked[-1].reason is Reason.LOCKED)
    assert "locked" in window.why.reason.text()


def test_an_edit_asks_anew(hand: Any, asked: list[Explanation]) -> None:
    window = hand.window
    ask(hand, asked, 60, 24, 4)
    window.session.do(RenameObject(1, "Square"))
    hand.until(lambda: window.why.label.text() == "Square")
    stroke = window.session.document.annotations[0]
    window.session.do(MuteAnnotation(stroke.id))
    hand.until(lambda: all(item.annotation_id != stroke.id for item in asked[-1].references))
    assert asked[-1].object_id == 0


def test_what_is_like_nothing_says_so(hand: Any) -> None:
    found: list[Explanation] = []
    hand.window.bridge.pixel_explained.connect(lambda event: found.append(event.explanation))
    assert ask(hand, found, 60, 24, 4).reason is Reason.UNKNOWN
    assert not hand.window.actions_by_name["go_to_reference"].isEnabled()
    hand.window.session.seek(0)
    hand.draw((18, 32), (28, 32))
    hand.labelled()
    answer = ask(hand, found, 4, 60, 4)
    assert answer.reason is Reason.UNLIKE
    assert answer.object_id == 0


def test_marks_lie_on_their_own_frames(hand: Any, asked: list[Explanation]) -> None:
    window = hand.window
    viewport = window.canvas.viewport()

    def at(x: float, y: float) -> Any:
        window.canvas.set_strokes_visible(False)
        return viewport.grab().toImage().pixelColor(hand.at(x, y))

    def rendered(frame: int) -> None:
        with hand.qtbot.waitSignal(window.bridge.frame_rendered):
            window.session.seek(frame)

    hand.press("W")  # whose pointer draws nothing on the picture
    rendered(4)
    below = 24.5 + 11 * 0.7 * window.canvas.pixel  # on the lower arm of the cross
    bare = at(60.5, below)
    answer = ask(hand, asked, 60, 24, 4)
    assert at(60.5, below) != bare
    rendered(0)
    first = answer.references[0]
    with_ring = at(first.x, first.y)
    window.canvas.set_marks(None, ())
    assert at(first.x, first.y) != with_ring


def test_another_video_forgets_the_question(hand: Any, asked: list[Explanation], clip: Any) -> None:
    ask(hand, asked, 60, 24, 4)
    hand.window.files.ask_before_closing = False
    hand.open(clip)
    assert hand.window.why.label.text() == ""
    assert not hand.window.actions_by_name["back_to_pixel"].isEnabled()


def test_paint_beside_it_is_told_and_leads_to_its_stroke(
    hand: Any, asked: list[Explanation]
) -> None:
    window = hand.window
    answer = ask(hand, asked, 60, 60, 0)
    stroke = window.session.document.annotations[0].id
    spread = replace(
        answer,
        reason=Reason.SPREAD,
        path=(PathStep(0, 60.0, 60.0), PathStep(0, 24.0, 32.0)),
        path_painted=True,
        path_annotation_id=stroke,
    )
    window.bridge.pixel_explained.emit(PixelExplained(spread))
    assert "No edge parts it from paint on this frame, against" in window.why.reason.text()
    assert "the same as comparing" not in window.why.reason.text()
    assert window.why.view.topLevelItem(0).text(0) == "0 · Beside it"
    hand.press("Y")
    assert window.canvas.selected_annotation == stroke


def test_a_reference_that_paint_was_spread_to_is_told_and_leads_to_its_stroke(
    hand: Any, asked: list[Explanation]
) -> None:
    window = hand.window
    answer = ask(hand, asked, 60, 24, 4)
    stroke = window.session.document.annotations[0].id
    nearest, *others = answer.references
    spread = replace(nearest, annotation_id=stroke, is_spread=True)
    nobodys = replace(nearest, annotation_id=None, is_spread=True)
    window.bridge.pixel_explained.emit(
        PixelExplained(replace(answer, references=(spread, nobodys, *others)))
    )
    rows = [window.why.view.topLevelItem(row) for row in (0, 1)]
    assert [row.text(0) for row in rows] == ["0 · Near scribble", "0 · Near paint"]
    assert rows[0].toolTip(0) == rows[0].text(0)
    hand.press("Y")
    assert window.session.playhead == 0
    assert window.canvas.selected_annotation == stroke
