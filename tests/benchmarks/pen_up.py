"""From pen up to the repainted visible frame, in the real window, by real events.

Run by ``tests.benchmarks.relabel``. Strokes are drawn on a video that is embedded and labelled;
each is timed from the release of the button to the end of the paint that shows a picture of the
document with the stroke in it, whose visible frame is labelled exactly; where that picture is the
one that the last preview painted, to the moment when that is known.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QEvent, QObject, Qt
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


class Watch(QObject):
    """Knows of which document the picture on the canvas is, and when it was painted."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._of: dict[int, Document] = {}
        self._window = window
        self._seen: Frame | None = None
        self._shown: Document | None = None
        self.painted: Document | None = None
        self.moment = 0.0
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
        self._seen = event.picture

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and self._shown is not None:
            self._window.canvas.viewportEvent(event)  # what it would do; and then look at the clock
            self.painted, self.moment = self._shown, time.perf_counter()
            return True
        return super().eventFilter(watched, event)


def measure(sequence: str) -> dict[str, Any]:
    """Return milliseconds from pen up to paint, for strokes on the middle of the video.

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
    watch, dice, taken = Watch(window), random.Random(3), []
    for _ in range(STROKES):
        taken.append(_stroke(window, watch, dice))
    window.files.ask_before_closing = False
    window.close()
    application.processEvents()
    return {
        "pen_up_to_paint_ms_p50": round(float(np.percentile(taken, 50)), 1),
        "pen_up_to_paint_ms_p95": round(float(np.percentile(taken, 95)), 1),
    }


def _stroke(window: MainWindow, watch: Watch, dice: random.Random) -> float:
    """Draw a stroke of object or background; return milliseconds until it is to be seen."""
    canvas, session = window.canvas, window.session
    size = session.source.size
    x, y = dice.uniform(0.1, 0.7) * size.width, dice.uniform(0.1, 0.9) * size.height
    button = dice.choice((Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton))
    none = Qt.KeyboardModifier.NoModifier
    places = [canvas.to_widget((x + 6 * step, y)).toPoint() for step in range(POINTS)]
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
