"""Where the picture lies in the widget: zoom and position as plain numbers, without Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vosdesk.arrays import Size
    from vosdesk.project.annotations import Point

REACHABLE = 48.0
"""Widget pixels of the picture that stay in view however far it is pushed aside."""


@dataclass(frozen=True)
class Placement:
    """A scale and an offset: ``widget = source * scale + offset``, in both directions.

    Attributes:
        scale: Widget pixels to one source pixel; positive.
        offset_x: Where the left edge of the picture lies in the widget.
        offset_y: Where its top edge lies.
    """

    scale: float = 1.0
    offset_x: float = 0.0
    offset_y: float = 0.0

    def to_source(self, x: float, y: float) -> Point:
        """Return the source coordinates below a widget position."""
        return (x - self.offset_x) / self.scale, (y - self.offset_y) / self.scale

    def to_widget(self, x: float, y: float) -> Point:
        """Return the widget position of source coordinates."""
        return x * self.scale + self.offset_x, y * self.scale + self.offset_y

    def zoomed(self, scale: float, x: float, y: float) -> Placement:
        """Return the placement of another scale with the same source point below (x, y)."""
        source_x, source_y = self.to_source(x, y)
        return Placement(scale, x - source_x * scale, y - source_y * scale)

    def moved(self, dx: float, dy: float) -> Placement:
        """Return the placement pushed by that many widget pixels."""
        return replace(self, offset_x=self.offset_x + dx, offset_y=self.offset_y + dy)

    def aligned(self, pixel: float) -> Placement:
        """Return the placement whose corner lies on a corner of a pixel of the screen.

        Args:
            pixel: Side of a pixel of the screen in widget pixels.
        """
        return replace(
            self,
            offset_x=round(self.offset_x / pixel) * pixel,
            offset_y=round(self.offset_y / pixel) * pixel,
        )

    def kept_reachable(self, picture: Size, widget: Size) -> Placement:
        """Return the nearest placement that leaves enough of the picture in view to seize it."""
        return replace(
            self,
            offset_x=_reachable(self.offset_x, picture.width * self.scale, widget.width),
            offset_y=_reachable(self.offset_y, picture.height * self.scale, widget.height),
        )


def fitting_scale(picture: Size, widget: Size, margin: float) -> float:
    """Return the largest scale at which the whole picture fits, with a margin on all sides."""
    room_x = max(widget.width - 2 * margin, 1.0)
    room_y = max(widget.height - 2 * margin, 1.0)
    return min(room_x / picture.width, room_y / picture.height)


def centred(picture: Size, widget: Size, scale: float) -> Placement:
    """Return the placement of a scale with the picture in the middle of the widget."""
    offset_x = (widget.width - picture.width * scale) / 2
    offset_y = (widget.height - picture.height * scale) / 2
    return Placement(scale, offset_x, offset_y)


def _reachable(offset: float, extent: float, room: float) -> float:
    keep = min(REACHABLE, extent, room)
    return min(max(offset, keep - extent), room - keep)
