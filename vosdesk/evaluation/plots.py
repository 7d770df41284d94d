"""Pictures of an evaluation: bars and curves that show at a glance where labels are good.

Figures are drawn by matplotlib's objects, without pyplot, which would keep a state of its own and
may open windows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator, PercentFormatter

from vosdesk.errors import VosdeskError
from vosdesk.evaluation.clicks import COUNTS
from vosdesk.evaluation.interactive_report import ASKED_AT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from vosdesk.evaluation.clicks import ClicksReport
    from vosdesk.evaluation.comparison import Comparison, SequenceFigures
    from vosdesk.evaluation.interactive_report import InteractiveReport
    from vosdesk.evaluation.report import Report
    from vosdesk.evaluation.scores import Scores

FORMATS = (".png", ".svg", ".pdf")

_INK, _QUIET, _LINE = "#2b2f36", "#7d8590", "#e3e6ea"
_OURS, _OTHER = "#2f6fb3", "#e0a458"
_CURVES = (_OURS, "#5a9367", _OTHER)
_FIELD = "#a9b0ba"
_DOTS_PER_INCH = 150
_ACROSS = 5
"""Small pictures in a row."""
_OTHERS = " others"


def check_target(path: Path) -> None:
    """Check, before the work, that a picture can be written to a path.

    Raises:
        VosdeskError: It has an ending that is not known, or its folder is not there.
    """
    if path.suffix.lower() not in FORMATS:
        raise VosdeskError(f"{path} cannot be a picture: it has to end in {', '.join(FORMATS)}.")
    if not path.parent.is_dir():
        raise VosdeskError(f"There is no folder {path.parent} for the picture.")


def save(figure: Figure, path: Path) -> None:
    """Write a figure in the format of the path's ending.

    Raises:
        VosdeskError: The file cannot be written.
    """
    try:
        figure.savefig(path, dpi=_DOTS_PER_INCH, facecolor="white")
    except OSError as error:
        raise VosdeskError(
            f"{path} cannot be written: {error.strerror}.", "Choose another file for --plot."
        ) from error


def draw_report(report: Report, comparison: Comparison | None = None) -> Figure:
    """Draw J and F of each sequence as bars, and J over its frames below.

    Beside the bars stand those of the comparison's first method, and grey marks for the others.
    """
    count = len(report.sequences)
    across = min(count, _ACROSS)
    rows = -(-count // across)
    width = min(max(6.0, 1.1 * (count + 1)), 15.0)
    figure = Figure(figsize=(width, 5.4 + 1.35 * rows), layout="constrained")
    whole = figure.add_gridspec(2, 1, height_ratios=[5.4, 1.35 * rows])
    bars = whole[0].subgridspec(2, 1)
    for row, measure in enumerate(("J", "F")):
        axes = figure.add_subplot(bars[row])
        _draw_bars(axes, report, measure, comparison)
        if row == 0:
            _legend_above(axes)
    small = whole[1].subgridspec(rows, across)
    for place, name in enumerate(report.sequences):
        _draw_frames(figure.add_subplot(small[place]), name, report.sequences[name])
    _title(figure, report.title)
    return figure


def draw_interactive(report: InteractiveReport) -> Figure:
    """Draw J&F over rounds, for each sequence, and over time."""
    figure = Figure(figsize=(12, 5), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.15], sharey=True)
    rounds = range(1, report.round_count + 1)
    qualities = {name: p.quality(report.round_count) for name, p in report.sequences.items()}
    _draw_bundle(left, rounds, qualities, report.rounds)
    left.set_xlabel("round")
    left.set_xticks(list(rounds))
    left.set_ylabel("J&F")
    _draw_over_time(right, report)
    _title(figure, "Interactive: a robot's scribbles on the worst frame, round after round")
    return figure


def draw_clicks(report: ClicksReport) -> Figure:
    """Draw J&F by the number of clicks, for each sequence and for all."""
    figure = Figure(figsize=(7.5, 5), layout="constrained")
    axes = figure.subplots()
    qualities = {name: clicked.quality for name, clicked in report.sequences.items()}
    _draw_bundle(axes, COUNTS, qualities, list(report.clicks.values()))
    axes.set_xscale("log")
    axes.set_xticks(COUNTS, [str(count) for count in COUNTS])
    axes.minorticks_off()
    axes.set_xlabel("clicks")
    axes.set_ylabel("J&F")
    _title(figure, "Clicks on the largest error anywhere in the video")
    return figure


def _draw_bars(axes: Axes, report: Report, measure: str, comparison: Comparison | None) -> None:
    ours = {name: _of_sequence(report, name, measure) for name in report.sequences}
    groups = [("vosdesk", _OURS, ours)]
    if comparison is not None:
        name, figures = next(iter(comparison.methods.items()))
        groups.append((name, _OTHER, _values(figures, measure)))
    names = list(ours)
    places = np.append(np.arange(len(names)), len(names) + 0.4)
    width = 0.74 / len(groups)
    for number, (name, colour, values) in enumerate(groups):
        heights = [values.get(sequence, np.nan) for sequence in names]
        heights.append(_mean(heights))
        shift = (number - (len(groups) - 1) / 2) * width
        drawn = axes.bar(places + shift, heights, 0.94 * width, color=colour, label=name)
        texts = ["" if np.isnan(height) else f"{100 * height:.0f}" for height in heights[:-1]]
        texts.append("" if np.isnan(heights[-1]) else f"{100 * heights[-1]:.1f}")
        axes.bar_label(drawn, texts, padding=2, fontsize=7.5, color=_INK)
    if comparison is not None:
        _draw_field(axes, comparison, measure, names, places)
    axes.set_xticks(places, [*names, "mean"], fontsize=8.5)
    axes.get_xticklabels()[-1].set_fontweight("bold")
    axes.axvline(len(names) - 0.3, color=_LINE, linewidth=1)
    axes.set_xlim(-0.6, places[-1] + 0.6)
    axes.set_ylabel(measure, fontsize=11)
    _percent(axes, top=1.08)


def _draw_field(
    axes: Axes,
    comparison: Comparison,
    measure: str,
    names: Sequence[str],
    places: NDArray[np.float64],
) -> None:
    """Mark, to the right of the bars, where the comparison's further methods stand."""
    for number, figures in enumerate(list(comparison.methods.values())[1:]):
        values = _values(figures, measure)
        heights = [values.get(name, np.nan) for name in names]
        axes.plot(
            places + 0.43,
            [*heights, _mean(heights)],
            linestyle="none",
            marker="_",
            markersize=6,
            color=_FIELD,
            zorder=3,
            label=f"{len(comparison.methods) - 1}{_OTHERS}" if number == 0 else None,
        )


