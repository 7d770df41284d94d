"""Notices files that are no longer the ones that were opened.

Embeddings are kept under a video's fingerprint. Were another content read under it, they would be
wrong for whoever opens the first content again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vosdesk.errors import VideoError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


class VideoChangedError(VideoError):
    """No frame of the source can be trusted any more: its files are others than when opened."""


class Witness:
    """Remembers files by their time of change and length, which costs next to nothing to ask.

    Only where those differ is the content looked at again: a file may have been touched.

    Args:
        files: Of the source; make the witness before their fingerprint.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = files
        self._traces = [_trace(file) for file in files]

    def check(self, number: int, fingerprint: Callable[[], str], known: str) -> None:
        """Refuse to go on with a file that is another one.

        A file that is gone is none of this: whoever reads it will say so.

        Args:
            number: Which of the files.
            fingerprint: Computes the fingerprint of the whole source as it is now.
            known: Its fingerprint when it was opened.

        Raises:
            VideoChangedError: The content differs.
        """
        trace = _trace(self._files[number])
        if trace is None or trace == self._traces[number]:
            return
        if fingerprint() != known:
            raise VideoChangedError(
                f"{self._files[number].name} has changed since it was opened.", "Open it again."
            )
        self._traces[number] = trace


def _trace(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
