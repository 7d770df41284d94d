"""Figures for people: one row for each sequence, and their mean below."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def percent_table(
    title: str, headings: Iterable[str], rows: Mapping[str, Sequence[float]], caption: str = ""
) -> Table:
    """Return a table of figures in percent, with the mean of each column in the last row.

    Args:
        title: Above the table.
        headings: Of the columns beside the names.
        rows: The figures by the name of the sequence, 0..1; at least one row.
        caption: Below the table.
    """
    table = Table(title=title, caption=caption or None)
    table.add_column("sequence")
    for heading in headings:
        table.add_column(heading, justify="right")
    for name, values in rows.items():
        table.add_row(name, *percent(values))
    table.add_section()
    table.add_row("mean", *percent(np.mean(list(rows.values()), axis=0).tolist()), style="bold")
    return table


def percent(values: Iterable[float]) -> list[str]:
    """Return figures in percent with one digit after the point."""
    return [f"{100 * value:.1f}" for value in values]
