"""The contact sheet: every frame in its place, captions below, nothing lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vosdesk.overlay import contact_sheet, shrink

if TYPE_CHECKING:
    from vosdesk.arrays import Frame


def _flat(value: int, width: int = 30, height: int = 20) -> Frame:
    """No grey, so that neither paper nor ink has its colour."""
    return np.full((height, width, 3), (value, 0, 77), np.uint8)


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 12), st.integers(1, 15), st.booleans())
def test_every_frame_is_there_once_and_in_order(count: int, columns: int, captions: bool):
    frames = [_flat(100 + 10 * place) for place in range(count)]
    texts = [str(place) for place in range(count)] if captions else ()
    sheet = contact_sheet(frames, columns, texts)
    found = []
    for place in range(count):
        rows, across = np.nonzero((sheet == frames[place][0, 0]).all(axis=-1))
        block = sheet[rows[0] : rows[0] + 20, across[0] : across[0] + 30]
        assert np.array_equal(block, frames[place])
        found.append((rows[0], across[0]))
    assert found == sorted(found)
    assert len({row for row, _ in found}) == -(-count // min(columns, count))


def test_captions_are_written_below_their_frame():
    sheets = [contact_sheet([_flat(0, 90)], 1, [text]) for text in ("", "frame 7", "frame 8")]
    assert (sheets[1] > 200).all(axis=-1).any()
    assert not (sheets[0] > 200).all(axis=-1).any()
    assert not np.array_equal(sheets[1], sheets[2])
    assert np.array_equal(sheets[1][:24], sheets[0][:24])


def test_a_long_caption_stays_below_its_own_frame():
    short = contact_sheet([_flat(0), _flat(0)], 2, ["", ""])
    long = contact_sheet([_flat(0), _flat(0)], 2, ["frame 123456789", ""])
    assert np.array_equal(short[:, 4 + 30 :], long[:, 4 + 30 :])


@pytest.mark.parametrize(
    ("frames", "columns", "captions"),
    [
        ([], 2, ()),
        ([_flat(1)], 0, ()),
        ([_flat(1), _flat(1, 31)], 2, ()),
        ([_flat(1), _flat(1)], 2, ["one"]),
    ],
)
def test_what_makes_no_sheet_is_refused(frames: list[Frame], columns: int, captions: list[str]):
    with pytest.raises(ValueError, match="frame"):
        contact_sheet(frames, columns, captions)


def test_shrink_keeps_the_shape_and_never_enlarges():
    assert shrink(_flat(9, 400, 300), 100).shape == (75, 100, 3)
    assert shrink(_flat(9, 4000, 3), 100).shape == (1, 100, 3)
    small = _flat(9, 40, 30)
    assert shrink(small, 100) is small
