"""What the interactive protocols ask for labels: a video, embedded once, that takes strokes."""

from __future__ import annotations

import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from vosdesk.embedding.precompute import key_for, nearest_first, precompute
from vosdesk.embedding.store import MemoryStore
from vosdesk.evaluation.robot import paint_strokes
from vosdesk.jobs import Progress
from vosdesk.labelling.engine import LabellingEngine
from vosdesk.labelling.references import ReferenceSet, frame_references
from vosdesk.labelling.upsampling import to_label_map
from vosdesk.video import open_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vosdesk.arrays import LabelMap, PaintedFrame, Size
    from vosdesk.embedding.embedder import Embedder
    from vosdesk.embedding.store import FrameStore
    from vosdesk.errors import VideoError
    from vosdesk.evaluation.davis import DavisSequence
    from vosdesk.evaluation.robot import Stroke
    from vosdesk.jobs import Job
    from vosdesk.labelling.settings import LabellingSettings

T = TypeVar("T")


class VideoLabeller(Protocol):
    """Whatever labels a whole video from what was painted on some of its frames."""

    @property
    def frame_count(self) -> int:
        """How many frames the video has."""
        ...

    def set_painted(self, painted: Iterable[PaintedFrame]) -> None:
        """Take everything that is painted now, each frame at most once."""
        ...

    def label_maps(self) -> Iterator[LabelMap]:
        """Yield the label map of every frame, in order, at the source's size."""
        ...


class EmbeddedVideo:
    """A labeller by retrieval, as the program itself labels.

    Args:
        store: The embeddings of every frame.
        size: The source's size.
        settings: How to label; None for the defaults.
    """

    def __init__(
        self, store: FrameStore, size: Size, settings: LabellingSettings | None = None
    ) -> None:
        self.size = size
        self._store = store
        self._settings = settings
        self.set_painted(())

    @property
    def frame_count(self) -> int:
        """How many frames the video has."""
        return self._store.key.frame_count

    def set_painted(self, painted: Iterable[PaintedFrame]) -> None:
        """Take everything that is painted now, each frame at most once."""
        self._painted = {frame.frame_index: frame for frame in painted}
        network = self._store.key.input_size
        references = ReferenceSet.merge(
            [
                frame_references(frame, self._store.read(frame_index), network)
                for frame_index, frame in self._painted.items()
            ]
        )
        self._engine = LabellingEngine(references, self._settings)

    def label_maps(self) -> Iterator[LabelMap]:
        """Yield the label map of every frame, in order, at the source's size."""
        key = self._store.key
        for frame_index in range(self.frame_count):
            labels = self._engine.label(frame_index, self._store.read(frame_index))
            painted = self._painted.get(frame_index)
            yield to_label_map(labels, self.size, key.input_size, painted)


class Stopwatch:
    """Adds up the time spent on some work, and on nothing in between.

    Attributes:
        seconds: The time so far.
    """

    def __init__(self) -> None:
        self.seconds = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count the time of a ``with`` block."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - started

    def steps(self, work: Iterable[T]) -> Iterator[T]:
        """Yield what the work yields, counting only the time that the work itself takes."""
        iterator = iter(work)
        while True:
            with self.running():
                try:
                    item = next(iterator)
                except StopIteration:
                    return
            yield item


@dataclass(frozen=True, eq=False)
class Answer:
    """What a labeller answered.

    Attributes:
        label_maps: One for each frame.
        seconds: What it took.
    """

    label_maps: Sequence[LabelMap]
    seconds: float


def embed_video(
    sequence: DavisSequence,
    embedder: Embedder,
    stopwatch: Stopwatch,
    settings: LabellingSettings | None = None,
) -> Job[EmbeddedVideo]:
    """Embed every frame of a sequence, into memory and anew, so that the time is real.

    Yields:
        Progress after every frame.

    Raises:
        VideoError: The frames cannot be read.
    """
    with stopwatch.running():
        source = open_source(sequence.frames[0].parent)
        key = key_for(source, embedder)
        store = MemoryStore(key, limit_bytes=key.frame_count * key.chunk_bytes)
    with closing(source):
        work = precompute(source, embedder, store, nearest_first(lambda: 0), unreadable=_refuse)
        for progress in stopwatch.steps(work):
            yield Progress(progress.done, progress.total, "embedding")
    return EmbeddedVideo(store, source.size, settings)


def label_all(
    labeller: VideoLabeller, strokes: Sequence[Stroke], size: Size, passes: int, text: str
) -> Job[Answer]:
    """Label every frame from the strokes, and tell how long that took.

    Args:
        labeller: The video.
        strokes: All of them, in the order in which they were made.
        size: The video's.
        passes: How often work went through all frames before, for the Progress.
        text: For the Progress.

    Yields:
        Progress after every frame.
    """
    stopwatch, label_maps = Stopwatch(), []
    painted = paint_strokes(strokes, size)
    with stopwatch.running():
        labeller.set_painted(painted)
    for label_map in stopwatch.steps(labeller.label_maps()):
        label_maps.append(label_map)
        yield Progress(passes * labeller.frame_count + len(label_maps), 0, text)
    return Answer(label_maps, stopwatch.seconds)


def _refuse(_frame_index: int, error: VideoError) -> None:
    raise error
