"""The same work on every sequence of a split, as one job."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, TypeVar

from vosdesk.evaluation.davis import davis_sequences
from vosdesk.jobs import Job, Progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from vosdesk.evaluation.davis import DavisSequence

R = TypeVar("R")


def on_every_sequence(
    root: Path, split: str, passes: int, work: Callable[[DavisSequence], Job[R]]
) -> Job[dict[str, R]]:
    """Do some work on each sequence of a split, and return the results by name.

    Args:
        root: The folder that holds JPEGImages, Annotations and ImageSets.
        split: The list of sequences.
        passes: How often the work goes through all frames of a sequence, at most.
        work: Gets a sequence; the ``done`` of its Progress counts frames over all passes.

    Raises:
        VosdeskError: The data set is incomplete.
    """
    sequences = davis_sequences(root, split)
    total = passes * sum(len(sequence.annotations) for sequence in sequences)
    results: dict[str, R] = {}
    begin = 0
    for sequence in sequences:
        results[sequence.name] = yield from _as_part(work(sequence), sequence.name, begin, total)
        begin += passes * len(sequence.annotations)
    return results


def _as_part(job: Job[R], name: str, begin: int, total: int) -> Job[R]:
    with closing(job):
        while True:
            try:
                progress = next(job)
            except StopIteration as end:
                result: R = end.value
                return result
            yield Progress(begin + progress.done, total, f"{name}: {progress.text}")
