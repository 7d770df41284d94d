"""The one exception a user may see: a clear sentence and what to do about it."""

from __future__ import annotations


class VosdeskError(Exception):
    """A failure that can be told to the user in plain words.

    The sentence says what happened and where; ``advice`` says what to do. The technical cause,
    where there is one, is chained with ``raise ... from cause`` and goes to the log only.

    Args:
        sentence: What happened, naming the file, frame or value concerned.
        advice: What the user can do about it; may be empty.
    """

    def __init__(self, sentence: str, advice: str = "") -> None:
        self.sentence = sentence
        self.advice = advice
        super().__init__(f"{sentence} {advice}".strip())


class VideoError(VosdeskError):
    """A video or image folder cannot be opened or read."""


class ModelError(VosdeskError):
    """A network's weights cannot be found, read or used."""


class StoreError(VosdeskError):
    """An embedding store cannot be used: another model, damaged, no room, no rights."""


class ProjectError(VosdeskError):
    """A project document cannot be read or written, or an edit is not possible."""


class MaskError(VosdeskError):
    """A mask file cannot be used: wrong size, too many colours, not an image."""


class ExportError(VosdeskError):
    """Results cannot be written."""
