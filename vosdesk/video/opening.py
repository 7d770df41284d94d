"""One door for every kind of source."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vosdesk.errors import VideoError
from vosdesk.video.file import VideoFile
from vosdesk.video.folder import ImageSequence, is_image

if TYPE_CHECKING:
    from vosdesk.video.source import FrameSource


def open_source(path: Path | str) -> FrameSource:
    """Open a video file, a folder of images, or a single image (a video of one frame).

    A video file is read through once to learn when each frame is shown, so this belongs on a
    worker thread.

    Raises:
        VideoError: It is missing, not readable, not a video, or without a frame.
    """
    path = Path(path)
    _check_readable(path)
    if path.is_dir() or is_image(path):
        return ImageSequence(path)
    return VideoFile(path)


def _check_readable(path: Path) -> None:
    """Tell the plain reasons in plain words, before a decoder would tell them in its own."""
    try:
        if path.is_dir():
            return
        if path.exists() and not path.is_file():
            raise VideoError(f"{path.name} is neither a file nor a folder.", "Open a video file.")
        with path.open("rb") as file:
            empty = not file.read(1)
    except FileNotFoundError as cause:
        raise VideoError(
            f"There is no file or folder {path}.", "Check the name, or whether it was moved."
        ) from cause
    except PermissionError as cause:
        raise VideoError(
            f"You have no right to read {path.name}.", "Change its permissions, or copy it."
        ) from cause
    except (OSError, ValueError) as cause:
        raise VideoError(
            f"{path.name} cannot be read ({getattr(cause, 'strerror', None) or cause}).",
            "Check the disk it lies on, and its name.",
        ) from cause
    if empty:
        raise VideoError(f"{path.name} is empty.", "Copy or export the video again.")
