from __future__ import annotations

import json

import pytest

from vosdesk.errors import VosdeskError
from vosdesk.evaluation.comparison import read_comparison
from vosdesk.evaluation.semi import score_results
from vosdesk.jobs import run_to_end


def test_published_figures_are_read_in_their_order(tmp_path):
    path = tmp_path / "published.json"
    path.write_text(
        json.dumps({"pml": {"goat": {"J": 0.8, "F": 0.7}}, "stm": {"goat": {"J": 1, "F": 1}}})
    )
    methods = read_comparison(path).methods
    assert list(methods) == ["pml", "stm"]
    assert (methods["pml"]["goat"].J, methods["pml"]["goat"].F) == (0.8, 0.7)


def test_an_earlier_run_is_read_and_called_by_its_name(tmp_path, tiny_davis):
    results = tiny_davis / "Annotations"
    report = run_to_end(score_results(tiny_davis, "val", results))
    path = tmp_path / "yesterday.json"
    path.write_text(json.dumps(report.as_json()))
    methods = read_comparison(path).methods
    assert list(methods) == ["yesterday"]
    assert {name: one.J for name, one in methods["yesterday"].items()} == {"slow": 1, "fast": 1}


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"sequences": {}}', '{"pml": {"goat": {"J": 80, "F": 70}}}', "\xff"],
)
def test_what_holds_no_figures_is_refused(tmp_path, content):
    path = tmp_path / "wrong.json"
    path.write_text(content, encoding="latin-1")
    with pytest.raises(VosdeskError, match=r"wrong\.json holds no figures"):
        read_comparison(path)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(VosdeskError, match="cannot be read: No such file"):
        read_comparison(tmp_path / "nothing.json")
