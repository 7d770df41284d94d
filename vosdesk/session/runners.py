"""Which thread does what: one runner for each resource that can only do one thing at a time."""

from __future__ import annotations

from dataclasses import dataclass

from vosdesk.jobs import ThreadRunner
from vosdesk.session.warm_up import warm_up

STAND_BACK = 5
"""Niceness of work that takes minutes: what the user looks at comes first."""


@dataclass(frozen=True)
class Runners:
    """The runners of one session.

    Attributes:
        device: Embedding, which has the processor or the GPU for itself.
        labels: References, search and labels.
        view: Decoding and composing the visible frame.
        disk: Opening, saving, importing.
        export: Exporting and locking, which may take minutes and must not hold up saving.
    """

    device: ThreadRunner
    labels: ThreadRunner
    view: ThreadRunner
    disk: ThreadRunner
    export: ThreadRunner

    @classmethod
    def threads(cls) -> Runners:
        """A thread each: for the window. What is slow the first time is done at once."""
        view = ThreadRunner("view")
        labels = ThreadRunner("labels", niceness=STAND_BACK // 2, first=view)
        labels.submit(warm_up(), key="warm up")
        return cls(
            device=ThreadRunner("device", niceness=STAND_BACK),
            labels=labels,
            view=view,
            disk=ThreadRunner("disk"),
            export=ThreadRunner("export", niceness=STAND_BACK, first=view),
        )

    def cancel(self, key: str) -> None:
        """Cancel this kind of work wherever it runs."""
        for runner in self._all():
            runner.cancel(key)

    def close(self) -> None:
        """Cancel everything and wait for the threads."""
        for runner in self._all():
            runner.close()

    def _all(self) -> tuple[ThreadRunner, ...]:
        return (self.view, self.labels, self.export, self.device, self.disk)
