"""What a source of frames is, and the bounds that are checked before a picture is decoded."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

from vosdesk.errors import VideoError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from vosdesk.arrays import Frame, Size

MAX_SIDE = 16384
"""Longest side of a frame that is decoded, in pixels."""

MAX_PIXELS = 1 << 26
"""Most pixels of a frame that is decoded; 8K video has half as many."""

DEFAULT_FPS = Fraction(25)
"""Rate of a source that has none of its own."""


class FrameSource(Protocol):
    """Numbered pictures of one size: a video file or a folder of images.

    Frames are numbered from 0 in the order in which they are shown. Every method may be called
    from any thread.
    """

    @property
    def name(self) -> str:
        """The file's stem or the folder's name."""
        ...

    @property
    def path(self) -> Path:
        """The file or folder."""
        ...

    @property
    def size(self) -> Size:
        """Size of every frame as displayed, in pixels: rotation is applied."""
        ...

    @property
    def frame_count(self) -> int:
        """How many frames can be read; at least 1."""
        ...

    @property
    def fps(self) -> Fraction:
        """Average rate in frames per second."""
        ...

    @property
    def frame_names(self) -> Sequence[str]:
        """One name for each frame: ``"00000"`` and so on for files, the stems for folders."""
        ...

    @property
    def fingerprint(self) -> str:
        """Hex SHA-256 of the content; see ``vosdesk.video.fingerprint``."""
        ...

    @property
    def notice(self) -> str:
        """One sentence that the user should see (a damaged file, say); empty where all is well."""
        ...

    def timestamp(self, frame_index: int) -> float:
        """Return the time at which a frame is shown, in seconds from the first frame.

        Raises:
            IndexError: There is no such frame.
        """
        ...

    def read(self, frame_index: int) -> Frame:
        """Return a frame, uint8 (height, width, 3) RGB, not writeable since it may be shared.

        Raises:
            IndexError: There is no such frame.
            VideoError: It cannot be read or decoded.
        """
        ...

    def close(self) -> None:
        """Give back files and threads; may be called more than once."""
        ...


def check_frame_index(frame_index: int, frame_count: int) -> None:
    """Refuse an index that no frame has, negative ones included.

    Raises:
        IndexError: There is no such frame.
    """
    if not 0 <= frame_index < frame_count:
        raise IndexError(f"there is no frame {frame_index} among {frame_count}")


def check_size(size: Size, name: str) -> None:
    """Refuse a picture by the size that its header tells, before memory is taken for it.

    Raises:
        VideoError: It has no pixels, or too many.
    """
    if min(size) < 1:
        raise VideoError(
            f"{name} has no picture size in its header.", "The file is damaged: export it again."
        )
    if max(size) > MAX_SIDE or size.width * size.height > MAX_PIXELS:
        raise VideoError(
            f"{name} is {size} pixels, more than vosdesk reads.",
            f"Scale it down to at most {MAX_SIDE} pixels a side "
            f"and {MAX_PIXELS // 10**6} million in all.",
        )
