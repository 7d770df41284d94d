"""Make the README's pictures: the real window on the demo clip, driven by its own events.

Run from a checkout, with vosdesk installed::

    QT_QPA_PLATFORM=offscreen python resources/readme/make_screenshots.py

Every picture shows what the program computed in that very run. Takes about a minute on a CPU.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from vosdesk.gui.main_window import MainWindow

HERE = Path(__file__).resolve().parent
CLIP = HERE.parent / "demo" / "big_buck_bunny.mp4"
STROKES = CLIP.with_name("scribbles.json")
SIZE = (1440, 900)
PATIENCE = 300.0


def until(done: Callable[[], bool]) -> None:
    """Let the window live until something is so."""
    from PySide6.QtCore import QEventLoop, QTimer
    from PySide6.QtWidgets import QApplication

    end = time.monotonic() + PATIENCE
    waker = QTimer()
    waker.start(50)
    while not done():
        if time.monotonic() > end:
            raise TimeoutError("the window did not get there")
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)


def settled(window: MainWindow) -> bool:
    """Whether every frame is embedded and labelled, and the visible one is drawn."""
    book = window.session.book
    return (
        book is not None
        and bool(book.store.finished.all())
        and not book.stale().any()
        and bool(book.state.engine.references)
    )


def picture(window: MainWindow, name: str, out: Path) -> None:
    """Save the window as it is."""
    from PySide6.QtWidgets import QApplication

    for _ in range(20):
        QApplication.processEvents()
        time.sleep(0.02)
    window.grab().save(str(out / f"{name}.jpg"), quality=88)


def main() -> int:
    """Make all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE)
    out: Path = parser.parse_args().out
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    home = tempfile.mkdtemp()
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"):
        os.environ[name] = home

    from vosdesk.gui.app import make_application, make_window
    from vosdesk.gui.theme import apply_theme

    application = make_application()
    apply_theme(application, "dark")
    window = make_window()
    window.resize(*SIZE)
    window.show()
    window.files.open_path(CLIP, STROKES)
    until(lambda: window.session.source is not None)
    until(lambda: window.session.book is not None and window.session.finished_frames().sum() > 20)
    picture(window, "embedding", out)
    until(lambda: settled(window))
    first = window.session.document.annotations[0].frame
    window.session.seek(first)
    picture(window, "annotated", out)
    window.session.seek(0)
    picture(window, "far", out)
    window.actions_by_name["heat_map"].trigger()
    picture(window, "heat", out)
    window.actions_by_name["heat_map"].trigger()
    window.actions_by_name["overlay_cutout"].trigger()
    apply_theme(application, "light")
    picture(window, "light", out)
    window.session.save(Path(home) / "demo.vosdesk")
    until(lambda: window.session.clean)
    window.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
