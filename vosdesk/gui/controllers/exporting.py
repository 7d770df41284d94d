"""Exports: what is asked before one, how far it is, how it ended; and what Esc cancels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from vosdesk.errors import VosdeskError
from vosdesk.export.registry import EXPORTERS
from vosdesk.gui.controllers.embedding import BUSY
from vosdesk.gui.dialogs.export_dialog import ExportDialog
from vosdesk.session.events import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QWidget

    from vosdesk.gui.bridge import Bridge
    from vosdesk.gui.dialogs.export_dialog import ExportChoice
    from vosdesk.gui.panels.export_strip import ExportStrip
    from vosdesk.session import Session, events


class ExportController(QObject):
    """Export dialog and the export's strip in the status bar.

    Attributes:
        running: Whether an export is on its way.
    """

    def __init__(
        self,
        session: Session,
        bridge: Bridge,
        actions: Mapping[str, QAction],
        strip: ExportStrip,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._session, self._strip, self._window = session, strip, window
        self._cancel = actions["cancel_job"]
        self._format = ""
        self.running = False
        actions["export"].triggered.connect(self.show_dialog)
        self._cancel.triggered.connect(self._on_cancel_triggered)
        strip.cancelled.connect(session.cancel_export)
        bridge.export_changed.connect(self._on_export_changed)
        bridge.embedding_changed.connect(lambda _event: self._offer_cancel())
        bridge.source_closed.connect(self._on_source_closed)

    def show_dialog(self) -> None:
        """Ask how to export."""
        source = self._session.source
        if source is None:
            return
        missing = int((~self._session.finished_frames()).sum())
        dialog = ExportDialog(
            list(EXPORTERS.values()), self._proposed_folder(), missing, self._window
        )
        if self._format:
            dialog.choose_format(self._format)
        dialog.export_requested.connect(self._on_export_requested)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _proposed_folder(self) -> Path:
        source, path = self._session.source, self._session.path
        assert source is not None
        beside = (path or source.path).parent
        return beside / f"{source.name}-masks"

    def _on_export_requested(self, choice: ExportChoice) -> None:
        if self.running:
            self._session.notify(Severity.WARNING, "An export is running already.")
            return
        try:
            self._session.export(
                choice.format_name,
                choice.folder,
                overwrite=choice.overwrite,
                partial=choice.partial,
            )
        except VosdeskError as error:
            self._session.notify(Severity.WARNING, error)
            return
        self._format = choice.format_name
        self._set_running(True)
        self._strip.set_progress(0, 0)

    def _on_export_changed(self, event: events.ExportChanged) -> None:
        if not event.ended:
            self._strip.set_progress(event.done, event.total)
            return
        self._set_running(False)
        if event.folder is not None:
            self._session.notify(Severity.INFO, f"The export is in {event.folder}.")
        elif event.cancelled:
            self._session.notify(Severity.INFO, "The export was cancelled; nothing was written.")

    def _on_source_closed(self, _event: events.SourceClosed) -> None:
        if self.running:
            self._session.notify(Severity.WARNING, "The export ended with its video.")
        self._set_running(False)

    def _set_running(self, running: bool) -> None:
        self.running = running
        self._strip.setVisible(running)
        self._offer_cancel()

    def _offer_cancel(self) -> None:
        self._cancel.setEnabled(self.running or self._session.embedding.state in BUSY)

    def _on_cancel_triggered(self) -> None:
        """The export first: it was asked for last."""
        if self.running:
            self._session.cancel_export()
        else:
            self._session.cancel_embedding()
