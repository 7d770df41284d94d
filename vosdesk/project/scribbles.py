"""Scribbles and clicks of other programs: DAVIS interactive's JSON, and a list of clicks.

Positions in both are fractions of the frame: 0 is the centre of the first pixel, 1 that of the last
one, as ``davisinteractive`` scales them (by the size less one).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from vosdesk.arrays import BACKGROUND, MAX_OBJECTS, Size
from vosdesk.errors import ProjectError
from vosdesk.project.annotations import MAX_POINTS, Click, Point, Scribble
from vosdesk.project.files import read_bounded
from vosdesk.project.validation import describe

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 64 * 2**20

# a pen may leave the picture, but a number above 2 is surely a pixel
_Fraction: TypeAlias = Annotated[float, Field(ge=-1.0, le=2.0, allow_inf_nan=False)]
_ObjectId: TypeAlias = Annotated[int, Field(ge=BACKGROUND, le=MAX_OBJECTS)]
T = TypeVar("T")


class _Line(BaseModel):
    """One stroke; the times that DAVIS writes with it are of no use here."""

    model_config = ConfigDict(strict=True, extra="ignore")
    path: Annotated[list[tuple[_Fraction, _Fraction]], Field(min_length=1, max_length=MAX_POINTS)]
    object_id: _ObjectId


class _ScribbleFile(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")
    scribbles: list[list[_Line]]


class _ClickEntry(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")
    frame: Annotated[int, Field(ge=0)]
    x: Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
    y: Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
    object: _ObjectId


def pen_radius(size: Size) -> float:
    """Return a pen's radius in pixels for strokes without one: 3 on a frame of 480 rows."""
    return max(2.0, min(size) / 160)


def read_scribbles(
    path: Path, size: Size, frame_count: int, radius: float | None = None
) -> tuple[Scribble, ...]:
    """Read the strokes of DAVIS interactive's JSON.

    Args:
        path: ``{"scribbles": [[{"path": [[x, y], ...], "object_id": 1}, ...], ...]}``; one list of
            strokes for each frame.
        size: The video's, in pixels.
        frame_count: The video's.
        radius: Of the pen, in pixels; ``pen_radius`` of the size where None.

    Raises:
        ProjectError: The file cannot be read, is too large, is not of this format (saying which
            entry is wrong), or has strokes on frames that the video lacks.
    """
    frames = _parse(path, TypeAdapter(_ScribbleFile)).scribbles
    pen = pen_radius(size) if radius is None else radius
    strokes = []
    for frame, lines in enumerate(frames):
        if lines and frame >= frame_count:
            raise _no_frame(path, f"scribbles[{frame}]", frame, frame_count)
        for line in lines:
            points = tuple(_to_pixels(x, y, size) for x, y in line.path)
            strokes.append(
                Scribble(frame=frame, object_id=line.object_id, points=points, radius=pen)
            )
    return tuple(strokes)


def read_clicks(
    path: Path, size: Size, frame_count: int, radius: float | None = None
) -> tuple[Click, ...]:
    """Read ``[{"frame": 0, "x": 0.41, "y": 0.55, "object": 1}, ...]``; object 0 is background.

    Args:
        path: The file.
        size: The video's, in pixels.
        frame_count: The video's.
        radius: Of the discs, in pixels; ``pen_radius`` of the size where None.

    Raises:
        ProjectError: The file cannot be read, is too large, is not of this format (saying which
            entry is wrong), or has clicks on frames that the video lacks.
    """
    entries = _parse(path, TypeAdapter(list[_ClickEntry]))
    disc = pen_radius(size) if radius is None else radius
    clicks = []
    for place, entry in enumerate(entries):
        if entry.frame >= frame_count:
            raise _no_frame(path, f"[{place}]", entry.frame, frame_count)
        x, y = _to_pixels(entry.x, entry.y, size)
        clicks.append(Click(frame=entry.frame, object_id=entry.object, x=x, y=y, radius=disc))
    return tuple(clicks)


def _parse(path: Path, adapter: TypeAdapter[T]) -> T:
    data = read_bounded(path, MAX_BYTES)
    try:
        return adapter.validate_json(data)
    except ValidationError as cause:
        position = {"path", "x", "y"} & set(cause.errors(include_url=False)[0]["loc"])
        advice = "Positions are fractions of the frame, not pixels." if position else ""
        raise ProjectError(f"{path.name} cannot be used: {describe(cause)}.", advice) from cause


def _to_pixels(x: float, y: float, size: Size) -> Point:
    return x * (size.width - 1) + 0.5, y * (size.height - 1) + 0.5


def _no_frame(path: Path, where: str, frame: int, frame_count: int) -> ProjectError:
    return ProjectError(
        f"{path.name} cannot be used: {where} is on frame {frame}, but the video has "
        f"{frame_count} frames."
    )
