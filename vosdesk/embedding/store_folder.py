"""The user's cache of many embedding stores: where it lies, how much it holds, what goes first."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
import time
import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from vosdesk.embedding import store_format, store_lock
from vosdesk.embedding.store import LEFTOVER_AGE, DamagedStoreError, EmbeddingStore, StoreKey
from vosdesk.embedding.store_format import METADATA_NAME, PARTIAL_SUFFIX
from vosdesk.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

__all__ = ["StoreFolder", "StoreInfo", "default_root"]

logger = logging.getLogger(__name__)

DEFAULT_LIMIT_BYTES = 50 * 10**9
DISK_SHARE = 0.5
"""The stores never take more than this part of what would be free without them."""

CACHE_VARIABLE = "VOSDESK_CACHE_DIR"
_STORE_NAME = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class StoreInfo:
    """One store of the cache, as a list shows it.

    Attributes:
        folder: Where it lies.
        key: What it is for; None where it cannot be read.
        size_bytes: What it takes on disk.
        finished_frames: Frames whose embeddings it holds.
        last_used: When it was last opened or written.
    """

    folder: Path
    key: StoreKey | None
    size_bytes: int
    finished_frames: int
    last_used: datetime

    @property
    def video_name(self) -> str:
        """Name that the video had when the store was made; empty where it cannot be read."""
        return self.key.video_name if self.key else ""


def default_root() -> Path:
    """Return the folder ``embeddings`` in $VOSDESK_CACHE_DIR, or in the user's cache."""
    chosen = os.environ.get(CACHE_VARIABLE)
    cache = Path(chosen) if chosen else platformdirs.user_cache_path("vosdesk", appauthor=False)
    return cache / "embeddings"


