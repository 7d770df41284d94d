"""Figures of other methods or earlier runs, to be shown beside those of an evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from vosdesk.errors import VosdeskError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_MOST_BYTES = 1 << 24


class SequenceFigures(BaseModel):
    """What one method reaches on one sequence."""

    J: float = Field(ge=0, le=1)
    F: float = Field(ge=0, le=1)


_BySequence = Annotated[dict[str, SequenceFigures], Field(min_length=1)]
_METHODS = TypeAdapter(Annotated[dict[str, _BySequence], Field(min_length=1)])


class _EarlierRun(BaseModel):
    """What ``vosdesk evaluate --json`` writes, as far as it is read here."""

    sequences: _BySequence


@dataclass(frozen=True)
class Comparison:
    """J and F of other methods.

    Attributes:
        methods: The figures of each method, by sequence; at least one. The first one is the one
            to compare with, the others are there to see where it stands.
    """

    methods: Mapping[str, Mapping[str, SequenceFigures]]


def read_comparison(path: Path) -> Comparison:
    """Read figures from ``{method: {sequence: {"J": .., "F": ..}}}``, 0..1, or an earlier run.

    An earlier run is a file that ``vosdesk evaluate --json`` wrote; it is called by its name.

    Raises:
        VosdeskError: The file cannot be read, or is neither of the two.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise VosdeskError(f"{path} is too large to be figures of an evaluation.")
        content = path.read_bytes()
    except OSError as error:
        raise VosdeskError(f"{path} cannot be read: {error.strerror}.") from error
    try:
        return Comparison({path.stem: _EarlierRun.model_validate_json(content).sequences})
    except ValidationError:
        pass  # then it lists methods
    try:
        return Comparison(_METHODS.validate_json(content))
    except ValidationError as error:
        raise VosdeskError(
            f"{path} holds no figures to compare with.",
            'Give what --json wrote, or {"method": {"sequence": {"J": 0.7, "F": 0.7}}}.',
        ) from error
