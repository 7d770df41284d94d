"""The document: everything that the user made, as one immutable value."""

from __future__ import annotations

from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from vosdesk.arrays import BACKGROUND, MAX_OBJECTS, ObjectId
from vosdesk.errors import ProjectError
from vosdesk.project.annotations import (
    ERASED,
    Annotation,
    AnyAnnotation,
    FrameIndex,
    LabelPicture,
    MaskAnnotation,
)
from vosdesk.project.choices import LabellingChoices
from vosdesk.project.frozen import Frozen
from vosdesk.project.masks import encode_label_map, object_ids_in
from vosdesk.project.objects import VideoObject
from vosdesk.project.validation import describe
from vosdesk.project.video_reference import VideoReference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vosdesk.arrays import LabelMap

VERSION: Literal[1] = 1
"""Of the project file's format."""
MAX_ANNOTATIONS = 200_000
MAX_ID = 2**53
"""Whole numbers above it are not exact in every reader of JSON."""


class LockedFrame(LabelPicture):
    """A frame whose label map is kept as it is."""

    frame: FrameIndex

    @classmethod
    def of(cls, frame: int, labels: LabelMap) -> Self:
        """Make one from (height, width) uint8 object ids.

        Raises:
            MaskError: The array is not a label map.
        """
        return cls(frame=frame, png=encode_label_map(labels), object_ids=object_ids_in(labels))


class Document(Frozen):
    """What the user edits. Edits make a new document; the old one is an undo step.

    Attributes:
        version: Of the file format.
        video: None only before a video is opened; then there are no annotations and no locks.
        objects: In display order.
        annotations: In paint order: later ones paint over earlier ones.
        locks: Frames that keep their label map, by frame index.
        settings: The labelling's.
        next_annotation_id: Above every id ever given in this document, so none is used twice.
    """

    version: Literal[1] = VERSION
    video: VideoReference | None = None
    objects: Annotated[tuple[VideoObject, ...], Field(max_length=MAX_OBJECTS)] = ()
    annotations: Annotated[tuple[AnyAnnotation, ...], Field(max_length=MAX_ANNOTATIONS)] = ()
    locks: tuple[LockedFrame, ...] = ()
    settings: LabellingChoices = LabellingChoices()
    next_annotation_id: Annotated[int, Field(ge=1, le=MAX_ID)] = 1

    @model_validator(mode="after")
    def _check(self) -> Self:
        self._check_objects()
        known = {item.id for item in self.objects} | {BACKGROUND}
        self._check_annotations(known | {ERASED})
        self._check_locks(known)
        return self

    @cached_property
    def annotations_by_frame(self) -> Mapping[int, tuple[Annotation, ...]]:
        """The annotated frames, each with its annotations in paint order."""
        frames: dict[int, list[Annotation]] = {}
        for annotation in self.annotations:
            frames.setdefault(annotation.frame, []).append(annotation)
        return MappingProxyType({frame: tuple(items) for frame, items in frames.items()})

    @cached_property
    def locks_by_frame(self) -> Mapping[int, LockedFrame]:
        """The locked frames."""
        return MappingProxyType({lock.frame: lock for lock in self.locks})

    @cached_property
    def objects_by_id(self) -> Mapping[ObjectId, VideoObject]:
        """The objects."""
        return MappingProxyType({item.id: item for item in self.objects})

    def annotations_on(self, frame: int) -> tuple[Annotation, ...]:
        """Return a frame's annotations in paint order."""
        return self.annotations_by_frame.get(frame, ())

    def with_fields(self, **fields: Any) -> Self:
        """Return this document with other field values.

        Raises:
            ProjectError: They do not make a valid document.
        """
        try:
            return self.model_copy(update=fields)
        except ValidationError as cause:
            raise ProjectError(f"This edit is not possible: {describe(cause)}.") from cause

    def _check_objects(self) -> None:
        seen: set[ObjectId] = set()
        for place, item in enumerate(self.objects):
            if item.id in seen:
                raise ValueError(f"objects[{place}].id is {item.id}, which is already taken")
            seen.add(item.id)

    def _check_annotations(self, known: set[ObjectId]) -> None:
        seen: set[int] = set()
        for place, annotation in enumerate(self.annotations):
            where = f"annotations[{place}]"
            if annotation.id in seen:
                raise ValueError(f"{where}.id is {annotation.id}, which is already taken")
            seen.add(annotation.id)
            if not 1 <= annotation.id < self.next_annotation_id:
                raise ValueError(f"{where}.id should be at least 1 and below next_annotation_id")
            self._check_frame(where, annotation.frame)
            if isinstance(annotation, MaskAnnotation):
                self._check_picture(where, annotation, known)
            elif annotation.object_id not in known:
                raise ValueError(
                    f"{where}.object_id is {annotation.object_id}, and there is no such object"
                )

    def _check_locks(self, known: set[ObjectId]) -> None:
        last = -1
        for place, lock in enumerate(self.locks):
            where = f"locks[{place}]"
            self._check_frame(where, lock.frame)
            if lock.frame <= last:
                raise ValueError(f"{where}.frame should be above the one before")
            last = lock.frame
            self._check_picture(where, lock, known)

    def _check_frame(self, where: str, frame: int) -> None:
        if self.video is None:
            raise ValueError(f"{where} is there, but the project has no video")
        if frame >= self.video.frame_count:
            raise ValueError(
                f"{where}.frame is {frame}, but the video has {self.video.frame_count} frames"
            )

    def _check_picture(self, where: str, picture: LabelPicture, known: set[ObjectId]) -> None:
        if self.video is not None and picture.size != self.video.size:
            raise ValueError(
                f"{where}.png has {picture.size} pixels, but the video has {self.video.size}"
            )
        missing = set(picture.object_ids) - known
        if missing:
            raise ValueError(f"{where} shows object {min(missing)}, and there is no such object")
