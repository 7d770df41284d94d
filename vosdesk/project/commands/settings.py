"""Edits of the labelling's settings and of the reference to the video."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vosdesk.project.choices import LabellingChoices
    from vosdesk.project.document import Document
    from vosdesk.project.video_reference import VideoReference


@dataclass(frozen=True)
class ChangeSettings:
    """Label by other settings."""

    settings: LabellingChoices

    @property
    def text(self) -> str:
        """In the words of the Undo menu."""
        return "Change labelling settings"

    def apply(self, document: Document) -> Document:
        """Return the document with these settings."""
        return document.with_fields(settings=self.settings)


@dataclass(frozen=True)
class SetVideo:
    """Name the project's video: the first one, or where a moved one was found again.

    Not something a user wants to undo: give it to ``History.amend``, not to ``History.do``.
    """

    video: VideoReference

    @property
    def text(self) -> str:
        """In words."""
        return f"Use the video {self.video.path.name}"

    def apply(self, document: Document) -> Document:
        """Return the document with this video.

        Raises:
            ProjectError: Annotations or locks do not fit its size or its number of frames.
        """
        return document.with_fields(video=self.video)
