"""Runners with real threads: waits are for events that must come.

Only that something does *not* happen while paused is looked at for a moment.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from vosdesk.jobs import JobCancelled, JobState, Progress, ThreadRunner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vosdesk.jobs import JobEvent, JobHandle

PATIENCE = 30.0
"""Seconds until a test that hangs is called failed; none ever waits that long."""


class Gate:
    """A job that tells where it is and goes on only when it is let."""

    def __init__(self, steps: int = 3, result: Any = "result") -> None:
        self.arrived = [threading.Event() for _ in range(steps)]
        self.released = [threading.Event() for _ in range(steps)]
        self.cleaned_up = threading.Event()
        self.result = result

    def open(self) -> Gate:
        for event in self.released:
            event.set()
        return self

    def wait_for(self, step: int) -> None:
        assert self.arrived[step].wait(PATIENCE)

    def job(self) -> Iterator[Progress]:
        try:
            for step, arrived in enumerate(self.arrived):
                arrived.set()
                assert self.released[step].wait(PATIENCE)
                yield Progress(step + 1, len(self.arrived))
            return self.result
        finally:
            self.cleaned_up.set()


class Ear:
    """A listener that keeps what it hears."""

    def __init__(self) -> None:
        self.events: list[JobEvent] = []
        self.threads: set[str] = set()

    def __call__(self, event: JobEvent) -> None:
        self.events.append(event)
        self.threads.add(threading.current_thread().name)

    @property
    def states(self) -> list[str]:
        return [event.state.value for event in self.events]


def _end(handle: JobHandle) -> None:
    assert handle.wait(PATIENCE)


@contextmanager
def _occupied(runner: ThreadRunner) -> Iterator[None]:
    """Keep a runner busy."""
    gate = Gate(1)
    handle = runner.submit(gate.job(), key="busy")
    gate.wait_for(0)
    yield
    gate.open()
    _end(handle)


@pytest.fixture
def runner():
    runner = ThreadRunner("test")
    yield runner
    runner.set_paused(False)
    runner.close()


def test_a_job_tells_its_steps_and_its_result(runner):
    ear = Ear()
    handle = runner.submit(Gate(2).open().job(), key="work", listener=ear)
    _end(handle)
    assert ear.states == ["progress", "progress", "done"]
    assert [event.progress.done for event in ear.events[:2]] == [1, 2]
    assert ear.events[-1].result == "result"
    assert {(event.job_id, event.key) for event in ear.events} == {(handle.job_id, "work")}


def test_a_failure_is_news(runner):
    ear = Ear()

    def job():
        yield Progress(1, 2)
        raise OSError("disk")

    _end(runner.submit(job(), key="work", listener=ear))
    assert ear.states == ["progress", "failed"]
    assert str(ear.events[-1].error) == "disk"


def test_a_job_that_leaves_by_itself_is_cancelled(runner):
    ear = Ear()

    def job():
        yield Progress(1, 2)
        raise JobCancelled

    _end(runner.submit(job(), key="work", listener=ear))
    assert ear.states == ["progress", "cancelled"]


def test_a_job_needs_no_listener(runner):
    gate = Gate().open()
    _end(runner.submit(gate.job(), key="work"))
    assert gate.cleaned_up.is_set()


def test_every_job_has_a_number_of_its_own(runner):
    handles = [runner.submit(Gate(1).open().job(), key="work") for _ in range(3)]
    assert len({handle.job_id for handle in handles}) == 3


def test_listeners_hear_on_the_runners_thread(runner):
    ear = Ear()
    _end(runner.submit(Gate().open().job(), key="work", listener=ear))
    assert ear.threads == {"vosdesk-test"}


def test_jobs_run_one_by_one_in_the_order_submitted(runner):
    order: list[str] = []
    first = Gate(1)

    def note(name: str) -> Callable[[JobEvent], None]:
        return lambda event: order.append(f"{name} {event.state.value}")

    handles = [runner.submit(first.job(), key="a", listener=note("a"))]
    handles += [
        runner.submit(Gate(1).open().job(), key=name, listener=note(name)) for name in "bcd"
    ]
    first.wait_for(0)
    assert order == []
    first.open()
    for handle in handles:
        _end(handle)
    assert order == [f"{name} {state}" for name in "abcd" for state in ("progress", "done")]


def test_the_newest_of_a_key_wins_over_the_running_one(runner):
    old, new, old_ear, new_ear = Gate(), Gate(1).open(), Ear(), Ear()
    runner.submit(old.job(), key="labels", listener=old_ear)
    old.wait_for(0)
    newest = runner.submit(new.job(), key="labels", listener=new_ear)
    old.open()
    _end(newest)
    assert old_ear.states == ["progress", "cancelled"]  # the step under way is finished
    assert old.cleaned_up.is_set()
    assert not old.arrived[1].is_set()
    assert new_ear.states == ["progress", "done"]


def test_the_newest_of_a_key_wins_over_those_in_the_queue(runner):
    blocker, stale, ear = Gate(1), Gate(), Ear()
    other, newest = Ear(), Ear()
    runner.submit(blocker.job(), key="blocker")
    runner.submit(stale.job(), key="labels", listener=ear)
    runner.submit(Gate(1).open().job(), key="other", listener=other)
    last = runner.submit(Gate(1).open().job(), key="labels", listener=newest)
    blocker.open()
    _end(last)
    assert ear.states == ["cancelled"]
    assert not stale.arrived[0].is_set()
    assert other.states == newest.states == ["progress", "done"]


def test_a_job_cancelled_before_its_start_never_starts(runner):
    blocker, gate, ear = Gate(1), Gate(), Ear()
    runner.submit(blocker.job(), key="blocker")
    handle = runner.submit(gate.job(), key="work", listener=ear)
    handle.cancel()
    blocker.open()
    _end(handle)
    assert ear.states == ["cancelled"]
    assert not gate.arrived[0].is_set()


@pytest.mark.parametrize("by", ["handle", "key"])
def test_a_running_job_ends_at_its_next_step(runner, by):
    gate, ear = Gate(), Ear()
    handle = runner.submit(gate.job(), key="work", listener=ear)
    gate.released[0].set()
    gate.wait_for(1)
    handle.cancel() if by == "handle" else runner.cancel("work")
    gate.open()
    _end(handle)
    assert ear.states == ["progress", "progress", "cancelled"]
    assert not gate.arrived[2].is_set()


def test_cancelling_another_key_cancels_nothing(runner):
    gate, ear = Gate(), Ear()
    handle = runner.submit(gate.job(), key="work", listener=ear)
    gate.wait_for(0)
    runner.cancel("something else")
    gate.open()
    _end(handle)
    assert ear.states[-1] == "done"


def test_cancelled_is_told_after_the_job_has_cleaned_up(runner):
    gate, heard = Gate(), []

    def listener(event: JobEvent) -> None:
        heard.append((event.state, gate.cleaned_up.is_set()))

    handle = runner.submit(gate.job(), key="work", listener=listener)
    gate.wait_for(0)
    handle.cancel()
    gate.open()
    _end(handle)
    assert heard == [(JobState.PROGRESS, False), (JobState.CANCELLED, True)]


def test_a_job_that_cannot_clean_up_has_failed(runner):
    ear, arrived, released = Ear(), threading.Event(), threading.Event()

    def job():
        try:
            arrived.set()
            assert released.wait(PATIENCE)
            yield Progress(1, 2)
        finally:
            raise OSError("cannot remove")

    handle = runner.submit(job(), key="work", listener=ear)
    assert arrived.wait(PATIENCE)
    handle.cancel()
    released.set()
    _end(handle)
    assert ear.states == ["progress", "failed"]
    after = Ear()
    _end(runner.submit(Gate(1).open().job(), key="work", listener=after))
    assert after.states == ["progress", "done"]


def test_a_paused_job_waits_and_goes_on(runner):
    gate, told = Gate(), threading.Event()
    handle = runner.submit(gate.job(), key="work", listener=lambda _event: told.set())
    gate.wait_for(0)
    runner.set_paused(True)
    gate.open()
    assert told.wait(PATIENCE)  # the step under way is finished and told
    assert not handle.wait(0.05)
    assert not gate.arrived[1].is_set()
    runner.set_paused(False)
    _end(handle)
    assert gate.arrived[2].is_set()


def test_a_job_submitted_while_paused_does_not_start(runner):
    runner.set_paused(True)
    gate = Gate().open()
    handle = runner.submit(gate.job(), key="work")
    assert not handle.wait(0.05)
    assert not gate.arrived[0].is_set()
    runner.set_paused(False)
    _end(handle)


@pytest.mark.parametrize("by", ["handle", "key", "newer"])
def test_a_paused_job_can_be_cancelled(runner, by):
    ear, gate = Ear(), Gate()
    handle = runner.submit(gate.job(), key="work", listener=ear)
    gate.wait_for(0)
    runner.set_paused(True)
    gate.open()
    assert not handle.wait(0.05)  # it is held before its second step
    if by == "handle":
        handle.cancel()
    elif by == "key":
        runner.cancel("work")
    else:
        runner.submit(Gate(1).open().job(), key="work")
    _end(handle)
    assert ear.states == ["progress", "cancelled"]
    assert not gate.arrived[1].is_set()


def test_close_cancels_what_runs_and_what_waits(runner):
    running, waiting, ears = Gate(), Gate(), [Ear(), Ear()]
    handles = [runner.submit(running.job(), key="a", listener=ears[0])]
    handles.append(runner.submit(waiting.job(), key="b", listener=ears[1]))
    running.wait_for(0)
    closer = threading.Thread(target=runner.close)
    closer.start()
    running.open()
    closer.join(PATIENCE)
    assert not closer.is_alive()
    assert all(handle.wait(0) for handle in handles)
    assert ears[0].states[-1] == ears[1].states[-1] == "cancelled"
    assert running.cleaned_up.is_set()
    assert not waiting.arrived[0].is_set()


def test_close_while_paused_does_not_hang(runner):
    gate, ear = Gate().open(), Ear()
    runner.set_paused(True)
    handle = runner.submit(gate.job(), key="work", listener=ear)
    runner.close()
    assert handle.wait(0)
    assert ear.states == ["cancelled"]


def test_closing_twice_and_from_the_runners_own_thread_is_fine(runner):
    handle = runner.submit(Gate().open().job(), key="work", listener=lambda _event: runner.close())
    _end(handle)
    runner.close()
    with pytest.raises(RuntimeError, match="closed"):
        runner.submit(Gate().job(), key="work")


def test_no_thread_is_left_after_close():
    before = set(threading.enumerate())
    runner = ThreadRunner("short")
    assert set(threading.enumerate()) > before
    runner.close()
    assert set(threading.enumerate()) == before


def test_a_listener_may_submit_the_next_job(runner):
    ended, ear = threading.Event(), Ear()

    def chain(event: JobEvent) -> None:
        if event.state is JobState.DONE:
            runner.submit(Gate(1).open().job(), key="second", listener=ear)
            runner.submit(Gate(1).open().job(), key="last", listener=lambda _event: ended.set())

    runner.submit(Gate(1).open().job(), key="first", listener=chain)
    assert ended.wait(PATIENCE)
    assert ear.states == ["progress", "done"]


@pytest.mark.parametrize("state", [JobState.PROGRESS, JobState.DONE])
def test_a_listener_that_fails_ends_neither_job_nor_runner(runner, state, caplog):
    heard = []

    def listener(event: JobEvent) -> None:
        heard.append(event.state)
        if event.state is state:
            raise KeyError("listener")

    with caplog.at_level(logging.ERROR):
        _end(runner.submit(Gate(1).open().job(), key="work", listener=listener))
    assert heard == [JobState.PROGRESS, JobState.DONE]
    (record,) = caplog.records
    assert record.exc_info is not None
    assert "work" in record.getMessage()
    ear = Ear()
    _end(runner.submit(Gate(1).open().job(), key="work", listener=ear))
    assert ear.states == ["progress", "done"]


def test_a_listener_that_fails_at_a_failure_ends_nothing(runner, caplog):
    def job():
        yield Progress(1, 1)
        raise OSError("disk")

    def listener(event: JobEvent) -> None:
        if event.state is JobState.FAILED:
            raise KeyError("listener")

    _end(runner.submit(job(), key="work", listener=listener))
    assert "listener" in caplog.text
    ear = Ear()
    _end(runner.submit(Gate(1).open().job(), key="work", listener=ear))
    assert ear.states == ["progress", "done"]


def test_many_threads_may_submit_and_cancel_at_once(runner):
    """Every job comes to one end, whatever the order."""
    ends: list[JobState] = []
    handles: list[JobHandle] = []
    lock = threading.Lock()

    def listener(event: JobEvent) -> None:
        if event.state is not JobState.PROGRESS:
            ends.append(event.state)

    def work(key: str) -> None:
        for turn in range(20):
            handle = runner.submit(Gate(2).open().job(), key=key, listener=listener)
            with lock:
                handles.append(handle)
            if turn % 3 == 0:
                runner.cancel(key)

    threads = [threading.Thread(target=work, args=(key,)) for key in "aabb"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    for handle in handles:
        _end(handle)
    assert len(ends) == len(handles) == 80
    assert set(ends) <= {JobState.DONE, JobState.CANCELLED}


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a niceness of their own on Linux")
def test_a_runner_stands_back_behind_the_window() -> None:
    nice: list[int] = []
    runner = ThreadRunner("modest", niceness=3)
    before = os.getpriority(os.PRIO_PROCESS, 0)

    def job() -> Iterator[Progress]:
        nice.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        yield Progress(1, 1)

    runner.submit(job(), key="work").wait(10)
    runner.close()
    assert nice == [3]
    assert os.getpriority(os.PRIO_PROCESS, 0) == before


class TestARunnerThatGoesFirst:
    @pytest.fixture
    def both(self, runner):
        second = ThreadRunner("second", first=runner)
        yield runner, second
        runner.set_paused(False)
        second.set_paused(False)
        second.close()

    @pytest.fixture
    def patient(self, both, monkeypatch):
        """The same, but the other one gives way for as long as it takes."""
        monkeypatch.setattr("vosdesk.jobs.runner.GIVEN_WAY", PATIENCE)
        return both

    def test_the_other_takes_no_step_while_it_is_busy(self, patient):
        first, second = patient
        gate = Gate(1).open()
        with _occupied(first):
            other = second.submit(gate.job(), key="labels")
            assert not gate.arrived[0].wait(0.05)
        _end(other)

    def test_nor_when_a_pause_ends_while_it_is_busy(self, patient):
        first, second = patient
        gate = Gate(1).open()
        second.set_paused(True)
        other = second.submit(gate.job(), key="labels")
        assert not other.wait(0.05)
        with _occupied(first):
            second.set_paused(False)
            assert not gate.arrived[0].wait(0.05)
        _end(other)

    def test_it_does_not_hold_the_other_up_for_ever(self, both):
        first, second = both
        with _occupied(first):
            _end(second.submit(Gate(3).open().job(), key="labels"))
