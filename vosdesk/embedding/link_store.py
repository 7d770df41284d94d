"""The links of one video: beside its embeddings on disk, or in memory.

Links are finished frame by frame and offset by offset, as embeddings are, and whatever of them is
missing or damaged is simply found again: they follow from the embeddings alone.
"""

from __future__ import annotations

import contextlib
import shutil
import threading
from typing import TYPE_CHECKING, Protocol

import numpy as np

from vosdesk.embedding import store_format
from vosdesk.embedding.link_format import LINKS, OFFSETS, LinkMap
from vosdesk.embedding.store_chunks import find_chunks, read_chunk, write_chunk
from vosdesk.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from vosdesk.embedding.store_format import StoreKey


class LinkStore(Protocol):
    """Links by frame index and offset; every method may be called from any thread."""

    def finished(self, offset: int) -> NDArray[np.bool_]:
        """Return which frames' links to the frame so many before are there, (frame_count,)."""
        ...

    def read(self, frame_index: int, offset: int) -> LinkMap:
        """Return the links between a frame and the one so many before it.

        Raises:
            StoreError: They are not there, or cannot be read; they then count as unfinished.
        """
        ...

    def write(self, frame_index: int, offset: int, links: LinkMap) -> None:
        """Keep the links between a frame and the one so many before it.

        Raises:
            TypeError: They are not uint16 of the store's grid.
            StoreError: There is no room or no permission; what was finished before stays.
        """
        ...


class LinkFiles:
    """Links on disk, in layers of a store that is open.

    Args:
        folder: The store's.
        key: The store's.

    Raises:
        StoreError: The disk refuses to be read.
    """

    def __init__(self, folder: Path, key: StoreKey) -> None:
        self._folder = folder
        self._key = key
        self._guard = threading.Lock()
        self._ready = {offset: self._check(offset) for offset in OFFSETS}
        self._finished = {offset: self._find(offset) for offset in OFFSETS}

    def finished(self, offset: int) -> NDArray[np.bool_]:
        """Return which frames' links are there; see ``LinkStore.finished``."""
        with self._guard:
            return self._finished[offset].copy()

    def read(self, frame_index: int, offset: int) -> LinkMap:
        """Return links; see ``LinkStore.read``."""
        if not self._finished[offset][frame_index]:
            raise _missing(frame_index, offset)
        layer = self._key.link_layers[offset]
        try:
            links = read_chunk(self._folder, self._key, layer, frame_index)
        except StoreError:
            self._mark(frame_index, offset, False)
            raise
        if links is None:
            self._mark(frame_index, offset, False)
            raise _missing(frame_index, offset)
        return links.reshape(*self._key.grid, 2, LINKS)

    def write(self, frame_index: int, offset: int, links: LinkMap) -> None:
        """Keep links; see ``LinkStore.write``."""
        _check_links(links, self._key)
        layer = self._key.link_layers[offset]
        if not self._ready[offset]:
            self._make(offset)
        write_chunk(self._folder, layer, frame_index, links)
        self._mark(frame_index, offset, True)

    def _check(self, offset: int) -> bool:
        """Return whether a layer is there and as it should be; remove one that is not."""
        layer = self._key.link_layers[offset]
        if not (self._folder / layer.name).exists():
            return False
        try:
            store_format.check_layer(self._folder, self._key, layer)
        except store_format.DamagedStoreError:
            shutil.rmtree(self._folder / layer.name, ignore_errors=True)
            return False
        return True

    def _find(self, offset: int) -> NDArray[np.bool_]:
        if self._ready[offset]:
            return find_chunks(self._folder, self._key, self._key.link_layers[offset])
        return np.zeros(self._key.frame_count, dtype=np.bool_)

    def _make(self, offset: int) -> None:
        try:
            store_format.add_layer(self._folder, self._key, self._key.link_layers[offset])
        except OSError as cause:
            raise store_format.refusal(self._folder, "make room for links", cause) from cause
        self._ready[offset] = True

    def _mark(self, frame_index: int, offset: int, finished: bool) -> None:
        with self._guard:
            self._finished[offset][frame_index] = finished


class MemoryLinks:
    """The same in memory.

    Args:
        key: What the links are for.
    """

    def __init__(self, key: StoreKey) -> None:
        self._key = key
        self._links: dict[tuple[int, int], LinkMap] = {}

    def finished(self, offset: int) -> NDArray[np.bool_]:
        """Return which frames' links are there; see ``LinkStore.finished``."""
        finished = np.zeros(self._key.frame_count, dtype=np.bool_)
        finished[[frame for frame, of in list(self._links) if of == offset]] = True
        return finished

    def read(self, frame_index: int, offset: int) -> LinkMap:
        """Return links; see ``LinkStore.read``."""
        with contextlib.suppress(KeyError):
            return self._links[frame_index, offset].copy()
        raise _missing(frame_index, offset)

    def write(self, frame_index: int, offset: int, links: LinkMap) -> None:
        """Keep links; see ``LinkStore.write``."""
        _check_links(links, self._key)
        self._links[frame_index, offset] = links.copy()


def _check_links(links: LinkMap, key: StoreKey) -> None:
    shape = (*key.grid, 2, LINKS)
    if links.dtype != np.uint16 or links.shape != shape:
        raise TypeError(f"links here are uint16 {shape}, not {links.dtype} {links.shape}")


def _missing(frame_index: int, offset: int) -> StoreError:
    return StoreError(
        f"The links from frame {frame_index} to frame {frame_index - offset} are not there.",
        "They will be found when the video is prepared again.",
    )
