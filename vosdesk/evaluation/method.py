"""What an evaluation evaluates, and a video embedded by it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from vosdesk.embedding.precompute import key_for, nearest_first, precompute
from vosdesk.embedding.store import MemoryStore
from vosdesk.evaluation.stopwatch import Stopwatch
from vosdesk.jobs import Progress
from vosdesk.labelling.adaptation import AdaptiveEngine
from vosdesk.labelling.edges import is_finer
from vosdesk.labelling.engine import LabellingEngine
from vosdesk.labelling.references import ReferenceSet, frame_references
from vosdesk.labelling.settings import LabellingSettings
from vosdesk.labelling.spread_references import engine_with, spread_references
from vosdesk.labelling.spreading import Spreading
from vosdesk.labelling.sweep import sweep_all
from vosdesk.labelling.upsampling import to_label_map
from vosdesk.video import open_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vosdesk.arrays import LabelMap, PaintedFrame
    from vosdesk.embedding.embedder import Embedder
    from vosdesk.embedding.store import FrameStore, StoreKey
    from vosdesk.embedding.store_folder import StoreFolder
    from vosdesk.errors import VideoError
    from vosdesk.evaluation.davis import DavisSequence
    from vosdesk.jobs import Job
    from vosdesk.labelling.adaptation import Adaptation
    from vosdesk.labelling.engine import FrameLabels
    from vosdesk.video import FrameSource


@dataclass(frozen=True, eq=False)
class Method:
    """What an evaluation evaluates.

    Attributes:
        embedder: The network.
        settings: How to label.
        adaptation: What is learned from the frames before each frame; None for nothing.
        stores: Where embeddings are looked for, and kept for the next time; None to embed
            anew and into memory, so that the time is real.
    """

    embedder: Embedder
    settings: LabellingSettings = field(default_factory=LabellingSettings)
    adaptation: Adaptation | None = None
    stores: StoreFolder | None = None


class EmbeddedVideo:
    """A labeller by retrieval and links, as the program itself labels.

    Args:
        store: The embeddings of every frame.
        source: The video; both are closed with this.
        method: How to label.
        embedding_seconds: What it took to embed the video.

    Attributes:
        size: The source's size.
        embedding_seconds: What it took to embed the video; None where embeddings were in the
            store before.
    """

    def __init__(
        self,
        store: FrameStore,
        source: FrameSource,
        method: Method,
        embedding_seconds: float | None,
    ) -> None:
        self.size = source.size
        self._source = source
        self.embedding_seconds = embedding_seconds
        self._store = store
        self._spreading = Spreading(store.read)
        self._method = method
        self.set_painted(())

    @property
    def frame_count(self) -> int:
        """How many frames the video has."""
        return self._store.key.frame_count

    def set_painted(self, painted: Iterable[PaintedFrame]) -> None:
        """Take everything that is painted now, each frame at most once."""
        self._painted = {frame.frame_index: frame for frame in painted}
        network = self._store.key.input_size
        self._references = ReferenceSet.merge(
            [
                frame_references(
                    frame,
                    self._store.read(frame_index),
                    network,
                    self._store.read_upsampling(frame_index),
                )
                for frame_index, frame in self._painted.items()
            ]
        )

    def label_maps(self) -> Iterator[LabelMap]:
        """Yield the label map of every frame, in order, at the source's size.

        Raises:
            VideoError: A frame whose own pixels are asked for cannot be read.
        """
        network = self._store.key.input_size
        finer = is_finer(self.size, network)
        for labels in self.labels():
            index = labels.frame_index
            painted = self._painted.get(index)
            frame = self._source.read(index) if finer else None
            upsampling = self._store.read_upsampling(index)
            yield to_label_map(labels, self.size, network, painted, upsampling, frame)

    def labels(self) -> Iterator[FrameLabels]:
        """Yield the soft labels of every frame, in order."""
        links = self._method.settings.links
        if not links:
            return self._retrieved()
        retrieved = list(self._retrieved())
        return sweep_all(retrieved, self._references, self._store.links, self._spreading, links)

    def _retrieved(self) -> Iterator[FrameLabels]:
        """Yield what references say of every frame."""
        settings, adaptation = self._method.settings, self._method.adaptation
        if adaptation is not None:
            adaptive = AdaptiveEngine(self._references, settings, adaptation)
            for i in range(self.frame_count):
                yield adaptive.label(i, self._store.read(i), self._store.read_upsampling(i))
            return
        engine = LabellingEngine(self._references, settings)
        annotated = {
            int(index): engine.label(int(index), self._store.read(int(index)))
            for index in np.unique(self._references.frame_indices)
        }
        spread = [
            spread_references(
                self._references,
                labels,
                (self._store.read(i), self._store.read_upsampling(i)),
                self._spreading,
                settings.links,
            )
            for i, labels in annotated.items()
        ]
        elsewhere = engine_with(engine, self._references, spread)
        for i in range(self.frame_count):
            yield annotated[i] if i in annotated else elsewhere.label(i, self._store.read(i))

    def close(self) -> None:
        """Let go of store and video."""
        self._store.close()
        self._source.close()


def embed_video(sequence: DavisSequence, method: Method) -> Job[EmbeddedVideo]:
    """Embed every frame of a sequence, or find its embeddings where the method keeps them.

    Yields:
        Progress after every frame.

    Returns:
        The video, to be closed by the caller.

    Raises:
        VideoError: The frames cannot be read.
        StoreError: The store on disk cannot be used.
    """
    stopwatch = Stopwatch()
    with stopwatch.running():
        source = open_source(sequence.frames[0].parent)
        key = key_for(source, method.embedder)
        store = _open_store(key, method.stores)
        was_empty = not store.finished.any()
    try:
        work = precompute(
            source,
            method.embedder,
            store,
            nearest_first(lambda: 0),
            unreadable=_refuse,
            links=method.settings.links > 0,
        )
        for progress in stopwatch.steps(work):
            yield Progress(progress.done, progress.total, "embedding")
    except BaseException:
        store.close()
        source.close()
        raise
    seconds = stopwatch.seconds if was_empty else None
    return EmbeddedVideo(store, source, method, seconds)


def _open_store(key: StoreKey, stores: StoreFolder | None) -> FrameStore:
    if stores is not None:
        return stores.open_store(key)
    return MemoryStore(key, limit_bytes=key.total_bytes)


def _refuse(_frame_index: int, error: VideoError) -> None:
    raise error
