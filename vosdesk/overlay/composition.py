"""Frame, labels and doubt in one picture.

Everything is a pass of OpenCV over uint8 arrays with a lookup table of 256 entries, so a frame of
854 x 480 takes a few milliseconds, and the memory is a few frames whatever the labels are.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, cast

import cv2
import numpy as np

from vosdesk.arrays import (
    BACKGROUND,
    MAX_OBJECTS,
    VOID,
    Frame,
    LabelMap,
    ObjectId,
    Size,
    check_frame,
    check_label_map,
)
from vosdesk.overlay.outline import draw_outline, outline_width, part_around
from vosdesk.overlay.palette import Colour, from_hex, screen_colour

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cv2.typing import MatLike
    from numpy.typing import NDArray

_CHECKER_GREYS = (153, 204)
_HEAT_OPACITY = 0.85
"""How opaque the heat map is where the doubt is greatest; the picture stays visible below."""


class OverlayMode(enum.Enum):
    """How the objects are shown.

    TINT fills them with their colour and outlines them; OUTLINE only outlines them; CUTOUT
    darkens the rest; CHECKER replaces the rest; MASK shows flat colours; NONE the frame itself.
    """

    TINT = "tint"
    OUTLINE = "outline"
    CUTOUT = "cutout"
    CHECKER = "checker"
    MASK = "mask"
    NONE = "none"


@dataclass(frozen=True)
class OverlayStyle:
    """What the overlay looks like.

    Attributes:
        mode: How the objects are shown.
        opacity: 0..1; of the tint (TINT) or of the darkness around the objects (CUTOUT).
        colours: Object id to red, green, blue; an id without a colour has its screen colour.
        hidden: Objects that are left out, as if their pixels were background.
        heat: Whether doubt is shown, where a confidence is given.
    """

    mode: OverlayMode = OverlayMode.TINT
    opacity: float = 0.5
    colours: Mapping[ObjectId, Colour] = field(default_factory=dict)
    hidden: frozenset[ObjectId] = frozenset()
    heat: bool = False

    def __post_init__(self) -> None:
        if not 0.0 <= self.opacity <= 1.0:
            raise ValueError(f"an opacity is 0..1, not {self.opacity}")


def compose(
    frame: Frame,
    label_map: LabelMap,
    style: OverlayStyle,
    confidence: NDArray[np.float32] | None = None,
) -> Frame:
    """Return a new picture of the frame with its objects, and with its doubt if so styled.

    Background, void and hidden objects are not drawn. Where there are outlines, objects differ
    by them too and not only by their colour (see ``vosdesk.overlay.outline``).

    Args:
        frame: (height, width, 3) uint8.
        label_map: (height, width) uint8.
        style: What it looks like.
        confidence: (rows, columns) float32 in 0..1 over the whole frame, of any resolution; not a
            number counts as no confidence. Used only if ``style.heat``.

    Raises:
        TypeError: Frame and label map are not uint8 of the same size.
    """
    size = Size(check_frame(frame).shape[1], frame.shape[0])
    check_label_map(label_map, size)
    labels = _look_up(label_map, _shown_ids(style.hidden))
    picture = _draw(frame, labels, style, outline_width(*label_map.shape))
    if style.heat and confidence is not None:
        picture = _add_heat(picture, confidence)
    return picture


def compose_again(
    picture: Frame, before: LabelMap, frame: Frame, label_map: LabelMap, style: OverlayStyle
) -> Frame:
    """Return what ``compose`` does, from the picture of other labels: only changes are drawn.

    Under the pen that is a small part of the frame.

    Args:
        picture: Of the same frame in the same style, without heat.
        before: (height, width) uint8, the labels in it.
        frame: (height, width, 3) uint8.
        label_map: (height, width) uint8.
        style: What it looks like.
    """
    if style.mode is OverlayMode.CHECKER:  # its squares begin at the corner of the whole
        return compose(frame, label_map, style)
    changed = cast("NDArray[np.uint8]", cv2.compare(before, label_map, cv2.CMP_NE))
    line = outline_width(*label_map.shape)
    part = part_around(changed, 2 * line, line)
    labels = _look_up(label_map[part], _shown_ids(style.hidden))
    drawn = _draw(frame[part], labels, style, line)
    sides = zip(part, label_map.shape, strict=True)
    inner = tuple(_all_but_cuts(rows_or_columns, length, line) for rows_or_columns, length in sides)
    now = picture.copy()
    now[part][inner] = drawn[inner]
    return now


def _all_but_cuts(part: slice, length: int, line: int) -> slice:
    """Return what of a part of rows or columns is not near to where it was cut out."""
    end = part.stop - part.start
    return slice(line if part.start > 0 else 0, end - line if part.stop < length else end)


def _draw(frame: Frame, labels: LabelMap, style: OverlayStyle, line: int) -> Frame:
    """Draw objects on the frame; all labels but BACKGROUND are to be shown."""
    match style.mode:
        case OverlayMode.TINT:
            return _draw_on_objects(frame, labels, style, line)
        case OverlayMode.OUTLINE:
            return _draw_on_objects(frame, labels, replace(style, opacity=0.0), line)
        case OverlayMode.CUTOUT:
            dark = cv2.convertScaleAbs(
                cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), alpha=1.0 - style.opacity
            )
            return _put(frame, labels, cv2.cvtColor(dark, cv2.COLOR_GRAY2RGB))
        case OverlayMode.CHECKER:
            return _put(frame, labels, _checkerboard(frame.shape))
        case OverlayMode.MASK:
            return _paint(labels, _colour_table(style.colours))
        case OverlayMode.NONE:
            return frame.copy()


def _draw_on_objects(frame: Frame, labels: LabelMap, style: OverlayStyle, line: int) -> Frame:
    """Tint and outline the objects, touching only the part of the frame where there are any."""
    picture = frame.copy()
    part = part_around(labels, line, line)
    inside, ground = np.ascontiguousarray(labels[part]), np.ascontiguousarray(picture[part])
    colours = _paint(inside, _colour_table(style.colours))
    tint = cv2.addWeighted(ground, 1.0 - style.opacity, colours, style.opacity, 0.0)
    picture[part] = draw_outline(_put(tint, inside, ground), inside, colours, line)
    return picture


def _add_heat(picture: Frame, confidence: NDArray[np.float32]) -> Frame:
    """Lay inferno over the picture, the more opaque the greater the doubt (1 - confidence)."""
    doubt = 1.0 - np.nan_to_num(np.asarray(confidence, np.float32), nan=0.0).clip(0.0, 1.0)
    height, width = picture.shape[:2]
    smooth = cv2.resize(doubt, (width, height), interpolation=cv2.INTER_LINEAR)
    level = cv2.convertScaleAbs(smooth, alpha=255.0)
    heat, transparency = _heat_tables()
    rest = cv2.multiply(picture, _paint(level, transparency), scale=1.0 / 255.0)
    return cast("Frame", cv2.add(rest, _paint(level, heat)))


@cache
def _heat_tables() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return inferno times its opacity, and 255 times what is left of the picture: (256, 3)."""
    level = np.arange(256, dtype=np.uint8)
    inferno = cv2.applyColorMap(level[:, None], cv2.COLORMAP_INFERNO)[:, 0, ::-1]
    opacity = _HEAT_OPACITY * level[:, None] / 255.0
    heat = np.rint(inferno * opacity).astype(np.uint8)
    return heat, np.repeat(np.rint(255.0 * (1.0 - opacity)).astype(np.uint8), 3, axis=1)


