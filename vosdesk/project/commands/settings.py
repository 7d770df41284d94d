"""Edits of the labelling's settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vosdesk.project.choices import LabellingChoices
    from vosdesk.project.document import Document


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
