"""The embeddings of one video: on disk, or in memory where the disk cannot be used.

A frame is finished when its chunk has its full length under its final name; it gets that name
only after the last byte is on the disk. So whatever happens while a store is written, it opens
afterwards with the finished frames in it. Two processes may fill the same store at once: both
write the same embeddings, each chunk is put in place whole, and the last one stays.
"""

from __future__ import annotations

import shutil
import threading
import uuid
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from vosdesk.arrays import EmbeddingMap, UpsamplingMap, check_embedding_map, check_upsampling_map
from vosdesk.embedding import store_format, store_lock
from vosdesk.embedding.link_store import LinkFiles, LinkStore, MemoryLinks
from vosdesk.embedding.store_chunks import LEFTOVER_AGE, find_chunks, read_chunk, write_chunk
from vosdesk.embedding.store_format import (
    PARTIAL_SUFFIX,
    DamagedStoreError,
    Layer,
    StoreKey,
)
from vosdesk.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = [
    "LEFTOVER_AGE",
    "DamagedStoreError",
    "EmbeddingStore",
    "FrameStore",
    "MemoryStore",
    "StoreKey",
]

DEFAULT_MEMORY_BYTES = 2 << 30
KEPT_SUFFIX = ".kept.safetensors"
"""Of files that ``FrameStore.kept_file`` names."""


class FrameStore(Protocol):
    """Embeddings by frame index; every method may be called from any thread."""

    key: StoreKey
    links: LinkStore

    @property
    def finished(self) -> NDArray[np.bool_]:
        """Which frames are there, shape (frame_count,); a copy."""
        ...

    def read(self, frame_index: int) -> EmbeddingMap:
        """Return the embeddings of a frame, float16 (rows, columns, dimensions).

        Raises:
            IndexError: The video has no such frame.
            StoreError: They are not there, or cannot be read; the frame then counts as
                unfinished.
        """
        ...

    def read_upsampling(self, frame_index: int) -> UpsamplingMap | None:
        """Return the upsampling map of a frame; None where the network makes none.

        Raises:
            IndexError: The video has no such frame.
            StoreError: They are not there, or cannot be read; the frame then counts as
                unfinished.
        """
        ...

    def write(
        self,
        frame_index: int,
        embedding_map: EmbeddingMap,
        upsampling: UpsamplingMap | None = None,
    ) -> None:
        """Keep what the network gave for a frame.

        Raises:
            IndexError: The video has no such frame.
            TypeError: It is not of the store's grid, depth or type.
            StoreError: There is no room or no permission; frames finished before stay.
        """
        ...

    def kept_file(self, name: str) -> Path | None:
        """Return where to keep in a file what follows from all embeddings; None without a disk.

        Who writes a frame removes what was kept: it is not of these embeddings any more.
        """
        ...

    def close(self) -> None:
        """Let others remove the store; reading and writing is over."""
        ...


class EmbeddingStore:
    """A store on disk; see ``store_format`` for its layout.

    Opening it finds the finished frames and removes what a crash left behind.

    Args:
        folder: An existing store.
        key: What the caller needs the embeddings for.

    Raises:
        FileNotFoundError: There is no store in the folder.
        DamagedStoreError: Its metadata are unreadable.
        StoreError: It was made for something else, or the disk refuses.
    """

    def __init__(self, folder: Path, key: StoreKey) -> None:
        self.folder = folder
        self.key = key
        self._guard = threading.Lock()
        self._release = store_lock.hold(self, folder)
        try:
            _check(folder, key)
            self._finished = _find_finished(folder, key)
            self.links: LinkStore = LinkFiles(folder, key)
        except BaseException:
            self.close()
            raise

    @staticmethod
    def create(folder: Path, key: StoreKey) -> EmbeddingStore:
        """Make an empty store, or open the one that another process makes at the same time.

        The store is built beside its place and then renamed, so it is there whole or not at all.

        Raises:
            StoreError: There is no room or no permission.
        """
        new = folder.with_name(f".{uuid.uuid4().hex}{PARTIAL_SUFFIX}")
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            store_format.create_metadata(new, key)
            store_format.rename_unless_there(new, folder)
            return EmbeddingStore(folder, key)
        except OSError as cause:
            raise store_format.refusal(folder.parent, "make an embedding store", cause) from cause
        finally:
            shutil.rmtree(new, ignore_errors=True)

    @property
    def finished(self) -> NDArray[np.bool_]:
        """Which frames are there, shape (frame_count,); a copy."""
        with self._guard:
            return self._finished.copy()

    def read(self, frame_index: int) -> EmbeddingMap:
        """Return the embeddings of a frame; see ``FrameStore.read``."""
        return self._read(frame_index, self.key.embeddings)

    def read_upsampling(self, frame_index: int) -> UpsamplingMap | None:
        """Return the upsampling map of a frame; see ``FrameStore.read_upsampling``."""
        weights = self.key.weights
        return None if weights is None else self._read(frame_index, weights)

    def write(
        self,
        frame_index: int,
        embedding_map: EmbeddingMap,
        upsampling: UpsamplingMap | None = None,
    ) -> None:
        """Keep what the network gave for a frame; see ``FrameStore.write``."""
        _check_frame(frame_index, self.key)
        _check_content(self.key, embedding_map, upsampling)
        if self.key.weights is not None and upsampling is not None:
            write_chunk(self.folder, self.key.weights, frame_index, upsampling)
        for kept in self.folder.glob(f"*{KEPT_SUFFIX}"):
            kept.unlink(missing_ok=True)
        write_chunk(self.folder, self.key.embeddings, frame_index, embedding_map)
        self._mark(frame_index, True)

    def kept_file(self, name: str) -> Path:
        """Return where to keep in a file what follows from all embeddings."""
        return self.folder / f"{name}{KEPT_SUFFIX}"

    def close(self) -> None:
        """Let others remove the store; reading and writing is over."""
        self._release()

    def _read(self, frame_index: int, layer: Layer) -> NDArray[Any]:
        _check_frame(frame_index, self.key)
        if not self._finished[frame_index]:
            raise _missing(frame_index)
        try:
            content = read_chunk(self.folder, self.key, layer, frame_index)
        except StoreError:
            self._mark(frame_index, False)
            raise
        if content is None:
            self._mark(frame_index, False)
            raise _missing(frame_index)
        return content

    def _mark(self, frame_index: int, finished: bool) -> None:
        with self._guard:
            self._finished[frame_index] = finished


