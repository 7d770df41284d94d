"""The embedding job of one video: load the network, open the store, embed what is missing."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vosdesk.embedding.linking import unlinked
from vosdesk.embedding.precompute import key_for, nearest_first, precompute
from vosdesk.embedding.store import MemoryStore, StoreKey
from vosdesk.embedding.store_folder import DEFAULT_LIMIT_BYTES, StoreFolder
from vosdesk.errors import StoreError, VideoError
from vosdesk.jobs import Progress
from vosdesk.session.label_state import Geometry
from vosdesk.video.witness import VideoChangedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from vosdesk.embedding.embedder import NetworkEmbedder
    from vosdesk.embedding.store import FrameStore
    from vosdesk.jobs import Job
    from vosdesk.video import FrameSource

ASK_ABOVE_BYTES = 4 * 2**30
"""A store larger than this is not begun before somebody agreed."""


@dataclass(frozen=True)
class EmbeddingChoices:
    """What the user may choose about embedding.

    Attributes:
        model: A shipped model's name, or the path of a checkpoint.
        device: "auto", "cuda", "mps" or "cpu".
        store_limit: Bytes that all stores together may take; 0 for as many as the disk allows.
        agreed_bytes: A store of up to this size is begun without asking.
    """

    model: str = "default"
    device: str = "auto"
    store_limit: int = DEFAULT_LIMIT_BYTES
    agreed_bytes: int = ASK_ABOVE_BYTES


@dataclass(frozen=True, eq=False)
class StoreOpened:
    """The network is loaded and the store is open: frames can be labelled as they come."""

    geometry: Geometry
    store: FrameStore
    similarity_floor: float
    device: str
    store_bytes: int


@dataclass(frozen=True)
class ConsentNeeded:
    """The store would be so large that somebody should agree first."""

    needed: int


@dataclass(frozen=True)
class EmbeddingNotice:
    """A sentence for the user that came up while embedding."""

    sentence: str


class EmbedderShelf:
    """Keeps the last network that was loaded: the next video usually wants the same."""

    def __init__(self) -> None:
        self._choice: tuple[str, str] | None = None
        self._embedder: NetworkEmbedder | None = None

    def get(self, model: str, device: str, notice: Callable[[str], None]) -> NetworkEmbedder:
        """Return the network, loading it where it is another one than before.

        Raises:
            ModelError: There is no such model, or it cannot be used.
        """
        from vosdesk.embedding.embedder import load_embedder  # imports torch: seconds

        if self._embedder is None or self._choice != (model, device):
            self._embedder = load_embedder(model, device, notice)
            self._choice = (model, device)
        return self._embedder


def _open_store(
    key: StoreKey, choices: EmbeddingChoices, notes: list[str], known: FrameStore | None
) -> FrameStore:
    """Open the store on disk; where the disk cannot be written, keep embeddings in memory."""
    if isinstance(known, MemoryStore) and known.key == key:
        return known  # what is only in memory cannot be opened a second time
    limit = choices.store_limit or sys.maxsize
    folder = StoreFolder(limit_bytes=limit, notice=notes.append)
    try:
        return folder.open_store(key)
    except StoreError as error:
        notes.append(f"{error} Embeddings are kept in memory until vosdesk is closed.")
        return MemoryStore(key)


def embed_video(
    source: FrameSource,
    choices: EmbeddingChoices,
    shelf: EmbedderShelf,
    playhead: Callable[[], int],
    known: FrameStore | None = None,
) -> Job[ConsentNeeded | tuple[int, ...]]:
    """Embed and link what is not yet, the frames around the playhead first.

    Args:
        source: The video.
        choices: What the user chose.
        shelf: Where the network comes from.
        playhead: Asked before every frame.
        known: The store that is in use for the video.

    Yields:
        Progress; the payload is a StoreOpened once, an EmbeddingNotice at times, and a tuple of
        frame indices whenever frames were embedded.

    Returns:
        The frames that cannot be decoded; or ConsentNeeded instead of beginning a store above
        ``choices.agreed_bytes``.

    Raises:
        VosdeskError: The network or the store cannot be used, or the video is gone.
    """
    notes: list[str] = []
    yield Progress(0, source.frame_count, "Loading the network")
    embedder = shelf.get(choices.model, choices.device, notes.append)
    key = key_for(source, embedder)
    needed = key.total_bytes + key.link_bytes
    if needed > choices.agreed_bytes:
        return ConsentNeeded(needed)
    store = _open_store(key, choices, notes, known)
    geometry = Geometry(source.size, key.input_size, key.grid)
    opened = StoreOpened(
        geometry, store, embedder.card.similarity_floor, embedder.device.type, needed
    )
    yield Progress(int(store.finished.sum()), source.frame_count, payload=opened)
    yield from _told(notes, source.frame_count)
    if store.finished.all() and not unlinked(store):
        return ()
    return (
        yield from precompute(
            source,
            embedder,
            store,
            nearest_first(playhead),
            batch_size=embedder.batch,
            unreadable=lambda _index, error: _refuse_if_gone(source, error),
        )
    )


def _refuse_if_gone(source: FrameSource, error: VideoError) -> None:
    """A frame that cannot be decoded is passed over; a video that is another one ends the work."""
    if isinstance(error, VideoChangedError):
        raise error
    if not source.path.exists():
        raise VideoError(
            f"{source.path} is not there any more.",
            "What was embedded before is kept. Bring the video back and open it again.",
        ) from error


def _told(notes: list[str], total: int) -> Job[None]:
    """Pass on what was noted on the way."""
    while notes:
        yield Progress(0, total, payload=EmbeddingNotice(notes.pop(0)))
