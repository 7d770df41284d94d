"""The run's diary: one line of a CSV file for each step."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from vosdesk.errors import VosdeskError

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = ("step", "loss")


class LossLog:
    """Writes step and loss, line by line, so that a run can be watched.

    Args:
        path: The file.
        done: Steps already done in an interrupted run; later lines of an earlier attempt go.

    Raises:
        VosdeskError: The file cannot be written.
    """

    def __init__(self, path: Path, done: int) -> None:
        self._path = path
        kept = self._lines()[1 : done + 1] if done else []
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows([COLUMNS, *kept])
        except OSError as cause:
            raise VosdeskError(f"The log {path} cannot be written: {cause.strerror}.") from cause

    def add(self, step: int, loss: float) -> None:
        """Append a line."""
        with self._path.open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow((step, f"{loss:.6f}"))

    def _lines(self) -> list[list[str]]:
        if not self._path.is_file():
            return []
        with self._path.open(newline="", encoding="utf-8") as file:
            return list(csv.reader(file))
