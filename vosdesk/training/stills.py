"""Still images with masks: objects of every kind, where the videos show thirty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vosdesk.errors import VosdeskError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Still:
    """A still image with its mask, as two files."""

    image: Path
    mask: Path


def load_stills(folder: Path) -> tuple[Still, ...]:
    """Return the still images of a folder: images/NAME.jpg, each with masks/NAME.png.

    Masks are indexed pictures of object ids, VOID where nobody knows.

    Raises:
        VosdeskError: There are none.
    """
    masks = {path.stem: path for path in sorted((folder / "masks").glob("*.png"))}
    stills = tuple(
        Still(path, masks[path.stem])
        for path in sorted((folder / "images").glob("*.jpg"))
        if path.stem in masks
    )
    if not stills:
        raise VosdeskError(
            f"There are no still images in {folder}.",
            "It should hold images/NAME.jpg, each with masks/NAME.png.",
        )
    return stills
