"""A video file's decoder: opened in bounds, it gives stamped pictures from wherever it stands.

A *stamp* is what tells a picture from all others of its file: its presentation time in units of
the stream's time base. Some streams have none (raw H.264) or the same one twice; their pictures
are counted from the beginning instead, and such a decoder can only start again, not seek.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple

import av
from av.stream import Disposition

from vosdesk.arrays import Size
from vosdesk.errors import VideoError
from vosdesk.video.source import MAX_PIXELS, check_size

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

logger = logging.getLogger(__name__)

# A file may be anything whatever its name: only containers that hold their content themselves are
# read, so that a play list in disguise reaches no other file and no network
_CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,live_flv,asf,ogg,mxf,"
    "dv,gxf,nut,ivf,rm,gif,apng,h264,hevc,av1,obu,vc1,m4v,mjpeg,yuv4mpegpipe,swf,wtv,nsv,nuv,"
    "wav,mp3,flac,aac"
)


class Picture(NamedTuple):
    """A decoded picture and its stamp; None where the stream tells none."""

    stamp: int | None
    frame: VideoFrame


class Decoder:
    """Decodes one file forwards.

    Args:
        path: The video file.
        counted: Stamp pictures by counting them from the beginning.

    Attributes:
        landing: Stamp of the key picture at which decoding began after the last ``seek``; None
            until it is reached, or where it has none.

    Raises:
        VideoError: The file is no video, has no picture, or one too large.
    """

    def __init__(self, path: Path, *, counted: bool = False) -> None:
        self.path = path
        self.landing: int | None = None
        self._counted = counted
        self._container, self._stream = _opened(path)
        self._pictures = self._decoded()

    @property
    def stream(self) -> VideoStream:
        """The stream of pictures."""
        return self._stream

    @property
    def container_format(self) -> str:
        """FFmpeg's name of the container, such as ``mov,mp4,m4a,3gp,3g2,mj2``."""
        return self._container.format.name

    @property
    def sole_stream(self) -> bool:
        """Whether the file holds nothing but the pictures."""
        return len(self._container.streams) == 1

    @property
    def duration(self) -> float | None:
        """Length that the container's header tells, in seconds."""
        length = self._container.duration
        return None if length is None else length / av.time_base

    def packets(self) -> Iterator[Packet[VideoStream]]:
        """Yield the coded pictures from here to the end, or to where the file breaks off."""
        try:
            for packet in self._container.demux(self._stream):
                # PyAV ends with an empty packet, and a decoder takes any empty one for the end
                if packet.size:
                    yield packet
        except av.FFmpegError as error:
            logger.debug("%s breaks off: %s", self.path.name, error)

    def pictures(self) -> Iterator[Picture]:
        """Yield the pictures from here on, in the order in which they are shown."""
        return self._pictures

    def seek(self, time: int) -> None:
        """Go to the last key picture at or before a time, in units of the time base.

        Where that leads is told by ``landing`` once the next picture is out.

        Raises:
            VideoError: The container cannot do that; ``restart`` can.
        """
        try:
            self._container.seek(time, stream=self._stream)
        except av.FFmpegError as cause:
            raise VideoError(f"{self.path.name} cannot be searched.") from cause
        self._pictures = self._decoded(from_key=True)

    def restart(self) -> None:
        """Go to the beginning, by opening the file again: that works where seeking does not.

        Raises:
            VideoError: The file is gone.
        """
        self.close()
        self._container, self._stream = _opened(self.path)
        self._pictures = self._decoded()

    def close(self) -> None:
        """Close the file."""
        self._pictures = iter(())
        self._container.close()

    def _decoded(self, *, from_key: bool = False) -> Iterator[Picture]:
        self.landing = None
        for count, frame in enumerate(self._frames(from_key)):
            yield Picture(count if self._counted else frame.pts, frame)

    def _frames(self, from_key: bool) -> Iterator[VideoFrame]:
        waiting = from_key
        for packet in self.packets():
            if waiting and packet.is_keyframe:
                self.landing, waiting = packet.pts, False
            # What the container knows to be cut off would only come out as a smear
            if not waiting and not packet.is_corrupt:
                yield from self._decode(packet)
        yield from self._decode(None)

    def _decode(self, packet: Packet[VideoStream] | None) -> list[VideoFrame]:
        try:
            return self._stream.decode(packet)
        except av.FFmpegError as error:
            logger.debug("%s: a picture is damaged: %s", self.path.name, error)
            return []


def _opened(path: Path) -> tuple[InputContainer, VideoStream]:
    try:
        container = av.open(
            # "file:" keeps a colon in a name from being read as a protocol
            f"file:{path}",
            options={"max_pixels": str(MAX_PIXELS)},
            container_options={"protocol_whitelist": "file", "format_whitelist": _CONTAINERS},
            metadata_errors="replace",
        )
    except OSError as cause:
        raise VideoError(
            f"{path.name} cannot be opened ({cause.strerror}).",
            "Check that the file is still there and that you have the right to read it.",
        ) from cause
    except av.FFmpegError as cause:
        raise _unreadable(path.name) from cause
    try:
        return container, _video_stream(container, path.name)
    except BaseException:
        container.close()
        raise


def _unreadable(name: str) -> VideoError:
    return VideoError(
        f"{name} cannot be read as a video.",
        "It is no video, or its end is missing: copy or export it again.",
    )


def _video_stream(container: InputContainer, name: str) -> VideoStream:
    videos = [
        stream
        for stream in container.streams.video
        if not stream.disposition & Disposition.attached_pic
    ]
    if not videos and container.streams.audio:
        raise VideoError(f"{name} holds only sound.", "Open a file with video in it.")
    if not videos:
        # An MP4 file whose end is missing opens like this, since its index stands there
        raise _unreadable(name)
    stream = next((one for one in videos if one.disposition & Disposition.default), videos[0])
    if stream.codec_context is None:
        raise VideoError(
            f"{name} is coded in a way that this installation cannot decode.",
            "Convert it to H.264 in an MP4 file.",
        )
    check_size(Size(stream.codec_context.width, stream.codec_context.height), name)
    stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
    stream.thread_type = "AUTO"
    return stream
