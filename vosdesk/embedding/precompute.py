"""The long job that embeds every frame of a video once, the frames that matter now first."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from vosdesk.embedding.linking import get_ready, link_around, unlinked
from vosdesk.embedding.store import StoreKey
from vosdesk.errors import StoreError, VideoError
from vosdesk.jobs import Job, Progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from numpy.typing import NDArray

    from vosdesk.arrays import Frame
    from vosdesk.embedding.embedder import Embedder
    from vosdesk.embedding.store import FrameStore
    from vosdesk.video.source import FrameSource

    NextFrame: TypeAlias = Callable[[NDArray[np.bool_]], int | None]

THROUGHPUT_STEPS = 12


class Throughput:
    """Frames per second over the last steps, and the time left at that pace.

    Only time spent in a step counts, so a paused job does not spoil the figure. The first step
    does not count, since it also warms the network up; before the second nothing is known.

    Args:
        steps: How many of the last steps the average takes.
    """

    def __init__(self, steps: int = THROUGHPUT_STEPS) -> None:
        self._steps: deque[tuple[int, float]] = deque(maxlen=steps)
        self._warm = False

    def add(self, frames: int, seconds: float) -> None:
        """Count a step that took so long for so many frames."""
        if self._warm:
            self._steps.append((frames, seconds))
        self._warm = True

    @property
    def frames_per_second(self) -> float | None:
        """The pace; None while it is not known."""
        seconds = sum(seconds for _frames, seconds in self._steps)
        frames = sum(frames for frames, _seconds in self._steps)
        return frames / seconds if seconds > 0 and frames > 0 else None

    def seconds_left(self, frames: int) -> float | None:
        """Return how long so many more frames will take; None while the pace is not known."""
        pace = self.frames_per_second
        return None if pace is None else frames / pace

    def text(self, frames_left: int) -> str:
        """Return for example '3.1 frames/s, 1 min 20 s left'; empty while nothing is known."""
        pace, left = self.frames_per_second, self.seconds_left(frames_left)
        if pace is None or left is None:
            return ""
        digits = 1 if pace >= 1 else 2
        return f"{pace:.{digits}f} frames/s, {_duration(left)} left"


def key_for(source: FrameSource, embedder: Embedder) -> StoreKey:
    """Return the key under which this embedder's embeddings of this video are kept."""
    return StoreKey(
        video=source.fingerprint,
        model=embedder.fingerprint,
        input_size=embedder.input_size(source.size),
        grid=embedder.grid(source.size),
        dimensions=embedder.dimensions,
        upsampling=embedder.upsampling,
        frame_count=source.frame_count,
        video_name=source.name,
    )


def model_time(frame_index: int, frame_count: int) -> float:
    """Return the frame's place in the video for the network: 0 for the first, 1 for the last."""
    return frame_index / max(1, frame_count - 1)


def nearest_first(playhead: Callable[[], int]) -> NextFrame:
    """Return an order of work: the frame at the playhead, then outwards, forwards first.

    Args:
        playhead: Asked before every frame, so that the work follows the user.
    """

    def next_frame(finished: NDArray[np.bool_]) -> int | None:
        open_frames = np.flatnonzero(~finished)
        if len(open_frames) == 0:
            return None
        ahead = open_frames - playhead()
        return int(open_frames[np.argmin(2 * np.abs(ahead) + (ahead < 0))])

    return next_frame


def precompute(
    source: FrameSource,
    embedder: Embedder,
    store: FrameStore,
    next_frame: NextFrame,
    batch_size: int = 1,
    unreadable: Callable[[int, VideoError], None] | None = None,
    *,
    links: bool = True,
) -> Job[tuple[int, ...]]:
    """Embed the frames that the store does not hold yet, and link them.

    A frame's links are found as soon as the frames that they lead to are there.

    A frame that cannot be decoded is passed over: it is reported once through ``unreadable``,
    counts as done in the progress, stays unfinished in the store, and is tried again by the next
    job. Every Progress carries the tuple of frame indices that have just been finished; the first
    one, before any work, carries none.

    Args:
        source: The video.
        embedder: The network.
        store: Where the embeddings go; it must be for this video and this network.
        next_frame: Gets which frames are finished or passed over, returns the next one or None.
        batch_size: Frames that the network gets at once.
        unreadable: Called, in the job's thread, for each frame that cannot be decoded.
        links: Whether to find links.

    Returns:
        The frames that could not be decoded.

    Raises:
        StoreError: The store is for something else, or can take no more.
        ValueError: ``next_frame`` returned a frame that is finished.
    """
    _check_store(store, key_for(source, embedder))
    throughput = Throughput()
    bad: list[int] = []
    yield _progress(store, bad, throughput, ())
    if links:
        get_ready()
    while True:
        started = time.perf_counter()
        frames = _read_batch(source, store, next_frame, batch_size, bad, unreadable)
        if frames is None:
            break
        if frames:
            times = [model_time(frame_index, source.frame_count) for frame_index in frames]
            embedded = embedder.embed(list(frames.values()), times)
            for frame_index, parts in zip(frames, embedded, strict=True):
                store.write(frame_index, *parts)
            if links:
                link_around(store, frames)
            throughput.add(len(frames), time.perf_counter() - started)
        yield _progress(store, bad, throughput, tuple(frames))
    if links:
        yield from _link_rest(store)
    return tuple(sorted(bad))


def _link_rest(store: FrameStore) -> Job[None]:
    """Link what an earlier version, or a job that was ended, left without links."""
    missing, total = unlinked(store), len(store.finished)
    for count, frame_index in enumerate(missing):
        link_around(store, [frame_index])
        left = len(missing) - count - 1
        yield Progress(total, total, f"following {left} more frames", (frame_index,))


def _read_batch(
    source: FrameSource,
    store: FrameStore,
    next_frame: NextFrame,
    batch_size: int,
    bad: list[int],
    unreadable: Callable[[int, VideoError], None] | None,
) -> dict[int, Frame] | None:
    """Decode the next frames in order of need; None where no frame is left.

    A frame that cannot be decoded goes to ``bad`` and ends the batch, perhaps an empty one, so
    that a job which meets many of them can still be cancelled in between.
    """
    frames: dict[int, Frame] = {}
    passed = store.finished
    passed[bad] = True
    while len(frames) < batch_size:
        frame_index = next_frame(passed.copy())
        if frame_index is None:
            return frames or None
        if passed[frame_index]:
            raise ValueError(f"frame {frame_index} is finished and cannot be next")
        passed[frame_index] = True
        try:
            frames[frame_index] = source.read(frame_index)
        except VideoError as error:
            bad.append(frame_index)
            if unreadable is not None:
                unreadable(frame_index, error)
            break
    return frames


def _progress(
    store: FrameStore, bad: list[int], throughput: Throughput, payload: tuple[int, ...]
) -> Progress:
    finished = store.finished
    finished[bad] = True
    done, total = int(finished.sum()), len(finished)
    return Progress(done, total, throughput.text(total - done), payload)


def _check_store(store: FrameStore, wanted: StoreKey) -> None:
    differences = store.key.differences(wanted)
    if differences:
        raise StoreError(
            f"This embedding store was made for {differences}.", "Open the video again."
        )


def _duration(seconds: float) -> str:
    """Return a length of time in words, rounded up to whole seconds."""
    whole = int(np.ceil(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
