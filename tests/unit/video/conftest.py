"""Small real films whose frames carry their own number, so that the right frame can be told."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest

if TYPE_CHECKING:
    from pathlib import Path

STRIPES = 8


def picture(number: int, width: int = 64, height: int = 48) -> np.ndarray:
    """The number in black and white stripes, the lowest bit at the left; the top tenth is grey."""
    bits = ((number >> np.arange(STRIPES)) & 1).astype(np.uint8)
    row = bits[np.arange(width) * STRIPES // width] * np.uint8(255)
    frame = np.broadcast_to(row[None, :, None], (height, width, 3)).copy()
    frame[: height // 10] = 128
    return frame


def shown_number(frame: np.ndarray) -> int:
    """The number that a picture carries, after whatever a codec did to it."""
    height, width, _ = frame.shape
    centres = (np.arange(STRIPES) * 2 + 1) * width // (2 * STRIPES)
    return int((frame[height // 2, centres, 0] > 127) @ (1 << np.arange(STRIPES)))


def write_film(
    path: Path,
    *,
    frames: int = 30,
    size: tuple[int, int] = (64, 48),
    codec: str = "libx264",
    pixels: str = "yuv420p",
    rate: int = 25,
    options: dict[str, str] | None = None,
    container: dict[str, str] | None = None,
    pts: list[int] | None = None,
    rotation: float = 0,
    mirrored: bool = False,
    pictures: list[np.ndarray] | None = None,
) -> Path:
    """Write a film; ``pts`` are in thousandths of a second."""
    with av.open(str(path), "w", options=container or {}) as target:
        stream = target.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height = size
        stream.pix_fmt = pixels
        if rotation or mirrored:
            stream.set_display_rotation(rotation, hflip=mirrored)
        if pts is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        for number in range(len(pictures) if pictures is not None else frames):
            array = pictures[number] if pictures is not None else picture(number, *size)
            frame = av.VideoFrame.from_ndarray(array, format="rgb24")
            frame.pts = number if pts is None else pts[number]
            frame.time_base = Fraction(1, rate) if pts is None else Fraction(1, 1000)
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return path


X264 = {"g": "10", "bf": "3", "preset": "veryfast"}

KINDS: dict[str, dict[str, Any]] = {
    "h264_b_frames.mp4": {"options": X264},
    "open_gop.mkv": {"options": {**X264, "x264-params": "open-gop=1:b-pyramid=normal"}},
    "intra_refresh.mp4": {"options": {**X264, "x264-params": "intra-refresh=1"}},
    "transport.ts": {"options": X264, "frames": 60},
    "flash.flv": {"options": X264},
    "h264_in_avi.avi": {"options": X264},
    "xvid.avi": {"codec": "mpeg4", "options": {"g": "10", "bf": "2"}, "frames": 45},
    "without_times.h264": {"options": X264},
    "program.mpg": {"codec": "mpeg2video", "options": {"g": "10", "bf": "2"}},
    "ten_bit.mp4": {
        "codec": "libx265",
        "pixels": "yuv420p10le",
        "options": {"preset": "ultrafast", "x265-params": "keyint=10:bframes=3:log-level=none"},
    },
    "alt_ref.webm": {
        "codec": "libvpx",
        "options": {"auto-alt-ref": "1", "lag-in-frames": "10", "g": "10", "deadline": "realtime"},
    },
    "lossless_odd.mkv": {"codec": "ffv1", "pixels": "bgr0", "size": (63, 47)},
    "odd.mov": {"codec": "mjpeg", "pixels": "yuvj420p", "size": (63, 47)},
    "fragmented.mp4": {
        "options": X264,
        "container": {"movflags": "frag_keyframe+empty_moov+default_base_moof"},
    },
    "animation.gif": {"codec": "gif", "pixels": "rgb8"},
}


@pytest.fixture(scope="session")
def make_film():
    return write_film


@pytest.fixture(scope="session")
def make_picture():
    return picture


@pytest.fixture(scope="session")
def number_of():
    return shown_number


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One film of each kind, by file name."""
    folder = tmp_path_factory.mktemp("films")
    return {name: write_film(folder / name, **kind) for name, kind in KINDS.items()}


@pytest.fixture(scope="session", params=sorted(KINDS))
def film(request: pytest.FixtureRequest, films: dict[str, Path]) -> Path:
    """Each kind of film in turn."""
    return films[request.param]


@pytest.fixture(scope="session")
def decode_all():
    """What FFmpeg's decoder brings from the first to the last picture, and nothing else."""

    def decode(path: Path) -> list[np.ndarray]:
        with av.open(str(path)) as container:
            return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]

    return decode
