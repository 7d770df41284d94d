"""Work that is shared among threads, which stay and sleep while they wait.

For what leaves Python alone nearly all of its time, as products of matrices and compiled loops do:
of threads that both run Python one waits for the other's turn to end, which is 5 ms. Links and
searches share the same few threads: who finds none free does its parts alone.
"""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Part = TypeVar("Part")
Done = TypeVar("Done")

MOST_THREADS = 4
"""With the one that asks."""


def share(work: Callable[[Part], Done], parts: Sequence[Part]) -> list[Done]:
    """Do work on each part, in this thread and in those of others that are free.

    Args:
        work: What it raises for any part is raised here, when no thread works on any other.
        parts: What it is given, one at a time.

    Returns:
        What it gave for each part, in their order.
    """
    left, done = deque(range(len(parts))), dict[int, Done]()

    def take() -> None:
        while True:
            try:
                place = left.popleft()
            except IndexError:
                return
            done[place] = work(parts[place])

    helpers = [_threads().submit(take) for _ in range(min(_helpers(), len(parts) - 1))]
    try:
        take()
    finally:
        left.clear()
        begun = [helper for helper in helpers if not helper.cancel()]
        failures = [failure for helper in begun if (failure := helper.exception())]
    for failure in failures:
        raise failure
    return [done[place] for place in range(len(parts))]


def in_parts(count: int, most: int) -> list[slice]:
    """Return equal parts of so many things, at most so many to each, and as many for each thread.

    Args:
        count: How many things.
        most: How many to a part; if all of them are one part, it stays one.
    """
    parts = -(-count // max(1, most))
    if parts > 1:
        parts = -(-parts // MOST_THREADS) * MOST_THREADS
    step = max(1, -(-count // max(1, parts)))
    return [slice(begin, min(count, begin + step)) for begin in range(0, count, step)]


def _helpers() -> int:
    return min(os.cpu_count() or 1, MOST_THREADS) - 1


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(1, _helpers()), thread_name_prefix="shared")
