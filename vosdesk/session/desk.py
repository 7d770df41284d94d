"""A session's jobs: started on the right thread, their news brought back to the session's own."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from vosdesk.jobs import JobEvent, JobState, run_to_end

if TYPE_CHECKING:
    from vosdesk.jobs import Job, JobHandle, Progress
    from vosdesk.session.runners import Runners

logger = logging.getLogger(__name__)
T = TypeVar("T")

Lane = Literal["device", "labels", "view", "disk", "export"]
Dispatch = Callable[[Callable[[], None]], None]


def _nothing(*_anything: Any) -> None:
    """What happens where a job's starter does not want to hear of it."""


class Desk:
    """Starts jobs and hands on their news.

    Args:
        runners: Threads for the jobs; None runs each job to its end where it is started, and a
            failure is then raised to the caller.
        dispatch: Brings a call to the session's own thread.
        failed: Told of a job that failed, on the session's own thread.
    """

    def __init__(
        self,
        runners: Runners | None,
        dispatch: Dispatch,
        failed: Callable[[str, BaseException], None],
    ) -> None:
        self._runners = runners
        self._dispatch = dispatch
        self._failed = failed
        self._numbers = itertools.count(1)
        self._newest: dict[str, int] = {}
        self._lasting: dict[str, JobHandle] = {}
        self._epoch = 0
        self._closed = False

    def start(
        self,
        lane: Lane,
        key: str,
        job: Job[T],
        *,
        on_progress: Callable[[Progress], None] = _nothing,
        on_done: Callable[[T], None] = _nothing,
        on_ended: Callable[[bool], None] = _nothing,
        lasting: bool = False,
    ) -> None:
        """Start a job; the newest of a key wins. A closed desk starts none.

        Args:
            lane: Which runner.
            key: What kind of work it is.
            job: The work.
            on_progress: Told of every step, also of an older job of the same key: a step that was
                done stays done.
            on_done: Given the result, unless a newer job of the key was started.
            on_ended: Called when the job was cancelled or failed and none replaced it; given
                whether it failed.
            lasting: Whether the work is not about the open video, or must not be lost:
                ``cancel_all`` leaves it alone, and ``close`` waits for it.
        """
        if self._closed:
            return
        if self._runners is None:
            on_done(run_to_end(job, on_progress))
            return
        number = self._newest[key] = next(self._numbers)
        epoch = self._epoch

        def hear(event: JobEvent) -> None:
            if self._closed or (epoch != self._epoch and not lasting):
                return
            if event.state is JobState.PROGRESS and event.progress is not None:
                on_progress(event.progress)
            elif self._newest.get(key) == number:
                self._end(key, event, on_done, on_ended)

        runner = getattr(self._runners, lane)
        handle = runner.submit(
            job, key=key, listener=lambda event: self._dispatch(lambda: hear(event))
        )
        if lasting:
            self._lasting[key] = handle

    def cancel(self, key: str) -> None:
        """Cancel the work of a key."""
        if self._runners is not None:
            self._runners.cancel(key)

    def cancel_all(self) -> None:
        """Cancel all but lasting work; news still on their way are dropped."""
        self._epoch += 1
        for key in self._newest.keys() - self._lasting.keys():
            self.cancel(key)
            del self._newest[key]

    def set_paused(self, lane: Lane, paused: bool) -> None:
        """Hold or release a runner."""
        if self._runners is not None:
            getattr(self._runners, lane).set_paused(paused)

    def close(self) -> None:
        """End every job, lasting ones in their own time, and wait for the threads."""
        self.cancel_all()
        self._closed = True
        for handle in self._lasting.values():
            handle.wait()
        if self._runners is not None:
            self._runners.close()

    def _end(
        self,
        key: str,
        event: JobEvent,
        on_done: Callable[[Any], None],
        on_ended: Callable[[bool], None],
    ) -> None:
        if event.state is JobState.DONE:
            on_done(event.result)
            return
        on_ended(event.state is JobState.FAILED)
        if event.error is not None:
            logger.error("the job %s failed", key, exc_info=event.error)
            self._failed(key, event.error)
