"""Learning when each frame of a video file is shown, once, when the file is opened.

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
from vosdesk.video.timeline import KeyFrame, Timeline

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
        logger.info("%s does not tell its frames reliably: decoding it whole", path.name)
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
    keys = sorted(survey.key_times)
    tail = stamps[np.searchsorted(stamps, keys[-1][0]) :]
    if len(tail) > _TAIL:
        return True
    try:
        # One key earlier, since these containers tend to land behind what was asked for
        decoder.seek(keys[-2:][0][1])
    except VideoError:
        return False
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
    keys = (KeyFrame(places[stamp], time) for stamp, time in survey.key_times if stamp in places)
    return tuple(sorted(keys, key=lambda key: key.frame_index))


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
