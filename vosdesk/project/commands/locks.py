"""Keeping a frame's label map as it is, and letting it go again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from vosdesk.errors import ProjectError
from vosdesk.project.commands.command import require_frame, require_shown
from vosdesk.project.document import LockedFrame
from vosdesk.project.validation import describe

if TYPE_CHECKING:
    from vosdesk.project.document import Document


@dataclass(frozen=True)
class LockFrame:
    """Keep this label map for a frame, whatever is painted anywhere.

    Attributes:
        frame: The frame index.
        png: The label map; see ``masks.encode_label_map``.
    """

    frame: int
    png: str

    @property
    def text(self) -> str:
        """In the words of the Undo menu."""
        return f"Lock frame {self.frame}"

    def apply(self, document: Document) -> Document:
        """Return the document with the frame locked; an earlier lock of it is replaced.

        Raises:
            ProjectError: The frame or an object in the label map does not exist, or the label map
                is no picture of the video's size.
        """
        require_frame(document, self.frame)
        try:
            lock = LockedFrame.model_validate({"frame": self.frame, "png": self.png})
        except ValidationError as cause:
            raise ProjectError(
                f"Frame {self.frame} cannot be locked: {describe(cause)}."
            ) from cause
        require_shown(document, lock.object_ids)
        locks = {**document.locks_by_frame, self.frame: lock}
        return document.with_fields(locks=tuple(locks[frame] for frame in sorted(locks)))


@dataclass(frozen=True)
class UnlockFrame:
    """Let a locked frame follow the references again."""

    frame: int

    @property
    def text(self) -> str:
        """In the words of the Undo menu."""
        return f"Unlock frame {self.frame}"

    def apply(self, document: Document) -> Document:
        """Return the document without the lock.

        Raises:
            ProjectError: The frame is not locked.
        """
        if self.frame not in document.locks_by_frame:
            raise ProjectError(f"Frame {self.frame} is not locked.")
        kept = tuple(lock for lock in document.locks if lock.frame != self.frame)
        return document.with_fields(locks=kept)
