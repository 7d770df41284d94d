"""Files in and out: opening, saving, importing, recovering, and what is asked before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QFileDialog

from vosdesk.errors import VosdeskError
from vosdesk.gui.dialogs.questions import (
    ask_end_export,
    ask_recover,
    ask_replace,
    ask_unsaved,
    ask_video_moved,
)
from vosdesk.gui.recent_menu import RecentMenu
from vosdesk.project.storage import SUFFIX as PROJECT_SUFFIX
from vosdesk.session.events import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QMenu, QWidget

    from vosdesk.gui.bridge import Bridge
    from vosdesk.gui.controllers.exporting import ExportController
    from vosdesk.gui.controllers.preferences import PreferenceKeeper
    from vosdesk.session import Session, events

PROJECT_FILTER = "vosdesk projects (*.vosdesk)"
VIDEO_FILTER = "Videos (*.mp4 *.mov *.mkv *.avi *.webm *.m4v *.mpg *.mxf *.wmv);;All files (*)"
OPEN_FILTER = VIDEO_FILTER.replace("Videos (", "Videos and projects (*.vosdesk ")
MASK_FILTER = "Masks (*.png *.bmp *.tif *.tiff);;All files (*)"
MAX_SHOWN_RECOVERIES = 3


class FileController(QObject):
    """File menu, dropped files, unsaved work.

    Attributes:
        ask_before_closing: Whether unsaved work and a running export hold the window open with a
            question.
    """

    def __init__(
        self,
        session: Session,
        bridge: Bridge,
        actions: Mapping[str, QAction],
        menus: Mapping[str, QMenu],
        preferences: PreferenceKeeper,
        exporting: ExportController,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._session, self._preferences, self._window = session, preferences, window
        self._exporting = exporting
        self._after_opening: list[Callable[[], None]] = []
        self._after_saving: list[Callable[[], object]] = []
        self.ask_before_closing = True
        self._recent = RecentMenu(menus["File/Open recent"], actions["clear_recent"], self)
        self._recent.show(preferences.value.recent)
        self._recent.path_chosen.connect(self.open_path)
        self._recent.cleared.connect(lambda: preferences.update(recent=()))
        self._connect_actions(actions)
        self._connect_bridge(bridge)
        self._timer = QTimer(self)
        self._timer.timeout.connect(session.autosave)
        self._set_autosave()

    def _connect_actions(self, actions: Mapping[str, QAction]) -> None:
        actions["open_video"].triggered.connect(self._open_video)
        actions["open_folder"].triggered.connect(self._open_folder)
        actions["open_project"].triggered.connect(self._open_project)
        actions["save"].triggered.connect(self.save)
        actions["save_as"].triggered.connect(self.save_as)
        actions["import_masks"].triggered.connect(self._import_masks)
        actions["quit"].triggered.connect(self._window.close)

    def _connect_bridge(self, bridge: Bridge) -> None:
        bridge.source_opened.connect(self._on_source_opened)
        bridge.source_not_opened.connect(lambda _event: self._after_opening.clear())
        bridge.save_ended.connect(self._on_save_ended)
        bridge.video_missed.connect(self._on_video_missed)
        bridge.recoveries_found.connect(self._on_recoveries_found)
        self._preferences.changed.connect(lambda _value: self._set_autosave())

    # -- opening

    def open_path(self, path: Path, scribbles: Path | None = None) -> None:
        """Open a video, a folder or a project, after asking about unsaved work.

        Args:
            path: What to open.
            scribbles: Strokes to put on it once it is open.
        """

        def go_on() -> None:
            if scribbles is not None:
                self._after_opening.append(
                    lambda: self._session.import_annotations("scribbles", scribbles)
                )
            self._session.open(path)

        self._when_settled(go_on)

    def open_dropped(self, paths: Sequence[Path]) -> None:
        """Open the first of the files that were dropped."""
        if paths:
            self.open_path(paths[0])

    def _open_video(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self._window, "Open video", self._folder(), OPEN_FILTER
        )
        if name:
            self.open_path(Path(name))

    def _open_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self._window, "Open frame folder", self._folder())
        if name:
            self.open_path(Path(name))

    def _open_project(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self._window, "Open project", self._folder(), PROJECT_FILTER
        )
        if name:
            self.open_path(Path(name))

    def _folder(self) -> str:
        """Dialogs begin where the last file was."""
        recent = self._preferences.value.recent
        return str(Path(recent[0]).parent) if recent else str(Path.home())

    def _on_source_opened(self, event: events.SourceOpened) -> None:
        self._remember(self._session.path or event.source.path)
        waiting, self._after_opening = self._after_opening, []
        for call in waiting:
            call()

    def _remember(self, path: Path) -> None:
        self._preferences.replace(self._preferences.value.with_recent(path))
        self._recent.show(self._preferences.value.recent)

    def _on_video_missed(self, event: events.VideoMissing) -> None:
        usable = event.usable is not None
        answer = ask_video_moved(self._window, event.expected, event.reason, usable=usable)
        if answer == "use":
            self._session.open_project(event.project_path, event.usable, accept_changed=True)
        elif answer == "choose":
            name, _ = QFileDialog.getOpenFileName(
                self._window, "Choose the video", str(event.expected.parent), VIDEO_FILTER
            )
            if name:
                self._session.open_project(event.project_path, Path(name))

    # -- saving

    def save(self) -> None:
        """Save the project, asking for a file where it has none."""
        if self._session.path is None:
            self.save_as()
        else:
            self._session.save()

    def save_as(self) -> None:
        """Ask for a file and save the project there."""
        source = self._session.source
        if source is None:
            return
        proposal = self._session.path or source.path.with_name(f"{source.name}{PROJECT_SUFFIX}")
        name, _ = QFileDialog.getSaveFileName(
            self._window, "Save project", str(proposal), PROJECT_FILTER
        )
        path = with_project_suffix(Path(name)) if name else None
        if path is not None and (str(path) == name or self._may_replace(path)):
            self._session.save(path)
        else:
            self._after_saving.clear()

    def _may_replace(self, path: Path) -> bool:
        """The file dialog asked about the name as it was typed, without our suffix."""
        return not path.exists() or ask_replace(self._window, path)

    def _on_save_ended(self, event: events.SaveEnded) -> None:
        """Go on with what waited for the save; a failed one leaves everything as it is."""
        waiting, self._after_saving = self._after_saving, []
        if event.path is not None:
            self._remember(event.path)
            for call in waiting:
                call()

    def _when_settled(self, go_on: Callable[[], None]) -> None:
        """Go on once nothing that the user wants would be lost; not at all where he cancels."""
        # where it is saved first, there may be newer edits by then
        if self._may_let_go(then=lambda: self._when_settled(go_on)):
            if not self._session.clean:
                self._session.discard_recovery()
            go_on()

    def _name(self) -> str:
        source = self._session.source
        path = self._session.path
        return path.name if path else (source.name if source else "this project")

    def may_close(self) -> bool:
        """Ask about what would be lost; where it is saved first, the window closes afterwards."""
        return self._may_let_go(then=self._window.close)

    def _may_let_go(self, then: Callable[[], object]) -> bool:
        """Ask about unsaved work and about a running export, which ends with its video.

        Args:
            then: Called once the work was saved, where the user wants that first.
        """
        if not self.ask_before_closing:
            return True
        answer = "discard" if self._session.clean else ask_unsaved(self._window, self._name())
        if answer == "save":
            self._after_saving.append(then)
            self.save()
        if answer != "discard":
            return False
        return not self._exporting.running or ask_end_export(self._window)

    def finish(self) -> None:
        """The window closes: nothing is left to recover."""
        self._timer.stop()
        self._session.discard_recovery()

    # -- recovery

    def offer_recovery(self) -> None:
        """Look for work that a crash left behind."""
        self._session.find_recoveries()

    def _on_recoveries_found(self, event: events.RecoveriesFound) -> None:
        for recovery in event.recoveries[:MAX_SHOWN_RECOVERIES]:
            answer = ask_recover(self._window, recovery.name, recovery.saved_at)
            if answer == "recover":
                self._session.recover(recovery)
                return
            if answer == "discard":
                self._session.discard_recovery(recovery)

    def _set_autosave(self) -> None:
        seconds = self._preferences.value.autosave_seconds
        if seconds:
            self._timer.start(seconds * 1000)
        else:
            self._timer.stop()

    # -- masks of other programs

    def _import_masks(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self._window, "Import masks", self._folder(), MASK_FILTER
        )
        if name:
            self.import_masks(Path(name))

    def import_masks(self, path: Path) -> None:
        """Use mask images as annotations.

        A mask named like a frame stands for the whole folder of such masks; any other one
        annotates the first frame.
        """
        source = self._session.source
        folder = source is not None and path.stem in source.frame_names
        try:
            self._session.import_annotations("masks", path.parent if folder else path)
        except VosdeskError as error:
            self._session.notify(Severity.WARNING, error)


def with_project_suffix(path: Path) -> Path:
    """Return the path with the suffix of projects added, where it has another one or none."""
    if path.suffix == PROJECT_SUFFIX:
        return path
    return path.with_name(path.name + PROJECT_SUFFIX)
