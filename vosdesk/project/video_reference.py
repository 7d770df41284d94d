"""Which video a project belongs to, how it is found again, and whether it is still the same."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeAlias

from pydantic import Field, PlainSerializer, PlainValidator

from vosdesk.arrays import Size
from vosdesk.project.annotations import MAX_FRAMES
from vosdesk.project.frozen import Frozen
from vosdesk.project.masks import MAX_SIDE
from vosdesk.project.path_text import read_path, write_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vosdesk.video import FrameSource


def _read_fps(value: Any) -> Fraction:
    """Accept a Fraction, or "25/1" as the file has it."""
    if isinstance(value, str):
        numerator, slash, denominator = value.partition("/")
        if not (slash and numerator.isdecimal() and denominator.isdecimal() and len(value) < 40):
            raise ValueError('fps is written like "25/1"')
        if int(denominator) == 0:
            raise ValueError("fps has a zero denominator")
        value = Fraction(int(numerator), int(denominator))
    if not isinstance(value, Fraction) or not 0 < value <= 100_000:
        raise ValueError("fps should be a fraction above 0 and up to 100000")
    return value


StoredPath: TypeAlias = Annotated[Path, PlainValidator(read_path), PlainSerializer(write_path)]
StoredFps: TypeAlias = Annotated[
    Fraction,
    PlainValidator(_read_fps),
    PlainSerializer(lambda fps: f"{fps.numerator}/{fps.denominator}", return_type=str),
]


class VideoState(Enum):
    """How a source compares with the video that a project was made with."""

    SAME = "same"
    MOVED = "moved"
    CHANGED = "changed"


@dataclass(frozen=True)
class VideoCheck:
    """The result of a comparison, with a sentence for the user."""

    state: VideoState
    sentence: str


class VideoReference(Frozen):
    """The video of a project.

    Attributes:
        path: Absolute.
        relative_path: From the project file's folder; None where the project was never saved, or
            lies on another drive.
        fingerprint: Hash of the content.
        width: Pixels, as displayed.
        height: Pixels, as displayed.
        frame_count: Number of frames.
        fps: Average frames a second; "25/1" in the file.
    """

    path: StoredPath
    relative_path: StoredPath | None = None
    fingerprint: Annotated[str, Field(pattern="^[!-~]{1,200}$")]
    width: Annotated[int, Field(ge=1, le=MAX_SIDE)]
    height: Annotated[int, Field(ge=1, le=MAX_SIDE)]
    frame_count: Annotated[int, Field(ge=1, le=MAX_FRAMES)]
    fps: StoredFps = Fraction(25)

    @classmethod
    def of(cls, source: FrameSource) -> Self:
        """Make the reference of an open source."""
        return cls(
            path=source.path.absolute(),
            fingerprint=source.fingerprint,
            width=source.size.width,
            height=source.size.height,
            frame_count=source.frame_count,
            fps=source.fps,
        )

    @property
    def size(self) -> Size:
        """Width and height in pixels."""
        return Size(self.width, self.height)

    def beside(self, project_path: Path) -> Self:
        """Return this reference as a project file at that path writes it down."""
        folder = Path(os.path.realpath(project_path)).parent
        try:
            relative = Path(os.path.relpath(os.path.realpath(self.path), folder))
        except ValueError:  # another drive of Windows
            return self.model_copy(update={"relative_path": None})
        return self.model_copy(update={"relative_path": relative})

    def resolve(self, project_path: Path | None = None) -> Path | None:
        """Return where the video is now, or None where it is at none of the known places.

        The place relative to the project wins, since a copied project folder brings its own video.
        """
        return next((path for path in self._places(project_path) if path.exists()), None)

    def check(self, source: FrameSource) -> VideoCheck:
        """Compare an open source with this reference."""
        difference = self._difference(source)
        if difference:
            return VideoCheck(
                VideoState.CHANGED,
                f"{source.path} is not the video of this project: {difference}.",
            )
        if source.path.absolute() == self.path:
            return VideoCheck(VideoState.SAME, f"{source.path} is the video of this project.")
        return VideoCheck(
            VideoState.MOVED,
            f"The video of this project moved from {self.path} to {source.path}.",
        )

    def _difference(self, source: FrameSource) -> str:
        if source.size != self.size:
            return f"it has {source.size} pixels instead of {self.size}"
        if source.frame_count != self.frame_count:
            return f"it has {source.frame_count} frames instead of {self.frame_count}"
        if source.fingerprint != self.fingerprint:
            return "its content differs"
        return ""

    def _places(self, project_path: Path | None) -> Iterator[Path]:
        if self.relative_path is not None and project_path is not None:
            folder = Path(os.path.realpath(project_path)).parent
            yield Path(os.path.normpath(folder / self.relative_path))
        yield self.path
