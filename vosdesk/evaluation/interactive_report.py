"""What the interactive protocol found: J&F after each round, and as a function of time.

J&F is seen as a function of time t: a curve with straight pieces from (0, 0) through (t_r,
q_r), the averages over the sequences of time and J&F after round r; it stays as it is after the
last round. A sequence that ends early, since nothing is wrong or no frame is left, repeats its last
result at no cost. Of the curve q are reported

    AUC = 1/T integral from 0 to T of q(t) dt,    J&F@60s = q(60 s),

where T is what DAVIS grants: GRANTED_SECONDS for each object and round. The time of a round is
what the annotator takes, STROKE_SECONDS for each scribble, plus what the computer takes until
every frame is labelled. The first round also has the time to embed the video, all of it, though a
user may scribble meanwhile; where embeddings were in the store it has none, and the report says so.

The same two figures are reported for time counted in two other ways: ``prepared`` without
embedding, for a video that was embedded before anybody looked at it, and ``computing_only``
without the annotator, as DAVIS's own framework counts, to be compared with published figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from vosdesk.evaluation.report import Pace, Report
from vosdesk.evaluation.tables import percent, percent_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from rich.table import Table

    from vosdesk.evaluation.scores import Scores

ROUNDS = 8
GRANTED_SECONDS = 30.0
"""What DAVIS grants for each object in each round."""
STROKE_SECONDS = 10.9
"""What an annotator takes for a scribble, the median of many: Bearman et al., "What's the Point:
Semantic Segmentation with Point Supervision", ECCV 2016, section 4, where a free-form squiggle on
one class takes 10.9 s (an image with 1.5 classes 34.9 s, of which 18.5 s rule out the others)."""
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
        embedding_seconds: What the computer took to embed the video; None where it was in the
            store before.
        rounds: At least one.
    """

    embedding_seconds: float | None
    rounds: tuple[Round, ...]

    @property
    def objects(self) -> int:
        """How many objects there are."""
        return len(self.rounds[0].scores.object_ids)

    @property
    def pace(self) -> Pace:
        """What a frame took."""
        labelling = [played.seconds for played in self.rounds]
        return Pace.of(self.embedding_seconds, labelling, len(self.rounds[0].scores.values))

    def quality(self, count: int) -> list[float]:
        """Return J&F after each of ``count`` rounds."""
        reached = [played.scores.j_and_f for played in self.rounds]
        return reached + reached[-1:] * (count - len(reached))

    def elapsed(self, count: int, stroke_seconds: float, embedding: bool) -> list[float]:
        """Return the seconds gone by after each of ``count`` rounds.

        Args:
            count: How many rounds.
            stroke_seconds: What the annotator takes for each scribble.
            embedding: Whether the time to embed the video counts.
        """
        spent = [stroke_seconds * played.strokes + played.seconds for played in self.rounds]
        if embedding:
            spent[0] += self.embedding_seconds or 0.0
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
        stroke_seconds: What the annotator takes for each scribble.
    """

    sequences: Mapping[str, PlayedSequence]
    round_count: int = ROUNDS
    stroke_seconds: float = STROKE_SECONDS

    @property
    def rounds(self) -> list[float]:
        """J&F after each round, averaged over the sequences."""
        return _average([played.quality(self.round_count) for played in self.sequences.values()])

    @property
    def curve(self) -> QualityCurve:
        """J&F over all time: embedding, the annotator's and the computer's."""
        return self._curve(self.stroke_seconds, embedding=True)

    @property
    def prepared_curve(self) -> QualityCurve:
        """J&F over the annotator's and the computer's time on a video that is embedded already."""
        return self._curve(self.stroke_seconds, embedding=False)

    @property
    def computing_curve(self) -> QualityCurve:
        """J&F over the computer's time alone."""
        return self._curve(0.0, embedding=True)

    @property
    def knows_embedding(self) -> bool:
        """Whether the time to embed every video was measured."""
        return all(played.embedding_seconds is not None for played in self.sequences.values())

    @property
    def curves(self) -> dict[str, QualityCurve]:
        """The curves worth showing, by what their time is made of."""
        whole = {"embedding, annotator and computer": self.curve} if self.knows_embedding else {}
        return {
            **whole,
            "embedded before": self.prepared_curve,
            "computer alone, as DAVIS counts": self.computing_curve,
        }

    @property
    def granted_seconds(self) -> float:
        """What DAVIS grants for all rounds, averaged over the sequences: T of the AUC."""
        objects = [played.objects for played in self.sequences.values()]
        return self.round_count * GRANTED_SECONDS * sum(objects) / len(objects)

    @property
    def last(self) -> Report:
        """Figures of the labels after the last round."""
        return Report(
            {name: played.rounds[-1].scores for name, played in self.sequences.items()},
            Pace.average([played.pace for played in self.sequences.values()]),
            f"After {self.round_count} rounds",
        )

    def as_json(self) -> dict[str, Any]:
        """Return figures for ``--json``: those after the last round, and those over the rounds."""
        figures = self.last.as_json()
        for name, played in self.sequences.items():
            figures["sequences"][name] |= {
                "rounds": played.quality(self.round_count),
                "frames": [one.frame_index for one in played.rounds],
                "strokes": [one.strokes for one in played.rounds],
                "seconds_embedding": played.embedding_seconds,
                "seconds_labelling": [one.seconds for one in played.rounds],
            }
        return {
            **figures,
            "rounds": self.rounds,
            "seconds": self.curve.times[1:].tolist(),
            "seconds_for_a_stroke": self.stroke_seconds,
            "embedding_counted": self.knows_embedding,
            **self.summary(self.curve),
            "prepared": self.summary(self.prepared_curve),
            "computing_only": self.summary(self.computing_curve),
        }

    def summary(self, curve: QualityCurve) -> dict[str, float]:
        """Return area and J&F@60s of a curve."""
        return {"auc": curve.area(self.granted_seconds), "j_and_f_at_60s": curve.at(ASKED_AT)}

    def _curve(self, stroke_seconds: float, embedding: bool) -> QualityCurve:
        played = self.sequences.values()
        times = [one.elapsed(self.round_count, stroke_seconds, embedding) for one in played]
        return QualityCurve.through(_average(times), self.rounds)


def render(report: InteractiveReport) -> Table:
    """Return J&F after each round as a table, in percent, the mean below the sequences."""
    rows = {name: one.quality(report.round_count) for name, one in report.sequences.items()}
    headings = [str(number) for number in range(1, report.round_count + 1)]
    return percent_table("Interactive: J&F after each round", headings, rows, _caption(report))


def _caption(report: InteractiveReport) -> str:
    lines = []
    for name, curve in report.curves.items():
        area, asked = percent(report.summary(curve).values())
        lines.append(f"{name}: AUC {area}, J&F@60s {asked}")
    return "\n".join(
        [*lines, f"{report.stroke_seconds:g} s by hand for a scribble", str(report.last.pace)]
    )


def _average(rows: Sequence[Sequence[float]]) -> list[float]:
    averages: list[float] = np.mean(rows, axis=0).tolist()
    return averages
