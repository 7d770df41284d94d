"""The job that embeds a video: order, batches, resuming, cancelling, frames that cannot be read."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vosdesk.arrays import EmbeddedFrame, GridSize, Size
from vosdesk.embedding.precompute import (
    Throughput,
    key_for,
    model_time,
    nearest_first,
    precompute,
)
from vosdesk.embedding.store import EmbeddingStore, MemoryStore
from vosdesk.errors import StoreError, VideoError
from vosdesk.jobs import run_to_end

FRAMES = 9


class ColourSource:
    """A video whose every frame has one colour."""

    def __init__(self, frame_count=FRAMES, bad=()):
        self.name = "colours"
        self.path = Path("colours.mp4")
        self.size = Size(24, 16)
        self.frame_count = frame_count
        self.fps = Fraction(25)
        self.frame_names = [f"{i:05d}" for i in range(frame_count)]
        self.fingerprint = "c0104" * 8
        self.notice = ""
        self.bad = set(bad)
        self.read_frames = []

    def timestamp(self, frame_index):
        return frame_index / 25

    def read(self, frame_index):
        self.read_frames.append(frame_index)
        if frame_index in self.bad:
            raise VideoError(f"Frame {frame_index} of colours.mp4 cannot be decoded.")
        return np.full((16, 24, 3), frame_index, dtype=np.uint8)

    def close(self):
        pass


class ColourEmbedder:
    """Gives each pixel its own colour and its time as embedding."""

    fingerprint = "colour"
    dimensions = 4
    upsampling = 0

    def __init__(self):
        self.batches = []

    def input_size(self, size):
        return size

    def grid(self, size):
        return GridSize(-(-size.height // 8), -(-size.width // 8))

    def embed(self, frames, times):
        self.batches.append(len(frames))
        pairs = zip(frames, times, strict=True)
        return [EmbeddedFrame(self._embed(frame, time), None) for frame, time in pairs]

    def _embed(self, frame, time):
        colours = frame[::8, ::8].astype(np.float16)
        instants = np.full((*colours.shape[:2], 1), time, dtype=np.float16)
        return np.concatenate([colours, instants], axis=2)


@pytest.fixture
def source():
    return ColourSource()


@pytest.fixture
def embedder():
    return ColourEmbedder()


@pytest.fixture
def store(source, embedder):
    return MemoryStore(key_for(source, embedder))


def in_order(finished):
    left = np.flatnonzero(~finished)
    return int(left[0]) if len(left) else None


def assert_complete(store, but=()):
    for frame_index in set(range(FRAMES)) - set(but):
        embeddings = store.read(frame_index)
        assert (embeddings[..., :3] == frame_index).all()
        assert (embeddings[..., 3] == np.float16(frame_index / (FRAMES - 1))).all()


@pytest.mark.parametrize("batch_size", [1, 4, 9, 100])
def test_embeds_every_frame_once_with_its_time(source, embedder, store, batch_size):
    payloads = []
    job = precompute(source, embedder, store, in_order, batch_size)
    unreadable = run_to_end(job, lambda progress: payloads.append(progress.payload))
    assert unreadable == ()
    assert_complete(store)
    assert source.read_frames == list(range(FRAMES))
    assert [i for payload in payloads for i in payload] == list(range(FRAMES))
    assert payloads[0] == ()
    assert max(embedder.batches) <= batch_size
    assert len(embedder.batches) == -(-FRAMES // batch_size)


def test_progress_counts_what_was_there_before(source, embedder, store):
    store.write(4, *embedder.embed([source.read(4)], [0.5])[0])
    counts = []
    job = precompute(source, embedder, store, in_order, 2)
    run_to_end(job, lambda progress: counts.append((progress.done, progress.total)))
    assert counts == [(done, FRAMES) for done in (1, 3, 5, 7, 9)]
    assert source.read_frames.count(4) == 1


def test_a_finished_store_needs_no_work(source, embedder, store):
    run_to_end(precompute(source, embedder, store, in_order))
    embedder.batches.clear()
    steps = list(precompute(source, embedder, store, in_order))
    assert [(step.done, step.total, step.payload) for step in steps] == [(FRAMES, FRAMES, ())]
    assert embedder.batches == []


def test_a_cancelled_job_keeps_its_frames_and_the_next_one_goes_on(source, embedder, tmp_path):
    store = EmbeddingStore.create(tmp_path / "store", key_for(source, embedder))
    job = precompute(source, embedder, store, in_order)
    for _ in range(4):
        next(job)
    job.close()
    store = EmbeddingStore(tmp_path / "store", key_for(source, embedder))
    assert np.flatnonzero(store.finished).tolist() == [0, 1, 2]
    run_to_end(precompute(source, embedder, store, in_order))
    assert_complete(store)
    assert source.read_frames == list(range(FRAMES))


def test_the_playhead_leads(source, embedder, store):
    places = [4]
    order = []
    for progress in precompute(source, embedder, store, nearest_first(lambda: places[-1])):
        order += progress.payload
        if len(order) == 4:
            places.append(0)
    assert order == [4, 5, 3, 6, 0, 1, 2, 7, 8]


class TestFramesThatCannotBeRead:
    @pytest.mark.parametrize("batch_size", [1, 4])
    @pytest.mark.parametrize("bad", [{0}, {3, 4}, {8}, {0, 8}, set(range(FRAMES))])
    def test_are_reported_once_and_passed_over(self, embedder, batch_size, bad):
        source = ColourSource(bad=bad)
        store = MemoryStore(key_for(source, embedder))
        told = []
        steps = []
        job = precompute(
            source, embedder, store, in_order, batch_size, lambda i, error: told.append((i, error))
        )
        assert run_to_end(job, steps.append) == tuple(sorted(bad))
        assert sorted(i for i, _error in told) == sorted(bad)
        assert all(isinstance(error, VideoError) for _i, error in told)
        assert np.flatnonzero(~store.finished).tolist() == sorted(bad)
        assert_complete(store, but=bad)
        assert (steps[-1].done, steps[-1].total) == (FRAMES, FRAMES)
        assert {i for step in steps for i in step.payload} == set(range(FRAMES)) - bad

    def test_leave_a_place_to_cancel_after_each(self, embedder):
        source = ColourSource(bad=range(FRAMES))
        job = precompute(source, embedder, MemoryStore(key_for(source, embedder)), in_order, 4)
        next(job)
        next(job)
        assert source.read_frames == [0]

    def test_are_tried_again_by_the_next_job(self, embedder):
        source = ColourSource(bad={2})
        store = MemoryStore(key_for(source, embedder))
        run_to_end(precompute(source, embedder, store, in_order))
        source.bad.clear()
        assert run_to_end(precompute(source, embedder, store, in_order)) == ()
        assert_complete(store)


def test_a_store_for_another_video_is_refused(source, embedder):
    other = ColourSource(frame_count=5)
    job = precompute(source, embedder, MemoryStore(key_for(other, embedder)), in_order)
    with pytest.raises(StoreError, match="made for another number of frames"):
        next(job)
    assert source.read_frames == []


def test_a_renamed_video_keeps_its_store(source, embedder, store):
    source.name = "renamed"
    run_to_end(precompute(source, embedder, store, in_order))
    assert_complete(store)


def test_an_order_that_repeats_itself_is_an_error_and_no_endless_loop(source, embedder, store):
    with pytest.raises(ValueError, match="frame 0 is finished"):
        run_to_end(precompute(source, embedder, store, lambda _finished: 0))


def test_a_full_store_ends_the_job_and_keeps_its_frames(source, embedder):
    key = key_for(source, embedder)
    store = MemoryStore(key, limit_bytes=3 * key.frame_bytes)
    with pytest.raises(StoreError, match="no room"):
        run_to_end(precompute(source, embedder, store, in_order))
    assert np.flatnonzero(store.finished).tolist() == [0, 1, 2]


@settings(max_examples=60, deadline=None)
@given(finished=st.lists(st.booleans(), min_size=1, max_size=30), playhead=st.integers(-5, 40))
def test_nearest_first_means_nearest(finished, playhead):
    array = np.array(finished)
    chosen = nearest_first(lambda: playhead)(array)
    left = [i for i, done in enumerate(finished) if not done]
    if not left:
        assert chosen is None
        return
    best = min(abs(i - playhead) for i in left)
    expected = [i for i in left if abs(i - playhead) == best]
    assert chosen == max(expected)


def test_the_first_frame_is_at_time_zero_and_the_last_at_one():
    assert [model_time(i, 5) for i in range(5)] == [0, 0.25, 0.5, 0.75, 1]
    assert model_time(0, 1) == 0


class TestThroughput:
    def test_says_nothing_before_the_second_step(self):
        throughput = Throughput()
        assert throughput.text(10) == ""
        throughput.add(1, 20.0)
        assert throughput.frames_per_second is None
        assert throughput.seconds_left(10) is None
        throughput.add(1, 0.5)
        assert throughput.frames_per_second == 2

    def test_follows_the_last_steps(self):
        throughput = Throughput(steps=3)
        for seconds in (9.0, 1.0, 1.0, 0.5, 0.5, 0.5):
            throughput.add(2, seconds)
        assert throughput.frames_per_second == 4
        assert throughput.seconds_left(100) == 25

    @pytest.mark.parametrize(
        ("pace", "left", "text"),
        [
            (3.1, 248, "3.1 frames/s, 1 min 20 s left"),
            (0.25, 1, "0.25 frames/s, 4 s left"),
            (42.0, 42, "42.0 frames/s, 1 s left"),
            (2.0, 2 * 3600, "2.0 frames/s, 1 h 0 min left"),
            (2.0, 119, "2.0 frames/s, 1 min 0 s left"),
            (2.0, 0, "2.0 frames/s, 0 s left"),
        ],
    )
    def test_tells_it_in_words(self, pace, left, text):
        throughput = Throughput()
        throughput.add(1, 1.0)
        throughput.add(1, 1 / pace)
        assert throughput.text(left) == text

    def test_the_job_tells_it_from_the_third_step_on(self, source, embedder, store):
        texts = [step.text for step in precompute(source, embedder, store, in_order)]
        assert texts[:2] == ["", ""]
        assert " frames/s, " in texts[2]
        assert texts[2].endswith(" left")
