"""A video file as a source: any frame by its index, exactly, in any order."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
from av.video.reformatter import Colorspace

from vosdesk.arrays import Frame, Size
from vosdesk.errors import VideoError
from vosdesk.video.cursor import Cursor
from vosdesk.video.fingerprint import file_fingerprint
from vosdesk.video.indexing import build_timeline
from vosdesk.video.orientation import orientation_of
from vosdesk.video.source import check_frame_index, check_size
from vosdesk.video.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction
    from pathlib import Path

    from av.video.frame import VideoFrame

_CURSORS = 2
"""Decoders held open: one reader may go through the film while another jumps about in it."""

_UNSPECIFIED_COLOURS = 2
"""AVCOL_SPC_UNSPECIFIED."""


class VideoFile:
    """Frames of a video file, decoded when they are asked for; no more than a few are held.

    Frames are what the file's decoder shows, in the order of presentation; whatever an edit list
    cuts away is no frame. A picture that changes its size on the way is scaled to the first; pixels
    that are not square are kept as coded.

    Args:
        path: The file.

    Raises:
        VideoError: The file is no video, or no frame of it can be decoded.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.stem
        self._witness = Witness([path])
        self.fingerprint = file_fingerprint(path)
        self._timeline = build_timeline(path)
        self.notice = self._timeline.notice
        self.frame_names: Sequence[str] = tuple(f"{index:05d}" for index in range(self.frame_count))
        self._lock = threading.Lock()
        self._cursors: list[Cursor] = []
        self._undecodable: set[int] = set()
        self._closed = False
        try:
            self._learn_from(self._picture(0))
        except BaseException:
            self.close()
            raise

    def _learn_from(self, first: VideoFrame) -> None:
        self._coded_size = Size(first.width, first.height)
        check_size(self._coded_size, self.path.name)
        self._orientation = orientation_of(first)
        self.size = self._orientation.size(self._coded_size)

    @property
    def frame_count(self) -> int:
        """How many frames can be decoded."""
        return len(self._timeline)

    @property
    def fps(self) -> Fraction:
        """Average rate that the file tells; timestamps may be uneven all the same."""
        return self._timeline.fps

    def timestamp(self, frame_index: int) -> float:
        """Return when a frame is shown, in seconds from the first.

        Raises:
            IndexError: There is no such frame.
        """
        check_frame_index(frame_index, self.frame_count)
        return float(self._timeline.times[frame_index])

    def read(self, frame_index: int) -> Frame:
        """Decode a frame. Going forwards is fast; going elsewhere costs a seek to a key frame.

        Raises:
            IndexError: There is no such frame.
            VideoError: It is damaged, or the file is gone or closed.
            VideoChangedError: The file is another one than when it was opened.
        """
        check_frame_index(frame_index, self.frame_count)
        self._witness.check(0, lambda: file_fingerprint(self.path), self.fingerprint)
        with self._lock:
            if self._closed:
                raise VideoError(f"{self.path.name} is closed.", "Open it again.")
            # The conversion too: PyAV writes into a picture while it converts it
            return self._to_frame(self._picture(frame_index))

    def close(self) -> None:
        """Close the file; may be called more than once."""
        with self._lock:
            self._closed = True
            for cursor in self._cursors:
                cursor.close()
            self._cursors.clear()

    def _picture(self, frame_index: int) -> VideoFrame:
        if frame_index not in self._undecodable:
            picture = self._cursor_for(frame_index).fetch(frame_index)
            if picture is not None:
                return picture
            # All was tried, the whole way from the beginning: not again at each visit
            self._undecodable.add(frame_index)
        raise VideoError(
            f"Frame {frame_index} of {self.path.name} cannot be decoded.",
            "The file is damaged there; its other frames can still be used.",
        )

    def _cursor_for(self, frame_index: int) -> Cursor:
        """Return the cursor to use; the list is kept in the order of last use."""
        near = [
            (steps, place)
            for place, cursor in enumerate(self._cursors)
            if (steps := cursor.steps_to(frame_index)) is not None
        ]
        if near:
            cursor = self._cursors.pop(min(near)[1])
        elif len(self._cursors) < _CURSORS:
            cursor = Cursor(self.path, self._timeline)
        else:
            cursor = self._cursors.pop(0)
        self._cursors.append(cursor)
        return cursor

    def _to_frame(self, picture: VideoFrame) -> Frame:
        width, height = self._coded_size
        pixels = picture.to_ndarray(
            format="rgb24", width=width, height=height, src_colorspace=_colours(picture)
        )
        frame: Frame = self._orientation.apply(np.ascontiguousarray(pixels))
        frame.flags.writeable = False
        return frame


def _colours(picture: VideoFrame) -> Colorspace | None:
    """Return what to take a picture's colours for where it does not say: players agree on this."""
    untold = picture.colorspace == _UNSPECIFIED_COLOURS and not picture.format.is_rgb
    large = picture.width >= 1280 or picture.height > 576
    return Colorspace.ITU709 if untold and large else None
