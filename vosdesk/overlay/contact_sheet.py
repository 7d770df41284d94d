"""Many frames in one picture, small, in rows, each with its caption."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import cv2
import numpy as np

from vosdesk.arrays import Frame, check_frame

if TYPE_CHECKING:
    from collections.abc import Sequence

_GAP = 4
_PAPER = 24
_INK = (235, 235, 235)
_CAPTION_HEIGHT = 22


def shrink(frame: Frame, width: int) -> Frame:
    """Return the frame scaled down to the width in pixels; a narrower frame as it is.

    The height follows the shape, and is at least one pixel.
    """
    if frame.shape[1] <= width:
        return frame
    height = max(1, round(frame.shape[0] * width / frame.shape[1]))
    return cast("Frame", cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA))


def contact_sheet(frames: Sequence[Frame], columns: int, captions: Sequence[str] = ()) -> Frame:
    """Lay out frames of one size row by row on dark paper.

    Args:
        frames: At least one, all of one size.
        columns: Frames in a row; fewer frames make a narrower sheet.
        captions: None, or one for each frame; ASCII, written below it.

    Raises:
        ValueError: No frames, no columns, frames of several sizes or a caption too many or few.
    """
    _check(frames, columns, captions)
    height, width = frames[0].shape[:2]
    columns = min(columns, len(frames))
    rows = -(-len(frames) // columns)
    cell_height = height + (_CAPTION_HEIGHT if captions else 0)
    sheet = np.full(
        (rows * (cell_height + _GAP) + _GAP, columns * (width + _GAP) + _GAP, 3), _PAPER, np.uint8
    )
    for place, frame in enumerate(frames):
        row, column = divmod(place, columns)
        top, left = _GAP + row * (cell_height + _GAP), _GAP + column * (width + _GAP)
        sheet[top : top + height, left : left + width] = frame
        if captions:
            below = sheet[top + height : top + cell_height, left : left + width]
            _write(below, captions[place])
    return sheet


def _check(frames: Sequence[Frame], columns: int, captions: Sequence[str]) -> None:
    if not frames or columns < 1:
        raise ValueError("a contact sheet has at least one frame and one column")
    if len({check_frame(frame).shape for frame in frames}) > 1:
        raise ValueError("the frames of a contact sheet are all of one size")
    if captions and len(captions) != len(frames):
        raise ValueError(f"{len(frames)} frames cannot have {len(captions)} captions")


def _write(strip: Frame, caption: str) -> None:
    """Write a caption into the strip, which is changed; what is too long is cut off."""
    canvas = np.ascontiguousarray(strip)
    baseline = (2, _CAPTION_HEIGHT - 7)
    cv2.putText(canvas, caption, baseline, cv2.FONT_HERSHEY_SIMPLEX, 0.45, _INK, 1, cv2.LINE_AA)
    strip[:] = canvas
