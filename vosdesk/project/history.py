"""Undo and redo as earlier and later documents, which makes them exact by construction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vosdesk.project.change import Change, difference

if TYPE_CHECKING:
    from vosdesk.project.commands import Command
    from vosdesk.project.document import Document

DEFAULT_DEPTH = 500


@dataclass(frozen=True)
class _Step:
    """One edit: its words, and the document on its other side."""

    text: str
    document: Document


class History:
    """The document of now, with the ones before and after it.

    Documents share what they have in common, so a step costs little more than what it changed.
    Not thread-safe; documents themselves may be read from any thread.

    Args:
        document: The first one; counts as clean.
        depth: How many steps can be undone; older ones are forgotten.
    """

    def __init__(self, document: Document, depth: int = DEFAULT_DEPTH) -> None:
        if depth < 1:
            raise ValueError(f"a history has room for at least one step, not {depth}")
        self._document = document
        self._clean: Document | None = document
        self._depth = depth
        self._past: list[_Step] = []
        self._future: list[_Step] = []

    @property
    def document(self) -> Document:
        """The document of now."""
        return self._document

    def do(self, command: Command) -> Change:
        """Edit the document; what was undone before cannot be redone after.

        An edit that changes nothing leaves no step and returns an empty Change.

        Raises:
            ProjectError: The edit is not possible; nothing changed.
        """
        before, after = self._document, command.apply(self._document)
        if after == before:
            return Change(text=command.text)
        self._past.append(_Step(command.text, before))
        del self._past[: -self._depth]
        self._future.clear()
        self._document = after
        return difference(before, after, command.text)

    def undo(self) -> Change | None:
        """Go back one step; None where there is none."""
        return self._go(self._past, self._future)

    def redo(self) -> Change | None:
        """Go forward one step; None where there is none."""
        return self._go(self._future, self._past)

    @property
    def undo_text(self) -> str:
        """What ``undo`` would undo, or nothing."""
        return self._past[-1].text if self._past else ""

    @property
    def redo_text(self) -> str:
        """What ``redo`` would do again, or nothing."""
        return self._future[-1].text if self._future else ""

    @property
    def is_clean(self) -> bool:
        """Whether the document equals the one last marked as clean, as the saved file has it."""
        return self._document is self._clean or self._document == self._clean

    def mark_clean(self, document: Document | None = None) -> None:
        """Remember what the saved file holds.

        Args:
            document: What was saved, where it was saved in the background and edits may have come
                since; the document of now where None.
        """
        self._clean = self._document if document is None else document

    def mark_unsaved(self) -> None:
        """Say that no file holds this document or any other of the history."""
        self._clean = None

    def _go(self, source: list[_Step], target: list[_Step]) -> Change | None:
        if not source:
            return None
        step = source.pop()
        before = self._document
        target.append(_Step(step.text, before))
        self._document = step.document
        return difference(before, step.document, step.text)
