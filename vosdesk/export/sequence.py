"""What there is to export: the frames, their label maps and the objects in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vosdesk.arrays import MAX_OBJECTS, Frame, LabelMap, ObjectId, Size
from vosdesk.overlay import Colour, OverlayStyle, compose, from_hex

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from fractions import Fraction


@dataclass(frozen=True)
class ExportObject:
    """An object of the result.

    Attributes:
        id: 1..254.
        name: As the user wrote it, any characters.
        colour: ``#rrggbb``, for pictures made to be looked at.
    """

    id: ObjectId
    name: str
    colour: str


@dataclass(frozen=True)
class ExportSequence:
    """A video and its labels, read frame by frame, so that memory stays that of one frame.

    Attributes:
        frame_count: At least one.
        frame_names: One for each frame, without an ending.
        size: Of frames and label maps.
        fps: Frames a second.
        objects: Those to be exported, in display order.
        label_map: Gives the label map of a frame index; may raise a VosdeskError.
        frame: Gives the frame of a frame index; may raise a VosdeskError.
    """

    frame_count: int
    frame_names: Sequence[str]
    size: Size
    fps: Fraction
    objects: Sequence[ExportObject]
    label_map: Callable[[int], LabelMap]
    frame: Callable[[int], Frame]

    def __post_init__(self) -> None:
        ids = [item.id for item in self.objects]
        if self.frame_count < 1 or self.fps <= 0:
            raise ValueError("a sequence has at least one frame and a frame rate above 0")
        if len(self.frame_names) != self.frame_count:
            raise ValueError(f"{self.frame_count} frames have {len(self.frame_names)} names")
        if len(set(ids)) != len(ids) or not all(1 <= number <= MAX_OBJECTS for number in ids):
            raise ValueError(f"object ids are 1..{MAX_OBJECTS} and each its own, not {ids}")

    def overlaid(self, frame_index: int) -> Frame:
        """Return the frame with its objects tinted and outlined in their colours."""
        colours: dict[ObjectId, Colour] = {item.id: from_hex(item.colour) for item in self.objects}
        style = OverlayStyle(colours=colours)
        return compose(self.frame(frame_index), self.label_map(frame_index), style)
