"""Step 4: what the user sees: frame, labels and heat map in one picture."""

from vosdesk.overlay.palette import colour_of, davis_palette, from_hex, screen_colour, to_hex

__all__ = ["colour_of", "davis_palette", "from_hex", "screen_colour", "to_hex"]
