"""Content fingerprints: the same video under another name or in another place is the same video.

A fingerprint is a SHA-256 over sizes and blocks of content, never over absolute paths or times of
change. Reading all of a film would take minutes, so what is read is bounded:

- a file up to ``WHOLE`` bytes enters as a whole; of a longer one its length enters, and ``BLOCKS``
  blocks of ``BLOCK`` bytes spread evenly from its first byte to its last;
- a folder enters as the list of its images: each one's name (without the folder) and its content by
  the same rule, with smaller bounds since there are many.

Two coded videos of equal length that differ only between the blocks would be taken for one; since a
coded stream shifts with every change, this does not happen by accident.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from vosdesk.errors import VideoError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from hashlib import _Hash
    from pathlib import Path

WHOLE = 8 << 20
BLOCKS = 16
BLOCK = 256 << 10

IMAGE_WHOLE = 1 << 20
IMAGE_BLOCKS = 3
IMAGE_BLOCK = 64 << 10


def file_fingerprint(path: Path) -> str:
    """Return the fingerprint of one file, whatever its name.

    Raises:
        VideoError: The file cannot be read.
    """
    digest = hashlib.sha256(b"vosdesk file 1\0")
    _add(digest, path, WHOLE, BLOCKS, BLOCK)
    return digest.hexdigest()


def folder_fingerprint(files: Sequence[Path]) -> str:
    """Return the fingerprint of images in their order, whatever folder they lie in.

    Raises:
        VideoError: An image cannot be read.
    """
    digest = hashlib.sha256(b"vosdesk folder 1\0")
    for path in files:
        # surrogateescape: a file's name on Linux need not be valid UTF-8
        digest.update(path.name.encode("utf-8", "surrogateescape") + b"\0")
        _add(digest, path, IMAGE_WHOLE, IMAGE_BLOCKS, IMAGE_BLOCK)
    return digest.hexdigest()


def _add(digest: _Hash, path: Path, whole: int, blocks: int, block: int) -> None:
    try:
        with path.open("rb") as file:
            length = file.seek(0, 2)
            digest.update(length.to_bytes(8, "big"))
            if length <= whole:
                file.seek(0)
                digest.update(file.read())
                return
            for number in range(blocks):
                file.seek((length - block) * number // (blocks - 1))
                digest.update(file.read(block))
    except OSError as cause:
        raise VideoError(
            f"{path.name} cannot be read ({cause.strerror or cause}).",
            "Check that the file is there and that you have the right to read it.",
        ) from cause