def _draw_frames(axes: Axes, name: str, scores: Scores) -> None:
    """Draw J over the frames of a sequence."""
    values = scores.region_by_frame
    frames = scores.first_scored + np.arange(len(values))
    axes.fill_between(frames, values, color=_OURS, alpha=0.14, linewidth=0)
    axes.plot(frames, values, color=_OURS, linewidth=1.4)
    axes.set_title(f"{name}: J by frame", fontsize=8.5, loc="left", color=_INK)
    axes.set_xlim(0, frames[-1] + 1)
    axes.xaxis.set_major_locator(MultipleLocator(_step(int(frames[-1]))))
    _percent(axes, step=0.5)
    axes.tick_params(labelsize=7.5)


def _draw_bundle(
    axes: Axes,
    places: Sequence[int],
    sequences: Mapping[str, Sequence[float]],
    mean: Sequence[float],
) -> None:
    """Draw a thin line for each sequence, named at its end, and a bold one for all."""
    for values in sequences.values():
        axes.plot(places, values, color=_FIELD, linewidth=1.1, alpha=0.8)
    axes.plot(places, mean, color=_OURS, linewidth=2.6, marker="o", markersize=5, zorder=3)
    for place, value in zip(places, mean, strict=True):
        axes.annotate(
            f"{100 * value:.1f}",
            (place, value),
            (0, 7),
            textcoords="offset points",
            ha="center",
            fontsize=8,
            color=_OURS,
            fontweight="bold",
            zorder=4,
        )
    ends = {name: values[-1] for name, values in sequences.items()}
    for name, height in _apart(ends, 0.034).items():
        axes.annotate(
            name,
            (places[-1], ends[name]),
            (1.06, height),
            textcoords=("axes fraction", "data"),
            va="center",
            fontsize=8,
            color=_QUIET,
            arrowprops={
                "arrowstyle": "-",
                "color": _FIELD,
                "linewidth": 0.6,
                "relpos": (0, 0.5),
                "shrinkB": 0,
            },
        )
    _percent(axes)