def _shown_ids(hidden: frozenset[ObjectId]) -> NDArray[np.uint8]:
    table = np.arange(256, dtype=np.uint8)
    table[[VOID, *hidden]] = BACKGROUND
    return table


@cache
def _screen_colours() -> NDArray[np.uint8]:
    table = np.zeros((256, 3), np.uint8)
    for object_id in range(1, MAX_OBJECTS + 1):
        table[object_id] = from_hex(screen_colour(object_id))
    return table


def _colour_table(colours: Mapping[ObjectId, Colour]) -> NDArray[np.uint8]:
    table = _screen_colours().copy()
    for object_id, colour in colours.items():
        table[object_id] = colour
    table[BACKGROUND] = 0
    return table


def _look_up(labels: LabelMap, table: NDArray[np.uint8]) -> LabelMap:
    return cast("LabelMap", cv2.LUT(labels, table))


def _paint(labels: MatLike, table: NDArray[np.uint8]) -> Frame:
    """Give each pixel its row of a table of (256, 3) uint8."""
    return cast("Frame", cv2.applyColorMap(labels, table[:, None]))


def _put(objects: MatLike, labels: LabelMap, ground: MatLike) -> Frame:
    """Copy the pixels of objects onto the ground, which is changed."""
    return cast("Frame", cv2.copyTo(objects, labels, ground))


def _checkerboard(shape: tuple[int, ...]) -> Frame:
    height, width = shape[:2]
    cell = max(8, min(height, width) // 60)
    down, across = (np.arange(length) // cell % 2 == 1 for length in (height, width))
    dark, light = (np.uint8(grey) for grey in _CHECKER_GREYS)
    greys = np.where(down[:, None] ^ across, dark, light)
    return cast("Frame", cv2.cvtColor(greys, cv2.COLOR_GRAY2RGB))
