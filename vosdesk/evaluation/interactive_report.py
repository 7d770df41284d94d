"""What the interactive protocol found: J&F after each round, and as a function of time.

J&F is seen as a function of time t: a curve with straight pieces from (0, 0) through (t_r,
q_r), the averages over the sequences of time and J&F after round r; it stays as it is after the
last round. A sequence that ends early, since nothing is wrong or no frame is left, repeats its last
result at no cost. Of the curve q are reported

    AUC = 1/T integral from 0 to T of q(t) dt,    J&F@60s = q(60 s),

where T grants every round ROUND_SECONDS for each object. Time is what the annotator takes, a fixed
time for each object and round, plus what the computer took, in the first round with embedding the
video. DAVIS's own framework counts the computer's time alone; the same two figures
counted so, to be compared with published ones, are reported as ``computing_only``.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from vosdesk.evaluation.report import Report
from vosdesk.evaluation.tables import percent, percent_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from rich.table import Table

    from vosdesk.evaluation.truth import Scores

ROUNDS = 8
ROUND_SECONDS = 30.0
"""What DAVIS grants for each object in each round."""
ASKED_AT = 60.0


@dataclass(frozen=True, eq=False)
class Round:
    """One round on one sequence.

    Attributes:
        frame_index: The frame that was annotated.
        strokes: How many scribbles it got.
        seconds: What the computer took, from the scribbles to the last label map.
        scores: How good the label maps are.
    """

    frame_index: int
    strokes: int
    seconds: float
    scores: Scores


@dataclass(frozen=True, eq=False)
class PlayedSequence:
    """All rounds on one sequence.

    Attributes:
        objects: How many there are.
        embedding_seconds: What the computer took to embed the video.
        rounds: At least one.
    """

    objects: int
    embedding_seconds: float
    rounds: tuple[Round, ...]

    @property
    def seconds_per_frame(self) -> float:
        """Time to embed a frame and to label it once."""
        labelling = sum(played.seconds for played in self.rounds) / len(self.rounds)
        return (self.embedding_seconds + labelling) / len(self.rounds[0].scores.values)

    def quality(self, count: int) -> list[float]:
        """Return J&F after each of ``count`` rounds."""
        reached = [played.scores.j_and_f for played in self.rounds]
        return reached + reached[-1:] * (count - len(reached))

    def elapsed(self, count: int, annotator_seconds: float) -> list[float]:
        """Return the seconds gone by after each of ``count`` rounds."""
        by_hand = annotator_seconds * self.objects
        spent = [by_hand + played.seconds for played in self.rounds]
        spent[0] += self.embedding_seconds
        return list(accumulate(spent + [0.0] * (count - len(spent))))


@dataclass(frozen=True, eq=False)
class QualityCurve:
    """J&F over time, straight between its points, which begin at (0, 0).

    Attributes:
        times: Seconds, never falling.
        values: J&F, as many.
    """

    times: NDArray[np.float64]
    values: NDArray[np.float64]

    @staticmethod
    def through(times: Sequence[float], values: Sequence[float]) -> QualityCurve:
        """Return the curve from (0, 0) through the points."""
        return QualityCurve(np.array([0.0, *times]), np.array([0.0, *values]))

    def at(self, seconds: float) -> float:
        """Return J&F at a time."""
        return float(np.interp(seconds, self.times, self.values))

    def area(self, until: float) -> float:
        """Return the average of J&F over the time from 0 to ``until``."""
        before = self.times < until
        times = np.append(self.times[before], until)
        values = np.append(self.values[before], self.at(until))
        return float(np.trapezoid(values, times) / until)


@dataclass(frozen=True, eq=False)
class InteractiveReport:
    """What the interactive protocol found.

    Attributes:
        sequences: What happened on each sequence, by name; at least one.
        round_count: How many rounds were granted.
        annotator_seconds: For each object and round.
    """

    sequences: Mapping[str, PlayedSequence]
    round_count: int = ROUNDS
    annotator_seconds: float = ROUND_SECONDS

    @property
    def rounds(self) -> list[float]:
        """J&F after each round, averaged over the sequences."""
        return _average([played.quality(self.round_count) for played in self.sequences.values()])

    @property
    def seconds(self) -> list[float]:
        """Seconds gone by after each round, averaged over the sequences."""
        return self._seconds(self.annotator_seconds)

    @property
    def curve(self) -> QualityCurve:
        """J&F over the annotator's and the computer's time."""
        return QualityCurve.through(self.seconds, self.rounds)

    @property
    def computing_curve(self) -> QualityCurve:
        """J&F over the computer's time alone."""
        return QualityCurve.through(self._seconds(0.0), self.rounds)

    @property
    def available_seconds(self) -> float:
        """What DAVIS grants for all rounds, averaged over the sequences: T of the AUC."""
        objects = [played.objects for played in self.sequences.values()]
        return self.round_count * ROUND_SECONDS * sum(objects) / len(objects)

    @property
    def last(self) -> Report:
        """Figures of the labels after the last round."""
        played = self.sequences.values()
        return Report(
            {name: p.rounds[-1].scores.figures for name, p in self.sequences.items()},
            sum(p.seconds_per_frame for p in played) / len(played),
        )

    def as_json(self) -> dict[str, Any]:
        """Return figures for ``--json``: those after the last round, and those over the rounds."""
        figures = self.last.as_json()
        for name, played in self.sequences.items():
            figures["sequences"][name] |= {
                "rounds": played.quality(self.round_count),
                "frames": [one.frame_index for one in played.rounds],
                "seconds_embedding": played.embedding_seconds,
                "seconds_labelling": [one.seconds for one in played.rounds],
            }
        return {
            **figures,
            "rounds": self.rounds,
            "seconds": self.seconds,
            "annotator_seconds": self.annotator_seconds,
            **self._of_curve(self.curve),
            "computing_only": self._of_curve(self.computing_curve),
        }

    def _of_curve(self, curve: QualityCurve) -> dict[str, float]:
        return {"auc": curve.area(self.available_seconds), "j_and_f_at_60s": curve.at(ASKED_AT)}

    def _seconds(self, annotator_seconds: float) -> list[float]:
        played = self.sequences.values()
        return _average([one.elapsed(self.round_count, annotator_seconds) for one in played])


def render(report: InteractiveReport) -> Table:
    """Return J&F after each round as a table, in percent, the mean below the sequences."""
    rows = {name: one.quality(report.round_count) for name, one in report.sequences.items()}
    headings = [str(number) for number in range(1, report.round_count + 1)]
    area, asked = percent([report.curve.area(report.available_seconds), report.curve.at(ASKED_AT)])
    caption = f"AUC {area}, J&F@60s {asked}, {report.annotator_seconds:g} s by hand for each object"
    return percent_table("Interactive: J&F after each round", headings, rows, caption)


def _average(rows: Sequence[Sequence[float]]) -> list[float]:
    averages: list[float] = np.mean(rows, axis=0).tolist()
    return averages