class MemoryStore:
    """The same in memory, for as long as the program runs.

    Args:
        key: What the embeddings are for.
        limit_bytes: How much memory they may take.
    """

    def __init__(self, key: StoreKey, limit_bytes: int = DEFAULT_MEMORY_BYTES) -> None:
        self.key = key
        self.limit_bytes = limit_bytes
        self._guard = threading.Lock()
        self._frames: dict[int, tuple[EmbeddingMap, UpsamplingMap | None]] = {}
        self.links: LinkStore = MemoryLinks(key)

    @property
    def finished(self) -> NDArray[np.bool_]:
        """Which frames are there, shape (frame_count,); a copy."""
        finished = np.zeros(self.key.frame_count, dtype=np.bool_)
        with self._guard:
            finished[list(self._frames)] = True
        return finished

    def read(self, frame_index: int) -> EmbeddingMap:
        """Return the embeddings of a frame; see ``FrameStore.read``."""
        embedding_map, _upsampling = self._frame(frame_index)
        return embedding_map.copy()

    def read_upsampling(self, frame_index: int) -> UpsamplingMap | None:
        """Return the upsampling map of a frame; see ``FrameStore.read_upsampling``."""
        _embedding_map, upsampling = self._frame(frame_index)
        return None if upsampling is None else upsampling.copy()

    def write(
        self,
        frame_index: int,
        embedding_map: EmbeddingMap,
        upsampling: UpsamplingMap | None = None,
    ) -> None:
        """Keep what the network gave for a frame; see ``FrameStore.write``."""
        _check_frame(frame_index, self.key)
        _check_content(self.key, embedding_map, upsampling)
        with self._guard:
            frames = len(self._frames.keys() | {frame_index})
            if frames * self.key.frame_bytes > self.limit_bytes:
                raise StoreError(
                    f"There is no room left in memory for the embeddings of frame {frame_index}.",
                    "Set VOSDESK_CACHE_DIR to a folder where you may write, so that they can be "
                    "kept on disk. Frames that were finished before are kept.",
                )
            copied = None if upsampling is None else upsampling.copy()
            self._frames[frame_index] = (embedding_map.copy(), copied)

    def kept_file(self, name: str) -> None:
        """Return None: nothing is kept in files."""

    def close(self) -> None:
        """Forget everything."""
        with self._guard:
            self._frames.clear()
        self.links = MemoryLinks(self.key)

    def _frame(self, frame_index: int) -> tuple[EmbeddingMap, UpsamplingMap | None]:
        _check_frame(frame_index, self.key)
        with self._guard:
            frame = self._frames.get(frame_index)
        if frame is None:
            raise _missing(frame_index)
        return frame


def _check(folder: Path, key: StoreKey) -> None:
    differences = store_format.read_key(folder).differences(key)
    if differences:
        raise StoreError(
            f"The embedding store {folder} was made for {differences}.",
            "It was left as it is. Delete the folder or use another one.",
        )
    for layer in key.layers:
        store_format.check_layer(folder, key, layer)


def _find_finished(folder: Path, key: StoreKey) -> NDArray[np.bool_]:
    """Return which frames are finished in every layer, and remove old unfinished files."""
    finished = np.ones(key.frame_count, dtype=np.bool_)
    for layer in key.layers:
        finished &= find_chunks(folder, key, layer)
    return finished


def _check_frame(frame_index: int, key: StoreKey) -> None:
    if not 0 <= frame_index < key.frame_count:
        raise IndexError(f"frame {frame_index} of a video of {key.frame_count} frames")


def _check_content(
    key: StoreKey, embedding_map: EmbeddingMap, upsampling: UpsamplingMap | None
) -> None:
    check_embedding_map(embedding_map, key.grid, key.dimensions)
    if (upsampling is None) != (key.weights is None):
        raise TypeError("upsampling maps belong to a store whose key has some, and only there")
    if upsampling is not None:
        check_upsampling_map(upsampling, key.grid, key.upsampling)


def _missing(frame_index: int) -> StoreError:
    return StoreError(
        f"The embeddings of frame {frame_index} are not there.",
        "They will be computed when the video is prepared again.",
    )
