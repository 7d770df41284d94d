"""When each frame of a video file is shown, learnt once when the file is opened.

Headers lie about the number of frames, so the coded pictures are listed by reading the file
through without decoding it. That list is believed where a sample agrees with it, and replaced by
what decoding the whole file brings where it does not: see ``build_timeline``.
"""

from __future__ import annotations

import itertools
import logging
from contextlib import closing
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from vosdesk.errors import VideoError
from vosdesk.video.decoder import Decoder
from vosdesk.video.source import DEFAULT_FPS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

_HEAD = 32
"""Pictures decoded from the beginning to see whether the list of packets can be believed."""

_TAIL = 300
"""Most pictures decoded at the end to see the same, where the container does not tell a cut."""

_HIDDEN_PICTURES = frozenset({"vp8", "libvpx"})
"""Codecs with packets that are never shown."""


@dataclass(frozen=True)
class KeyFrame:
    """A frame at which decoding can begin.

    Attributes:
        frame_index: The frame.
        time: What to seek, in units of the time base.
    """

    frame_index: int
    time: int


@dataclass(frozen=True, eq=False)
class Timeline:
    """The frames of a file in the order in which they are shown.

    Attributes:
        stamps: (frame_count,) int64, each frame's stamp; see ``vosdesk.video.decoder``.
        times: (frame_count,) float64, seconds from the first frame.
        keys: Where decoding can begin, by frame index; may be empty.
        counted: Stamps are counted from the beginning of the file.
        fps: Average rate.
        notice: What the user should know of damage; empty where there is none.
    """

    stamps: NDArray[np.int64]
    times: NDArray[np.float64]
    keys: tuple[KeyFrame, ...]
    counted: bool
    fps: Fraction
    notice: str
    _order: NDArray[np.intp] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_order", np.argsort(self.stamps))

    def __len__(self) -> int:
        return len(self.stamps)

    def index_of(self, stamp: int | None) -> int | None:
        """Return the index of the frame with a stamp, or None where no frame has it."""
        if stamp is None:
            return None
        place = int(np.searchsorted(self.stamps, stamp, sorter=self._order))
        if place == len(self) or self.stamps[self._order[place]] != stamp:
            return None
        return int(self._order[place])

    def keys_until(self, frame_index: int) -> list[KeyFrame]:
        """Return the key frames at or before a frame, the nearest first."""
        return [key for key in reversed(self.keys) if key.frame_index <= frame_index]


@dataclass
class _Survey:
    """What one pass over the packets tells."""

    stamps: list[int] = field(default_factory=list)
    key_times: list[tuple[int, int]] = field(default_factory=list)
    end: int = 0
    timed: bool = True
    cut: bool = False


def build_timeline(path: Path) -> Timeline:
    """Read a file through and list its frames.

    1. The packets' presentation times, if all have one, no two the same, nothing is cut off, and
       a sample decoded at the beginning (and at the end, for containers that do not tell a cut)
       comes out in just that order.
    2. Else the stamps that decoding everything brings, if they are all different.
    3. Else pictures are counted.

    Raises:
        VideoError: The file is no video, or no frame of it can be decoded.
    """
    with closing(Decoder(path)) as decoder:
        survey = _survey(decoder)
        promised = _missing_length(decoder, survey)
        average = _average_rate(decoder)
        unit = decoder.stream.time_base or Fraction(1)
    cut = survey.cut or promised > 0
    stamps = None if cut else _stamps_of_packets(path, survey)
    counted = False
    if stamps is None:
        stamps, counted = _stamps_of_pictures(path)
    if len(stamps) == 0:
        raise VideoError(
            f"No frame of {path.name} can be decoded.", "Copy or export the video again."
        )
    times = _times(stamps, unit, average, counted)
    return Timeline(
        stamps=stamps,
        times=times,
        keys=() if counted else _key_frames(survey, stamps),
        counted=counted,
        fps=average or _rate_of(times),
        notice=_notice(path.name, len(stamps), round(promised * (average or 0))) if cut else "",
    )


def _survey(decoder: Decoder) -> _Survey:
    survey = _Survey()
    # Matroska is searched by presentation time, the others by decoding time
    by_presentation = _is_in(decoder, "matroska")
    for packet in decoder.packets():
        survey.cut |= packet.is_corrupt
        if packet.is_corrupt or packet.is_discard:
            continue
        if packet.pts is None:
            survey.timed = False
            continue
        survey.stamps.append(packet.pts)
        survey.end = max(survey.end, packet.pts + (packet.duration or 0))
        if packet.is_keyframe:
            seek_time = packet.pts if by_presentation or packet.dts is None else packet.dts
            survey.key_times.append((packet.pts, seek_time))
    survey.timed &= decoder.stream.codec_context.name not in _HIDDEN_PICTURES
    return survey


