"""The run's diary: one line of a CSV file for each step."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from vosdesk.errors import VosdeskError

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = ("step", "loss", "validation_J")


class LossLog:
    """Writes step, loss and, where it was measured, J, line by line: a run can be watched.

    Args:
        path: The file.
        done: Steps already done in an interrupted run; later lines of an earlier attempt go.

    Attributes:
        path: The file.

    Raises:
        VosdeskError: The file cannot be written.
    """

    def __init__(self, path: Path, done: int) -> None:
        self.path = path
        kept = read_lines(path)[:done] if done else []
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows([COLUMNS, *kept])
        except OSError as cause:
            raise VosdeskError(f"The log {path} cannot be written: {cause.strerror}.") from cause

    def add(self, step: int, loss: float, validation: float | None = None) -> None:
        """Append a line; validation is J on held-out videos, 0..1."""
        measured = "" if validation is None else f"{validation:.4f}"
        with self.path.open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow((step, f"{loss:.6f}", measured))


def read_lines(path: Path) -> list[list[str]]:
    """Return the lines of a log without its heading; none where there is no log."""
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))[1:]
