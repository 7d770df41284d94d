"""The arithmetic of the track, without a window."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from vosdesk.gui.timeline.axis import (
    Axis,
    highest_per_column,
    ruler_step,
    runs,
    share_per_column,
)

AXES = st.builds(
    Axis,
    frame_count=st.integers(1, 3000),
    left=st.floats(0, 40),
    width=st.floats(1, 1500),
)


@settings(max_examples=100, deadline=None)
@given(AXES, st.data())
def test_the_middle_of_a_frame_is_in_the_frame(axis: Axis, data: st.DataObject) -> None:
    frame = data.draw(st.integers(0, axis.frame_count - 1))
    assert axis.frame_at(axis.centre_of(frame)) == frame


@settings(max_examples=50, deadline=None)
@given(AXES, st.floats(-1e6, 1e6))
def test_every_position_has_a_frame(axis: Axis, x: float) -> None:
    assert 0 <= axis.frame_at(x) < axis.frame_count


@settings(max_examples=60, deadline=None)
@given(AXES, st.data())
def test_columns_say_what_their_frames_say(axis: Axis, data: st.DataObject) -> None:
    flags = data.draw(hnp.arrays(np.bool_, axis.frame_count))
    starts = axis.column_starts()
    ends = np.maximum(np.append(starts[1:], axis.frame_count), starts + 1)
    shares = share_per_column(flags, axis)
    assert len(shares) == axis.columns
    for share, start, end in zip(shares, starts, ends, strict=True):
        assert share == pytest.approx(flags[start:end].mean())


def test_where_columns_are_crowded_no_frame_is_lost() -> None:
    axis = Axis(10_000, 0, 300)
    flags = np.zeros(10_000, np.bool_)
    flags[[0, 5_001, 9_999]] = True
    assert axis.crowded
    assert np.flatnonzero(share_per_column(flags, axis)).tolist() == [0, 150, 299]


def test_the_highest_known_doubt_counts() -> None:
    axis = Axis(6, 0, 3)
    values = np.array([0.1, 0.4, np.nan, 0.2, np.nan, np.nan], np.float32)
    highest = highest_per_column(values, axis)
    assert highest[:2] == pytest.approx([0.4, 0.2])
    assert np.isnan(highest[2])


@settings(max_examples=60, deadline=None)
@given(hnp.arrays(np.bool_, st.integers(0, 60)))
def test_runs_are_what_they_came_from(flags: np.ndarray) -> None:
    rebuilt = np.zeros(len(flags), np.bool_)
    found = runs(flags)
    for start, stop in found:
        assert start < stop
        rebuilt[start:stop] = True
    assert (rebuilt == flags).all()
    assert all(one[1] < other[0] for one, other in itertools.pairwise(found))


@pytest.mark.parametrize(("frames", "step"), [(3, 1), (90, 10), (5000, 500), (100_000, 10_000)])
def test_labels_of_the_ruler_have_room(frames: int, step: int) -> None:
    assert ruler_step(Axis(frames, 0, 1000)) == step
