"""What an edit is: a value that turns one document into the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from vosdesk.arrays import BACKGROUND
from vosdesk.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vosdesk.arrays import ObjectId
    from vosdesk.project.annotations import Annotation
    from vosdesk.project.document import Document
    from vosdesk.project.objects import VideoObject

ItemT = TypeVar("ItemT", bound="VideoObject | Annotation")


class Command(Protocol):
    """One gesture of the user; every command is a frozen dataclass.

    Undoing one means going back to the earlier document, so no command knows how to undo itself.
    """

    @property
    def text(self) -> str:
        """What it does, in the words of the Undo menu: "Add stroke on frame 12"."""

    def apply(self, document: Document) -> Document:
        """Return the document after the edit; pure.

        Raises:
            ProjectError: The edit is not possible on this document.
        """


def require_object(document: Document, object_id: ObjectId) -> VideoObject:
    """Return the object of that id.

    Raises:
        ProjectError: There is none.
    """
    item = document.objects_by_id.get(object_id)
    if item is None:
        raise ProjectError(f"There is no object {object_id}.", "Add the object first.")
    return item


def require_shown(document: Document, object_ids: Iterable[ObjectId]) -> None:
    """Check that every object that something shows is there; BACKGROUND is no object.

    Raises:
        ProjectError: One is not.
    """
    for object_id in object_ids:
        if object_id != BACKGROUND:
            require_object(document, object_id)


def require_frame(document: Document, frame: int) -> None:
    """Check that the video has this frame.

    Raises:
        ProjectError: It has not, or there is no video.
    """
    if document.video is None:
        raise ProjectError("The project has no video yet.", "Open a video first.")
    if not 0 <= frame < document.video.frame_count:
        raise ProjectError(
            f"There is no frame {frame}: the video has {document.video.frame_count} frames."
        )


def with_swapped(items: tuple[ItemT, ...], changed: ItemT) -> tuple[ItemT, ...]:
    """Return the items with that of the same id replaced, in its place."""
    return tuple(changed if item.id == changed.id else item for item in items)


def plural(count: int, noun: str) -> str:
    """Return "1 stroke" or "3 strokes"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
