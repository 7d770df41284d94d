"""Other views of a step's frames: cut out, scaled, moved and relit, where the trunk learns too.

Thirty videos teach a trunk little but themselves, so it should never see the same picture twice.
The three frames are cut by nearly the same window, since what the coordinates say must go on
meaning the same in all of them; each is moved a little and relit on its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from vosdesk.arrays import BACKGROUND, VOID, Frame, LabelMap
from vosdesk.training.dataset import cell_labels, network_input, network_labels
from vosdesk.training.triplets import teaches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vosdesk.training.dataset import TrainingFrame

SCALES = (0.7, 1.4)
"""How much larger or smaller things are shown."""
SHIFT = 0.1
"""How far a frame's own window may lie from the common one, in lengths of its side."""
GAIN, OFFSET = 0.2, 20.0
"""Contrast changes by at most this factor, brightness by at most so many levels."""
TINT = 0.1
"""The three colours' contrasts may differ by this factor."""
ATTEMPTS = 8


@dataclass(frozen=True, eq=False)
class View:
    """What training sees of a frame.

    Attributes:
        picture: (height, width, 3).
        labels: (height, width) object ids.
    """

    picture: Frame
    labels: LabelMap


def augment(frames: Sequence[TrainingFrame], side: int, rng: np.random.Generator) -> list[View]:
    """Return square views of some frames of one video that show an object and background.

    Args:
        frames: The frames.
        side: Width and height of the views, in pixels.
        rng: The source of chance.

    Returns:
        A view of each frame, all of one size; the whole frames, relit, where no window was found
        that has enough of an object in all of them.
    """
    whole = [View(relight(network_input(f), rng), network_labels(f)) for f in frames]
    for _ in range(ATTEMPTS):
        views = _cut(whole, side, rng)
        if teaches([cell_labels(view.labels) for view in views]):
            return views
    return whole


def relight(picture: Frame, rng: np.random.Generator) -> Frame:
    """Change contrast, brightness and tint at random."""
    gain = rng.uniform(1 - GAIN, 1 + GAIN) * rng.uniform(1 - TINT, 1 + TINT, 3)
    lit = (picture - 127.0) * gain + 127.0 + rng.uniform(-OFFSET, OFFSET)
    return np.clip(lit, 0, 255).astype(np.uint8)


def _cut(whole: Sequence[View], side: int, rng: np.random.Generator) -> list[View]:
    """Cut one window from all frames, around a pixel of an object of the first."""
    height, width = whole[0].labels.shape
    scale = np.exp(rng.uniform(*np.log(SCALES)))
    length = min(round(side / scale), height, width)
    target = np.array(_pixel_of_an_object(whole[0].labels, rng))
    corner = target - rng.uniform(0, length, 2)
    room = np.array([height - length, width - length])
    views = []
    for view in whole:
        shift = rng.uniform(-SHIFT, SHIFT, 2) * length
        top, left = np.clip(corner + shift, 0, room).astype(int)
        window = slice(top, top + length), slice(left, left + length)
        views.append(
            View(
                _resized(view.picture[window], side, cv2.INTER_LINEAR),
                _resized(view.labels[window], side, cv2.INTER_NEAREST),
            )
        )
    return views


def _pixel_of_an_object(labels: LabelMap, rng: np.random.Generator) -> tuple[int, int]:
    rows, columns = np.nonzero((labels != BACKGROUND) & (labels != VOID))
    chosen = rng.integers(len(rows))
    return int(rows[chosen]), int(columns[chosen])


def _resized(array: NDArray[np.uint8], side: int, how: int) -> NDArray[np.uint8]:
    return cv2.resize(array, (side, side), interpolation=how)  # type: ignore[return-value]