def _missing_length(decoder: Decoder, survey: _Survey) -> float:
    """Return the length that the header promises if much of it is missing, else 0; in seconds.

    Only containers that write the length into their header can tell.
    """
    stream = decoder.stream
    if not survey.stamps or not survey.timed or not stream.time_base:
        return 0
    if stream.duration is not None and _is_in(decoder, "mov"):
        promised = float(stream.duration * stream.time_base)
    elif stream.average_rate and _is_in(decoder, "avi"):
        promised = float(stream.frames / stream.average_rate)
    elif decoder.sole_stream and _is_in(decoder, "matroska"):
        promised = decoder.duration or 0
    else:
        return 0
    stamps = np.sort(survey.stamps)
    present = (survey.end - int(stamps[0])) * float(stream.time_base)
    # A film may well end in a still: only what is longer than any of its stills is missing
    longest = float(np.diff(stamps, append=survey.end).max() * stream.time_base)
    return promised if promised - present > 2 * longest else 0


def _is_in(decoder: Decoder, *containers: str) -> bool:
    return any(name in decoder.container_format for name in containers)


def _stamps_of_packets(path: Path, survey: _Survey) -> NDArray[np.int64] | None:
    """Return the packets' times in order, if decoding a sample agrees with them."""
    stamps = np.unique(np.array(survey.stamps, dtype=np.int64))
    if not survey.timed or len(stamps) < max(1, len(survey.stamps)):
        return None
    with closing(Decoder(path)) as decoder:
        head = list(itertools.islice(_clean_stamps(decoder), _HEAD))
        if not head or head[0] is None:
            return None
        # Pictures before the first that comes out refer to some that the file does not hold
        stamps = stamps[np.searchsorted(stamps, head[0]) :]
        if head != stamps[:_HEAD].tolist():
            return None
        tells_cut = _is_in(decoder, "mov", "matroska", "avi")
        if len(stamps) > _HEAD and not tells_cut and not _tail_agrees(decoder, survey, stamps):
            return None
    return stamps


def _tail_agrees(decoder: Decoder, survey: _Survey, stamps: NDArray[np.int64]) -> bool:
    if not survey.key_times:
        return False
    last_key, seek_time = max(survey.key_times)
    tail = stamps[np.searchsorted(stamps, last_key) :]
    if len(tail) > _TAIL:
        return True
    decoder.seek(seek_time)
    expected: list[int] = tail.tolist()
    wanted = set(expected)
    found: list[int | None] = [stamp for stamp in _clean_stamps(decoder) if stamp in wanted]
    return found == expected


def _clean_stamps(decoder: Decoder) -> Iterator[int | None]:
    return (picture.stamp for picture in decoder.pictures() if not picture.frame.is_corrupt)


def _stamps_of_pictures(path: Path) -> tuple[NDArray[np.int64], bool]:
    """Decode everything: the stamps in the order shown, or mere numbers, and which of the two.

    Damaged pictures at the end are left out: a cut went through them.
    """
    stamps: list[int | None] = []
    whole = 0
    with closing(Decoder(path)) as decoder:
        for picture in decoder.pictures():
            stamps.append(picture.stamp)
            whole = whole if picture.frame.is_corrupt else len(stamps)
    del stamps[whole:]
    told = [stamp for stamp in stamps if stamp is not None]
    if len(set(told)) == len(stamps):
        return np.array(told, dtype=np.int64), False
    return np.arange(len(stamps), dtype=np.int64), True


def _key_frames(survey: _Survey, stamps: NDArray[np.int64]) -> tuple[KeyFrame, ...]:
    places = {int(stamp): place for place, stamp in enumerate(stamps)}
    return tuple(
        KeyFrame(places[stamp], time) for stamp, time in sorted(survey.key_times) if stamp in places
    )


def _times(
    stamps: NDArray[np.int64], unit: Fraction, average: Fraction | None, counted: bool
) -> NDArray[np.float64]:
    if counted or np.any(np.diff(stamps) <= 0):
        return np.arange(len(stamps)) / float(average or DEFAULT_FPS)
    return np.asarray((stamps - stamps[0]) * float(unit))


def _average_rate(decoder: Decoder) -> Fraction | None:
    rate = decoder.stream.average_rate or decoder.stream.guessed_rate
    return rate if rate else None


def _rate_of(times: NDArray[np.float64]) -> Fraction:
    if len(times) < 2 or times[-1] <= 0:
        return DEFAULT_FPS
    return Fraction((len(times) - 1) / float(times[-1])).limit_denominator(1001)


def _notice(name: str, found: int, expected: int) -> str:
    frames = "1 frame" if found == 1 else f"{found} frames"
    if expected > found:
        return f"{name} is incomplete: {frames} of about {expected} can be read."
    return f"{name} is damaged or incomplete: {frames} can be read."
