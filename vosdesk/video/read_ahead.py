"""A source that keeps what was read lately and reads what will be wanted next."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from itertools import chain
from typing import TYPE_CHECKING

from vosdesk.errors import VideoError
from vosdesk.video.source import FrameSource, check_frame_index

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from fractions import Fraction
    from pathlib import Path

    from vosdesk.arrays import Frame, Size

logger = logging.getLogger(__name__)

DEFAULT_CAPACITY = 256 << 20
"""Bytes of frames that are kept."""

AHEAD = 48
"""Most frames read ahead of the last one asked for."""

_STRIDE_BACK = 16
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

    def holds(self, frame_index: int) -> bool:
        """Whether a read of this frame would return at once."""
        with self._changed:
            return frame_index in self._frames

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
        return self._load(frame_index)

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

    def _load(self, frame_index: int) -> Frame:
        """Read a frame that is marked busy, keep it, and wake whoever waits for it."""
        frame = None
        try:
            frame = self._source.read(frame_index).view()
            frame.flags.writeable = False
            return frame
        finally:
            with self._changed:
                self._busy.discard(frame_index)
                if frame is not None:
                    self._keep(frame_index, frame)
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
                self._changed.wait_for(lambda: self._closed or self._next_wanted() is not None)
                wanted = self._next_wanted()
                if self._closed or wanted is None:
                    return
                self._busy.add(wanted)
            try:
                self._load(wanted)
            except Exception as error:
                # Not lost: whoever reads this very frame will be told
                logger.debug("frame %d could not be read ahead", wanted, exc_info=True)
                with self._changed:
                    self._failures[wanted] = error

    def _next_wanted(self) -> int | None:
        return next(
            (
                index
                for index in self._window()
                if index not in self._frames
                and index not in self._failures
                and index not in self._busy
            ),
            None,
        )

    def _window(self) -> Iterable[int]:
        """Return the frames worth having, in the order in which to read them."""
        if self._last is None:
            return ()
        if self._forwards:
            return range(self._last + 1, min(self._last + 1 + self._ahead, self.frame_count))
        return chain.from_iterable(self._runs_back(max(0, self._last - self._ahead)))

    def _runs_back(self, first: int) -> Iterator[range]:
        stop = self._last or 0
        while stop > first:
            start = max(first, (stop - 1) // _STRIDE_BACK * _STRIDE_BACK)
            yield range(start, stop)
            stop = start
