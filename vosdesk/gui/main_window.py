"""The window: its parts put together. What they do is in ``controllers``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractSpinBox, QDockWidget, QMainWindow, QVBoxLayout, QWidget

from vosdesk.gui.action_table import ACTIONS
from vosdesk.gui.actions import build_menus, create_actions
from vosdesk.gui.canvas.view import Canvas
from vosdesk.gui.controllers.dialogs import DialogController
from vosdesk.gui.controllers.editing import EditController
from vosdesk.gui.controllers.embedding import EmbeddingController
from vosdesk.gui.controllers.explaining import WhyController
from vosdesk.gui.controllers.exporting import ExportController
from vosdesk.gui.controllers.files import FileController
from vosdesk.gui.controllers.frames import FrameController
from vosdesk.gui.controllers.looking import LookController
from vosdesk.gui.controllers.status import StatusController
from vosdesk.gui.notices import Notice, NoticeBar
from vosdesk.gui.panels.export_strip import ExportStrip
from vosdesk.gui.panels.labelling_panel import LabellingPanel
from vosdesk.gui.panels.objects_panel import ObjectsPanel
from vosdesk.gui.panels.overlay_panel import OverlayPanel
from vosdesk.gui.panels.progress_strip import ProgressStrip
from vosdesk.gui.panels.status_line import StatusLine
from vosdesk.gui.panels.strokes_panel import StrokesPanel
from vosdesk.gui.panels.tool_bar import ToolBar
from vosdesk.gui.panels.why_panel import WhyPanel
from vosdesk.gui.settings import restore_geometry, save_geometry, window_settings
from vosdesk.gui.shortcuts import ShortcutGuard, step_pane
from vosdesk.gui.timeline.timeline import Timeline

if TYPE_CHECKING:
    from PySide6.QtGui import QCloseEvent

    from vosdesk.gui.bridge import Bridge
    from vosdesk.gui.controllers.preferences import PreferenceKeeper
    from vosdesk.gui.keymap import KeyMap
    from vosdesk.session import Session, events

DEFAULT_SIZE = (1440, 900)
TIMELINE_ACTIONS = (
    "previous_annotated",
    "next_annotated",
    "previous_unsure",
    "next_unsure",
    "lock_frame",
)
OWN_RULES = {
    "go_to_reference",
    "back_to_pixel",
    "undo",
    "redo",
    "clear_frame",
    "cancel_job",
    "pause_embedding",
    "cancel_embedding",
    "restart_embedding",
}
"""Actions whose controller knows better when they can be used."""
NEEDS_VIDEO = {spec.name for spec in ACTIONS if not spec.enabled} - OWN_RULES


class MainWindow(QMainWindow):
    """Canvas and timeline in the middle, tools to the left, lists to the right.

    Args:
        session: What the window drives; it belongs to the window's thread.
        bridge: The session's events as signals.
        keymap: Which keys do what.
        preferences: The user's options.
    """

    def __init__(
        self, session: Session, bridge: Bridge, keymap: KeyMap, preferences: PreferenceKeeper
    ) -> None:
        super().__init__()
        self.session, self.bridge, self.preferences = session, bridge, preferences
        self.setObjectName("main_window")
        self.setWindowTitle("vosdesk")
        self.setAcceptDrops(True)
        self.resize(*DEFAULT_SIZE)
        self.actions_by_name = create_actions(self, keymap)
        self.menus = build_menus(self.menuBar(), self.actions_by_name)
        self._guard = ShortcutGuard(self)
        self._build_centre()
        self._build_docks()
        self._build_status_bar()
        self._build_controllers()
        self._connect()
        self._enable_video_actions(False)
        self.canvas.setFocus()
        self._show_notices(keymap)
        restore_geometry(self, window_settings())

    # -- parts

    def _build_centre(self) -> None:
        self.canvas = Canvas()
        self.timeline = Timeline()
        centre = QWidget()
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.canvas, 1)
        layout.addWidget(self.timeline)
        self.setCentralWidget(centre)
        self.tool_bar = ToolBar(self.actions_by_name)
        self.tool_bar.setObjectName("tool_bar")
        self.addToolBar(Qt.ToolBarArea.LeftToolBarArea, self.tool_bar)

    def _build_docks(self) -> None:
        self.menus["View"].addSeparator()
        self._panels_menu = self.menus["View"].addMenu("Panels")
        self.objects = ObjectsPanel()
        self.strokes = StrokesPanel()
        self.overlay = OverlayPanel()
        self.labelling = LabellingPanel()
        self.why = WhyPanel()
        docks: dict[str, QDockWidget] = {}
        for title, panel in (
            ("Objects", self.objects),
            ("Strokes", self.strokes),
            ("Overlay", self.overlay),
            ("Why", self.why),
            ("Labelling", self.labelling),
        ):
            dock = QDockWidget(title, self)
            dock.setObjectName(f"{title.lower()}_dock")
            dock.setWidget(panel)
            self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
            self._panels_menu.addAction(dock.toggleViewAction())
            docks[title] = dock
        for below, above in (("Why", "Strokes"), ("Labelling", "Overlay")):
            self.tabifyDockWidget(docks[above], docks[below])
            docks[above].raise_()
        self.why_dock = docks["Why"]
        columns = [docks[title] for title in ("Objects", "Strokes", "Overlay")]
        self.resizeDocks(columns, [5, 6, 2], Qt.Orientation.Vertical)

    def _build_status_bar(self) -> None:
        self.status_line = StatusLine()
        self.progress = ProgressStrip()
        self.export_strip = ExportStrip()
        self.statusBar().addWidget(self.status_line, 1)
        self.statusBar().addPermanentWidget(self.export_strip)
        self.statusBar().addPermanentWidget(self.progress)
        self.statusBar().setSizeGripEnabled(False)
        # a strip that comes and goes must not push the picture up and down
        room = max(strip.sizeHint().height() for strip in (self.export_strip, self.progress))
        self.statusBar().setMinimumHeight(room)
        self.notices = NoticeBar(self)
        self.notices.set_bottom_margin(self.statusBar().sizeHint().height())

    def _build_controllers(self) -> None:
        session, bridge, actions = self.session, self.bridge, self.actions_by_name
        self.frames = FrameController(session, bridge, actions, self.timeline, self)
        self.editing = EditController(
            session,
            bridge,
            actions,
            self.canvas,
            self.objects,
            self.strokes,
            self.labelling,
            self,
        )
        self.explaining = WhyController(
            session, bridge, actions, self.canvas, self.strokes, self.why_dock, self
        )
        self.looking = LookController(
            session, actions, self.canvas, self.overlay, self.preferences, self
        )
        self.embedding = EmbeddingController(
            session, bridge, actions, self.progress, self.preferences, self
        )
        self.exporting = ExportController(session, bridge, actions, self.export_strip, self)
        self.files = FileController(
            session, bridge, actions, self.menus, self.preferences, self.exporting, self
        )
        self.dialogs = DialogController(session, bridge, actions, self.preferences, self)
        self.status = StatusController(session, bridge, self.status_line, self.canvas, self)

    def _connect(self) -> None:
        bridge, canvas = self.bridge, self.canvas
        bridge.frame_rendered.connect(self._on_frame_rendered)
        bridge.source_opening.connect(self._on_source_opening)
        bridge.source_not_opened.connect(self._on_source_not_opened)
        bridge.source_opened.connect(self._on_source_opened)
        bridge.source_closed.connect(self._on_source_closed)
        bridge.project_changed.connect(self._on_project_changed)
        bridge.noticed.connect(self._on_noticed)
        canvas.files_dropped.connect(self.files.open_dropped)
        canvas.space_tapped.connect(self.frames.toggle_play)
        self.looking.tool_changed.connect(lambda _kind: self.tool_bar.set_radius(canvas.radius))
        self.frames.proved_changed.connect(self.progress.set_proved)
        self.frames.told.connect(self.notices.show_notice)
        self.tool_bar.radius_changed.connect(canvas.set_radius)
        canvas.radius_changed.connect(self.tool_bar.set_radius)
        self.tool_bar.set_radius(canvas.radius)
        actions = self.actions_by_name
        self.timeline.set_tips({name: action.toolTip() for name, action in actions.items()})
        self.timeline.add_actions(actions[name] for name in TIMELINE_ACTIONS)
        actions["next_pane"].triggered.connect(lambda: step_pane(self._panes(), 1))
        actions["previous_pane"].triggered.connect(lambda: step_pane(self._panes(), -1))
        for field in self.findChildren(QAbstractSpinBox):  # a number once typed is done with
            field.lineEdit().returnPressed.connect(canvas.setFocus)

    def _panes(self) -> list[QWidget]:
        """The parts of the window in the order in which F6 visits them."""
        lists = [self.objects, self.strokes, self.why, self.overlay, self.labelling]
        return [self.canvas, self.timeline, *lists, self.tool_bar]

    # -- the session's events

    def _on_frame_rendered(self, event: events.FrameRendered) -> None:
        if event.frame_index == self.session.playhead:
            self.canvas.set_image(event.picture)

    def _on_source_opening(self, event: events.SourceOpening) -> None:
        self.notices.clear()
        if self.session.source is None:
            self.canvas.clear_image(f"Opening {event.path.name}")

    def _on_source_not_opened(self, _event: events.SourceNotOpened) -> None:
        if self.session.source is None:
            self.canvas.clear_image()

    def _on_source_opened(self, event: events.SourceOpened) -> None:
        self.canvas.clear_image("Reading the first frame")
        self.canvas.set_video_size(event.source.size)
        self._enable_video_actions(True)
        self.canvas.setFocus()

    def _on_source_closed(self, _event: events.SourceClosed) -> None:
        self.canvas.clear_image()
        self._enable_video_actions(False)

    def _enable_video_actions(self, enabled: bool) -> None:
        """What wants a video is off until there is one; undo and redo look after themselves."""
        for name in NEEDS_VIDEO:
            self.actions_by_name[name].setEnabled(enabled)
        for panel in (self.objects, self.strokes, self.overlay, self.why, self.labelling):
            panel.setEnabled(enabled)

    def _on_project_changed(self, event: events.ProjectChanged) -> None:
        source = self.session.source
        name = event.path.name if event.path else (source.name if source else "")
        self.setWindowTitle(f"{name}[*] — vosdesk" if name else "vosdesk")
        self.setWindowModified(not event.clean)

    def _on_noticed(self, event: events.Notice) -> None:
        self.notices.show_notice(Notice(event.severity.value, event.sentence, event.advice))

    def _show_notices(self, keymap: KeyMap) -> None:
        if self.preferences.notice is not None:
            self.notices.show_notice(self.preferences.notice)
        for problem in keymap.problems:
            self.notices.show_notice(Notice("warning", problem))

    # -- Qt's overrides

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask about what would be lost; then end all work."""
        if not self.files.may_close():
            event.ignore()
            return
        save_geometry(self, window_settings())
        self.preferences.flush()
        self.frames.playback.stop()
        self.files.finish()
        self.session.close()
        event.accept()
