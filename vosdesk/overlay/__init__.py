"""Step 4: what the user sees: frame, labels and heat map in one picture."""

from vosdesk.overlay.composition import OverlayMode, OverlayStyle, compose
from vosdesk.overlay.contact_sheet import contact_sheet, shrink
from vosdesk.overlay.palette import (
    Colour,
    davis_palette,
    from_hex,
    screen_colour,
    to_hex,
)

__all__ = [
    "Colour",
    "OverlayMode",
    "OverlayStyle",
    "compose",
    "contact_sheet",
    "davis_palette",
    "from_hex",
    "screen_colour",
    "shrink",
    "to_hex",
]
