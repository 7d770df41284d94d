"""A place in a video from which frames are reached, forwards or by seeking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vosdesk.errors import VideoError
from vosdesk.video.decoder import Decoder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from av.video.frame import VideoFrame

    from vosdesk.video.timeline import Timeline

_WORTH_A_SEEK = 8
"""Decoding this many frames on is no slower than seeking to a key frame on the way."""


class Cursor:
    """A decoder, and the index of the frame that it gave last.

    Args:
        path: The video file.
        timeline: Its frames.

    Raises:
        VideoError: The file cannot be opened any more.
    """

    def __init__(self, path: Path, timeline: Timeline) -> None:
        self._timeline = timeline
        self._decoder = Decoder(path, counted=timeline.counted)
        self._index: int | None = -1
        self._frame: VideoFrame | None = None
        self._clean_from: int | None = 0

    def steps_to(self, frame_index: int) -> int | None:
        """Return how many frames to decode to reach one by going on; None where a seek is due."""
        if self._index is None or frame_index < self._index:
            return None
        steps = frame_index - self._index
        if steps > _WORTH_A_SEEK:
            count = self._timeline.count_keys_until(frame_index)
            if count and self._timeline.keys[count - 1].frame_index > self._index:
                return None
        return steps

    def fetch(self, frame_index: int) -> VideoFrame | None:
        """Return a frame's picture, or None where the file cannot give it.

        Goes on from where the cursor stands if that is near; else seeks to the key frame before,
        then, where a container lands wrong, to earlier and earlier ones, and at last starts again
        from the beginning of the file.

        Raises:
            VideoError: The file is gone.
        """
        if self.steps_to(frame_index) is not None:
            found = self._go_on_to(frame_index)
            if found is not None:
                return found
        for time in self._seek_times(frame_index):
            found = self._go_on_to(frame_index) if self._seek(time) else None
            if found is not None:
                return found
        self._decoder.restart()
        self._stand_at_beginning()
        return self._go_on_to(frame_index)

    def close(self) -> None:
        """Close the file."""
        self._frame = None
        self._decoder.close()

    def _seek_times(self, frame_index: int) -> Iterator[int]:
        count = self._timeline.count_keys_until(frame_index)
        back = 1
        while back <= count:
            yield self._timeline.keys[count - back].time
            back *= 2

    def _seek(self, time: int) -> bool:
        self._index = self._frame = self._clean_from = None
        try:
            self._decoder.seek(time)
        except VideoError:
            return False
        return True

    def _stand_at_beginning(self) -> None:
        self._index, self._frame, self._clean_from = -1, None, 0

    def _go_on_to(self, frame_index: int) -> VideoFrame | None:
        """Decode up to a frame; None once it is certain not to come."""
        if self._index == frame_index:
            return self._frame
        for stamp, frame in self._decoder.pictures():
            place = self._timeline.index_of(stamp)
            if self._clean_from is None:
                self._clean_from = self._timeline.index_of(self._decoder.landing)
                if self._clean_from is None:
                    return None
            # One shown before the key picture but coded after it refers to what was skipped
            if place is None or place < self._clean_from:
                continue
            self._index, self._frame = place, frame
            if place >= frame_index:
                return frame if place == frame_index else None
        self._index = self._frame = None
        return None
