"""What Qt itself says: to the log; and where it would abort the process, one sentence instead."""

from __future__ import annotations

import logging
import os
import sys

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

logger = logging.getLogger(__name__)

_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


class QtMessages:
    """Takes Qt's messages from now on.

    Qt ends a process that has no window system, or that loses it, with SIGABRT. It says so first,
    and there the process can end in better style.
    """

    def __init__(self) -> None:
        self._begun = False
        self._first_complaint = ""
        qInstallMessageHandler(self._on_message)

    def begun(self) -> None:
        """A window system was found."""
        self._begun = True

    def _on_message(self, kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
        logger.log(_LEVELS.get(kind, logging.WARNING), "%s: %s", context.category, text)
        if kind == QtMsgType.QtFatalMsg:
            sys.stderr.write(f"vosdesk: {self._last_words(text)}\n")
            sys.stderr.flush()
            logging.shutdown()
            os._exit(1)
        self._first_complaint = self._first_complaint or text

    def _last_words(self, text: str) -> str:
        if self._begun:
            return f"Qt had to stop: {text.strip()} Unsaved work is offered at the next start."
        reason = (self._first_complaint or text.partition(".")[0]).strip().rstrip(".")
        return (
            f"Qt cannot open a window: {reason}. 'vosdesk doctor' names what is missing; "
            "'vosdesk demo --headless' works without a window."
        )
