from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vosdesk.gui.wording import count_of, format_bytes, format_time


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.00 kB"),
        (1_700_000_000, "1.70 GB"),
        (152_000_000, "152 MB"),
        (99_960_000, "100 MB"),
        (999_600_000, "1.00 GB"),
        (12_340_000, "12.3 MB"),
        (5 * 10**15, "5000 TB"),
    ],
)
def test_sizes(count: int, text: str) -> None:
    assert format_bytes(count) == text


@given(st.integers(0, 10**15))
def test_a_size_has_at_most_four_digits(count: int) -> None:
    number = format_bytes(count).split()[0]
    assert len(number.replace(".", "")) <= 4


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0:00.000"),
        (0.48, "0:00.480"),
        (59.9996, "1:00.000"),
        (3723.5, "1:02:03.500"),
        (-1, "0:00.000"),
    ],
)
def test_times(seconds: float, text: str) -> None:
    assert format_time(seconds) == text


def test_counts() -> None:
    assert [count_of(n, "stroke") for n in (0, 1, 2)] == ["no strokes", "1 stroke", "2 strokes"]
    assert count_of(3, "frame has", "frames have") == "3 frames have"
