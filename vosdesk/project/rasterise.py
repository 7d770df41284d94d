"""From annotations to pixels."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from vosdesk.arrays import BACKGROUND, VOID, LabelMap, Mask, PaintedFrame, Size
from vosdesk.errors import MaskError
from vosdesk.project.annotations import ERASED, Annotation, Click, MaskAnnotation, Region, Scribble
from vosdesk.project.coverage import THIN, Box, box_around, cover_polygon, cover_stroke

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

UNPAINTED = -1
"""The owner of a pixel that nobody painted."""
REMEMBERED = 512
SMALL = 1 << 16
"""What so many shapes within boxes of so many pixels cover is remembered: a frame is painted anew
with every stroke on it."""


def paint(
    annotations: Iterable[Annotation],
    frame_index: int,
    size: Size,
    on: PaintedFrame | None = None,
) -> PaintedFrame | None:
    """Return what the annotations of one frame paint, or None where that is nothing.

    Later ones paint over earlier ones, an eraser makes pixels unpainted again, and a muted one is
    as if it were not there. A pixel belongs to a shape if its centre lies inside; a click, a stroke
    or a region inside the frame always paints at least one pixel.

    Args:
        annotations: Of this frame, in paint order.
        frame_index: The frame.
        size: The frame's, in source pixels.
        on: What earlier annotations have painted, to go on from; it stays as it is.

    Raises:
        ValueError: An annotation is of another frame.
        MaskError: A mask's picture is damaged or has another size.
    """
    heard = [annotation for annotation in annotations if not annotation.muted]
    for annotation in heard:
        if annotation.frame != frame_index:
            raise ValueError(f"annotation {annotation.id} is of frame {annotation.frame}")
    if not heard:
        return on
    if on is None:
        labels = np.full((size.height, size.width), VOID, np.uint8)
        owners = np.full(labels.shape, UNPAINTED, np.int32)
    else:
        labels, owners = on.labels.copy(), on.owners.copy()
    for annotation in heard:
        if isinstance(annotation, MaskAnnotation):
            _paint_mask(annotation, size, labels, owners)
        else:
            _paint_shape(annotation, size, labels, owners)
    return PaintedFrame(frame_index, labels, owners) if (labels != VOID).any() else None


def painted_label_map(painted: PaintedFrame | None, size: Size) -> LabelMap:
    """Return what was painted, on background, as (height, width) uint8."""
    if painted is None:
        return np.full((size.height, size.width), BACKGROUND, dtype=np.uint8)
    return np.where(painted.owners == UNPAINTED, np.uint8(BACKGROUND), painted.labels)


def cover(shape: Click | Scribble | Region, size: Size) -> tuple[Box, Mask] | None:
    """Return a box of the frame and the pixels in it that the shape covers.

    None where the shape lies outside the frame. This is what ``paint`` paints, for hit tests and
    previews.
    """
    if isinstance(shape, Click):
        return _stroke(np.array([[shape.x, shape.y]]), shape.radius, size)
    if isinstance(shape, Scribble):
        return _stroke(np.array(shape.points), shape.radius, size)
    outline = np.array(shape.outline)
    box = box_around(outline, 0.0, size)
    if box is None:
        return None
    mask = cover_polygon(outline, box)
    if mask.any():
        return box, mask
    return _stroke(np.concatenate([outline, outline[:1]]), THIN, size)


@lru_cache(maxsize=REMEMBERED)
def _remembered_cover(shape: Click | Scribble | Region, size: Size) -> tuple[Box, Mask] | None:
    return cover(shape, size)


def _is_small(shape: Click | Scribble | Region) -> bool:
    if isinstance(shape, Click):
        return (2 * shape.radius) ** 2 <= SMALL
    pen = 2 * shape.radius if isinstance(shape, Scribble) else 0.0
    xs, ys = zip(*(shape.points if isinstance(shape, Scribble) else shape.outline), strict=True)
    return float(max(xs) - min(xs) + pen) * float(max(ys) - min(ys) + pen) <= SMALL


def _stroke(points: NDArray[np.float64], radius: float, size: Size) -> tuple[Box, Mask] | None:
    box = box_around(points, radius, size)
    return None if box is None else (box, cover_stroke(points, radius, box))


def _paint_shape(
    shape: Click | Scribble | Region, size: Size, labels: LabelMap, owners: NDArray[np.int32]
) -> None:
    covered = _remembered_cover(shape, size) if _is_small(shape) else cover(shape, size)
    if covered is None:
        return
    box, mask = covered
    erases = shape.object_id == ERASED
    labels[box.rows, box.columns][mask] = VOID if erases else shape.object_id
    owners[box.rows, box.columns][mask] = UNPAINTED if erases else shape.id


def _paint_mask(
    annotation: MaskAnnotation, size: Size, labels: LabelMap, owners: NDArray[np.int32]
) -> None:
    if annotation.size != size:
        raise MaskError(
            f"The mask on frame {annotation.frame} is {annotation.size} pixels, "
            f"but the video is {size}."
        )
    shown = annotation.label_map()
    says = shown != VOID
    np.copyto(labels, shown, where=says)
    owners[says] = annotation.id
