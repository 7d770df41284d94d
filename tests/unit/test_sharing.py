"""Work that threads share."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vosdesk import sharing
from vosdesk.sharing import MOST_THREADS, in_parts, share


def slices(count: int) -> list[slice]:
    return [slice(place, place + 1) for place in range(count)]


@pytest.fixture
def several_processors(monkeypatch):
    """Also where there is one."""
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    sharing._threads.cache_clear()
    yield
    sharing._threads.cache_clear()


@given(count=st.integers(0, 500), most=st.integers(0, 200))
def test_parts_are_the_whole_and_as_many_for_each_thread(count, most):
    parts = in_parts(count, most)
    assert [place for part in parts for place in range(count)[part]] == list(range(count))
    assert all(0 < len(range(count)[part]) <= max(1, most) for part in parts)
    assert len(parts) <= 1 or len(parts) >= min(count, MOST_THREADS) / 2


@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_every_part_is_done_once(count, several_processors):
    done = np.zeros(count, dtype=int)

    def work(part: slice) -> None:
        done[part] += 1

    share(work, slices(count))
    assert done.tolist() == [1] * count


def test_results_come_in_the_order_of_the_parts(several_processors):
    assert share(lambda part: part * part, range(50)) == [part * part for part in range(50)]


def test_one_part_is_done_by_the_thread_that_asks():
    seen = []
    share(lambda _part: seen.append(threading.get_ident()), slices(1))
    assert seen == [threading.get_ident()]


def test_several_threads_take_part_and_are_few(several_processors):
    together = threading.Barrier(MOST_THREADS, timeout=10)
    seen = set()

    def work(_part: slice) -> None:
        together.wait()  # so many work at the same time, or none goes on
        seen.add(threading.get_ident())

    share(work, slices(3 * MOST_THREADS))
    assert threading.get_ident() in seen
    assert len(seen) == MOST_THREADS


@pytest.mark.parametrize("bad", [0, 7, 19])
def test_what_goes_wrong_in_a_part_is_told_when_nothing_works_any_more(bad, several_processors):
    at_work: list[int] = []

    def work(part: slice) -> None:
        at_work.append(part.start)
        try:
            time.sleep(0.001)
            if part.start == bad:
                raise ValueError(part)
        finally:
            at_work.remove(part.start)

    with pytest.raises(ValueError, match=f"slice.{bad}, "):
        share(work, slices(20))
    assert not at_work


def test_a_part_may_share_its_own_parts(several_processors):
    done = np.zeros((20, 20), dtype=int)

    def work(part: slice) -> None:
        share(lambda inner: done[part].__setitem__((0, inner), 1), slices(20))

    share(work, slices(20))
    assert done.all()
