"""Which annotation lies below a point; pure functions over annotations, without Qt."""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import TYPE_CHECKING

from vosdesk.arrays import VOID, LabelMap
from vosdesk.errors import MaskError
from vosdesk.gui.canvas.geometry import distance, distance_to_line, encloses
from vosdesk.project.annotations import Annotation, Click, MaskAnnotation, Point, Scribble

if TYPE_CHECKING:
    from collections.abc import Iterable

logger = logging.getLogger(__name__)


def annotation_at(
    annotations: Iterable[Annotation], point: Point, tolerance: float
) -> Annotation | None:
    """Return the topmost annotation at a point, or else the nearest one around it.

    Args:
        annotations: In paint order, so the last one is on top.
        point: In source pixels.
        tolerance: How far beside an annotation still means it, in source pixels.
    """
    found, nearest = None, tolerance
    for annotation in reversed(list(annotations)):
        gap = distance_to(annotation, point)
        if gap <= 0:
            return annotation
        if gap < nearest:
            found, nearest = annotation, gap
    return found


def distance_to(annotation: Annotation, point: Point) -> float:
    """Return how far a point lies beside what an annotation paints; 0 or less on it."""
    if isinstance(annotation, Click):
        return distance((annotation.x, annotation.y), point) - annotation.radius
    if isinstance(annotation, Scribble):
        return distance_to_line(annotation.points, point) - annotation.radius
    if isinstance(annotation, MaskAnnotation):
        return 0.0 if _says_something_at(annotation, point) else float("inf")
    if encloses(annotation.outline, point):
        return 0.0
    return distance_to_line((*annotation.outline, annotation.outline[0]), point)


def _says_something_at(mask: MaskAnnotation, point: Point) -> bool:
    column, row = int(point[0] // 1), int(point[1] // 1)
    if not (0 <= column < mask.size.width and 0 <= row < mask.size.height):
        return False
    labels = _label_map(mask)
    return labels is not None and bool(labels[row, column] != VOID)


@lru_cache(maxsize=2)
def _label_map(mask: MaskAnnotation) -> LabelMap | None:
    """The decoded mask, kept while the pointer wanders over it; None where it is damaged."""
    try:
        return mask.label_map()
    except MaskError:
        logger.warning("annotation %d cannot be picked: its picture is damaged", mask.id)
        return None
