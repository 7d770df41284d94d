"""Progress and notices on the terminal, of a headless session and of any other job.

A module beside ``cli`` rather than in it: it needs rich and the session, and ``cli`` answers a
mistyped option before it imports either.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from vosdesk.jobs import run_to_end
from vosdesk.session.events import EmbeddingChanged, EmbeddingState, ExportChanged, Notice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vosdesk.jobs import Job
    from vosdesk.jobs import Progress as JobProgress
    from vosdesk.session.events import Event
    from vosdesk.session.session import Session

T = TypeVar("T")

_COLUMNS = (
    TextColumn("{task.description:<10}"),
    BarColumn(),
    MofNCompleteColumn(),
    TextColumn("{task.fields[note]}"),
)


def run_shown(job: Job[T], title: str) -> T:
    """Run a job to its end with a progress bar on stderr, and return its result."""
    with Progress(*_COLUMNS, console=Console(file=sys.stderr)) as bars:
        task = bars.add_task(title, total=None, note="")

        def show(progress: JobProgress) -> None:
            bars.update(
                task, completed=progress.done, total=progress.total or None, note=progress.text
            )

        return run_to_end(job, show)


@contextmanager
def watch(session: Session) -> Iterator[None]:
    """Show progress bars and notices on stderr while the session works; close it at the end."""
    console = Console(file=sys.stderr)
    bars = Progress(*_COLUMNS, console=console)
    tasks: dict[str, TaskID] = {}

    def show(name: str, done: int, total: int, note: str) -> None:
        bars.start()  # not sooner: without a bar it would leave an empty line
        if name not in tasks:
            tasks[name] = bars.add_task(name, note="")
        bars.update(tasks[name], completed=done, total=total or None, note=note)

    def hear(event: Event) -> None:
        if isinstance(event, Notice):
            text = f"{event.sentence} {event.advice}".strip()
            console.print(text, highlight=False, soft_wrap=True, markup=False)
        elif isinstance(event, EmbeddingChanged) and event.state is not EmbeddingState.IDLE:
            show("Embedding", event.done, event.total, event.text)
        elif isinstance(event, ExportChanged):
            show("Exporting", event.done, event.total, event.text)

    unsubscribe = session.subscribe(hear)
    try:
        yield
    finally:
        if tasks:
            bars.stop()
        unsubscribe()
        session.close()
