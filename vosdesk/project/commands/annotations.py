"""Edits of what is painted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vosdesk.arrays import BACKGROUND, ObjectId
from vosdesk.errors import ProjectError
from vosdesk.project.annotations import ERASED, Annotation, MaskAnnotation
from vosdesk.project.commands.command import (
    plural,
    require_frame,
    require_object,
    require_shown,
    with_swapped,
)
from vosdesk.project.objects import VideoObject, default_object

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vosdesk.project.document import Document

_NOUNS = {"click": "click", "scribble": "stroke", "region": "region", "mask": "mask"}


@dataclass(frozen=True)
class AddAnnotation:
    """Paint something; the document gives it the next id."""

    annotation: Annotation

    @property
    def text(self) -> str:
        """In the words of the Undo menu."""
        if not isinstance(self.annotation, MaskAnnotation) and self.annotation.object_id == ERASED:
            return f"Erase on frame {self.annotation.frame}"
        return f"Add {_NOUNS[self.annotation.kind]} on frame {self.annotation.frame}"

    def apply(self, document: Document) -> Document:
        """Return the document with the annotation on top.

        Raises:
            ProjectError: Its frame or its object does not exist, or a mask has another size.
        """
        return _added(document, (self.annotation,))


@dataclass(frozen=True)
class AddAnnotations:
    """Paint several things in one step, as an import does.

    Attributes:
        annotations: In paint order.
        new_objects: Objects that come with them; see ``missing_objects``.
        source: Where they come from, for the menu; empty for none.
    """

    annotations: tuple[Annotation, ...]
    new_objects: tuple[VideoObject, ...] = ()
    source: str = ""

    @property
    def text(self) -> str:
        """In the words of the Undo menu."""
        kinds = {annotation.kind for annotation in self.annotations}
        noun = _NOUNS[kinds.pop()] if len(kinds) == 1 else "annotation"
        words = f"Add {plural(len(self.annotations), noun)}"
        return f"{words} from {self.source}" if self.source else words

    def apply(self, document: Document) -> Document:
        """Return the document with the objects at the end and the annotations on top.

        Raises:
            ProjectError: A frame or an object does not exist, an object is there already, or a
                mask has another size.
        """
        for item in self.new_objects:
            if item.id in document.objects_by_id:
                raise ProjectError(f"Object {item.id} is there already.")
        extended = document.with_fields(objects=document.objects + self.new_objects)
        return _added(extended, self.annotations)


@dataclass(frozen=True)
class RemoveAnnotations:
    """Take annotations away, by id."""

    annotation_ids: tuple[int, ...]

    @property
    def text(self) -> str:
        """In the words of the Undo menu."""
        return f"Remove {plural(len(self.annotation_ids), 'annotation')}"

    def apply(self, document: Document) -> Document:
        """Return the document without them.

        Raises:
            ProjectError: One of them is not there.
        """
        gone = set(self.annotation_ids)
        for annotation_id in sorted(gone - {item.id for item in document.annotations}):
            raise _no_annotation(annotation_id)
        kept = tuple(item for item in document.annotations if item.id not in gone)
        return document.with_fields(annotations=kept)


@dataclass(frozen=True)
class MuteAnnotation:
    """Keep an annotation without effect, or let it speak again."""

    annotation_id: int
    muted: bool = True

    @property
    def text(self) -> str:
        """In the words of the Undo menu."""
        return "Mute annotation" if self.muted else "Unmute annotation"

    def apply(self, document: Document) -> Document:
        """Return the document with the annotation muted or not.

        Raises:
            ProjectError: It is not there.
        """
        annotation = find_annotation(document, self.annotation_id)
        return _replaced(document, annotation.model_copy(update={"muted": self.muted}))


@dataclass(frozen=True)
class ReassignAnnotation:
    """Say that an annotation shows another object (or background, or erases)."""

    annotation_id: int
    object_id: ObjectId

    @property
    def text(self) -> str:
        """In the words of the Undo menu."""
        return "Move annotation to another object"

    def apply(self, document: Document) -> Document:
        """Return the document with the annotation of the other object.

        Raises:
            ProjectError: The annotation or the object is not there, or it is a mask that does not
                show exactly one object.
        """
        annotation = find_annotation(document, self.annotation_id)
        if isinstance(annotation, MaskAnnotation):
            return _replaced(document, _reassigned_mask(document, annotation, self.object_id))
        if self.object_id not in (BACKGROUND, ERASED):
            require_object(document, self.object_id)
        return _replaced(document, annotation.model_copy(update={"object_id": self.object_id}))


@dataclass(frozen=True)
class ClearFrame:
    """Take all annotations of one frame away; a lock stays."""

    frame: int

    @property
    def text(self) -> str:
        """In the words of the Undo menu."""
        return f"Clear frame {self.frame}"

    def apply(self, document: Document) -> Document:
        """Return the document without the frame's annotations.

        Raises:
            ProjectError: There are none.
        """
        if not document.annotations_on(self.frame):
            raise ProjectError(f"Nothing is painted on frame {self.frame}.")
        kept = tuple(item for item in document.annotations if item.frame != self.frame)
        return document.with_fields(annotations=kept)


def missing_objects(
    document: Document, annotations: Iterable[Annotation]
) -> tuple[VideoObject, ...]:
    """Return the objects that these annotations show and the document lacks, as they begin."""
    shown = {object_id for annotation in annotations for object_id in annotation.object_ids}
    missing = shown - document.objects_by_id.keys() - {BACKGROUND}
    return tuple(default_object(object_id) for object_id in sorted(missing))


def find_annotation(document: Document, annotation_id: int) -> Annotation:
    """Return the annotation of that id.

    Raises:
        ProjectError: There is none.
    """
    for annotation in document.annotations:
        if annotation.id == annotation_id:
            return annotation
    raise _no_annotation(annotation_id)


def _no_annotation(annotation_id: int) -> ProjectError:
    return ProjectError(f"There is no annotation {annotation_id} any more.")


def _added(document: Document, annotations: tuple[Annotation, ...]) -> Document:
    if not annotations:
        raise ProjectError("There is nothing to add.")
    for annotation in annotations:
        _check_new(document, annotation)
    first = document.next_annotation_id
    numbered = tuple(
        annotation.model_copy(update={"id": first + place})
        for place, annotation in enumerate(annotations)
    )
    return document.with_fields(
        annotations=document.annotations + numbered, next_annotation_id=first + len(numbered)
    )


def _check_new(document: Document, annotation: Annotation) -> None:
    require_frame(document, annotation.frame)
    require_shown(document, annotation.object_ids)
    if isinstance(annotation, MaskAnnotation) and document.video is not None:
        size = document.video.size
        if annotation.size != size:
            raise ProjectError(
                f"The mask for frame {annotation.frame} is {annotation.size} pixels, "
                f"but the video is {size}.",
                "Use a mask of the video's size.",
            )


def _replaced(document: Document, annotation: Annotation) -> Document:
    return document.with_fields(annotations=with_swapped(document.annotations, annotation))


def _reassigned_mask(
    document: Document, mask: MaskAnnotation, object_id: ObjectId
) -> MaskAnnotation:
    objects = [shown for shown in mask.object_ids if shown != BACKGROUND]
    if len(objects) != 1:
        raise ProjectError(
            f"The mask on frame {mask.frame} shows {plural(len(objects), 'object')}.",
            "Only a mask of one object can be given to another.",
        )
    require_object(document, object_id)
    return mask.relabelled(objects[0], object_id)
