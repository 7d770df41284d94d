"""Jobs by themselves: run to their end, cancelled, cleaned up."""

from __future__ import annotations

import threading

import pytest

from vosdesk.jobs import CancelSource, JobCancelled, Progress, once, run_to_end


def _count(total: int, left: list[str]):
    try:
        for step in range(total):
            yield Progress(step + 1, total, "counting", payload=step)
        return total
    finally:
        left.append("cleaned up")


def test_run_to_end_returns_the_result_and_tells_each_step():
    steps, left = [], []
    assert run_to_end(_count(3, left), steps.append) == 3
    assert [(step.done, step.total, step.payload) for step in steps] == [
        (1, 3, 0),
        (2, 3, 1),
        (3, 3, 2),
    ]
    assert left == ["cleaned up"]
    assert run_to_end(_count(2, left)) == 2


def test_run_to_end_cleans_up_when_the_caller_fails():
    left = []

    def fail(_step):
        raise KeyError("progress bar")

    with pytest.raises(KeyError):
        run_to_end(_count(3, left), fail)
    assert left == ["cleaned up"]


def test_run_to_end_hands_on_the_jobs_failure():
    def job():
        yield Progress(1, 2)
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        run_to_end(job())


def test_a_token_only_asks():
    source = CancelSource()
    source.token.raise_if_cancelled()
    assert not source.token.cancelled
    assert not hasattr(source.token, "cancel")
    for _ in range(2):
        source.cancel()
    assert source.token.cancelled
    with pytest.raises(JobCancelled):
        source.token.raise_if_cancelled()


def test_a_cancel_is_seen_by_other_threads():
    source, seen = CancelSource(), []
    thread = threading.Thread(target=lambda: seen.append(source.token.cancelled))
    source.cancel()
    thread.start()
    thread.join()
    assert seen == [True]


def test_once_is_one_step_without_progress():
    calls, steps = [], []

    def work():
        calls.append("work")
        return 7

    job = once(work)
    assert calls == []
    assert run_to_end(job, steps.append) == 7
    assert (calls, steps) == (["work"], [])
