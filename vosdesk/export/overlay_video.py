"""The video with its objects drawn in, as an mp4 that any player plays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import av
import cv2
from av.video.reformatter import ColorRange, Colorspace

from vosdesk.errors import ExportError
from vosdesk.export.marks import VIDEO_TAG, mark_of
from vosdesk.export.staging import staged
from vosdesk.jobs import Job, Progress

if TYPE_CHECKING:
    from fractions import Fraction
    from pathlib import Path

    from vosdesk.arrays import Frame, Size
    from vosdesk.export.sequence import ExportSequence

FILE_NAME = "overlay.mp4"
_BT709 = 1
"""The number of BT.709 among primaries and transfer characteristics (ITU-T H.273)."""

_OPTIONS = {
    "libx264": {"crf": "18", "preset": "medium"},
    "mpeg4": {"flags": "+qscale", "global_quality": str(3 * 118)},  # FF_QP2LAMBDA is 118
}
_FINEST_RATE = {"mpeg4": 65_535}
"""Ticks a second that a codec can count; MPEG-4 has 16 bits for them."""


@dataclass(frozen=True)
class OverlayVideoExporter:
    """H.264 at the source's frame rate and size; odd sizes gain a row or column.

    Attributes:
        codecs: Encoders by preference; the first that this build of FFmpeg has is used.
    """

    codecs: tuple[str, ...] = ("libx264", "mpeg4")
    name: str = "overlay"
    title: str = "Video with overlay (MP4)"
    description: str = "The video with its objects tinted and outlined."

    def write(
        self, sequence: ExportSequence, folder: Path, *, overwrite: bool = False
    ) -> Job[list[Path]]:
        """Write the video; see ``Exporter.write``."""
        mark = mark_of(self.name)
        with staged(folder, [FILE_NAME], mark=mark, overwrite=overwrite) as staging:
            try:
                yield from self._encode(sequence, staging.path(FILE_NAME), mark)
            except av.error.FFmpegError as error:
                if isinstance(error, OSError) and error.errno:
                    raise
                raise ExportError(f"The overlay video for {folder} cannot be encoded.") from error
            return staging.publish()

    def _encode(self, sequence: ExportSequence, path: Path, mark: str) -> Job[None]:
        with av.open(path, "w", format="mp4", options={"movflags": "+faststart"}) as container:
            container.metadata[VIDEO_TAG] = mark
            stream = _add_stream(container, self._codec(), sequence.size, sequence.fps)
            for frame_index in range(sequence.frame_count):
                picture = _video_frame(sequence.overlaid(frame_index))
                picture.pts = frame_index
                picture.time_base = stream.codec_context.time_base
                container.mux(stream.encode(picture))
                yield Progress(frame_index + 1, sequence.frame_count, "Encoding video")
            container.mux(stream.encode(None))

    def _codec(self) -> str:
        for codec in self.codecs:
            if codec in av.codec.codecs_available:
                return codec
        raise ExportError(
            "This installation cannot encode video.", "Install PyAV with libx264 or mpeg4."
        )


def _add_stream(container: Any, codec: str, size: Size, fps: Fraction) -> Any:
    tick = (1 / fps).limit_denominator(_FINEST_RATE.get(codec, 1_000_000))
    stream = container.add_stream(codec, rate=1 / tick, options=_OPTIONS.get(codec, {}))
    stream.width, stream.height = size.width + size.width % 2, size.height + size.height % 2
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.time_base = tick
    context.colorspace = Colorspace.ITU709
    context.color_range = ColorRange.MPEG
    context.color_primaries = context.color_trc = _BT709
    return stream


def _video_frame(picture: Frame) -> Any:
    """Turn a picture into an even-sized 4:2:0 frame; an odd edge is repeated, not cut off."""
    height, width = picture.shape[:2]
    if height % 2 or width % 2:
        picture = cv2.copyMakeBorder(picture, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)  # type: ignore[assignment]
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
    return frame.reformat(
        format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
    )
