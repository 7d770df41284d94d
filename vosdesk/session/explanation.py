"""What is told about a pixel's label; ``explaining`` finds it out."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vosdesk.arrays import ObjectId


class Reason(enum.Enum):
    """What a pixel's label rests on."""

    PAINTED = "painted"
    """The user painted this very pixel."""
    LOCKED = "locked"
    """The frame is locked."""
    RETRIEVED = "retrieved"
    """References that are similar to it."""
    LINKED = "linked"
    """The cells that it is linked to in nearby frames, against what references say of it alone."""
    SPREAD = "spread"
    """Paint on the same frame, which no edge parts from it, against what references say of it."""
    UNLIKE = "unlike"
    """Nothing annotated is similar to it, so it is background until somebody says otherwise."""
    UNKNOWN = "unknown"
    """Nothing: the frame is not embedded yet, or nothing is annotated."""


@dataclass(frozen=True)
class ReferencePixel:
    """A reference that votes on a pixel, in the terms of the document.

    Attributes:
        frame_index: On which frame it lies.
        annotation_id: Which annotation made it, ``label_book.LOCK_OWNER`` where a lock did, or
            whose paint was spread to it; None where that is none's.
        x: Middle of its cell, in source pixels.
        y: The same, downwards.
        object_id: What it mostly is.
        similarity: Cosine to the pixel's cell, -1..1.
        weight: Its part of the vote, 0..1.
        is_spread: Whether it was not painted, but paint on its frame was spread to it.
    """

    frame_index: int
    annotation_id: int | None
    x: float
    y: float
    object_id: ObjectId
    similarity: float
    weight: float
    is_spread: bool = False


@dataclass(frozen=True)
class PathStep:
    """A place on the way along which a label came through the video.

    Attributes:
        frame_index: The frame.
        x: Middle of its cell, in source pixels.
        y: The same, downwards.
    """

    frame_index: int
    x: float
    y: float


@dataclass(frozen=True)
class Explanation:
    """Why a pixel has its label.

    Attributes:
        frame_index: The frame.
        x: Column in source pixels.
        y: Row in source pixels.
        object_id: The label.
        reason: What it rests on.
        annotation_id: Which annotation painted it; None where none did.
        margin: How far the label is ahead of the next one, 0..1; 0 where nothing voted.
        proved: Whether, before this question, the label was proved to be that of an exact search.
        references: Those that vote, the most similar first.
        path: From the pixel along the links to where its label came from, each step having given
            the one before it most of its label, the last one perhaps by spreading on its frame;
            empty where links have no say.
        path_painted: Whether the end of the path is painted; else its label was retrieved there.
        path_annotation_id: Which annotation painted it; None where none did.
    """

    frame_index: int
    x: int
    y: int
    object_id: ObjectId
    reason: Reason
    annotation_id: int | None = None
    margin: float = 0.0
    proved: bool = False
    references: tuple[ReferencePixel, ...] = ()
    path: tuple[PathStep, ...] = ()
    path_painted: bool = False
    path_annotation_id: int | None = None
