"""The protocols by name: what each runs, and how its figures are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vosdesk.evaluation import clicks, interactive, interactive_report, plots, report, semi

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from matplotlib.figure import Figure
    from rich.table import Table

    from vosdesk.evaluation.method import Method
    from vosdesk.jobs import Job


@dataclass(frozen=True)
class EvaluationProtocol:
    """One way to measure how good labels are.

    Attributes:
        evaluate: Gets the data set's folder, the split and the method; returns figures.
        render: Gets the figures, returns a table.
        draw: Gets the figures, returns a picture.
        adapts: Whether to learn on the way unless told otherwise.
    """

    evaluate: Callable[[Path, str, Method], Job[Any]]
    render: Callable[[Any], Table]
    draw: Callable[[Any], Figure]
    adapts: bool = False


PROTOCOLS: Mapping[str, EvaluationProtocol] = {
    "semi": EvaluationProtocol(semi.evaluate_semi, report.render, plots.draw_report, adapts=True),
    "interactive": EvaluationProtocol(
        interactive.evaluate_interactive, interactive_report.render, plots.draw_interactive
    ),
    "clicks": EvaluationProtocol(clicks.evaluate_clicks, clicks.render, plots.draw_clicks),
}
