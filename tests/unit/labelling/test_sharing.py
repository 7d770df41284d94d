"""Work that threads share."""

from __future__ import annotations

import threading

import pytest

from vosdesk.labelling.sharing import MOST_THREADS, share


def test_results_come_in_the_order_of_the_parts():
    assert share(lambda part: part * part, range(20)) == [part * part for part in range(20)]


def test_one_part_is_done_where_it_is():
    assert share(lambda _part: threading.get_ident(), [1]) == [threading.get_ident()]
    assert share(lambda part: part, []) == []


def test_several_parts_are_done_by_a_few_threads_that_stay():
    def name(_part: int) -> str:
        return threading.current_thread().name

    names = {found for _turn in range(5) for found in share(name, range(50))}
    assert threading.current_thread().name not in names
    assert 1 <= len(names) <= MOST_THREADS


def test_what_goes_wrong_in_a_part_is_told():
    with pytest.raises(ZeroDivisionError):
        share(lambda part: 1 // part, [2, 1, 0])
