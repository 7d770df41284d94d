"""A folder of images, or a single image, as a source."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from natsort import natsorted

from vosdesk.errors import VideoError
from vosdesk.video.fingerprint import file_fingerprint, folder_fingerprint
from vosdesk.video.images import IMAGE_SUFFIXES, image_size, read_image
from vosdesk.video.source import DEFAULT_FPS, check_frame_index
from vosdesk.video.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from vosdesk.arrays import Frame, Size


def is_image(path: Path) -> bool:
    """Whether a file is taken for an image, by its name; hidden files never are."""
    return path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")


class ImageSequence:
    """Images of one size, one frame each.

    Args:
        path: The folder, or the single image.

    Raises:
        VideoError: There is no image, two share a stem, their sizes differ, or one is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        whole = path.resolve()
        if path.is_dir():
            self.name = whole.name or str(whole)
            self._files = _images_in(path)
        else:
            self.name = path.stem
            self._files = [path]
        self._single = not path.is_dir()
        self._witness = Witness(self._files)
        self.fingerprint = self._fingerprint()
        self.size = _common_size(self._files)
        self.fps = DEFAULT_FPS
        self.frame_names: Sequence[str] = tuple(file.stem for file in self._files)
        self.notice = ""

    @property
    def frame_count(self) -> int:
        """How many images there are."""
        return len(self._files)

    def timestamp(self, frame_index: int) -> float:
        """Return the frame's time at the default rate, in seconds.

        Raises:
            IndexError: There is no such frame.
        """
        check_frame_index(frame_index, self.frame_count)
        return float(frame_index / self.fps)

    def read(self, frame_index: int) -> Frame:
        """Decode an image.

        Raises:
            IndexError: There is no such frame.
            VideoError: The image is gone or damaged.
            VideoChangedError: The image is another one than when it was opened.
        """
        check_frame_index(frame_index, self.frame_count)
        self._witness.check(frame_index, self._fingerprint, self.fingerprint)
        return read_image(self._files[frame_index])

    def _fingerprint(self) -> str:
        if self._single:
            return file_fingerprint(self._files[0])
        return folder_fingerprint(self._files)

    def close(self) -> None:
        """Nothing is held open between two reads."""


def _images_in(folder: Path) -> list[Path]:
    try:
        entries = sorted(folder.iterdir())
        images = [entry for entry in entries if is_image(entry) and entry.is_file()]
        inner = next((entry for entry in entries if entry.is_dir() and _has_image(entry)), None)
    except OSError as cause:
        raise VideoError(
            f"The folder {folder.name} cannot be read ({cause.strerror}).",
            "Check that you have the right to read it.",
        ) from cause
    if not images:
        raise VideoError(
            f"The folder {folder.name} holds no images.",
            f"Open the folder {inner.name} inside it."
            if inner is not None
            else f"Images end in {', '.join(sorted(IMAGE_SUFFIXES))}.",
        )
    ordered: list[Path] = natsorted(images, key=lambda path: path.name)
    _refuse_shared_stems(ordered)
    return ordered


def _has_image(folder: Path) -> bool:
    try:
        return any(is_image(entry) for entry in folder.iterdir())
    except OSError:
        return False


def _refuse_shared_stems(images: Sequence[Path]) -> None:
    """Results are written under the stems, so two of them alike would overwrite each other."""
    seen: dict[str, Path] = {}
    for path in images:
        twin = seen.setdefault(path.stem.casefold(), path)
        if twin is not path:
            raise VideoError(
                f"{twin.name} and {path.name} in {path.parent.name} have the same name "
                "but for their ending.",
                "Keep one kind of image in the folder.",
            )


def _common_size(images: Sequence[Path]) -> Size:
    sizes = [image_size(path) for path in images]
    [(common, _count)] = Counter(sizes).most_common(1)
    for path, size in zip(images, sizes, strict=True):
        if size != common:
            raise VideoError(
                f"{path.name} is {size} pixels, the other images of {path.parent.name} "
                f"are {common}.",
                "Bring all images to one size, or take this one out of the folder.",
            )
    return common
