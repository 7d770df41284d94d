"""DAVIS on disk: sequence lists, frames and annotations in the layout of its authors."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image, UnidentifiedImageError

from vosdesk.arrays import VOID, LabelMap, PaintedFrame
from vosdesk.errors import VosdeskError

RESOLUTION = "480p"
_LIST_FOLDERS = ("", "2016", "2017", RESOLUTION)


@dataclass(frozen=True)
class DavisSequence:
    """One video with its ground truth.

    Attributes:
        name: Its name in the lists.
        frames: The pictures of its frames, in order; they lie in one folder.
        annotations: The annotations, one for each frame, in order.
    """

    name: str
    frames: tuple[Path, ...]
    annotations: tuple[Path, ...]


def sequence_names(root: Path, split: str) -> tuple[str, ...]:
    """Return the names in ``ImageSets/SPLIT.txt`` (or its folders 2016, 2017, 480p).

    A line is a name, or, as in DAVIS 2016, a frame and its annotation.

    Raises:
        VosdeskError: There is no such list.
    """
    for folder in _LIST_FOLDERS:
        path = root / "ImageSets" / folder / f"{split}.txt"
        if path.is_file():
            lines = path.read_text(encoding="utf-8").split("\n")
            return tuple(dict.fromkeys(_name(line) for line in lines if line.strip()))
    raise VosdeskError(
        f"There is no list of sequences ImageSets/{split}.txt in {root}.",
        "Give the folder of DAVIS that holds JPEGImages, Annotations and ImageSets.",
    )


def _name(line: str) -> str:
    first = PurePosixPath(line.split()[0])
    return first.parent.name if first.suffix else first.name


def davis_sequences(root: Path, split: str) -> tuple[DavisSequence, ...]:
    """Return the sequences of a split.

    Raises:
        VosdeskError: The list or a folder is missing, or frames and annotations do not pair up.
    """
    return tuple(_sequence(root, name) for name in sequence_names(root, split))


def _sequence(root: Path, name: str) -> DavisSequence:
    annotations = tuple(sorted((root / "Annotations" / RESOLUTION / name).glob("*.png")))
    frames = tuple(sorted((root / "JPEGImages" / RESOLUTION / name).glob("*.jpg")))
    if not frames or [f.stem for f in frames] != [a.stem for a in annotations]:
        raise VosdeskError(
            f"The sequence {name} in {root} has {len(frames)} frames"
            f" and {len(annotations)} annotations that do not pair up.",
            "Frames are JPEGImages/480p/NAME/*.jpg, annotations Annotations/480p/NAME/*.png.",
        )
    return DavisSequence(name, frames, annotations)


def read_annotation(path: Path) -> LabelMap:
    """Return object ids, shape (height, width); DAVIS 2016's white becomes object 1.

    Raises:
        VosdeskError: The file cannot be read.
    """
    try:
        with Image.open(path) as image:
            indexed = image.mode == "P"
            labels = np.array(image if indexed else image.convert("L"), dtype=np.uint8)
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as cause:
        raise VosdeskError(f"The annotation {path} cannot be read.") from cause
    # Without a palette the picture is black and white, and 255 is the object, not VOID.
    return labels if indexed else (labels > 0).astype(np.uint8)


def as_painted(labels: LabelMap) -> PaintedFrame:
    """Return an annotation of the first frame as paint: all of it, except where nobody knows."""
    return PaintedFrame(0, labels, np.where(labels == VOID, -1, 1).astype(np.int32))


def object_ids(labels: LabelMap) -> tuple[int, ...]:
    """Return the objects that occur in a label map, in ascending order."""
    return tuple(int(label) for label in np.unique(labels) if label not in (0, VOID))
