"""Several edits as one step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vosdesk.errors import ProjectError

if TYPE_CHECKING:
    from vosdesk.project.commands.command import Command
    from vosdesk.project.document import Document


@dataclass(frozen=True)
class Together:
    """What the user did to several things at once is one step to undo.

    Attributes:
        text: In the words of the Undo menu.
        commands: At least one, in order.
    """

    text: str
    commands: tuple[Command, ...]

    def apply(self, document: Document) -> Document:
        """Return the document after all of them.

        Raises:
            ProjectError: One of them is not possible, or there are none.
        """
        if not self.commands:
            raise ProjectError("There is nothing to change.")
        for command in self.commands:
            document = command.apply(document)
        return document
