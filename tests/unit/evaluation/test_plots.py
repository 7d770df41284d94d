from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image

from vosdesk.errors import VosdeskError
from vosdesk.evaluation import plots
from vosdesk.evaluation.clicks import COUNTS, ClickedSequence, ClicksReport
from vosdesk.evaluation.comparison import Comparison, SequenceFigures
from vosdesk.evaluation.interactive_report import InteractiveReport, PlayedSequence, Round
from vosdesk.evaluation.report import Report
from vosdesk.evaluation.scores import Scores

OURS = to_rgb("#2f6fb3")


def scores(region, contour=0.5, frames=6):
    values = np.empty((frames, 2, 1))
    values[:, 0, 0], values[:, 1, 0] = region, contour
    return Scores(values, (1,), first_scored=1)


@pytest.fixture
def report():
    return Report({"goat": scores(np.linspace(0.9, 0.7, 6)), "camel": scores(0.4)})


def bars_of(axes):
    return {c.get_label(): [bar.get_height() for bar in c] for c in axes.containers}


def test_bars_are_as_high_as_the_figures(report):
    region, contour, *_small = plots.draw_report(report).axes
    np.testing.assert_allclose(bars_of(region)["vosdesk"], [0.8, 0.4, 0.6])
    np.testing.assert_allclose(bars_of(contour)["vosdesk"], [0.5, 0.5, 0.5])
    assert [label.get_text() for label in region.get_xticklabels()] == ["goat", "camel", "mean"]


def test_the_first_other_method_stands_beside_and_the_rest_is_marked(report):
    figures = {
        name: {"goat": SequenceFigures(J=j, F=0.3), "camel": SequenceFigures(J=0.5, F=0.3)}
        for name, j in (("pml", 0.9), ("osvos", 0.7), ("stm", 1.0))
    }
    axes = plots.draw_report(report, Comparison(figures)).axes[0]
    np.testing.assert_allclose(bars_of(axes)["pml"], [0.9, 0.5, 0.7])
    marks = [line.get_ydata() for line in axes.lines if line.get_marker() == "_"]
    np.testing.assert_allclose(marks, [[0.7, 0.5, 0.6], [1.0, 0.5, 0.75]])
    assert [t.get_text() for t in axes.get_legend().get_texts()] == ["vosdesk", "pml", "2 others"]


def test_a_sequence_that_the_other_method_lacks_has_no_bar_and_no_mean(report):
    other = Comparison({"pml": {"goat": SequenceFigures(J=0.9, F=0.9)}})
    heights = bars_of(plots.draw_report(report, other).axes[0])["pml"]
    assert heights[0] == 0.9
    assert np.isnan(heights[1:]).all()


def test_every_sequence_has_its_course_over_the_frames(report):
    goat, camel = plots.draw_report(report).axes[2:]
    np.testing.assert_array_equal(goat.lines[0].get_xdata(), range(1, 7))
    np.testing.assert_allclose(goat.lines[0].get_ydata(), np.linspace(0.9, 0.7, 6))
    assert camel.get_title(loc="left").startswith("camel")


def played(qualities, embedding=3.0):
    rounds = tuple(Round(i, 2, 0.5, scores(q, q)) for i, q in enumerate(qualities))
    return PlayedSequence(embedding, rounds)


def test_the_interactive_picture_shows_rounds_and_time():
    report = InteractiveReport({"goat": played([0.5, 0.7]), "camel": played([0.3, 0.5])}, 2, 10.0)
    rounds, time = plots.draw_interactive(report).axes
    mean = next(line for line in rounds.lines if to_rgb(line.get_color()) == OURS)
    np.testing.assert_allclose(mean.get_ydata(), [0.4, 0.6])
    assert {"goat", "camel"} <= {text.get_text() for text in rounds.texts}
    texts = [text.get_text() for text in time.get_legend().get_texts()]
    assert len(texts) == 3
    assert all("J&F@60s 60.0" in text for text in texts)


def test_time_that_was_not_measured_is_not_drawn():
    report = InteractiveReport({"goat": played([0.5, 0.7], embedding=None)}, 2, 10.0)
    _rounds, time = plots.draw_interactive(report).axes
    texts = [text.get_text() for text in time.get_legend().get_texts()]
    assert [text.split(":")[0] for text in texts] == list(report.curves)
    assert len(texts) == 2


def test_the_picture_of_clicks():
    by_count = {count: scores(count / 20, count / 20) for count in COUNTS}
    report = ClicksReport({"goat": ClickedSequence((), 1.0, (0.5,), by_count)})
    (axes,) = plots.draw_clicks(report).axes
    np.testing.assert_allclose(axes.lines[-1].get_ydata(), [count / 20 for count in COUNTS])


def test_names_beside_lines_keep_their_distance_and_order():
    heights = {"a": 0.99, "b": 0.98, "c": 0.985, "d": 0.5}
    places = plots._apart(heights, 0.03)
    assert max(places.values()) <= 1.0
    assert sorted(places, key=places.get) == sorted(heights, key=heights.get)
    assert (np.diff(sorted(places.values())) > 0.0299).all()


@pytest.mark.parametrize("ending", plots.FORMATS)
def test_a_picture_is_written(tmp_path, report, ending):
    path = tmp_path / f"figures{ending}"
    plots.check_target(path)
    plots.save(Figure(figsize=(2, 1)), path)
    assert path.stat().st_size > 500
    if ending == ".png":
        with Image.open(path) as image:
            assert image.size == (300, 150)


def test_what_cannot_be_written_is_told_before_and_after_the_work(tmp_path):
    with pytest.raises(VosdeskError, match=r"has to end in \.png"):
        plots.check_target(tmp_path / "figures.gif")
    with pytest.raises(VosdeskError, match="no folder"):
        plots.check_target(tmp_path / "nowhere" / "figures.png")
    (tmp_path / "taken.png").mkdir()
    with pytest.raises(VosdeskError, match=r"taken\.png cannot be written"):
        plots.save(Figure(figsize=(2, 1)), tmp_path / "taken.png")
