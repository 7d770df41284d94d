"""How long the window's thread is busy at a time while it embeds: every step under 50 ms.

Run from a checkout, with vosdesk installed::

    QT_QPA_PLATFORM=offscreen python -m tests.benchmarks.responsiveness --json figures.json

Opens the real window with an empty store, lets embedding run, and meanwhile scrubs, draws, undoes
and changes objects by real events. A step is what one event's handling takes, event by event, as
``QApplication.notify`` sees it; its own work is the processor's time in it, which other programs on
the machine cannot lengthen; a gap is how late a heartbeat of 10 ms comes. With ``--strokes`` so
many strokes are there before it begins.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.benchmarks.figures import tell

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QEvent, QObject

    from vosdesk.gui.main_window import MainWindow

LIMIT_MS = 50.0
HEARTBEAT_MS = 10
PATIENCE = 600.0


@dataclass
class Steps:
    """What took how long, in milliseconds."""

    all: list[float] = field(default_factory=list)
    own: list[float] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    slow: list[tuple[float, float, str]] = field(default_factory=list)
    depth: int = 0
    on: bool = False

    def begin(self) -> None:
        """Forget what was before."""
        for values in (self.all, self.own, self.gaps, self.slow):
            values.clear()
        self.on = True

    def measure(self, name: str, call: Callable[[], Any]) -> Any:
        """Make a call; only the outermost one is a step."""
        if self.depth or not self.on:
            return call()
        self.depth = 1
        begun, worked = time.perf_counter(), time.thread_time()
        try:
            return call()
        finally:
            self.depth = 0
            took = 1e3 * (time.perf_counter() - begun)
            work = 1e3 * (time.thread_time() - worked)
            self.all.append(took)
            self.own.append(work)
            if took > LIMIT_MS:
                self.slow.append((round(took, 1), round(work, 1), name))

    def figures(self) -> dict[str, Any]:
        """Return the report."""
        return {
            "steps": _spread(self.all),
            "steps_own_work": _spread(self.own),
            "gaps": _spread(self.gaps),
            "limit_ms": LIMIT_MS,
            "over_limit": len(self.slow),
            "slowest": sorted(self.slow, reverse=True)[:10],
        }


def _spread(values: list[float]) -> dict[str, float]:
    return {
        "count": len(values),
        "p50_ms": round(float(np.percentile(values, 50)), 2),
        "p95_ms": round(float(np.percentile(values, 95)), 2),
        "max_ms": round(max(values), 2),
    }


def measured_application(steps: Steps) -> Any:
    """Return Qt's application with every event's handling measured."""
    from PySide6.QtWidgets import QApplication

    class Measured(QApplication):
        def notify(self, receiver: QObject, event: QEvent) -> bool:
            name = f"{type(receiver).__name__} {event.type().name}"
            return bool(steps.measure(name, lambda: super(Measured, self).notify(receiver, event)))

    return Measured(sys.argv[:1])


class Heart:
    """Beats every few milliseconds; how late a beat comes is how long the thread was busy."""

    def __init__(self, steps: Steps, parent: QObject) -> None:
        from PySide6.QtCore import Qt, QTimer

        self._steps, self._last = steps, time.perf_counter()
        self.timer = QTimer(parent)
        self.timer.setTimerType(Qt.TimerType.PreciseTimer)
        self.timer.timeout.connect(self._beat)
        self.timer.start(HEARTBEAT_MS)

    def _beat(self) -> None:
        now = time.perf_counter()
        self._steps.gaps.append(max(0.0, 1e3 * (now - self._last) - HEARTBEAT_MS))
        self._last = now


class User:
    """Somebody who does not wait: scrubs, draws, undoes, adds and renames objects."""

    def __init__(self, window: MainWindow) -> None:
        self.window, self._dice, self._turn = window, random.Random(1), 0
        self._doings = (self._scrub, self._draw, self._scrub, self._undo, self._objects, self._look)

    def act(self) -> None:
        """Do the next thing."""
        self._doings[self._turn % len(self._doings)]()
        self._turn += 1

    def _scrub(self) -> None:
        from PySide6.QtCore import QPoint, Qt
        from PySide6.QtTest import QTest

        track = self.window.timeline.track
        at = QPoint(self._dice.randrange(20, track.width() - 20), track.height() // 2)
        QTest.mouseClick(track, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)

    def _draw(self) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        canvas, size = self.window.canvas, self.window.session.source.size
        x, y = self._dice.uniform(0.1, 0.8) * size.width, self._dice.uniform(0.1, 0.9) * size.height
        button = self._dice.choice((Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton))
        points = [canvas.to_widget((x + step, y)).toPoint() for step in range(0, 60, 4)]
        none = Qt.KeyboardModifier.NoModifier
        QTest.mousePress(canvas.viewport(), button, none, points[0])
        for point in points[1:]:
            QTest.mouseMove(canvas.viewport(), point)
        QTest.mouseRelease(canvas.viewport(), button, none, points[-1])

    def _undo(self) -> None:
        if self._dice.random() < 0.5:
            self.window.actions_by_name["undo"].trigger()

    def _objects(self) -> None:
        if len(self.window.session.document.objects) < 20:
            self.window.actions_by_name["new_object"].trigger()
        self.window.actions_by_name["next_object"].trigger()

    def _look(self) -> None:
        self.window.actions_by_name["cycle_overlay"].trigger()


def live(seconds: float, done: Callable[[], bool] = lambda: False) -> None:
    """Let the window live for a while, or until something is so.

    It sleeps between events, as under ``exec``: a loop that asks again and again takes a processor
    of its own, and the interpreter from the threads that the window waits for.
    """
    from PySide6.QtCore import QEventLoop, QTimer
    from PySide6.QtWidgets import QApplication

    end = time.monotonic() + seconds
    waker = QTimer()
    waker.start(max(1, min(20, int(1e3 * seconds))))
    while time.monotonic() < end and not done():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)


def prepare(window: MainWindow, strokes: int) -> None:
    """Put many strokes of five objects on the frames."""
    from vosdesk.project.annotations import Scribble
    from vosdesk.project.commands import AddAnnotations, missing_objects

    dice, source = random.Random(2), window.session.source
    made = []
    for _ in range(strokes):
        x, y = (
            dice.uniform(0.1, 0.8) * source.size.width,
            dice.uniform(0.1, 0.9) * source.size.height,
        )
        points = tuple((x + 6 * step, y + dice.uniform(-9, 9)) for step in range(10))
        frame, object_id = dice.randrange(source.frame_count), dice.randrange(6)
        made.append(Scribble(frame=frame, object_id=object_id, points=points, radius=3.0))
    if made:
        added = tuple(made)
        window.session.do(AddAnnotations(added, missing_objects(window.session.document, added)))
        window.strokes.all_frames.click()


def run(clip: Path, seconds: float, strokes: int) -> dict[str, Any]:
    """Measure for so long; the clip should take longer than that to embed."""
    steps = Steps()
    application = measured_application(steps)
    from vosdesk.gui.app import make_window

    window = make_window()
    window.resize(1440, 900)
    window.show()
    window.files.open_path(clip)
    live(PATIENCE, lambda: window.session.book is not None)
    prepare(window, strokes)
    live(1.0)
    steps.begin()
    heart, user = Heart(steps, window), User(window)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        steps.measure(f"user {user._doings[user._turn % 6].__name__}", user.act)
        live(0.1)
    heart.timer.stop()
    steps.on = False
    embedded = int(window.session.finished_frames().sum())
    window.files.ask_before_closing = False
    window.close()
    application.processEvents()
    return {
        "seconds": seconds,
        "strokes": strokes,
        "frames": len(window.timeline.track.marks.embedded),
        "embedded": embedded,
        **steps.figures(),
    }


def main() -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clip", type=Path, help="a video; the demo clip where none is given")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--strokes", type=int, default=0)
    parser.add_argument("--json", type=Path, help="where to write the figures")
    asked = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as home:
        for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"):
            os.environ[name] = home
        os.environ["VOSDESK_CACHE_DIR"] = home
        from vosdesk.assets import asset_folder

        clip = asked.clip or asset_folder("resources") / "demo" / "big_buck_bunny.mp4"
        figures = run(clip, asked.seconds, asked.strokes)
    tell(figures, asked.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
