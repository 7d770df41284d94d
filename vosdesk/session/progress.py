"""A headless session's progress on the terminal."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from vosdesk.session.events import EmbeddingChanged, EmbeddingState, ExportChanged, Notice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vosdesk.session.events import Event
    from vosdesk.session.session import Session


@contextmanager
def watch(session: Session) -> Iterator[None]:
    """Show progress bars and notices on stderr while the session works; close it at the end."""
    console = Console(file=sys.stderr)
    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=console) as bars:
        tasks = {
            "Embedding": bars.add_task("Embedding", total=None, note="", visible=False),
            "Exporting": bars.add_task("Exporting", total=None, note="", visible=False),
        }

        def show(name: str, done: int, total: int, note: str) -> None:
            bars.update(tasks[name], completed=done, total=total or None, note=note, visible=True)

        def hear(event: Event) -> None:
            if isinstance(event, Notice):
                console.print(f"{event.sentence} {event.advice}".strip(), highlight=False)
            elif isinstance(event, EmbeddingChanged) and event.state is not EmbeddingState.IDLE:
                show("Embedding", event.done, event.total, event.text)
            elif isinstance(event, ExportChanged):
                show("Exporting", event.done, event.total, event.text)

        unsubscribe = session.subscribe(hear)
        try:
            yield
        finally:
            unsubscribe()
            session.close()
