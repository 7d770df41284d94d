"""What is slow the first time is done before the first stroke."""

from __future__ import annotations

from vosdesk.jobs import run_to_end
from vosdesk.labelling import quarters
from vosdesk.session.warm_up import warm_up


def test_every_step_is_told_so_that_it_can_be_ended():
    seen = []
    run_to_end(warm_up(), seen.append)
    assert [step.done for step in seen] == list(range(1, seen[-1].total + 1))


def test_labels_of_quarters_are_prepared_too(monkeypatch):
    weighed, weigh = [], quarters._weigh
    monkeypatch.setattr(quarters, "_weigh", lambda *given: weighed.append(weigh(*given)))
    run_to_end(warm_up())
    assert weighed
