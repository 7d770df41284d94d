"""Runners: one thread each, jobs in order, the newest request of a kind wins."""

from __future__ import annotations

import enum
import itertools
import logging
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from vosdesk.jobs.job import CancelSource, Job, JobCancelled, Progress

logger = logging.getLogger(__name__)
T = TypeVar("T")

GIVEN_WAY = 0.1
"""Seconds for which a step waits at most for a runner that goes first."""

LULL = 0.015
"""Seconds for which such a runner must have rested: what it has told is to be painted first."""

_job_ids = itertools.count(1)


class JobState(enum.Enum):
    """What happened to a job."""

    PROGRESS = "progress"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class JobEvent:
    """News of a job, told on the thread that runs it.

    Attributes:
        job_id: The job's number; a listener drops events of a job that it no longer follows.
        key: What kind of work it is; see ``ThreadRunner.submit``.
        state: What happened.
        progress: Set with PROGRESS.
        result: Set with DONE.
        error: Set with FAILED.
    """

    job_id: int
    key: str
    state: JobState
    progress: Progress | None = None
    result: Any = None
    error: BaseException | None = None


Listener = Callable[[JobEvent], None]


@dataclass
class JobHandle:
    """A submitted job, for whoever wants to cancel it or wait for it."""

    key: str
    job_id: int = field(default_factory=lambda: next(_job_ids))
    source: CancelSource = field(default_factory=CancelSource)
    finished: threading.Event = field(default_factory=threading.Event)
    wake: Callable[[], None] = lambda: None

    def cancel(self) -> None:
        """End the job at its next step, paused or not; a job not yet started never starts."""
        self.source.cancel()
        self.wake()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the job has ended in whatever way; never call it from the window's thread.

        Returns:
            Whether it has ended.
        """
        return self.finished.wait(timeout)

    def event(self, state: JobState, **news: Any) -> JobEvent:
        """Return news of this job."""
        return JobEvent(self.job_id, self.key, state, **news)


def _tell(listener: Listener | None, event: JobEvent) -> None:
    """Tell the listener; its failure is its own, and neither the job's nor the runner's."""
    if listener is None:
        return
    try:
        listener(event)
    except Exception:
        logger.exception("a listener failed at %s of job %s", event.state.value, event.key)


def _drive(
    handle: JobHandle, job: Job[Any], listener: Listener | None, hold: Callable[[], None]
) -> None:
    """Run a job to whatever end it comes to, clean up after it, and then tell the listener.

    ``hold`` is called before each step and may block (pause).
    """
    try:
        end = _run(handle, job, listener, hold)
        if end.state is JobState.CANCELLED:
            end = _close(handle, job, end)
        _tell(listener, end)
    finally:
        handle.finished.set()


def _run(
    handle: JobHandle, job: Job[Any], listener: Listener | None, hold: Callable[[], None]
) -> JobEvent:
    """Run a job step by step and return the event of its end."""
    try:
        while True:
            hold()
            handle.source.token.raise_if_cancelled()
            try:
                progress = next(job)
            except StopIteration as end:
                return handle.event(JobState.DONE, result=end.value)
            _tell(listener, handle.event(JobState.PROGRESS, progress=progress))
    except JobCancelled:
        return handle.event(JobState.CANCELLED)
    except Exception as error:  # the one place where a failure becomes news
        logger.debug("job %s failed", handle.key, exc_info=True)
        return handle.event(JobState.FAILED, error=error)


def _close(handle: JobHandle, job: Job[Any], end: JobEvent) -> JobEvent:
    """Let a cancelled job clean up; if that fails, the job has failed."""
    try:
        job.close()
    except Exception as error:  # noqa: BLE001 - a failure becomes news here too
        return handle.event(JobState.FAILED, error=error)
    return end


class ThreadRunner:
    """One thread that takes jobs in the order in which they were submitted.

    Args:
        name: The thread's name, for logs and debuggers.
        niceness: How far its work, and the threads that its work starts, stand back behind other
            threads where all want the processor: 0 to 19. Of effect on Linux only, where each
            thread has its own.
        first: A runner whose work goes first: this one takes no step while that one is busy, or
            one every GIVEN_WAY seconds where that one never rests. Two threads of Python share
            one interpreter, so work in the background would make what the user waits for take
            three times as long.
    """

    def __init__(self, name: str, niceness: int = 0, first: ThreadRunner | None = None) -> None:
        self._niceness = niceness
        self._first = first
        self._queue: deque[tuple[JobHandle, Job[Any], Listener | None]] = deque()
        self._current: JobHandle | None = None
        self._rests_since = 0.0
        self._changed = threading.Condition()
        self._closed = False
        self._paused = False
        self._thread = threading.Thread(target=self._loop, name=f"vosdesk-{name}", daemon=True)
        self._thread.start()

    def submit(self, job: Job[T], *, key: str, listener: Listener | None = None) -> JobHandle:
        """Queue a job; a queued or running job of the same key is cancelled: newest wins.

        Raises:
            RuntimeError: The runner is closed.
        """
        handle = JobHandle(key, wake=self._wake)
        with self._changed:
            if self._closed:
                raise RuntimeError("this runner is closed")
            self._cancel_locked(key)
            self._queue.append((handle, job, listener))
            self._changed.notify_all()
        return handle

    def cancel(self, key: str) -> None:
        """Cancel whatever is queued or running under the key."""
        with self._changed:
            self._cancel_locked(key)
            self._changed.notify_all()

    def set_paused(self, paused: bool) -> None:
        """Hold the running job at its next step, or let it go on."""
        with self._changed:
            self._paused = paused
            self._changed.notify_all()

    def wait_idle(self, timeout: float, lull: float = 0.0) -> None:
        """Wait until nothing is queued and nothing runs, or until so many seconds are over.

        Args:
            timeout: Seconds to wait at most.
            lull: Seconds for which it must have been so.
        """
        end = time.monotonic() + timeout
        with self._changed:
            while self._changed.wait_for(self._is_idle, max(0.0, end - time.monotonic())):
                rest = min(self._rests_since + lull, end) - time.monotonic()
                if rest <= 0 or not self._changed.wait_for(lambda: not self._is_idle(), rest):
                    return

    def _is_idle(self) -> bool:
        return not self._queue and self._current is None

    def close(self) -> None:
        """Cancel everything and wait for the thread."""
        with self._changed:
            self._closed = True
            for handle, _job, _listener in self._queue:
                handle.cancel()
            if self._current is not None:
                self._current.cancel()
            self._changed.notify_all()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _cancel_locked(self, key: str) -> None:
        for handle, _job, _listener in self._queue:
            if handle.key == key:
                handle.cancel()
        if self._current is not None and self._current.key == key:
            self._current.cancel()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _hold(self) -> None:
        """Wait until the next step may be taken: not paused, and nobody's turn before ours."""
        while True:
            with self._changed:
                self._changed.wait_for(self._may_go_on)
            if self._first is None:
                return
            self._first.wait_idle(GIVEN_WAY, LULL)
            with self._changed:
                if self._may_go_on():  # else it was paused meanwhile, and the wait begins anew
                    return

    def _may_go_on(self) -> bool:
        ended = self._current is not None and self._current.source.token.cancelled
        return not self._paused or self._closed or ended

    def _stand_back(self) -> None:
        if self._niceness and sys.platform == "linux":
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), self._niceness)

    def _loop(self) -> None:
        self._stand_back()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._queue) or self._closed)
                if not self._queue:
                    return
                handle, job, listener = self._queue.popleft()
                self._current = handle
            _drive(handle, job, listener, self._hold)
            with self._changed:
                self._current = None
                self._rests_since = time.monotonic()
                self._changed.notify_all()
