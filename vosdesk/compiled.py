"""Loops that are compiled: one pass over memory where numpy takes many. The only import of numba.

A module of its own at the bottom of the house, since embedding and labelling both have such loops.
The machine code is kept beside the module, or in the user's cache where that is read-only, so that
only the first run waits for it: a second or so for each loop. ``numba`` is imported when the first
loop is called, since a command that labels nothing should not wait for it.

What numpy adds or compares in one order a loop does in one order too: no fast mathematics, so that
a result does not depend on how many cells are worked on at once. Sums of whole numbers are the same
in any order, and for those alone is there a loop that takes one.
"""

from __future__ import annotations

import functools
import logging
import threading
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)
P = ParamSpec("P")
R = TypeVar("R")

_making = threading.Lock()


def compiled(loop: Callable[P, R]) -> Callable[P, R]:
    """Compile a loop over arrays when it is first called; other threads go on meanwhile.

    It gets arrays and numbers only, calls nothing that is compiled as well, and writes to no array
    that another thread reads.
    """
    return _made_when_called(loop)


def compiled_for_whole_numbers(loop: Callable[P, R]) -> Callable[P, R]:
    """Compile a loop, see ``compiled``, whose sums float32 holds exactly, in whatever order.

    Many terms are then added at once, where one after the other would have to wait.
    """
    return _made_when_called(loop, fastmath={"reassoc", "contract"})


def _made_when_called(loop: Callable[P, R], **options: Any) -> Callable[P, R]:
    made: list[Callable[P, R]] = []

    @functools.wraps(loop)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        if not made:
            with _making:
                if not made:
                    made.append(_kept(loop, options))
        try:
            return made[0](*args, **kwargs)
        except Exception:  # the disk is full, or a kept file damaged, which may fail in any way
            logger.warning("kept code of %s cannot be used", loop.__name__, exc_info=True)
            made[0] = _compile(loop, options)
            return made[0](*args, **kwargs)

    return call


def _kept(loop: Callable[P, R], options: dict[str, Any]) -> Callable[P, R]:
    """Return the loop with code that is kept where there is a folder for it."""
    try:
        return _compile(loop, options | {"cache": True})
    except RuntimeError:
        return _compile(loop, options)


def _compile(loop: Callable[P, R], options: dict[str, Any]) -> Callable[P, R]:
    import numba

    logging.getLogger("numba").setLevel(logging.WARNING)  # it tells of every step of a compilation
    return cast("Callable[P, R]", numba.njit(loop, nogil=True, error_model="numpy", **options))
