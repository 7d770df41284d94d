"""The log as a picture: the loss of every step, its running mean, and J where it was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from vosdesk.errors import VosdeskError
from vosdesk.training.loss_log import read_lines

if TYPE_CHECKING:
    from pathlib import Path

LOSS, REGION, GRID = "#2f6db5", "#d1622b", "#d9dde3"
SMOOTHING = 25
"""Steps of the running mean."""


def draw_curve(log: Path, title: str) -> Path:
    """Draw a log beside it, as .png.

    Raises:
        VosdeskError: The picture cannot be written.
    """
    lines = read_lines(log)
    steps = np.array([int(line[0]) for line in lines])
    losses = np.array([float(line[1]) for line in lines])
    measured = [(int(line[0]), 100 * float(line[2])) for line in lines if line[2]]
    figure = Figure(figsize=(8, 4.5), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_title(title, loc="left")
    axes.plot(steps, losses, color=LOSS, alpha=0.25, linewidth=0.8)
    axes.plot(steps, running_mean(losses), color=LOSS, linewidth=2, label="loss")
    axes.set(xlabel="step", ylim=(0, None))
    axes.set_ylabel("loss", color=LOSS)
    axes.grid(color=GRID, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    if measured:
        right = axes.twinx()
        right.plot(*zip(*measured, strict=True), "o-", color=REGION, markersize=4)
        right.set_ylabel("J on held-out videos, percent", color=REGION)
        right.spines["top"].set_visible(False)
    picture = log.with_suffix(".png")
    try:
        figure.savefig(picture)
    except OSError as cause:
        raise VosdeskError(f"{picture} cannot be written: {cause.strerror}.") from cause
    return picture


def running_mean(values: np.ndarray) -> np.ndarray:
    """Return the mean of each value and those just before it, as many as SMOOTHING in all."""
    sums = np.concatenate(([0.0], np.cumsum(values)))
    ends = np.arange(1, len(sums))
    begins = np.maximum(ends - SMOOTHING, 0)
    means: np.ndarray = (sums[ends] - sums[begins]) / (ends - begins)
    return means