class StoreFolder:
    """All the stores of a user. Only folders named like a store are ever looked at or removed.

    Args:
        root: Folder of the stores; ``default_root()`` if None. It need not exist.
        limit_bytes: What all stores together may take; see ``allowed_bytes``.
        notice: Told, in a sentence for the user, of a damaged store that was thrown away.
    """

    def __init__(
        self,
        root: Path | None = None,
        limit_bytes: int = DEFAULT_LIMIT_BYTES,
        notice: Callable[[str], None] = logger.warning,
    ) -> None:
        self.root = root if root is not None else default_root()
        self.limit_bytes = limit_bytes
        self._notice = notice

    def open_store(self, key: StoreKey) -> EmbeddingStore:
        """Open the store of this key, with what it already holds, or make an empty one.

        A damaged store is thrown away, with a notice: everything in it can be computed again.
        Room is made for the rest of the video by ``evict_to_limit``; where that is not enough,
        the store is opened all the same and takes as many frames as the disk does.

        Raises:
            StoreError: There is no room or no permission, or the store's folder holds a store
                for something else.
        """
        self._remove_leftovers()
        folder = self.root / key.folder_name
        try:
            store = EmbeddingStore(folder, key)
        except FileNotFoundError:
            store = EmbeddingStore.create(folder, key)
        except DamagedStoreError:
            self._discard_damaged(folder)
            store = EmbeddingStore.create(folder, key)
        with contextlib.suppress(OSError):  # read-only: it is never evicted either
            os.utime(folder / METADATA_NAME)
        self._make_room(store)
        return store

    def list(self) -> tuple[StoreInfo, ...]:
        """Return what there is, the most recently used first.

        Raises:
            StoreError: The folder cannot be read.
        """
        try:
            infos = [_describe(folder) for folder in self._folders()]
        except OSError as cause:
            raise store_format.refusal(self.root, "list the embedding stores", cause) from cause
        return tuple(sorted(infos, key=lambda info: (info.last_used, info.folder), reverse=True))

    def size(self) -> int:
        """Return the bytes that all stores take together.

        Raises:
            StoreError: The folder cannot be read.
        """
        return sum(info.size_bytes for info in self.list())

    def allowed_bytes(self) -> int:
        """Return what the stores may take now: the limit, but at most half of the free disk.

        'Free' counts what the stores themselves take.

        Raises:
            StoreError: The folder cannot be read.
        """
        return self._allowed(self.size())

    def evict_to_limit(
        self, keep: Collection[StoreKey] = (), room_for: int = 0
    ) -> tuple[StoreInfo, ...]:
        """Remove the least recently used stores until the rest is within ``allowed_bytes``.

        Stores that any process has open are not touched.

        Args:
            keep: Stores that stay, whatever their age.
            room_for: Bytes about to be written, for which room is made as well.

        Returns:
            What was removed.

        Raises:
            StoreError: The folder cannot be read.
        """
        kept = {key.folder_name for key in keep}
        infos = self.list()
        size = sum(info.size_bytes for info in infos)
        allowed = self._allowed(size) - room_for
        removed = []
        for info in reversed(infos):
            if size <= allowed:
                break
            if info.folder.name not in kept and self.remove(info):
                size -= info.size_bytes
                removed.append(info)
        return tuple(removed)

    def remove(self, info: StoreInfo) -> bool:
        """Remove one store; return False where it is in use or the disk refuses."""
        try:
            self._remove_folder(info.folder)
        except StoreError as refusal:
            logger.info("%s", refusal)
            return False
        return True

    def remove_all(self) -> tuple[StoreInfo, ...]:
        """Remove every store that nobody has open, and return those.

        Raises:
            StoreError: The folder cannot be read.
        """
        return tuple(info for info in self.list() if self.remove(info))

    def _make_room(self, store: EmbeddingStore) -> None:
        unfinished = int((~store.finished).sum())
        try:
            self.evict_to_limit(keep=(store.key,), room_for=unfinished * store.key.frame_bytes)
        except StoreError as error:
            logger.info("no room could be made: %s", error)

    def _allowed(self, size: int) -> int:
        try:
            places = (self.root, *self.root.parents)
            existing = next((path for path in places if path.exists()), self.root)
            free = shutil.disk_usage(existing).free
        except OSError as cause:
            raise store_format.refusal(self.root, "ask for the free space", cause) from cause
        return min(self.limit_bytes, int((free + size) * DISK_SHARE))

    def _folders(self) -> Iterator[Path]:
        for entry in _entries(self.root):
            if _STORE_NAME.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                yield Path(entry.path)

    def _discard_damaged(self, folder: Path) -> None:
        self._remove_folder(folder)
        self._notice(
            f"The embedding store {folder} was damaged and has been thrown away; "
            "the embeddings will be computed again."
        )

    def _remove_folder(self, folder: Path) -> None:
        """Take the folder out of sight in one step, then remove it file by file.

        Raises:
            StoreError: It is in use or cannot be removed.
        """
        doomed = self.root / f".{uuid.uuid4().hex}{PARTIAL_SUFFIX}"
        with store_lock.sole_use(folder) as free:
            if not free:
                raise StoreError(
                    f"The embedding store {folder} is in use.", "Close the video first."
                )
            try:
                folder.rename(doomed)
            except FileNotFoundError:
                return
            except OSError as cause:
                raise store_format.refusal(folder, "remove the store", cause) from cause
        shutil.rmtree(doomed, ignore_errors=True)

    def _remove_leftovers(self) -> None:
        """Finish what a crash interrupted: half-made and half-removed stores."""
        with contextlib.suppress(OSError):
            for entry in _entries(self.root):
                old = abs(time.time() - entry.stat(follow_symlinks=False).st_mtime) > LEFTOVER_AGE
                if entry.name.startswith(".") and entry.name.endswith(PARTIAL_SUFFIX) and old:
                    shutil.rmtree(entry.path, ignore_errors=True)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """Return what is in a folder; nothing where the folder does not exist (any more)."""
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except FileNotFoundError:
        return []


def _describe(folder: Path) -> StoreInfo:
    try:
        key = store_format.read_key(folder)
    except (StoreError, FileNotFoundError):
        key = None
    layers = {layer.name: layer for layer in key.layers} if key else {}
    size_bytes = 0
    last_used = 0.0
    whole: Counter[int] = Counter()
    inside = [name.name for name in _entries(folder) if name.is_dir(follow_symlinks=False)]
    for place in ("", *inside):
        for entry in _entries(folder / place):
            with contextlib.suppress(FileNotFoundError):  # removed by another process meanwhile
                status = entry.stat(follow_symlinks=False)
                size_bytes += status.st_size
                last_used = max(last_used, status.st_mtime)
                frame_index = store_format.chunk_index(entry.name)
                if key and place in layers and frame_index is not None:
                    whole[frame_index] += status.st_size == layers[place].chunk_bytes(key.grid)
    return StoreInfo(
        folder=folder,
        key=key,
        size_bytes=size_bytes,
        finished_frames=sum(count == len(layers) for count in whole.values()) if key else 0,
        last_used=datetime.fromtimestamp(last_used, UTC),
    )
