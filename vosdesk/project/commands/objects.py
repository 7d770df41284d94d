"""Edits of the objects: their names and colours, and what becomes of their paint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vosdesk.arrays import BACKGROUND, MAX_OBJECTS, VOID, ObjectId
from vosdesk.errors import ProjectError
from vosdesk.overlay.palette import from_hex, to_hex
from vosdesk.project.annotations import Annotation, MaskAnnotation
from vosdesk.project.commands.command import require_object, with_swapped
from vosdesk.project.objects import MAX_NAME, VideoObject, default_object, free_object_id

if TYPE_CHECKING:
    from vosdesk.project.document import Document


@dataclass(frozen=True)
class AddObject:
    """Add an object at the end of the list.

    Attributes:
        name: "Object 3" where None.
        colour: ``#rrggbb``; the id's own colour where None.
        object_id: The lowest free one where None.
    """

    name: str | None = None
    colour: str | None = None
    object_id: ObjectId | None = None

    @property
    def text(self) -> str:
        """In the words of the Undo menu."""
        return f"Add object {self.name}" if self.name else "Add object"

    def apply(self, document: Document) -> Document:
        """Return the document with one more object.

        Raises:
            ProjectError: All ids are taken, this one is, or the name or the colour is not possible.
        """
        item = default_object(self._free_id(document))
        if self.name is not None:
            item = item.model_copy(update={"name": clean_name(self.name)})
        if self.colour is not None:
            item = item.model_copy(update={"colour": clean_colour(self.colour)})
        return document.with_fields(objects=(*document.objects, item))

    def _free_id(self, document: Document) -> ObjectId:
        used = document.objects_by_id.keys()
        if self.object_id is None:
            free = free_object_id(used)
            if free is None:
                raise ProjectError(
                    f"A project has at most {MAX_OBJECTS} objects.",
                    "Remove one that you don't need.",
                )
            return free
        if not 1 <= self.object_id <= MAX_OBJECTS:
            raise ProjectError(f"An object's number is 1 to {MAX_OBJECTS}, not {self.object_id}.")
        if self.object_id in used:
            raise ProjectError(f"Object {self.object_id} is there already.")
        return self.object_id


@dataclass(frozen=True)
class RemoveObject:
    """Remove an object with everything painted for it.

    A mask that shows other objects too stays, and the object's pixels in it then say nothing. In
    locked frames they become background.
    """

    object_id: ObjectId

    @property
    def text(self) -> str:
        """In the words of the Undo menu."""
        return f"Remove object {self.object_id}"

    def apply(self, document: Document) -> Document:
        """Return the document without the object.

        Raises:
            ProjectError: It is not there, or a mask's picture is damaged.
        """
        require_object(document, self.object_id)
        return document.with_fields(
            objects=tuple(item for item in document.objects if item.id != self.object_id),
            annotations=tuple(
                kept for item in document.annotations if (kept := self._without(item)) is not None
            ),
            locks=tuple(lock.relabelled(self.object_id, BACKGROUND) for lock in document.locks),
        )

    def _without(self, annotation: Annotation) -> Annotation | None:
        if self.object_id not in annotation.object_ids:
            return annotation
        shows_others = set(annotation.object_ids) - {self.object_id, BACKGROUND}
        if not (isinstance(annotation, MaskAnnotation) and shows_others):
            return None
        return annotation.relabelled(self.object_id, VOID)


@dataclass(frozen=True)
class MergeObjects:
    """Give everything of one object to another and remove the first."""

    source_id: ObjectId
    target_id: ObjectId

    @property
    def text(self) -> str:
        """In the words of the Undo menu."""
        return f"Merge object {self.source_id} into {self.target_id}"

    def apply(self, document: Document) -> Document:
        """Return the document with one object less.

        Raises:
            ProjectError: One is not there, both are the same, or a mask's picture is damaged.
        """
        require_object(document, self.source_id)
        require_object(document, self.target_id)
        if self.source_id == self.target_id:
            raise ProjectError("An object cannot be merged with itself.", "Choose two objects.")
        return document.with_fields(
            objects=tuple(item for item in document.objects if item.id != self.source_id),
            annotations=tuple(self._merged(item) for item in document.annotations),
            locks=tuple(lock.relabelled(self.source_id, self.target_id) for lock in document.locks),
        )

    def _merged(self, annotation: Annotation) -> Annotation:
        if isinstance(annotation, MaskAnnotation):
            return annotation.relabelled(self.source_id, self.target_id)
        if annotation.object_id != self.source_id:
            return annotation
        return annotation.model_copy(update={"object_id": self.target_id})


@dataclass(frozen=True)
class RenameObject:
    """Call an object something else."""

    object_id: ObjectId
    name: str

    @property
    def text(self) -> str:
        """In the words of the Undo menu."""
        return f"Rename object {self.object_id}"

    def apply(self, document: Document) -> Document:
        """Return the document with the new name.

        Raises:
            ProjectError: The object is not there, or the name is empty, too long or no plain text.
        """
        item = require_object(document, self.object_id)
        return _replaced(document, item.model_copy(update={"name": clean_name(self.name)}))


@dataclass(frozen=True)
class RecolourObject:
    """Show an object in another colour."""

    object_id: ObjectId
    colour: str

    @property
    def text(self) -> str:
        """In the words of the Undo menu."""
        return f"Recolour object {self.object_id}"

    def apply(self, document: Document) -> Document:
        """Return the document with the new colour.

        Raises:
            ProjectError: The object is not there, or the colour is not written ``#rrggbb``.
        """
        item = require_object(document, self.object_id)
        return _replaced(document, item.model_copy(update={"colour": clean_colour(self.colour)}))


@dataclass(frozen=True)
class MoveObject:
    """Move an object to another place of the list, counted from 0 after it was taken out."""

    object_id: ObjectId
    place: int

    @property
    def text(self) -> str:
        """In the words of the Undo menu."""
        return f"Move object {self.object_id}"

    def apply(self, document: Document) -> Document:
        """Return the document with the other order.

        Raises:
            ProjectError: The object or the place is not there.
        """
        item = require_object(document, self.object_id)
        if not 0 <= self.place < len(document.objects):
            raise ProjectError(f"The list of objects has no place {self.place}.")
        others = [other for other in document.objects if other.id != self.object_id]
        others.insert(self.place, item)
        return document.with_fields(objects=tuple(others))


@dataclass(frozen=True)
class SetObjectVisible:
    """Show or hide an object in the overlay; its labels stay."""

    object_id: ObjectId
    visible: bool

    @property
    def text(self) -> str:
        """In the words of the Undo menu."""
        return f"{'Show' if self.visible else 'Hide'} object {self.object_id}"

    def apply(self, document: Document) -> Document:
        """Return the document with the object shown or hidden.

        Raises:
            ProjectError: The object is not there.
        """
        item = require_object(document, self.object_id)
        return _replaced(document, item.model_copy(update={"visible": self.visible}))


def clean_name(name: str) -> str:
    """Return a name without blanks around it.

    Raises:
        ProjectError: It is empty, too long, or has line breaks or other control characters.
    """
    cleaned = name.strip()
    if not cleaned:
        raise ProjectError("An object needs a name.")
    if len(cleaned) > MAX_NAME:
        raise ProjectError(f"An object's name has at most {MAX_NAME} characters.")
    if not cleaned.isprintable():
        raise ProjectError("An object's name cannot have line breaks or control characters.")
    return cleaned


def clean_colour(colour: str) -> str:
    """Return a colour as ``#rrggbb`` in small letters.

    Raises:
        ProjectError: It is not written like that.
    """
    try:
        return to_hex(from_hex(colour))
    except ValueError as cause:
        raise ProjectError(f"A colour is written like #ff8000, not {colour[:40]!r}.") from cause


def _replaced(document: Document, item: VideoObject) -> Document:
    return document.with_fields(objects=with_swapped(document.objects, item))
