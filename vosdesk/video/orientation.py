"""The turn that a video's display matrix asks for, as array operations.

The matrix (ISO 14496-12, 6.2.2; FFmpeg's ``AV_FRAME_DATA_DISPLAYMATRIX``) maps a coded pixel (x, y)
to the displayed (a x + c y, b x + d y); telephones write the eight turns and mirrorings by quarter
turns, and any other angle is taken to the nearest of these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vosdesk.arrays import Frame, Size

if TYPE_CHECKING:
    from av.video.frame import VideoFrame


@dataclass(frozen=True)
class Orientation:
    """What to do with a coded picture, in this order.

    Attributes:
        swapped: Rows become columns.
        mirrored: Left becomes right.
        flipped: Top becomes bottom.
    """

    swapped: bool = False
    mirrored: bool = False
    flipped: bool = False

    def size(self, coded: Size) -> Size:
        """Return the displayed size of a coded picture."""
        return Size(coded.height, coded.width) if self.swapped else coded

    def apply(self, coded: Frame) -> Frame:
        """Return the picture as displayed; the same array where nothing is to be done."""
        turned = coded.transpose(1, 0, 2) if self.swapped else coded
        if self.mirrored:
            turned = turned[:, ::-1]
        if self.flipped:
            turned = turned[::-1]
        return np.ascontiguousarray(turned)


def orientation_of(frame: VideoFrame) -> Orientation:
    """Return what a decoded picture's display matrix asks for."""
    try:
        matrix = frame.side_data["DISPLAYMATRIX"]  # type: ignore[typeddict-item]  # a Mapping
    except KeyError:
        return Orientation()
    except ValueError:
        # Some other side data is of a kind that PyAV has no name for: the angle is told apart
        return _orientation_by_angle(frame.rotation)
    a, b, _u, c, d, *_rest = np.frombuffer(matrix, np.int32, 9).tolist()
    if abs(b) + abs(c) > abs(a) + abs(d):
        return Orientation(swapped=True, mirrored=c < 0, flipped=b < 0)
    return Orientation(mirrored=a < 0, flipped=d < 0)


def _orientation_by_angle(degrees: int) -> Orientation:
    """Return the turn by the quarter nearest to an angle, counted anticlockwise."""
    quarters = round(degrees / 90) % 4
    return Orientation(
        swapped=quarters in (1, 3), mirrored=quarters in (2, 3), flipped=quarters in (1, 2)
    )
