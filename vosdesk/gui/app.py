"""The window's door: Qt's application, made once, and what the user should hear before it fails."""

from __future__ import annotations

import faulthandler
import gc
import logging
import signal
import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from vosdesk import __version__
from vosdesk.gui.bridge import Bridge
from vosdesk.gui.controllers.preferences import PreferenceKeeper
from vosdesk.gui.keymap import load_keymap
from vosdesk.gui.main_window import MainWindow
from vosdesk.gui.qt_messages import QtMessages
from vosdesk.gui.theme import app_icon, apply_theme
from vosdesk.session import Session
from vosdesk.session.events import EmbeddingState, Severity
from vosdesk.session.runners import Runners

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from vosdesk.session import EmbeddingChoices
    from vosdesk.session.embedding_work import EmbedderShelf
    from vosdesk.session.events import EmbeddingChanged

logger = logging.getLogger(__name__)

SWITCH_SECONDS = 0.001
"""So long a thread keeps the interpreter where another waits for it, which may be the window's."""


def make_application() -> QApplication:
    """Return Qt's application, named so that settings and the desktop find it."""
    running = QApplication.instance()
    if isinstance(running, QApplication):
        return running
    application = QApplication(sys.argv[:1])
    application.setApplicationName("vosdesk")
    application.setApplicationDisplayName("vosdesk")
    application.setApplicationVersion(__version__)
    application.setDesktopFileName("vosdesk")
    application.setWindowIcon(app_icon())
    return application


def make_window(
    choices: EmbeddingChoices | None = None, shelf: EmbedderShelf | None = None
) -> MainWindow:
    """Return a window with a session of its own; the caller shows and closes it.

    Args:
        choices: What the command line says about embedding.
        shelf: Where networks come from; windows that share one load a network only once.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    preferences = PreferenceKeeper(choices)
    apply_theme(make_application(), preferences.value.theme)
    bridge = Bridge()
    session = Session(
        runners=Runners.threads(),
        dispatch=bridge.dispatch,
        choices=preferences.embedding_choices(),
        shelf=shelf,
    )
    session.subscribe(bridge.tell)
    window = MainWindow(session, bridge, load_keymap(), preferences)
    bridge.setParent(window)
    preferences.setParent(window)
    preferences.failed.connect(lambda error: session.notify(Severity.WARNING, error))
    return window


def run_window(
    path: Path | None, choices: EmbeddingChoices | None = None, scribbles: Path | None = None
) -> int:
    """Open the window and stay until it is closed.

    Args:
        path: What to open in it.
        choices: What the command line says about embedding.
        scribbles: Strokes to put on the video.

    Returns:
        The exit code.
    """
    messages = QtMessages()
    application = make_application()
    messages.begun()
    window = make_window(choices)
    _catch_failures(window)
    window.show()
    leave_alone_what_stays(window)
    if path is None:
        window.files.offer_recovery()
    else:
        window.files.open_path(path, scribbles)
    _let_python_hear_signals(window)
    return application.exec()


def leave_alone_what_stays(window: MainWindow) -> None:
    """Take what a start makes out of the collector's sight: modules and widgets, for good.

    It would look through all of them now and then, which holds up pen and window for a quarter of
    a second. The network's library comes late, with the first video.
    """
    gc.collect()
    gc.freeze()

    def on_embedding_changed(changed: EmbeddingChanged) -> None:
        if changed.state is EmbeddingState.RUNNING:
            window.bridge.embedding_changed.disconnect(on_embedding_changed)
            gc.freeze()

    window.bridge.embedding_changed.connect(on_embedding_changed)


def _catch_failures(window: MainWindow) -> None:
    """A bug becomes one notice and a line in the log, not the end of the user's work."""
    if sys.stderr is not None:
        faulthandler.enable()

    def tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            window.close()
            return
        logger.critical("unexpected", exc_info=(kind, error, trace))
        window.session.notify(
            Severity.ERROR,
            "Something unexpected went wrong. What you made is kept; the log has the details.",
        )

    sys.excepthook = tell


def _let_python_hear_signals(window: MainWindow) -> None:
    """Ctrl+C in the terminal closes the window: Python needs a moment now and then to see it."""
    signal.signal(signal.SIGINT, lambda *_: window.close())
    timer = QTimer(window)
    timer.timeout.connect(lambda: None)
    timer.start(200)
