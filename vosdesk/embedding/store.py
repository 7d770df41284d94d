"""The embeddings of one video: on disk, or in memory where the disk cannot be used.

A frame is finished when its chunk has its full length under its final name; it gets that name
only after the last byte is on the disk. So whatever happens while a store is written, it opens
afterwards with the finished frames in it. Two processes may fill the same store at once: both
write the same embeddings, each chunk is put in place whole, and the last one stays.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import threading
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from vosdesk.arrays import EmbeddingMap, UpsamplingMap, check_embedding_map, check_upsampling_map
from vosdesk.embedding import store_format, store_lock
from vosdesk.embedding.store_format import (
    PARTIAL_SUFFIX,
    DamagedStoreError,
    Layer,
    StoreKey,
)
from vosdesk.errors import StoreError

if TYPE_CHECKING:
    from io import FileIO

    from numpy.typing import NDArray

__all__ = [
    "DamagedStoreError",
    "EmbeddingStore",
    "FrameStore",
    "MemoryStore",
    "StoreKey",
]

LEFTOVER_AGE = 60.0
"""Seconds after which an unfinished file is nobody's any more; writing one takes milliseconds."""

DEFAULT_MEMORY_BYTES = 2 << 30


class FrameStore(Protocol):
    """Embeddings by frame index; every method may be called from any thread."""

    key: StoreKey

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
        """Return the upsampling weights of a frame; None where the network predicts none.

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
            _rename_unless_there(new, folder)
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
        """Return the upsampling weights of a frame; see ``FrameStore.read_upsampling``."""
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
            self._write(frame_index, self.key.weights, upsampling)
        self._write(frame_index, self.key.embeddings, embedding_map)
        self._mark(frame_index, True)

    def close(self) -> None:
        """Let others remove the store; reading and writing is over."""
        self._release()

    def _read(self, frame_index: int, layer: Layer) -> NDArray[Any]:
        _check_frame(frame_index, self.key)
        if not self._finished[frame_index]:
            raise _missing(frame_index)
        path = store_format.chunk_path(self.folder, layer, frame_index)
        content = np.empty((*self.key.grid, layer.depth), dtype=layer.stored_type)
        try:
            with path.open("rb", buffering=0) as file:
                whole = _fill(file, content)
        except OSError as cause:
            self._mark(frame_index, False)
            doing = f"read the {layer.name} of frame {frame_index}"
            raise store_format.refusal(self.folder, doing, cause) from cause
        if not whole:
            self._mark(frame_index, False)
            raise _missing(frame_index)
        return content.astype(layer.dtype, copy=False)

    def _write(self, frame_index: int, layer: Layer, array: NDArray[Any]) -> None:
        content = np.ascontiguousarray(array, dtype=layer.stored_type)
        path = store_format.chunk_path(self.folder, layer, frame_index)
        try:
            store_format.write_atomically(path, content.data)
        except OSError as cause:
            doing = f"write the {layer.name} of frame {frame_index}"
            raise store_format.refusal(self.folder, doing, cause) from cause

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
        """Return the upsampling weights of a frame; see ``FrameStore.read_upsampling``."""
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

    def close(self) -> None:
        """Forget everything."""
        with self._guard:
            self._frames.clear()

    def _frame(self, frame_index: int) -> tuple[EmbeddingMap, UpsamplingMap | None]:
        _check_frame(frame_index, self.key)
        with self._guard:
            frame = self._frames.get(frame_index)
        if frame is None:
            raise _missing(frame_index)
        return frame


def _rename_unless_there(new: Path, folder: Path) -> None:
    try:
        new.rename(folder)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise


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
    try:
        for layer in key.layers:
            finished &= _find_whole_chunks(folder / layer.name, key, layer)
    except OSError as cause:
        raise store_format.refusal(folder, "look for finished frames", cause) from cause
    return finished


def _find_whole_chunks(folder: Path, key: StoreKey, layer: Layer) -> NDArray[np.bool_]:
    whole = np.zeros(key.frame_count, dtype=np.bool_)
    wanted = layer.chunk_bytes(key.grid)
    with os.scandir(folder) as entries:
        for entry in entries:
            frame_index = store_format.chunk_index(entry.name)
            if frame_index is not None and frame_index < key.frame_count:
                whole[frame_index] = entry.is_file() and entry.stat().st_size == wanted
            elif entry.name.endswith(PARTIAL_SUFFIX):
                _remove_leftover(entry)
    return whole


def _remove_leftover(entry: os.DirEntry[str]) -> None:
    """Remove an unfinished file unless another process may be writing it."""
    with contextlib.suppress(OSError):  # gone already, or a read-only folder: it does no harm
        if abs(time.time() - entry.stat().st_mtime) > LEFTOVER_AGE:
            Path(entry.path).unlink()


def _fill(file: FileIO, array: NDArray[Any]) -> bool:
    """Read exactly the array's bytes; return whether the file holds exactly those.

    A read, not a memory map: where a mapped file is cut short, the process is killed.
    """
    if os.fstat(file.fileno()).st_size != array.nbytes:
        return False
    rest = array.data.cast("B")
    while rest:
        count = file.readinto(rest)
        if not count:
            return False
        rest = rest[count:]
    return True


def _check_frame(frame_index: int, key: StoreKey) -> None:
    if not 0 <= frame_index < key.frame_count:
        raise IndexError(f"frame {frame_index} of a video of {key.frame_count} frames")


def _check_content(
    key: StoreKey, embedding_map: EmbeddingMap, upsampling: UpsamplingMap | None
) -> None:
    check_embedding_map(embedding_map, key.grid, key.dimensions)
    if (upsampling is None) != (key.weights is None):
        raise TypeError("upsampling weights belong to a store whose key has some, and only there")
    if upsampling is not None:
        check_upsampling_map(upsampling, key.grid, key.upsampling)


def _missing(frame_index: int) -> StoreError:
    return StoreError(
        f"The embeddings of frame {frame_index} are not there.",
        "They will be computed when the video is prepared again.",
    )
