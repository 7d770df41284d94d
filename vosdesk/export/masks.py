"""Masks from other programs: read what is unmistakable, refuse the rest in words.

What the pixels of a picture mean:

* Indexed PNG: the index is the object id, 255 is void (DAVIS, YouTube-VOS, our own exports).
* Grey: 0 is background. Values up to 32 are object ids as they stand, and then 255 is void.
  Otherwise each value is a shade that stands for an object, the darkest first: so a mask of 0 and
  255 makes object 1.
* Colour: black and wholly transparent are background, a colour of the DAVIS palette is its object
  id, and any other colour takes the lowest free id, the most frequent colour first.

Shades and colours keep their object throughout a ``MaskReader``, and so throughout a folder.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from vosdesk.arrays import BACKGROUND, MAX_OBJECTS, VOID, LabelMap, ObjectId
from vosdesk.errors import MaskError
from vosdesk.overlay import Colour, davis_palette
from vosdesk.overlay.png import PNG_HEADER_BYTES, png_header_size

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from vosdesk.arrays import Size

MOST_COLOURS = 16
"""More shades or colours without a known meaning are blended edges, not objects."""

_MOST_INDICES = 64
"""As MOST_COLOURS for an indexed picture in a palette that is not that of DAVIS."""

_HIGHEST_GREY_ID = 32
_ADVICE = "Export it without anti-aliasing (feathering, smooth edges), one colour for each object."
_BLACK: Colour = (0, 0, 0)
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError)
"""What Pillow raises for damaged files."""


def read_mask(path: Path, size: Size) -> LabelMap:
    """Read one mask.

    Args:
        path: A PNG, whatever its ending.
        size: Of the video.

    Returns:
        (height, width) uint8 object ids.

    Raises:
        MaskError: It cannot be read, is no PNG, has another size, or blended edges.
    """
    return MaskReader(size).read(path)


class MaskReader:
    """Reads masks of one video; a shade or colour is the same object in all of them.

    Args:
        size: Of the video.
    """

    def __init__(self, size: Size) -> None:
        self._size = size
        self._ids: dict[Colour, ObjectId] = {_BLACK: BACKGROUND}

    def read(self, path: Path) -> LabelMap:
        """Read a mask; see ``read_mask``."""
        try:
            self._check_header(path)
            with Image.open(path, formats=["PNG"]) as image:
                return self._labels(path, image)
        except FileNotFoundError as error:
            raise MaskError(f"There is no mask {path}.") from error
        except _DAMAGE as error:
            reason = getattr(error, "strerror", None) or "the file is damaged"
            raise MaskError(f"The mask {path} cannot be read: {reason}.") from error

    def _check_header(self, path: Path) -> None:
        """Check format and size from the first bytes, before anything is decoded."""
        with path.open("rb") as file:
            found = png_header_size(file.read(PNG_HEADER_BYTES))
        if found is None:
            raise MaskError(
                f"The mask {path} is not a PNG.", "Save it as a PNG; JPEG blurs the edges of masks."
            )
        if found != self._size:
            raise MaskError(
                f"The mask {path} is {found} pixels, but the video is {self._size}.",
                "Masks must have the size of the video's frames.",
            )

    def _labels(self, path: Path, image: Image.Image) -> LabelMap:
        if image.mode == "P":
            return _indexed(path, image)
        if image.mode in ("1", "L"):
            return self._grey(path, np.asarray(image.convert("L")))
        if image.mode.startswith("I;16"):
            return self._grey(path, np.asarray(image))
        return self._coloured(path, np.asarray(image.convert("RGBA")))

    def _grey(self, path: Path, values: NDArray[np.uint8] | NDArray[np.uint16]) -> LabelMap:
        found = [int(value) for value in np.flatnonzero(np.bincount(values.ravel())) if value]
        ids = [value for value in found if value <= _HIGHEST_GREY_ID]
        if ids and all(value <= _HIGHEST_GREY_ID or value == VOID for value in found):
            return values.astype(np.uint8)
        if len(found) > MOST_COLOURS:
            raise _blended(path, len(found), "shades of grey")
        table = np.zeros(max(found, default=0) + 1, np.uint8)
        for value in found:
            table[value] = self._id_of(path, (value, value, value))
        return table[values]

    def _coloured(self, path: Path, rgba: NDArray[np.uint8]) -> LabelMap:
        alpha = rgba[..., 3]
        if ((alpha > 0) & (alpha < 255)).any():
            raise MaskError(
                f"The mask {path} is partly transparent: its edges are anti-aliased.", _ADVICE
            )
        rgb = np.where(alpha[..., None] > 0, rgba[..., :3], np.uint8(0))
        packed = rgb @ np.array([1 << 16, 1 << 8, 1], np.uint32)
        codes, counts = np.unique(packed, return_counts=True)
        if len(codes) > len(_davis_ids()) + MOST_COLOURS:
            raise _blended(path, len(codes), "colours")
        colours: list[Colour] = [
            (code >> 16, code >> 8 & 255, code & 255) for code in map(int, codes)
        ]
        unknown = [colour for colour in colours if colour not in _davis_ids()]
        if unknown and all(red == green == blue for red, green, blue in colours):
            return self._grey(path, rgb[..., 0])
        if len(unknown) > MOST_COLOURS:
            raise _blended(path, len(unknown), "colours")
        self._learn(path, [colours[place] for place in np.argsort(-counts, kind="stable")])
        ids = np.array([self._ids[colour] for colour in colours], np.uint8)
        return ids[np.searchsorted(codes, packed)]

    def _learn(self, path: Path, colours: Sequence[Colour]) -> None:
        """Give each colour its id: first those that have a meaning, then in the order given."""
        for colour in sorted(colours, key=lambda colour: colour not in _davis_ids()):
            self._id_of(path, colour, _davis_ids().get(colour, BACKGROUND))

    def _id_of(self, path: Path, colour: Colour, wished: ObjectId = BACKGROUND) -> ObjectId:
        """Return the id wished for or else the lowest that is free; BACKGROUND never is."""
        if colour not in self._ids:
            taken = set(self._ids.values())
            numbers = (wished, *range(1, MAX_OBJECTS + 1))
            free = next((number for number in numbers if number not in taken), None)
            if free is None:
                raise MaskError(
                    f"With {path} the masks have more than {MAX_OBJECTS} colours in all.",
                    "Give an object the same colour in all masks.",
                )
            self._ids[colour] = free
        return self._ids[colour]


def _indexed(path: Path, image: Image.Image) -> LabelMap:
    labels = np.array(image, np.uint8)
    palette = np.array(image.getpalette() or [], np.uint8).reshape(-1, 3)
    used = np.flatnonzero(np.bincount(labels.ravel()))
    known = used[used < len(palette)]
    foreign = not np.array_equal(palette[known], davis_palette()[known])
    if foreign and len(used) > _MOST_INDICES:
        raise _blended(path, len(used), "colours")
    return labels


def _blended(path: Path, count: int, what: str) -> MaskError:
    return MaskError(
        f"The mask {path} has {count} {what}: its edges are anti-aliased, so its pixels cannot be"
        " told apart as objects.",
        _ADVICE,
    )


@cache
def _davis_ids() -> dict[Colour, ObjectId]:
    rows = davis_palette().tolist()
    return {(red, green, blue): object_id for object_id, (red, green, blue) in enumerate(rows)}
