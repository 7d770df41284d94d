"""The figures of an evaluation: as an object, as JSON, and as a table for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.table import Table

from vosdesk.evaluation.measures import Summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


@dataclass(frozen=True)
class Figures:
    """Both measures of one sequence; of several objects, their average.

    Attributes:
        region: J.
        contour: F.
    """

    region: Summary
    contour: Summary


@dataclass(frozen=True)
class Report:
    """What an evaluation found.

    Attributes:
        sequences: The figures of each sequence, by name.
        seconds_per_frame: Time to embed and label a frame; None where masks were only scored.
    """

    sequences: Mapping[str, Figures]
    seconds_per_frame: float | None = None

    @property
    def mean_region(self) -> float:
        """J, averaged over the sequences."""
        return _mean(figures.region.mean for figures in self.sequences.values())

    @property
    def mean_contour(self) -> float:
        """F, averaged over the sequences."""
        return _mean(figures.contour.mean for figures in self.sequences.values())

    def as_json(self) -> dict[str, Any]:
        """Return figures for ``--json``: mean, sequences, seconds_per_frame."""
        region, contour = self.mean_region, self.mean_contour
        return {
            "mean": {"J": region, "F": contour, "J&F": (region + contour) / 2},
            "sequences": {name: _row(figures) for name, figures in self.sequences.items()},
            "seconds_per_frame": self.seconds_per_frame,
        }


def average(several: Sequence[Figures]) -> Figures:
    """Return the average of the objects of a sequence, as DAVIS 2017 counts."""
    return Figures(
        _average([figures.region for figures in several]),
        _average([figures.contour for figures in several]),
    )


def render(report: Report) -> Table:
    """Return the figures as a table, in percent, the mean below the sequences."""
    table = Table(title="Semi-supervised, first mask given")
    table.add_column("sequence")
    for heading in ("J", "recall", "decay", "F", "recall", "decay"):
        table.add_column(heading, justify="right")
    for name, figures in report.sequences.items():
        table.add_row(name, *_cells(figures))
    table.add_section()
    table.add_row("mean", *_cells(average(list(report.sequences.values()))), style="bold")
    if report.seconds_per_frame is not None:
        table.caption = f"{report.seconds_per_frame:.3f} s per frame"
    return table


def _cells(figures: Figures) -> list[str]:
    summaries = (figures.region, figures.contour)
    return [f"{100 * v:.1f}" for s in summaries for v in (s.mean, s.recall, s.decay)]


def _row(figures: Figures) -> dict[str, float]:
    return {
        f"{measure}{suffix}": value
        for measure, summary in (("J", figures.region), ("F", figures.contour))
        for suffix, value in (
            ("", summary.mean),
            ("_recall", summary.recall),
            ("_decay", summary.decay),
        )
    }


def _average(summaries: Sequence[Summary]) -> Summary:
    return Summary(
        _mean(summary.mean for summary in summaries),
        _mean(summary.recall for summary in summaries),
        _mean(summary.decay for summary in summaries),
    )


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed)
