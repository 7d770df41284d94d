"""Which frames are to be linked, and linking them, while a video is being embedded and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vosdesk.embedding.link_format import OFFSETS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from vosdesk.embedding.store import FrameStore


def get_ready() -> None:
    """Import what linking takes, before there is a frame that Ctrl+C would have to keep.

    An interrupt that comes while a module is imported may be lost: what Python does when it lets
    go of the module's lock cannot be interrupted.
    """
    from vosdesk.embedding import links  # noqa: F401 - imports torch


def link_around(store: FrameStore, frames: Iterable[int]) -> None:
    """Link embedded frames with those before and after them that are embedded.

    Raises:
        StoreError: An embedding map cannot be read, or there is no room for the links.
    """
    from vosdesk.embedding.links import link_pairs  # imports torch: seconds

    missing = {offset: can_be_linked(store, offset) for offset in OFFSETS}
    asked = {
        (later, offset)
        for frame_index in frames
        for offset in OFFSETS
        for later in (frame_index, frame_index + offset)
        if missing[offset][later : later + 1].any()
    }
    pairs = sorted(asked)
    for begin in range(0, len(pairs), len(OFFSETS)):
        some = pairs[begin : begin + len(OFFSETS)]
        maps = [(store.read(later), store.read(later - offset)) for later, offset in some]
        for (later, offset), links in zip(some, link_pairs(maps), strict=True):
            store.links.write(later, offset, links)


def unlinked(store: FrameStore) -> Sequence[int]:
    """Return the frames of which some links to earlier frames could be found and are not there."""
    missing = np.logical_or.reduce([can_be_linked(store, offset) for offset in OFFSETS])
    return [int(frame_index) for frame_index in np.flatnonzero(missing)]


def can_be_linked(store: FrameStore, offset: int) -> NDArray[np.bool_]:
    """Return which frames are embedded like the one so many before, but not linked to it yet."""
    finished = store.finished
    both = np.zeros_like(finished)
    both[offset:] = finished[offset:] & finished[:-offset]
    missing: NDArray[np.bool_] = both & ~store.links.finished(offset)
    return missing
