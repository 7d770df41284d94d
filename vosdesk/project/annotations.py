"""What the user paints on a frame: clicks, scribbles, regions and masks, as immutable values.

Coordinates are in source pixels; the centre of the first pixel is (0.5, 0.5).
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from vosdesk.arrays import BACKGROUND, MAX_OBJECTS, VOID, LabelMap, ObjectId, Size
from vosdesk.errors import MaskError
from vosdesk.project.frozen import Frozen
from vosdesk.project.masks import (
    MAX_PNG_CHARACTERS,
    decode_label_map,
    encode_label_map,
    object_ids_in,
    png_size,
)

ERASED: ObjectId = VOID
"""The object id of an eraser's stroke: its pixels say nothing any more."""

MAX_COORDINATE = 1e5
MIN_RADIUS, MAX_RADIUS = 0.5, 2000.0
MAX_POINTS = 20_000
"""Points of one stroke or outline."""
MAX_FRAMES = 10_000_000

Coordinate: TypeAlias = Annotated[float, Field(ge=-MAX_COORDINATE, le=MAX_COORDINATE)]
Point: TypeAlias = tuple[Coordinate, Coordinate]
"""x, y in source pixels."""
Radius: TypeAlias = Annotated[float, Field(ge=MIN_RADIUS, le=MAX_RADIUS)]
FrameIndex: TypeAlias = Annotated[int, Field(ge=0, lt=MAX_FRAMES)]


class LabelPicture(Frozen):
    """A label map inside the document.

    Attributes:
        png: Indexed PNG in base64; VOID pixels say nothing.
        object_ids: The ids in it, sorted, BACKGROUND included; found by decoding where not given,
            so that a project file opens without decoding every picture. ``label_map`` checks them.
    """

    png: Annotated[str, Field(max_length=MAX_PNG_CHARACTERS)]
    # not strict, as a "before" validator makes JSON's lists come in as lists
    object_ids: Annotated[
        tuple[Annotated[int, Field(ge=BACKGROUND, le=MAX_OBJECTS)], ...], Field(strict=False)
    ]

    @model_validator(mode="before")
    @classmethod
    def _find_object_ids(cls, values: Any) -> Any:
        if isinstance(values, dict) and "object_ids" not in values:
            png = values.get("png")
            if isinstance(png, str):
                return {**values, "object_ids": object_ids_in(_decode_or_refuse(png))}
        return values

    @model_validator(mode="after")
    def _check_picture(self) -> Self:
        if list(self.object_ids) != sorted(set(self.object_ids)):
            raise ValueError("object_ids should be sorted and without repetition")
        try:
            self.size  # noqa: B018 - reads the header, which is the check
        except MaskError as cause:
            raise ValueError(f"png: {cause.sentence}") from cause
        return self

    @cached_property
    def size(self) -> Size:
        """Width and height, from the header."""
        return png_size(self.png)

    def label_map(self) -> LabelMap:
        """Return (height, width) uint8 object ids, decoded anew.

        Raises:
            MaskError: The picture is damaged, or shows objects that ``object_ids`` does not name.
        """
        labels = decode_label_map(self.png, self.size)
        unknown = set(object_ids_in(labels)) - set(self.object_ids)
        if unknown:
            raise MaskError(
                f"A mask of the project shows object {min(unknown)}, which it does not name.",
                "The project file was changed by hand or is damaged.",
            )
        return labels

    def relabelled(self, old: ObjectId, new: ObjectId) -> Self:
        """Return this picture with one object's pixels given to another.

        Args:
            old: The object whose pixels change; without any, the picture is returned as it is.
            new: What they become; VOID, so that they say nothing.

        Raises:
            MaskError: The picture is damaged.
        """
        if old not in self.object_ids:
            return self
        labels = self.label_map()
        labels[labels == old] = new
        update = {"png": encode_label_map(labels), "object_ids": object_ids_in(labels)}
        return self.model_copy(update=update)


class PaintedShape(Frozen):
    """What clicks, scribbles, regions and masks have in common.

    Attributes:
        id: Unique in the document; 0 until AddAnnotation gives one.
        frame: The frame index.
        muted: Kept, but without effect.
    """

    id: Annotated[int, Field(ge=0)] = 0
    frame: FrameIndex
    muted: bool = False


class SingleObjectShape(PaintedShape):
    """A shape that paints one object.

    Attributes:
        object_id: BACKGROUND, an object, or ERASED where it takes earlier paint away.
    """

    object_id: Annotated[int, Field(ge=BACKGROUND, le=ERASED)]

    @property
    def object_ids(self) -> tuple[ObjectId, ...]:
        """The ids it paints; none where it erases."""
        return () if self.object_id == ERASED else (self.object_id,)


class Click(SingleObjectShape):
    """A disc around one point."""

    kind: Literal["click"] = "click"
    x: Coordinate
    y: Coordinate
    radius: Radius = 4.0


class Scribble(SingleObjectShape):
    """A round pen drawn along points: strokes of the pen, of the mask brush and of the eraser."""

    kind: Literal["scribble"] = "scribble"
    points: Annotated[tuple[Point, ...], Field(min_length=1, max_length=MAX_POINTS)]
    radius: Radius = 4.0


class Region(SingleObjectShape):
    """A filled outline: lasso, polygon or box. Where it crosses itself, even-odd."""

    kind: Literal["region"] = "region"
    outline: Annotated[tuple[Point, ...], Field(min_length=3, max_length=MAX_POINTS)]


class MaskAnnotation(LabelPicture, PaintedShape):
    """A whole label map: an imported mask, or labels the user took over."""

    kind: Literal["mask"] = "mask"

    @property
    def object_id(self) -> ObjectId:
        """The one object it shows beside background; VOID where it shows none or several."""
        objects = [object_id for object_id in self.object_ids if object_id != BACKGROUND]
        return objects[0] if len(objects) == 1 else VOID

    @classmethod
    def of(cls, frame: int, labels: LabelMap) -> Self:
        """Make one from (height, width) uint8 object ids, VOID where it says nothing.

        Raises:
            MaskError: The array is not a label map.
        """
        return cls(frame=frame, png=encode_label_map(labels), object_ids=object_ids_in(labels))


Annotation: TypeAlias = Click | Scribble | Region | MaskAnnotation
AnyAnnotation: TypeAlias = Annotated[Annotation, Field(discriminator="kind")]
"""Annotation as a field type, told apart by ``kind``."""


def _decode_or_refuse(png: str) -> LabelMap:
    try:
        return decode_label_map(png)
    except MaskError as cause:
        raise ValueError(f"png: {cause.sentence}") from cause
