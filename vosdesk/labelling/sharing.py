"""Work that is shared among threads, which stay and sleep while they wait.

For what leaves Python alone nearly all of its time, as products of matrices and compiled loops do:
of threads that both run Python one waits for the other's turn to end, which is 5 ms.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Part = TypeVar("Part")
Done = TypeVar("Done")

MOST_THREADS = 4


def share(work: Callable[[Part], Done], parts: Sequence[Part]) -> list[Done]:
    """Return what the work gives for each part, in their order.

    Args:
        work: What it raises for any part is raised here. It shares nothing itself, or threads
            would wait for one another for ever.
        parts: What it is given, one at a time.
    """
    if len(parts) < 2:
        return [work(part) for part in parts]
    return list(_threads().map(work, parts))


@cache
def _threads() -> ThreadPoolExecutor:
    count = min(os.cpu_count() or 1, MOST_THREADS)
    return ThreadPoolExecutor(count, thread_name_prefix="search")
