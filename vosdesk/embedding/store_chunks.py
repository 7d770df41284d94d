"""One layer of a store: its chunk files, written whole or not at all.

A chunk is finished when it has its full length under its final name; it gets that name only after
the last byte is on the disk.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vosdesk.embedding import store_format
from vosdesk.embedding.store_format import PARTIAL_SUFFIX, Layer, StoreKey

if TYPE_CHECKING:
    from io import FileIO

    from numpy.typing import NDArray

LEFTOVER_AGE = 60.0
"""Seconds after which an unfinished file is nobody's any more; writing one takes milliseconds."""


def find_chunks(folder: Path, key: StoreKey, layer: Layer) -> NDArray[np.bool_]:
    """Return which frames' chunks are finished, (frame_count,), and remove old unfinished files.

    Raises:
        StoreError: The disk refuses to be read.
    """
    whole = np.zeros(key.frame_count, dtype=np.bool_)
    wanted = layer.chunk_bytes(key.grid)
    try:
        with os.scandir(folder / layer.name) as entries:
            for entry in entries:
                frame_index = store_format.chunk_index(entry.name)
                if frame_index is not None and frame_index < key.frame_count:
                    whole[frame_index] = entry.is_file() and entry.stat().st_size == wanted
                elif entry.name.endswith(PARTIAL_SUFFIX):
                    _remove_leftover(entry)
    except OSError as cause:
        raise store_format.refusal(folder, "look for finished frames", cause) from cause
    return whole


def read_chunk(folder: Path, key: StoreKey, layer: Layer, frame_index: int) -> NDArray[Any] | None:
    """Return a frame's part of a layer, (rows, columns, depth); None where it is not whole.

    Raises:
        StoreError: The disk refuses to be read.
    """
    content = np.empty((*key.grid, layer.depth), dtype=layer.stored_type)
    path = store_format.chunk_path(folder, layer, frame_index)
    try:
        with path.open("rb", buffering=0) as file:
            whole = _fill(file, content)
    except OSError as cause:
        doing = f"read the {layer.name} of frame {frame_index}"
        raise store_format.refusal(folder, doing, cause) from cause
    return content.astype(layer.dtype, copy=False) if whole else None


def write_chunk(folder: Path, layer: Layer, frame_index: int, array: NDArray[Any]) -> None:
    """Keep a frame's part of a layer.

    Raises:
        StoreError: There is no room or no permission; what was there before stays.
    """
    content = np.ascontiguousarray(array, dtype=layer.stored_type)
    path = store_format.chunk_path(folder, layer, frame_index)
    try:
        store_format.write_atomically(path, content.data)
    except OSError as cause:
        doing = f"write the {layer.name} of frame {frame_index}"
        raise store_format.refusal(folder, doing, cause) from cause


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