def _draw_over_time(axes: Axes, report: InteractiveReport) -> None:
    until = report.granted_seconds
    axes.axvline(ASKED_AT, color=_QUIET, linewidth=1, linestyle=(0, (3, 3)))
    curves = report.curves
    for (name, curve), colour in zip(curves.items(), _CURVES[-len(curves) :], strict=True):
        times = np.append(curve.times, max(until, curve.times[-1]))
        values = np.append(curve.values, curve.values[-1])
        figures = report.summary(curve)
        label = (
            f"{name}: J&F@60s {100 * figures['j_and_f_at_60s']:.1f}, AUC {100 * figures['auc']:.1f}"
        )
        axes.plot(times, values, color=colour, linewidth=2, label=label)
        axes.plot(curve.times[1:], curve.values[1:], "o", color=colour, markersize=4)
        axes.plot(
            ASKED_AT,
            curve.at(ASKED_AT),
            "o",
            color="white",
            markeredgecolor=colour,
            markersize=8,
            zorder=3,
        )
    axes.set_xlim(0, until)
    axes.xaxis.set_major_locator(MultipleLocator(30 if until <= 480 else 240))
    axes.set_xlabel(f"seconds, {report.stroke_seconds:g} of them by hand for each scribble")
    axes.legend(loc="lower right", frameon=False, fontsize=8.5, labelcolor=_INK)
    _percent(axes)


def _percent(axes: Axes, top: float = 1.0, step: float = 0.2) -> None:
    """Let a measure go from 0 to 100 %, with quiet lines and no frame."""
    axes.set_ylim(0, top)
    axes.yaxis.set_major_locator(MultipleLocator(step))
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    axes.grid(axis="y", color=_LINE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(_QUIET)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(colors=_INK)


def _legend_above(axes: Axes) -> None:
    handles, names = axes.get_legend_handles_labels()
    order = np.argsort([name.endswith(_OTHERS) for name in names], kind="stable")
    axes.legend(
        [handles[place] for place in order],
        [names[place] for place in order],
        loc="lower right",
        bbox_to_anchor=(1, 1),
        ncols=len(names),
        frameon=False,
        fontsize=9,
        borderpad=0,
    )


def _title(figure: Figure, text: str) -> None:
    figure.suptitle(text, x=0.01, ha="left", fontsize=13, fontweight="bold", color=_INK)


def _of_sequence(report: Report, name: str, measure: str) -> float:
    figures = report.figures[name]
    return (figures.region if measure == "J" else figures.contour).mean


def _values(figures: Mapping[str, SequenceFigures], measure: str) -> dict[str, float]:
    return {name: one.J if measure == "J" else one.F for name, one in figures.items()}


def _mean(heights: Sequence[float]) -> float:
    """Return the mean; not a number where a sequence is missing, as it would not compare."""
    return float(np.mean(heights))


def _step(last: int) -> int:
    return max(10, 10 * round(last / 40))


def _apart(heights: Mapping[str, float], gap: float) -> dict[str, float]:
    """Move heights apart so that texts beside them do not overlap; their order stays."""
    names = sorted(heights, key=lambda name: heights[name])
    places: list[float] = []
    for name in names:
        places.append(max(heights[name], places[-1] + gap) if places else heights[name])
    over = max(0.0, places[-1] - 1.0)
    for number in reversed(range(len(places))):
        above = places[number + 1] - gap if number + 1 < len(places) else places[-1] - over
        places[number] = min(places[number], above)
    return dict(zip(names, places, strict=True))
