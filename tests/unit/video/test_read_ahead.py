from __future__ import annotations

import random
import threading
from contextlib import closing
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vosdesk.arrays import Frame, Size
from vosdesk.errors import VideoError
from vosdesk.video import ReadAhead, open_source

FRAME_BYTES = 3 * 8 * 6
PATIENCE = 10.0


class PlainSource:
    """Grey frames that tell their index, a log of what was read, and a gate to hold reads at."""

    name = "plain"
    path = Path("plain")
    size = Size(8, 6)
    fps = Fraction(25)
    fingerprint = "0" * 64
    notice = ""

    def __init__(self, frame_count: int = 60, broken: frozenset[int] = frozenset()) -> None:
        self.frame_count = frame_count
        self.frame_names = [str(index) for index in range(frame_count)]
        self.broken = broken
        self.reads: list[int] = []
        self.closed = 0
        self.gate = threading.Event()
        self.gate.set()
        self._changed = threading.Condition()

    def timestamp(self, frame_index: int) -> float:
        return frame_index / 25

    def read(self, frame_index: int) -> Frame:
        with self._changed:
            self.reads.append(frame_index)
            self._changed.notify_all()
        assert self.gate.wait(PATIENCE)
        if frame_index in self.broken:
            raise VideoError(f"Frame {frame_index} is broken.")
        return np.full((6, 8, 3), frame_index, np.uint8)

    def close(self) -> None:
        self.closed += 1

    def wait_until(self, wanted: set[int]) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: wanted <= set(self.reads), PATIENCE), self.reads


def wait_until_held(source: ReadAhead, wanted: set[int]) -> None:
    with source._changed:
        assert source._changed.wait_for(lambda: wanted <= set(source._frames), PATIENCE)


def test_what_it_wraps_shows_through(films):
    inner = open_source(films["h264_b_frames.mp4"])
    with closing(ReadAhead(inner)) as source:
        for name in ("name", "path", "size", "frame_count", "fps", "frame_names", "fingerprint"):
            assert getattr(source, name) == getattr(inner, name)
        assert source.notice == inner.notice
        assert source.timestamp(7) == inner.timestamp(7)


def test_the_frames_behind_the_last_read_are_fetched_forwards():
    plain = PlainSource()
    with closing(ReadAhead(plain, ahead=5)) as source:
        source.read(10)
        wait_until_held(source, set(range(10, 16)))
        source.read(11)
        wait_until_held(source, {16})
    assert plain.reads == [10, 11, 12, 13, 14, 15, 16]


def test_backwards_whole_runs_are_fetched_in_the_order_in_which_decoding_is_cheap():
    plain = PlainSource()
    with closing(ReadAhead(plain, ahead=40)) as source:
        source.read(50)
        source.read(49)
        wait_until_held(source, set(range(9, 51)))
    # Every frame once, and those before 49 in runs that ascend
    fetched = [index for index in plain.reads if index < 49]
    assert sorted(fetched) == list(range(9, 49))
    falls = sum(later < earlier for earlier, later in pairwise(fetched))
    assert falls <= 3


def test_a_frame_that_is_being_fetched_is_waited_for_and_not_fetched_twice():
    plain = PlainSource()
    with closing(ReadAhead(plain, ahead=3)) as source:
        source.read(0)
        wait_until_held(source, {0, 1, 2, 3})
        plain.gate.clear()
        source.read(1)
        plain.wait_until({4})
        got: list[Frame] = []
        reader = threading.Thread(target=lambda: got.append(source.read(4)))
        reader.start()
        plain.gate.set()
        reader.join(PATIENCE)
        assert got[0][0, 0, 0] == 4
    assert plain.reads.count(4) == 1


@settings(max_examples=25, deadline=None)
@given(
    order=st.lists(st.integers(0, 59), min_size=1, max_size=40),
    room=st.integers(0, 12),
    ahead=st.integers(0, 20),
    broken=st.frozensets(st.integers(0, 59), max_size=6),
)
def test_any_reads_give_the_right_frames_within_bounds(order, room, ahead, broken):
    capacity = room * FRAME_BYTES + 1
    with closing(ReadAhead(PlainSource(broken=broken), capacity, ahead)) as source:
        for index in order:
            if index in broken:
                with pytest.raises(VideoError, match=f"Frame {index} is broken"):
                    source.read(index)
            else:
                frame = source.read(index)
                assert frame.shape == (6, 8, 3)
                assert (frame == index).all()
            assert source.cached_bytes <= capacity


