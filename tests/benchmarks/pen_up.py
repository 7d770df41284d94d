"""From the pen to the repainted visible frame, in the real window, by real events.

Run by ``tests.benchmarks.relabel``. Strokes are drawn on a video that is embedded and labelled. Of
some each move is timed, to the end of the paint that shows its preview. The others are drawn at the
pace of a hand, a move every 20 ms, and each is timed from the release of the button to the end of
the paint that shows a picture of the document with the stroke in it, whose visible frame is
labelled exactly; where that picture is the one that the last preview painted, to the moment when
that is known.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from typing_extensions import override

from tests.benchmarks.relabel_material import DAVIS
from tests.benchmarks.responsiveness import PATIENCE, live
from vosdesk.assets import asset_folder
from vosdesk.gui.app import leave_alone_what_stays, make_window
from vosdesk.session import viewer
from vosdesk.session.label_state import frame_inputs

if TYPE_CHECKING:
    from vosdesk.arrays import Frame
    from vosdesk.gui.main_window import MainWindow
    from vosdesk.project.document import Document
    from vosdesk.session import Session
    from vosdesk.session.events import FrameRendered
    from vosdesk.session.rendering import ViewRequest

STROKES = 40
POINTS = 16
SLOW_STROKES = 12
"""Strokes whose pen waits for the preview of each of its moves."""
NO_PREVIEW = 0.3
"""Seconds after which a move, which changed no pixel, is known to have none."""


class Watch(QObject):
    """Knows of which document the picture on the canvas is, and when it was painted."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._of: dict[int, Document] = {}
        self._window = window
        self._seen: Frame | None = None
        self._shown: Document | None = None
        self._fresh = False
        self.painted: Document | None = None
        self.moment = 0.0
        self.pictures = 0
        render = viewer.render

        def remembered(request: ViewRequest) -> FrameRendered:
            rendered = render(request)
            self._of[id(rendered)] = request.document  # one picture may be of two documents
            return rendered

        viewer.render = remembered
        window.bridge.frame_rendered.connect(self._on_frame_rendered)
        window.canvas.viewport().installEventFilter(self)

    def _on_frame_rendered(self, event: FrameRendered) -> None:
        self._shown = self._of.pop(id(event), None)
        if self._seen is not None and np.array_equal(self._seen, event.picture):
            # the preview's last picture is on the screen already, and is not painted again
            self.painted, self.moment = self._shown, time.perf_counter()
        else:
            self._fresh = True
        self._seen = event.picture

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and self._shown is not None:
            self._window.canvas.viewportEvent(event)  # what it would do; and then look at the clock
            self.painted, self.moment = self._shown, time.perf_counter()
            self.pictures += self._fresh
            self._fresh = False
            return True
        return super().eventFilter(watched, event)


def measure(sequence: str) -> dict[str, Any]:
    """Return milliseconds from pen to paint, for strokes on the middle of the video.

    Args:
        sequence: Which DAVIS sequence; the demo clip where it is not there.
    """
    application = QApplication.instance() or QApplication([])
    window = make_window()
    window.resize(1440, 900)
    window.show()
    leave_alone_what_stays(window)
    frames = DAVIS / "JPEGImages" / "480p" / sequence
    clip = asset_folder("resources") / "demo" / "big_buck_bunny.mp4"
    window.files.open_path(frames if frames.is_dir() else clip)
    session = window.session
    live(PATIENCE, lambda: session.book is not None and bool(session.finished_frames().all()))
    live(PATIENCE, lambda: not window.embedding.busy)
    watch, dice = Watch(window), random.Random(3)
    taken = [_stroke(window, watch, dice) for _ in range(STROKES)]
    moved = [took for _ in range(SLOW_STROKES) for took in _moves(window, watch, dice)]
    window.files.ask_before_closing = False
    window.close()
    application.processEvents()
    return {
        f"{name}_ms_p{part}": round(float(np.percentile(times, part)), 1)
        for name, times in (("pen_up_to_paint", taken), ("pen_move_to_paint", moved))
        for part in (50, 95)
    }


def _places(window: MainWindow, dice: random.Random) -> list[QPoint]:
    """Return the way of a pen, anywhere on the frame."""
    size = window.session.source.size
    x, y = dice.uniform(0.1, 0.7) * size.width, dice.uniform(0.1, 0.9) * size.height
    return [window.canvas.to_widget((x + 6 * step, y)).toPoint() for step in range(POINTS)]


def _moves(window: MainWindow, watch: Watch, dice: random.Random) -> list[float]:
    """Draw a stroke; return milliseconds until the preview of each of its moves is to be seen."""
    canvas, session, places = window.canvas, window.session, _places(window, dice)
    none, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    QTest.mousePress(canvas.viewport(), left, none, places[0])
    live(NO_PREVIEW)
    taken = []
    for place in places[1:]:
        before, begun = watch.pictures, time.perf_counter()
        QTest.mouseMove(canvas.viewport(), place)
        live(NO_PREVIEW, lambda before=before: watch.pictures > before)
        if watch.pictures > before:
            taken.append(1e3 * (watch.moment - begun))
    QTest.mouseRelease(canvas.viewport(), left, none, places[-1])
    live(PATIENCE, lambda: _is_labelled(session))
    return taken


def _stroke(window: MainWindow, watch: Watch, dice: random.Random) -> float:
    """Draw a stroke of object or background; return milliseconds until it is to be seen."""
    canvas, session, places = window.canvas, window.session, _places(window, dice)
    button = dice.choice((Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton))
    none = Qt.KeyboardModifier.NoModifier
    QTest.mousePress(canvas.viewport(), button, none, places[0])
    for place in places[1:]:
        QTest.mouseMove(canvas.viewport(), place)
        live(0.02)
    begun = time.perf_counter()
    QTest.mouseRelease(canvas.viewport(), button, none, places[-1])
    live(PATIENCE, lambda: watch.painted is session.document)
    milliseconds = 1e3 * (watch.moment - begun)
    live(PATIENCE, lambda: _is_labelled(session))
    return milliseconds


def _is_labelled(session: Session) -> bool:
    """Whether the visible frame has the labels of the newest document; others may be at work."""
    book = session.book
    if book is None or book.state.inputs != frame_inputs(session.document):
        return False
    return not book.stale()[session.playhead]
