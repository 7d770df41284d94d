"""The figures of an evaluation: as an object, as JSON, and as a table for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.table import Table

from vosdesk.evaluation.scores import average

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vosdesk.evaluation.scores import Figures, Scores


@dataclass(frozen=True)
class Pace:
    """How long the computer takes for a frame.

    Attributes:
        embedding: Seconds to embed it; None where embeddings were there before.
        labelling: Seconds to label it once.
    """

    embedding: float | None
    labelling: float

    @property
    def seconds_per_frame(self) -> float | None:
        """Seconds for both; None where embedding was not measured."""
        return None if self.embedding is None else self.embedding + self.labelling

    @staticmethod
    def of(
        embedding_seconds: float | None, labelling_seconds: Sequence[float], frames: int
    ) -> Pace:
        """Return the pace of a video.

        Args:
            embedding_seconds: What it took to embed all frames; None where that is not known.
            labelling_seconds: What it took to label all frames, each time; at least once.
            frames: How many they are.
        """
        labelling = sum(labelling_seconds) / len(labelling_seconds) / frames
        return Pace(None if embedding_seconds is None else embedding_seconds / frames, labelling)

    @staticmethod
    def average(paces: Sequence[Pace]) -> Pace:
        """Return the average over sequences; one that was not embedded leaves that unknown."""
        embedding = [pace.embedding for pace in paces if pace.embedding is not None]
        return Pace(
            sum(embedding) / len(paces) if len(embedding) == len(paces) else None,
            sum(pace.labelling for pace in paces) / len(paces),
        )

    def __str__(self) -> str:
        labelling = f"{self.labelling:.3f} s to label a frame"
        if self.embedding is None:
            return f"{labelling}; embeddings came from the store"
        return f"{self.embedding:.3f} s to embed and {labelling}"


@dataclass(frozen=True)
class Report:
    """What an evaluation found.

    Attributes:
        sequences: How good the labels of each sequence are, by name; at least one.
        pace: How long a frame took; None where masks were only scored.
        title: What was evaluated, for people.
    """

    sequences: Mapping[str, Scores]
    pace: Pace | None = None
    title: str = "Semi-supervised, first mask given"

    @property
    def figures(self) -> dict[str, Figures]:
        """J and F of each sequence, by name."""
        return {name: scores.figures for name, scores in self.sequences.items()}

    @property
    def mean(self) -> Figures:
        """J and F, averaged over all objects of all sequences, as DAVIS counts.

        DAVIS 2016, with its one object in a sequence, averages over sequences, which is the same.
        """
        found = self.sequences.values()
        return average([figures for scores in found for figures in scores.by_object.values()])

    def as_json(self) -> dict[str, Any]:
        """Return figures for ``--json``: mean, sequences, seconds_per_frame."""
        region, contour = self.mean.region.mean, self.mean.contour.mean
        pace = self.pace
        return {
            "mean": {"J": region, "F": contour, "J&F": (region + contour) / 2},
            "sequences": {name: _rows(scores) for name, scores in self.sequences.items()},
            "seconds_per_frame": pace and pace.seconds_per_frame,
            "seconds_to_embed_a_frame": pace and pace.embedding,
            "seconds_to_label_a_frame": pace and pace.labelling,
        }


def render(report: Report) -> Table:
    """Return the figures as a table, in percent, the mean below the sequences."""
    table = Table(title=report.title, caption=str(report.pace) if report.pace else None)
    table.add_column("sequence")
    for heading in ("J", "recall", "decay", "F", "recall", "decay"):
        table.add_column(heading, justify="right")
    for name, scores in report.sequences.items():
        table.add_row(name, *_cells(scores.figures))
        if len(scores.object_ids) > 1:
            for object_id, figures in scores.by_object.items():
                table.add_row(f"  object {object_id}", *_cells(figures), style="dim")
    table.add_section()
    table.add_row("mean", *_cells(report.mean), style="bold")
    return table


def _cells(figures: Figures) -> list[str]:
    summaries = (figures.region, figures.contour)
    return [f"{100 * v:.1f}" for s in summaries for v in (s.mean, s.recall, s.decay)]


def _rows(scores: Scores) -> dict[str, Any]:
    """Return the figures of a sequence, and where it has several objects those of each."""
    whole: dict[str, Any] = _row(scores.figures)
    if len(scores.object_ids) > 1:
        whole["objects"] = {str(i): _row(figures) for i, figures in scores.by_object.items()}
    return whole


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
