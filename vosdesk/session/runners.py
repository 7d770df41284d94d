"""Which thread does what: one runner for each resource that can only do one thing at a time."""

from __future__ import annotations

from dataclasses import dataclass

from vosdesk.jobs import JobRunner, ThreadRunner


@dataclass(frozen=True)
class Runners:
    """The runners of one session.

    Attributes:
        device: Embedding, which has the processor or the GPU for itself.
        labels: References, search and labels.
        view: Decoding and composing the visible frame.
        disk: Opening, saving, exporting.
    """

    device: JobRunner
    labels: JobRunner
    view: JobRunner
    disk: JobRunner

    @classmethod
    def threads(cls) -> Runners:
        """A thread each: for the window."""
        return cls(
            ThreadRunner("device"),
            ThreadRunner("labels"),
            ThreadRunner("view"),
            ThreadRunner("disk"),
        )

    def cancel(self, key: str) -> None:
        """Cancel this kind of work wherever it runs."""
        for runner in (self.device, self.labels, self.view, self.disk):
            runner.cancel(key)

    def close(self) -> None:
        """Cancel everything and wait for the threads."""
        for runner in (self.view, self.labels, self.device, self.disk):
            runner.close()
