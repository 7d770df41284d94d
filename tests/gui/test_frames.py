"""Which frames the key for the next unsure one goes to."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vosdesk.gui.controllers.frames import SURE_BELOW, VALLEY, unsure_peaks
from vosdesk.labelling.summary import UNSURE_ABOVE

DOUBTS = st.lists(st.floats(0, 1, width=32), min_size=1, max_size=60)


def peaks_of(*doubt: float) -> list[int]:
    return unsure_peaks(np.array(doubt, np.float32))


def test_a_hill_has_one_peak_however_rough_it_is() -> None:
    assert peaks_of(0, 0.2, 0.3, 0.28, 0.4, 0.35, 0.39, 0.2, 0) == [4]


def test_a_valley_parts_two_peaks() -> None:
    assert peaks_of(0.3, 0.2, 0.15, 0.25, 0.5, 0.2) == [0, 4]
    assert peaks_of(0.5, 0.2, 0.22, 0.2, 0.4, 0.1) == [0, 4]


def test_the_ends_can_be_peaks_and_what_is_not_known_is_none() -> None:
    assert peaks_of(0.4, 0.1, 0.05, 0.5) == [0, 3]
    assert peaks_of(np.nan, 0.4, np.nan, np.nan) == [1]
    assert peaks_of(np.nan, np.nan) == []


def test_where_no_frame_is_worth_a_look_the_next_best_are_visited() -> None:
    doubt = UNSURE_ABOVE / 4
    assert peaks_of(0.0, 3 * doubt, 0.0, doubt, 0.0, 2 * doubt) == [1, 5]
    assert peaks_of(0.0, 5 * doubt, 0.0, doubt, 0.0, 3 * doubt) == [1, 5]
    assert peaks_of(0.0, 40 * doubt, 0.0, doubt, 0.0, 5 * doubt) == [1, 5]


def test_next_to_no_doubt_is_none() -> None:
    assert peaks_of(0.0, SURE_BELOW / 2, 0.0) == []


@given(DOUBTS)
def test_the_most_unsure_frame_is_a_peak_and_peaks_are_apart(doubt: list[float]) -> None:
    known = np.array(doubt, np.float32)
    peaks = unsure_peaks(known)
    assert bool(peaks) == bool((known > SURE_BELOW).any())
    if peaks:
        assert known[peaks].max() == known.max()
    for one, other in pairwise(peaks):
        assert known[one:other].min() < VALLEY * min(known[one], known[other])