def test_it_comes_to_rest_when_the_window_is_full():
    plain = PlainSource()
    with closing(ReadAhead(plain, capacity=8 * FRAME_BYTES, ahead=50)) as source:
        for index in (30, 29, 0, 40, 41):
            source.read(index)
        wait_until_held(source, set(range(41, 49)))
        settled = len(plain.reads)
        # What is held is the window and the last frame: any further reading would show here
        assert source._wanted_run() == []
        source.read(41)
        assert len(plain.reads) == settled
        assert source.cached_bytes == 8 * FRAME_BYTES


def test_a_frame_larger_than_the_cache_is_read_and_not_kept():
    plain = PlainSource()
    with closing(ReadAhead(plain, capacity=FRAME_BYTES - 1)) as source:
        assert (source.read(3) == 3).all()
        assert (source.read(3) == 3).all()
        assert source.cached_bytes == 0
    assert plain.reads == [3, 3]


def test_a_failure_ahead_is_told_to_its_reader_only_and_then_tried_again():
    plain = PlainSource(broken=frozenset({2}))
    with closing(ReadAhead(plain, ahead=4)) as source:
        source.read(0)
        wait_until_held(source, {0, 1, 3, 4})
        assert (source.read(1) == 1).all()
        with pytest.raises(VideoError, match="Frame 2 is broken"):
            source.read(2)
        plain.broken = frozenset()
        wait_until_held(source, {3, 4, 5, 6})
        assert (source.read(2) == 2).all()
        assert (source.read(3) == 3).all()


def test_cached_frames_cannot_be_painted_on():
    with closing(ReadAhead(PlainSource())) as source, pytest.raises(ValueError, match="read-only"):
        source.read(0)[:] = 9


def test_an_index_that_no_frame_has():
    with closing(ReadAhead(PlainSource())) as source:
        for index in (-1, 60):
            with pytest.raises(IndexError):
                source.read(index)


def test_closing_ends_the_thread_and_the_source():
    plain = PlainSource()
    before = set(threading.enumerate())
    source = ReadAhead(plain)
    source.read(0)
    assert set(threading.enumerate()) - before
    source.close()
    source.close()
    assert set(threading.enumerate()) == before
    assert plain.closed == 2
    assert source.cached_bytes == 0
    with pytest.raises(VideoError, match="is closed"):
        source.read(0)


def test_closing_while_somebody_waits():
    plain = PlainSource()
    source = ReadAhead(plain, ahead=1)
    source.read(0)
    wait_until_held(source, {1})
    plain.gate.clear()
    source.read(1)
    plain.wait_until({2})
    told: list[str] = []

    def wait_for_a_frame() -> None:
        try:
            source.read(2)
        except VideoError as error:
            told.append(error.sentence)

    reader = threading.Thread(target=wait_for_a_frame)
    closer = threading.Thread(target=source.close)
    reader.start()
    closer.start()
    reader.join(PATIENCE)
    plain.gate.set()
    closer.join(PATIENCE)
    assert not reader.is_alive()
    assert not closer.is_alive()
    assert told == ["plain is closed."]


def test_a_real_film_under_many_threads(films, decode_all):
    path = films["h264_b_frames.mp4"]
    expected = decode_all(path)
    wrong: list[int] = []
    capacity = 7 * expected[0].nbytes
    with closing(ReadAhead(open_source(path), capacity, ahead=4)) as source:

        def read_some(seed: int) -> None:
            order = random.Random(seed)
            for _ in range(6):
                start, step = order.randrange(30), order.choice((-1, 1))
                for index in range(start, max(-1, min(30, start + 6 * step)), step):
                    if not np.array_equal(source.read(index), expected[index]):
                        wrong.append(index)
                    if source.cached_bytes > capacity:
                        wrong.append(-1)

        threads = [threading.Thread(target=read_some, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []
