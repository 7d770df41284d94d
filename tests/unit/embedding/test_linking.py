from __future__ import annotations

import numpy as np
import pytest
import zarr

from vosdesk.arrays import GridSize, Size
from vosdesk.embedding.link_format import LINKS, OFFSETS
from vosdesk.embedding.linking import can_be_linked, link_around, unlinked
from vosdesk.embedding.links import link_frames
from vosdesk.embedding.store import EmbeddingStore, MemoryStore, StoreKey
from vosdesk.embedding.store_folder import StoreFolder
from vosdesk.errors import StoreError

KEY = StoreKey(
    video="v", model="m", input_size=Size(64, 64), grid=GridSize(8, 8), dimensions=4, frame_count=9
)


def a_map(frame_index):
    cells = np.random.default_rng(frame_index).normal(size=(8, 8, 4))
    cells[..., 0] += 6
    return (cells / np.linalg.norm(cells, axis=2, keepdims=True)).astype(np.float16)


@pytest.fixture(params=["disk", "memory"])
def store(request, tmp_path):
    if request.param == "memory":
        return MemoryStore(KEY)
    return EmbeddingStore.create(tmp_path / "0123456789abcdef", KEY)


def fill(store, frames):
    for frame_index in frames:
        store.write(frame_index, a_map(frame_index))


def test_frames_are_linked_as_soon_as_both_are_there(store):
    for frame_index in (4, 1, 2, 0, 8, 7, 3, 5, 6):
        fill(store, [frame_index])
        link_around(store, [frame_index])
        assert not any(can_be_linked(store, offset).any() for offset in OFFSETS)
    for offset in OFFSETS:
        assert store.links.finished(offset).tolist() == [False] * offset + [True] * (9 - offset)
    assert np.array_equal(store.links.read(7, 3), link_frames(a_map(7), a_map(4)))
    assert not unlinked(store)


def test_a_frame_that_is_not_there_is_passed_over(store):
    fill(store, [0, 1, 2, 4, 5])
    link_around(store, [0, 1, 2, 4, 5])
    assert np.flatnonzero(store.links.finished(1)).tolist() == [1, 2, 5]
    assert np.flatnonzero(store.links.finished(3)).tolist() == [4, 5]
    with pytest.raises(StoreError, match=r"links from frame 3 to frame 2"):
        store.links.read(3, 1)


def test_links_of_another_grid_are_refused(store):
    with pytest.raises(TypeError, match="links here are uint16"):
        store.links.write(1, 1, np.zeros((8, 9, 2, LINKS), np.uint16))


def test_links_on_disk_are_found_again_and_what_is_damaged_is_not(tmp_path):
    folder = tmp_path / KEY.folder_name
    store = EmbeddingStore.create(folder, KEY)
    fill(store, range(9))
    assert unlinked(store) == list(range(1, 9))
    link_around(store, range(9))
    expected = store.links.read(5, 3)
    store.close()

    by_zarr = zarr.open_group(folder, mode="r")["links_3"][5]
    assert np.array_equal(by_zarr.reshape(8, 8, 2, LINKS), expected)
    (folder / "links_3" / "c.6.0.0.0").write_bytes(b"short")
    (folder / "links_1" / "zarr.json").write_text("no")

    again = EmbeddingStore(folder, KEY)
    assert np.array_equal(again.links.read(5, 3), expected)
    assert np.flatnonzero(again.links.finished(3)).tolist() == [3, 4, 5, 7, 8]
    assert not again.links.finished(1).any()
    link_around(again, unlinked(again))
    assert not unlinked(again)
    assert np.array_equal(again.links.read(6, 3), link_frames(a_map(6), a_map(3)))
    assert again.finished.all()


def test_links_that_vanish_while_open_count_as_missing(tmp_path):
    store = EmbeddingStore.create(tmp_path / "0123456789abcdef", KEY)
    fill(store, range(2))
    link_around(store, range(2))
    (store.folder / "links_1" / "c.1.0.0.0").unlink()
    with pytest.raises(StoreError):
        store.links.read(1, 1)
    assert unlinked(store) == [1]


def test_links_count_among_a_stores_bytes(tmp_path):
    stores = StoreFolder(tmp_path, limit_bytes=10**9)
    store = stores.open_store(KEY)
    fill(store, range(9))
    without = stores.size()
    link_around(store, range(9))
    chunks = KEY.link_bytes - sum(OFFSETS) * 8 * 8 * 2 * LINKS * 2
    folders_and_metadata = 3 * 2 * 4096
    assert chunks <= stores.size() - without <= chunks + folders_and_metadata
    assert stores.list()[0].finished_frames == 9


def test_a_quarter_of_the_embeddings_bytes_is_enough():
    key = KEY.model_copy(update={"dimensions": 128})
    assert key.link_bytes <= key.total_bytes / 4
