"""The checks at the doors: what has another type or shape does not come in."""

from __future__ import annotations

import numpy as np
import pytest

from vosdesk.arrays import (
    BACKGROUND,
    MAX_OBJECTS,
    VOID,
    GridSize,
    PaintedFrame,
    Size,
    check_embedding_map,
    check_frame,
    check_label_map,
)

SIZE = Size(5, 3)
GRID = GridSize(2, 4)


def test_ids_leave_room_for_background_and_void():
    assert BACKGROUND == 0
    assert MAX_OBJECTS == 254
    assert VOID == MAX_OBJECTS + 1 == np.iinfo(np.uint8).max


def test_a_size_is_width_by_height_and_a_grid_rows_by_columns():
    assert str(SIZE) == "5 x 3"
    assert (SIZE.width, SIZE.height) == (5, 3)
    assert (GRID.rows, GRID.columns) == (2, 4)


def test_what_fits_comes_back_as_it_is():
    frame = np.zeros((3, 5, 3), np.uint8)
    labels = np.zeros((3, 5), np.uint8)
    embedding_map = np.zeros((2, 4, 7), np.float16)
    assert check_frame(frame) is frame
    assert check_label_map(labels, SIZE) is labels
    assert check_embedding_map(embedding_map, GRID, 7) is embedding_map


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [((3, 5), np.uint8), ((3, 5, 4), np.uint8), ((3, 5, 3), np.int8), ((1, 3, 5, 3), np.uint8)],
)
def test_what_is_no_frame_is_refused(shape, dtype):
    with pytest.raises(TypeError, match=f"frame is uint8.*{np.dtype(dtype)}"):
        check_frame(np.zeros(shape, dtype))


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [((5, 3), np.uint8), ((3, 5, 1), np.uint8), ((3, 5), np.int64), ((3, 5), np.bool_)],
)
def test_what_is_no_label_map_of_the_size_is_refused(shape, dtype):
    with pytest.raises(TypeError, match="label map is uint8 5 x 3"):
        check_label_map(np.zeros(shape, dtype), SIZE)


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [((2, 4, 7), np.float32), ((4, 2, 7), np.float16), ((2, 4, 6), np.float16)],
)
def test_what_is_no_embedding_map_of_the_grid_is_refused(shape, dtype):
    with pytest.raises(TypeError, match=r"embedding map here is float16 \(2, 4, 7\)"):
        check_embedding_map(np.zeros(shape, dtype), GRID, 7)


def test_painted_frames_are_compared_by_identity():
    """Arrays have no single truth value: == of two painted frames must not raise."""
    labels, owners = np.zeros((3, 5), np.uint8), np.zeros((3, 5), np.int32)
    first, second = PaintedFrame(0, labels, owners), PaintedFrame(0, labels, owners)
    assert first == first
    assert first != second
    assert len({first, second}) == 2
