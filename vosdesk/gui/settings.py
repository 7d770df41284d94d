"""What the user set for all projects, and where the window was.

Options are one readable JSON file in the configuration folder. Qt's own settings keep only the
geometry of window and docks, which nobody wants to read.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Annotated, Literal

from platformdirs import user_config_path
from pydantic import BaseModel, ConfigDict, Field
from PySide6.QtCore import QRect, QSettings, Qt
from PySide6.QtGui import QGuiApplication

from vosdesk.errors import ProjectError, VosdeskError
from vosdesk.gui.notices import Notice
from vosdesk.project.files import write_atomically

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QMainWindow

logger = logging.getLogger(__name__)

MAX_RECENT = 10
GEOMETRY_VERSION = 2
"""Raised when docks are added or renamed: an older layout is then forgotten."""

_MAX_BYTES = 1_000_000
_GRIP = 48
"""Pixels of a title bar that must lie on a screen for the window to be moved by hand."""

PathText = Annotated[str, Field(min_length=1, max_length=4096)]


class Preferences(BaseModel):
    """The user's options; a change is a new value (``model_copy(update=...)``).

    Attributes:
        theme: Of the window.
        device: What computes embeddings: auto, cpu, cuda, mps, or one of several (``cuda:1``).
        model: A shipped model's name or a checkpoint's path.
        store_limit_gb: Stores may grow to this on disk before old ones make room; 0 for no limit.
        overlay_mode: The overlay's mode, by its value.
        overlay_opacity: 0..1.
        autosave_seconds: Time between two recovery copies; 0 for none.
        recent: Paths of videos, folders and projects, newest first.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    theme: Literal["system", "light", "dark"] = "system"
    device: Annotated[str, Field(pattern=r"^(auto|cpu|mps|cuda(:\d{1,2})?)$")] = "auto"
    model: PathText = "default"
    store_limit_gb: Annotated[float, Field(ge=0, le=100_000)] = 50.0
    overlay_mode: Annotated[str, Field(max_length=40)] = "tint"
    overlay_opacity: Annotated[float, Field(ge=0, le=1)] = 0.5
    autosave_seconds: Annotated[int, Field(ge=0, le=3600)] = 60
    recent: Annotated[tuple[PathText, ...], Field(max_length=MAX_RECENT)] = ()

    def with_recent(self, path: Path) -> Preferences:
        """Return the same with the path put first in the recent ones."""
        first = str(path.absolute())
        others = tuple(item for item in self.recent if item != first)
        return self.model_copy(update={"recent": (first, *others)[:MAX_RECENT]})


def preferences_path() -> Path:
    """Return where the options lie."""
    return user_config_path("vosdesk") / "preferences.json"


def load_preferences(path: Path | None = None) -> tuple[Preferences, Notice | None]:
    """Read the options; where that fails, the defaults and a notice that says so.

    A damaged file is kept beside as ``preferences.json.bak``, so that nothing is lost when the
    options are saved again.
    """
    path = path if path is not None else preferences_path()
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ValueError("too large")
        return Preferences.model_validate_json(path.read_bytes()), None
    except FileNotFoundError:
        return Preferences(), None
    except OSError as error:
        logger.warning("cannot read %s", path, exc_info=error)
        advice = f"The defaults are used. Check the rights of {path}."
        return Preferences(), Notice("warning", "Your preferences cannot be read.", advice)
    except ValueError as error:
        logger.warning("%s is damaged", path, exc_info=error)
        return Preferences(), _put_aside(path)


def save_preferences(preferences: Preferences, path: Path | None = None) -> None:
    """Write the options in one step: a crash leaves the old file or the new one.

    Raises:
        VosdeskError: They cannot be written.
    """
    path = path if path is not None else preferences_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, f"{preferences.model_dump_json(indent=2)}\n".encode())
    except (OSError, ProjectError) as error:
        raise VosdeskError(
            f"Your preferences cannot be saved in {path}.",
            "Check the rights of that folder and the room on its disk.",
        ) from error


def window_settings() -> QSettings:
    """Return where the geometry is kept: a file of its own beside the options."""
    path = user_config_path("vosdesk") / "window.ini"
    return QSettings(str(path), QSettings.Format.IniFormat)


def save_geometry(window: QMainWindow, settings: QSettings) -> None:
    """Remember where the window and its docks are."""
    settings.setValue("version", GEOMETRY_VERSION)
    settings.setValue("geometry", window.saveGeometry())
    settings.setValue("docks", window.saveState(GEOMETRY_VERSION))
    settings.sync()


def restore_geometry(window: QMainWindow, settings: QSettings) -> bool:
    """Put window and docks back; return False where nothing usable was remembered.

    A window that would be out of reach (a screen was unplugged) comes to the main screen.
    """
    if settings.value("version", 0, int) != GEOMETRY_VERSION:
        return False
    restored = window.restoreGeometry(settings.value("geometry"))
    restored = window.restoreState(settings.value("docks"), GEOMETRY_VERSION) and restored
    bring_on_screen(window)
    return restored


def bring_on_screen(window: QMainWindow) -> None:
    """Move the window where its title bar can be reached, if it is not."""
    frame = window.frameGeometry()
    handle = QRect(frame.left(), frame.top(), frame.width(), _GRIP)
    areas = [screen.availableGeometry() for screen in QGuiApplication.screens()]
    if any(_reachable(area.intersected(handle)) for area in areas):
        return
    area = QGuiApplication.primaryScreen().availableGeometry()
    window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
    window.resize(min(window.width(), area.width()), min(window.height(), area.height()))
    frame.setSize(window.size())
    frame.moveCenter(area.center())
    window.move(frame.topLeft())


def _reachable(part: QRect) -> bool:
    return part.width() >= _GRIP and part.height() >= _GRIP // 2


def _put_aside(path: Path) -> Notice:
    kept = path.with_name(path.name + ".bak")
    try:
        path.replace(kept)
    except OSError as error:
        logger.warning("cannot keep %s", path, exc_info=error)
        advice = "The defaults are used."
    else:
        advice = f"The defaults are used. The damaged file is kept as {kept}."
    return Notice("warning", "Your preferences were damaged.", advice)
