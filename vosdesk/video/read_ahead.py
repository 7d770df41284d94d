"""A source that keeps what was read lately and reads what will be wanted next."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from vosdesk.errors import VideoError
from vosdesk.video.source import FrameSource, check_frame_index

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction
    from pathlib import Path

    from vosdesk.arrays import Frame, Size

logger = logging.getLogger(__name__)

DEFAULT_CAPACITY = 256 << 20
"""Bytes of frames that are kept."""

AHEAD = 48
"""Most frames read ahead of the last one asked for."""

_RUN_BACK = 16
"""Going backwards, frames are read forwards in runs of this length: one seek for each run."""


class ReadAhead:
    """Wraps a source: a bounded cache of the frames used last, and a thread that reads ahead.

    The thread follows the direction of the last two reads and stays within a part of the cache
    that it can fill without throwing out what it has just read. A failure there is kept for
    whoever reads that very frame; the next read of it tries again.

    Args:
        source: What to read from; closed together with this one.
        capacity: Bytes of frames to keep. A frame larger than this is read but never kept.
        ahead: Most frames to read ahead; 0 keeps the cache only.
    """

    def __init__(
        self, source: FrameSource, capacity: int = DEFAULT_CAPACITY, ahead: int = AHEAD
    ) -> None:
        self._source = source
        self._capacity = capacity
        frame_bytes = 3 * source.size.width * source.size.height
        # One frame's room is for the frame last asked for
        self._ahead = max(0, min(ahead, capacity // frame_bytes - 1))
        self._changed = threading.Condition()
        self._frames: OrderedDict[int, Frame] = OrderedDict()
        self._bytes = 0
        self._failures: dict[int, Exception] = {}
        self._busy: set[int] = set()
        self._last: int | None = None
        self._forwards = True
        self._closed = False
        self._thread = threading.Thread(
            target=self._read_ahead, name=f"vosdesk-read-ahead-{source.name}", daemon=True
        )
        self._thread.start()

    @property
    def name(self) -> str:
        """The file's stem or the folder's name."""
        return self._source.name

    @property
    def path(self) -> Path:
        """The file or folder."""
        return self._source.path

    @property
    def size(self) -> Size:
        """Size of every frame as displayed, in pixels."""
        return self._source.size

    @property
    def frame_count(self) -> int:
        """How many frames can be read."""
        return self._source.frame_count

    @property
    def fps(self) -> Fraction:
        """Average rate in frames per second."""
        return self._source.fps

    @property
    def frame_names(self) -> Sequence[str]:
        """One name for each frame."""
        return self._source.frame_names

    @property
    def fingerprint(self) -> str:
        """Hex SHA-256 of the content."""
        return self._source.fingerprint

    @property
    def notice(self) -> str:
        """What the user should see about the source; empty where all is well."""
        return self._source.notice

    @property
    def cached_bytes(self) -> int:
        """Bytes of frames kept at this moment; never more than the capacity."""
        with self._changed:
            return self._bytes

    def timestamp(self, frame_index: int) -> float:
        """Return the time of a frame, in seconds from the first.

        Raises:
            IndexError: There is no such frame.
        """
        return self._source.timestamp(frame_index)

    def read(self, frame_index: int) -> Frame:
        """Return a frame, from the cache if it is there.

        Raises:
            IndexError: There is no such frame.
            VideoError: It cannot be read, or the source is closed.
        """
        check_frame_index(frame_index, self.frame_count)
        with self._changed:
            self._follow(frame_index)
            self._changed.wait_for(lambda: frame_index not in self._busy or self._closed)
            if self._closed:
                raise VideoError(f"{self._source.path.name} is closed.", "Open it again.")
            if frame_index in self._frames:
                self._frames.move_to_end(frame_index)
                return self._frames[frame_index]
            if frame_index in self._failures:
                raise self._failures.pop(frame_index)
            self._busy.add(frame_index)
        frame = None
        try:
            frame = self._fetch(frame_index)
            return frame
        finally:
            self._settle(frame_index, frame)

    def close(self) -> None:
        """End the thread, forget the frames and close the source; may be called more than once."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()
        with self._changed:
            self._frames.clear()
            self._bytes = 0
        self._source.close()

    def _follow(self, frame_index: int) -> None:
        if self._last is not None and frame_index != self._last:
            self._forwards = frame_index > self._last
        self._last = frame_index
        self._changed.notify_all()

    def _fetch(self, frame_index: int) -> Frame:
        frame = self._source.read(frame_index).view()
        frame.flags.writeable = False
        return frame

    def _settle(
        self, frame_index: int, frame: Frame | None, error: Exception | None = None
    ) -> None:
        """Take the mark off a busy frame, keep what came of it, wake whoever waits for it."""
        with self._changed:
            self._busy.discard(frame_index)
            if frame is not None:
                self._keep(frame_index, frame)
            if error is not None:
                self._failures[frame_index] = error
            self._changed.notify_all()

    def _keep(self, frame_index: int, frame: Frame) -> None:
        if self._closed or frame.nbytes > self._capacity:
            return
        self._frames[frame_index] = frame
        self._bytes += frame.nbytes
        while self._bytes > self._capacity:
            _oldest, dropped = self._frames.popitem(last=False)
            self._bytes -= dropped.nbytes

    def _read_ahead(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or bool(self._wanted_run()))
                run = self._wanted_run()
                self._busy.update(run)
            for position, frame_index in enumerate(run):
                if not self._still_wanted(run[position:]):
                    break
                self._try_to_load(frame_index)
            if self._closed:
                return

    def _try_to_load(self, frame_index: int) -> None:
        try:
            frame = self._fetch(frame_index)
        except Exception as error:
            # Not lost: whoever reads this very frame will be told
            logger.debug("frame %d could not be read ahead", frame_index, exc_info=True)
            self._settle(frame_index, None, error)
        else:
            self._settle(frame_index, frame)

    def _still_wanted(self, rest: Sequence[int]) -> bool:
        """Whether the rest of a run is worth reading; if not, leave it to whoever asks for it."""
        with self._changed:
            if not self._closed and any(rest[0] in run for run in self._runs()):
                return True
            self._busy.difference_update(rest)
            self._changed.notify_all()
            return False

    def _wanted_run(self) -> list[int]:
        """Return the frames to read next, in order; a reader who wants one of them waits for it."""
        for run in self._runs():
            missing = [
                index
                for index in run
                if index not in self._frames
                and index not in self._failures
                and index not in self._busy
            ]
            if missing:
                return missing
        return []

    def _runs(self) -> Iterator[range]:
        """Yield the frames worth having, in runs to be read in one go."""
        if self._last is None:
            return
        if self._forwards:
            for index in range(self._last + 1, min(self._last + 1 + self._ahead, self.frame_count)):
                yield range(index, index + 1)
            return
        first, stop = max(0, self._last - self._ahead), self._last
        while stop > first:
            start = max(first, (stop - 1) // _RUN_BACK * _RUN_BACK)
            yield range(start, stop)
            stop = start
