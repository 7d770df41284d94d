"""Which mask belongs to which frame: by name."""

from __future__ import annotations

import logging
import re
from collections import Counter
from typing import TYPE_CHECKING

from vosdesk.errors import MaskError
from vosdesk.export.masks import MaskReader, read_mask

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from vosdesk.arrays import LabelMap, Size

logger = logging.getLogger(__name__)

_NUMBER = re.compile(r"[0-9]{1,18}\Z")
_NAMED_AT_MOST = 3


def read_masks(path: Path, frame_names: Sequence[str], size: Size) -> dict[int, LabelMap]:
    """Read the masks of a video: a folder of PNGs named after frames, or one file for frame 0.

    Args:
        path: Folder or file.
        frame_names: Of the video, by frame index.
        size: Of the video.

    Returns:
        Frame index to (height, width) uint8 label map, in order.

    Raises:
        MaskError: A mask cannot be used, or none has the name of a frame.
    """
    if path.is_dir():
        return read_mask_folder(path, frame_names, size)
    return {0: read_mask(path, size)}


def read_mask_folder(folder: Path, frame_names: Sequence[str], size: Size) -> dict[int, LabelMap]:
    """Read every PNG of the folder that has the name of a frame; see ``read_masks``."""
    reader = MaskReader(size)
    return {index: reader.read(path) for index, path in find_masks(folder, frame_names).items()}


def find_masks(folder: Path, frame_names: Sequence[str]) -> dict[int, Path]:
    """Return the mask of each frame that has one, in order of the frames, without reading them.

    A PNG belongs to the frame of the same name, or else to the only frame that ends in the same
    number (``5.png`` or ``mask_0005.png`` to frame ``00005``).

    Raises:
        MaskError: No PNG belongs to a frame, two belong to the same, or the folder is unreadable.
    """
    paths = _pictures(folder)
    by_name = {name: index for index, name in enumerate(frame_names)}
    by_number = _only_numbers(frame_names)
    masks: dict[int, Path] = {}
    strays: list[str] = []
    for path in paths:
        index = by_name.get(path.stem, by_number.get(_number(path.stem)))
        if index is None:
            strays.append(path.name)
        elif index in masks:
            raise MaskError(
                f"Two masks in {folder} belong to frame {frame_names[index]}: "
                f"{masks[index].name} and {path.name}.",
                "Remove one of them.",
            )
        else:
            masks[index] = path
    _tell_strays(folder, strays, frame_names, any_found=bool(masks))
    return dict(sorted(masks.items()))


def _pictures(folder: Path) -> list[Path]:
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".png")
    except OSError as error:
        raise MaskError(f"The folder {folder} cannot be read: {error.strerror}.") from error
    if not paths:
        raise MaskError(f"There is no PNG in {folder}.", "Masks are PNGs named after frames.")
    return paths


def _number(stem: str) -> int | None:
    found = _NUMBER.search(stem)
    return int(found.group()) if found else None


def _only_numbers(frame_names: Sequence[str]) -> dict[int | None, int]:
    """Return the frame index of each number in which just one frame's name ends."""
    numbers = [_number(name) for name in frame_names]
    counts = Counter(numbers)
    return {
        number: index
        for index, number in enumerate(numbers)
        if number is not None and counts[number] == 1
    }


def _tell_strays(
    folder: Path, strays: Sequence[str], frame_names: Sequence[str], *, any_found: bool
) -> None:
    if not strays:
        return
    named = ", ".join(strays[:_NAMED_AT_MOST]) + (", ..." if len(strays) > _NAMED_AT_MOST else "")
    if not any_found:
        raise MaskError(
            f"No mask in {folder} has the name of a frame ({named}).",
            f"Name masks after frames: {frame_names[0]}.png is the first frame's.",
        )
    logger.warning("%d masks in %s belong to no frame: %s", len(strays), folder, named)
