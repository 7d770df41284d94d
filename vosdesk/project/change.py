"""What differs between two documents, so that views and jobs refresh only that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vosdesk.arrays import ObjectId
    from vosdesk.project.annotations import Annotation
    from vosdesk.project.document import Document


@dataclass(frozen=True)
class Change:
    """What an edit, an undo or a redo touched.

    Attributes:
        text: The edit in words, as in the Undo menu.
        frames: Frames whose annotations or locks differ.
        objects: Objects that came, went, or have another name, colour, visibility or place.
        labels: Whether the labels of any frame may differ.
        settings: Whether the labelling's settings differ.
        video: Whether the reference to the video differs.
    """

    text: str = ""
    frames: frozenset[int] = frozenset()
    objects: frozenset[ObjectId] = frozenset()
    labels: bool = False
    settings: bool = False
    video: bool = False

    def __bool__(self) -> bool:
        """Whether anything that can be seen differs."""
        return bool(self.frames or self.objects or self.labels or self.settings or self.video)


def difference(before: Document, after: Document, text: str = "") -> Change:
    """Return what differs; the same for either order of the documents."""
    painted = _painted_frames(before, after)
    locked = _locked_frames(before, after)
    settings = before.settings != after.settings
    return Change(
        text=text,
        frames=painted | locked,
        objects=_objects(before, after),
        labels=settings or bool(locked) or _labels_differ(before, after, painted),
        settings=settings,
        video=before.video != after.video,
    )


def _painted_frames(before: Document, after: Document) -> frozenset[int]:
    if before.annotations == after.annotations:
        return frozenset()
    return _differing(before.annotations_by_frame, after.annotations_by_frame)


def _locked_frames(before: Document, after: Document) -> frozenset[int]:
    if before.locks == after.locks:
        return frozenset()
    return _differing(before.locks_by_frame, after.locks_by_frame)


def _objects(before: Document, after: Document) -> frozenset[ObjectId]:
    if before.objects == after.objects:
        return frozenset()
    old, new = before.objects_by_id, after.objects_by_id
    # a place is compared among the objects of both, so that the one removed does not touch the rest
    old_order = [key for key in old if key in new]
    new_order = [key for key in new if key in old]
    moved = {
        key for pair in zip(old_order, new_order, strict=True) if len({*pair}) > 1 for key in pair
    }
    return _differing(old, new) | moved


def _differing(old: Mapping[int, object], new: Mapping[int, object]) -> frozenset[int]:
    """Return the keys that only one of them has, or that have another value in the other."""
    return frozenset(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))


def _labels_differ(before: Document, after: Document, painted: frozenset[int]) -> bool:
    return any(
        _heard(before.annotations_on(frame)) != _heard(after.annotations_on(frame))
        for frame in painted
    )


def _heard(annotations: tuple[Annotation, ...]) -> tuple[Annotation, ...]:
    return tuple(annotation for annotation in annotations if not annotation.muted)
