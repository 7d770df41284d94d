"""The objects that the user follows through the video."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field

from vosdesk.arrays import MAX_OBJECTS, ObjectId
from vosdesk.overlay.palette import screen_colour
from vosdesk.project.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Collection

MAX_NAME = 200


def _printable(name: str) -> str:
    if not name.isprintable():
        raise ValueError("a name has no line breaks or control characters")
    return name


class VideoObject(Frozen):
    """One object of the video.

    Attributes:
        id: 1..254, unique in the document; the value of its pixels in every label map.
        name: As the user calls it.
        colour: ``#rrggbb``.
        visible: Whether the overlay shows it.
    """

    id: Annotated[int, Field(ge=1, le=MAX_OBJECTS)]
    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME), AfterValidator(_printable)]
    colour: Annotated[str, Field(pattern="^#[0-9a-fA-F]{6}$")]
    visible: bool = True


def default_object(object_id: ObjectId) -> VideoObject:
    """Return the object before the user names it: "Object 3", in a colour seen on video."""
    return VideoObject(id=object_id, name=f"Object {object_id}", colour=screen_colour(object_id))


def free_object_id(used: Collection[ObjectId]) -> ObjectId | None:
    """Return the lowest id that is not used, or None where all are."""
    return next((i for i in range(1, MAX_OBJECTS + 1) if i not in used), None)
