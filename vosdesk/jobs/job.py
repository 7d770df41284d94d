"""What a job is: a generator that yields Progress and returns its result."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Progress:
    """How far a job has come.

    Attributes:
        done: Steps finished so far.
        total: Steps in all; 0 where the number is not known.
        text: What is being done, for a progress bar.
        payload: What this step brought, where a listener wants it at once (a frame index, say).
    """

    done: int
    total: int
    text: str = ""
    payload: object = None


Job: TypeAlias = Generator[Progress, None, T]
"""Every ``yield`` is a point at which the job can be paused or cancelled.

A cancelled generator is closed: ``finally`` and ``with`` blocks run, so a job cleans up after
itself in the ordinary way.
"""


class JobCancelled(Exception):  # noqa: N818 - an event, not an error
    """The job was cancelled before it ended."""


class CancelSource:
    """The side that can cancel; hand ``token`` to the side that may only ask."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.token = CancelToken(self._event)

    def cancel(self) -> None:
        """Ask for an end; may be called from any thread and more than once."""
        self._event.set()


class CancelToken:
    """The side that can only ask whether it should stop."""

    def __init__(self, event: threading.Event) -> None:
        self._event = event

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked for an end."""
        return self._event.is_set()

    def raise_if_cancelled(self) -> None:
        """Leave long work between two yields.

        Raises:
            JobCancelled: Somebody asked for an end.
        """
        if self.cancelled:
            raise JobCancelled


def once(work: Callable[[], T]) -> Job[T]:
    """Return a job of a single step, which once begun is never cancelled.

    What must show up even under a stream of newer requests (a frame while playing, say) is
    submitted like this: newer requests replace it in the queue, but not while it runs.
    """
    yield from ()
    return work()


def run_to_end(job: Job[T], on_progress: Callable[[Progress], None] | None = None) -> T:
    """Run a job in the calling thread and return its result.

    Args:
        job: The generator.
        on_progress: Called with every Progress.
    """
    try:
        while True:
            try:
                progress = next(job)
            except StopIteration as end:
                result: T = end.value
                return result
            if on_progress is not None:
                on_progress(progress)
    finally:
        job.close()
