"""One store: what is written is read again, whatever happens to process, disk and files."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from vosdesk.arrays import GridSize, Size
from vosdesk.embedding.store import (
    LEFTOVER_AGE,
    DamagedStoreError,
    EmbeddingStore,
    MemoryStore,
    StoreKey,
)
from vosdesk.errors import StoreError

ROOT = Path(__file__).resolve().parents[3]
KEY = StoreKey(
    video="a" * 64,
    model="b" * 64,
    input_size=Size(40, 24),
    grid=GridSize(3, 5),
    dimensions=4,
    frame_count=6,
    video_name="camel",
)
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals, limits and rights")


def embedding_map(frame_index, key=KEY):
    """Return numbers that tell which frame they belong to."""
    rng = np.random.default_rng(frame_index)
    return rng.standard_normal((*key.grid, key.dimensions)).astype(np.float16)


def assert_holds(store, frames):
    assert np.flatnonzero(store.finished).tolist() == sorted(frames)
    for frame_index in frames:
        np.testing.assert_array_equal(
            store.read(frame_index), embedding_map(frame_index, store.key)
        )


@pytest.fixture(params=["disk", "memory"])
def store(request, tmp_path):
    if request.param == "memory":
        return MemoryStore(KEY)
    return EmbeddingStore.create(tmp_path / "store", KEY)


def filled(folder, frames=range(KEY.frame_count)):
    store = EmbeddingStore.create(folder, KEY)
    for frame_index in frames:
        store.write(frame_index, embedding_map(frame_index))
    return store


def chunk(folder, frame_index):
    return folder / "embeddings" / f"c.{frame_index}.0.0.0"


class TestAnyStore:
    def test_returns_what_was_written_in_any_order(self, store):
        for frame_index in (3, 0, 5):
            store.write(frame_index, embedding_map(frame_index))
        assert_holds(store, [0, 3, 5])

    def test_the_last_write_of_a_frame_stays(self, store):
        store.write(2, embedding_map(9))
        store.write(2, embedding_map(2))
        assert_holds(store, [2])

    def test_a_frame_that_is_not_there_is_told(self, store):
        with pytest.raises(StoreError, match="frame 1 are not there"):
            store.read(1)

    @pytest.mark.parametrize("frame_index", [-1, 6])
    def test_other_frames_do_not_exist(self, store, frame_index):
        with pytest.raises(IndexError):
            store.read(frame_index)
        with pytest.raises(IndexError):
            store.write(frame_index, embedding_map(0))

    @pytest.mark.parametrize(
        "wrong", [np.zeros((3, 5, 4), np.float32), np.zeros((5, 3, 4), np.float16)]
    )
    def test_other_shapes_and_types_are_refused(self, store, wrong):
        with pytest.raises(TypeError):
            store.write(0, wrong)
        assert not store.finished.any()

    def test_what_a_caller_does_to_its_copies_changes_nothing(self, store):
        mine = embedding_map(0)
        store.write(0, mine)
        mine[:] = 0
        store.read(0)[:] = 0
        store.finished[:] = True
        assert_holds(store, [0])

    def test_many_threads_may_read_and_write(self, store):
        def work(frame_index):
            store.write(frame_index, embedding_map(frame_index))
            return store.read(frame_index)

        with ThreadPoolExecutor(4) as pool:
            maps = list(pool.map(work, list(range(6)) * 5))
        assert all((maps[i] == embedding_map(i % 6)).all() for i in range(30))
        assert_holds(store, range(6))

    def test_a_view_with_odd_strides_is_kept_in_its_own_order(self, store):
        turned = np.asfortranarray(embedding_map(1))
        store.write(1, turned)
        assert_holds(store, [1])


def test_memory_has_a_limit_and_keeps_what_it_has():
    store = MemoryStore(KEY, limit_bytes=2 * KEY.frame_bytes)
    store.write(0, embedding_map(0))
    store.write(4, embedding_map(4))
    store.write(4, embedding_map(4))
    with pytest.raises(StoreError, match="no room left in memory"):
        store.write(5, embedding_map(5))
    assert_holds(store, [0, 4])


def test_the_size_is_known_before_anything_is_written(tmp_path):
    filled(tmp_path / "store")
    on_disk = sum(chunk(tmp_path / "store", i).stat().st_size for i in range(6))
    assert KEY.total_bytes == on_disk


class TestOnDisk:
    def test_opens_again_with_its_frames(self, tmp_path):
        filled(tmp_path / "store", [1, 4]).close()
        assert_holds(EmbeddingStore(tmp_path / "store", KEY), [1, 4])

    def test_any_zarr_reader_can_read_it(self, tmp_path):
        filled(tmp_path / "store", [0, 5])
        group = zarr.open_group(tmp_path / "store", mode="r")
        array = group["embeddings"]
        assert group.attrs["vosdesk"]["video_name"] == "camel"
        assert array.shape == (6, 3, 5, 4)
        for frame_index in (0, 5):
            np.testing.assert_array_equal(array[frame_index], embedding_map(frame_index))
        assert not np.asarray(array[1]).any()

    def test_what_zarr_writes_is_read(self, tmp_path):
        EmbeddingStore.create(tmp_path / "store", KEY).close()
        zarr.open_group(tmp_path / "store", mode="r+")["embeddings"][3] = embedding_map(3)
        assert_holds(EmbeddingStore(tmp_path / "store", KEY), [3])

    def test_a_chunk_can_be_mapped(self, tmp_path):
        filled(tmp_path / "store", [2])
        mapped = np.memmap(chunk(tmp_path / "store", 2), "<f2", "r", shape=(3, 5, 4))
        np.testing.assert_array_equal(mapped, embedding_map(2))

    def test_a_folder_that_is_not_there(self, tmp_path):
        with pytest.raises(FileNotFoundError):
            EmbeddingStore(tmp_path / "store", KEY)

    def test_making_a_store_that_another_process_has_just_made_opens_it(self, tmp_path):
        filled(tmp_path / "store", [2]).close()
        assert_holds(EmbeddingStore.create(tmp_path / "store", KEY), [2])
        assert [path.name for path in tmp_path.iterdir()] == ["store"]

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"video": "c"}, "another video"),
            ({"model": "c"}, "another network"),
            ({"input_size": Size(39, 24)}, "another input size"),
            ({"grid": GridSize(5, 3)}, "another grid"),
            ({"dimensions": 3}, "another number of dimensions"),
            ({"frame_count": 7}, "another number of frames"),
            ({"format_version": 2}, "another version"),
            ({"video": "c", "model": "c"}, "another video and another network"),
        ],
    )
    def test_a_store_for_something_else_is_refused_in_words(self, tmp_path, change, words):
        filled(tmp_path / "store").close()
        other = KEY.model_copy(update=change)
        with pytest.raises(StoreError, match=f"was made for {words}"):
            EmbeddingStore(tmp_path / "store", other)
        assert other.folder_name != KEY.folder_name
        assert_holds(EmbeddingStore(tmp_path / "store", KEY), range(6))

    def test_the_name_of_the_video_is_no_part_of_the_key(self, tmp_path):
        renamed = KEY.model_copy(update={"video_name": "dromedary"})
        assert renamed.folder_name == KEY.folder_name
        filled(tmp_path / "store", [0]).close()
        assert_holds(EmbeddingStore(tmp_path / "store", renamed), [0])

    def test_a_name_that_utf8_cannot_say_is_made_printable(self, tmp_path):
        values = KEY.model_dump() | {"video_name": b"caf\xe9".decode("utf-8", "surrogateescape")}
        key = StoreKey(**values)
        assert key.video_name == "caf?"
        EmbeddingStore.create(tmp_path / "store", key)

    @pytest.mark.parametrize(
        "change", [{"grid": (0, 5)}, {"frame_count": 0}, {"grid": (1 << 20, 1 << 20)}]
    )
    def test_absurd_sizes_are_refused_before_anything_is_allocated(self, change):
        with pytest.raises(ValueError, match="validation error"):
            StoreKey(**(KEY.model_dump() | change))

    def test_a_removed_folder_is_told(self, tmp_path):
        store = filled(tmp_path / "store")
        shutil.rmtree(tmp_path / "store")
        with pytest.raises(StoreError, match="read the embeddings of frame 2: No such file"):
            store.read(2)
        with pytest.raises(StoreError, match="write the embeddings of frame 3: No such file"):
            store.write(3, embedding_map(3))


class TestDamage:
    @settings(max_examples=25, deadline=None)
    @given(cut=st.integers(0, KEY.frame_bytes - 1), frame_index=st.integers(0, 5))
    def test_a_chunk_cut_anywhere_is_an_unfinished_frame(self, tmp_path_factory, cut, frame_index):
        folder = tmp_path_factory.mktemp("cut") / "store"
        filled(folder).close()
        os.truncate(chunk(folder, frame_index), cut)
        store = EmbeddingStore(folder, KEY)
        assert_holds(store, set(range(6)) - {frame_index})
        store.write(frame_index, embedding_map(frame_index))
        assert_holds(store, range(6))

    @pytest.mark.parametrize("size", [0, 7, KEY.frame_bytes + 1])
    def test_a_chunk_cut_while_the_store_is_open_is_told_and_embedded_again(self, tmp_path, size):
        store = filled(tmp_path / "store")
        os.truncate(chunk(tmp_path / "store", 2), size)
        with pytest.raises(StoreError, match="frame 2"):
            store.read(2)
        assert_holds(store, {0, 1, 3, 4, 5})

    @settings(max_examples=60, deadline=None)
    @given(data=st.data())
    def test_damaged_metadata_never_crash_and_never_lie(self, tmp_path_factory, data):
        folder = tmp_path_factory.mktemp("damage") / "store"
        filled(folder, [1, 4]).close()
        document = folder / data.draw(st.sampled_from(["zarr.json", "embeddings/zarr.json"]))
        content = bytearray(document.read_bytes())
        place = data.draw(st.integers(0, len(content) - 1))
        rest = data.draw(st.integers(0, 8))
        content[place : place + rest] = data.draw(st.binary(max_size=8))
        document.write_bytes(bytes(content))
        try:
            store = EmbeddingStore(folder, KEY)
        except StoreError as error:
            assert str(folder) in error.sentence  # noqa: PT017 - both ways out are right
        else:
            assert_holds(store, [1, 4])

    @pytest.mark.parametrize(
        "content",
        [b"", b"[]", b"null", b"[" * 100_000, b'{"attributes": {"vosdesk": {"video_name": 3}}}'],
    )
    @pytest.mark.parametrize("document", ["zarr.json", "embeddings/zarr.json"])
    def test_metadata_of_another_kind_are_damage(self, tmp_path, document, content):
        filled(tmp_path / "store").close()
        (tmp_path / "store" / document).write_bytes(content)
        with pytest.raises(DamagedStoreError, match="is damaged"):
            EmbeddingStore(tmp_path / "store", KEY)

    @pytest.mark.parametrize("document", ["zarr.json", "embeddings/zarr.json", "embeddings"])
    def test_missing_metadata_are_damage(self, tmp_path, document):
        filled(tmp_path / "store").close()
        doomed = tmp_path / "store" / document
        shutil.rmtree(doomed) if doomed.is_dir() else doomed.unlink()
        with pytest.raises(DamagedStoreError):
            EmbeddingStore(tmp_path / "store", KEY)

    def test_an_array_laid_out_otherwise_is_damage(self, tmp_path):
        filled(tmp_path / "store").close()
        zarr.create_array(
            tmp_path / "store" / "embeddings",
            shape=(6, 3, 5, 4),
            chunks=(2, 3, 5, 4),
            dtype="float16",
            overwrite=True,
        )
        with pytest.raises(DamagedStoreError):
            EmbeddingStore(tmp_path / "store", KEY)

    def test_old_leftovers_go_and_fresh_ones_stay(self, tmp_path):
        filled(tmp_path / "store").close()
        old, fresh = (tmp_path / "store" / "embeddings" / f".{n}.partial" for n in "ab")
        for path in (old, fresh):
            path.write_bytes(b"half a chunk")
        then = time.time() - LEFTOVER_AGE - 1
        os.utime(old, (then, then))
        assert_holds(EmbeddingStore(tmp_path / "store", KEY), range(6))
        assert fresh.exists()
        assert not old.exists()


def run_child(code, *arguments, check=True):
    """Run Python code in a process of its own and return what it printed."""
    script = textwrap.dedent(code)
    process = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if check:
        assert process.returncode == 0, process.stderr
    return process


WRITER = """
    import os, signal, sys
    from pathlib import Path
    import numpy as np
    from vosdesk.embedding.store import EmbeddingStore, StoreKey
    from vosdesk.errors import StoreError

    folder, key = Path(sys.argv[1]), StoreKey.model_validate_json(sys.argv[2])

    def write(store, frame_index):
        rng = np.random.default_rng(frame_index)
        shape = (*key.grid, key.dimensions)
        store.write(frame_index, rng.standard_normal(shape).astype(np.float16))

    def die(descriptor):
        os.kill(os.getpid(), signal.SIGKILL)
"""


@POSIX
class TestProcesses:
    def test_killed_between_the_last_byte_and_the_rename(self, tmp_path):
        code = (
            WRITER
            + """
    store = EmbeddingStore.create(folder, key)
    write(store, 0)
    os.fsync = die
    write(store, 1)
        """
        )
        process = run_child(code, tmp_path / "store", KEY.model_dump_json(), check=False)
        assert process.returncode == -signal.SIGKILL
        partials = list((tmp_path / "store" / "embeddings").glob("*.partial"))
        assert len(partials) == 1
        assert_holds(EmbeddingStore(tmp_path / "store", KEY), [0])

    def test_killed_while_the_store_is_made(self, tmp_path):
        code = (
            WRITER
            + """
    os.fsync = die
    EmbeddingStore.create(folder, key)
        """
        )
        process = run_child(code, tmp_path / "store", KEY.model_dump_json(), check=False)
        assert process.returncode == -signal.SIGKILL
        assert not (tmp_path / "store").exists()
        assert_holds(EmbeddingStore.create(tmp_path / "store", KEY), [])

    def test_killed_at_any_moment(self, tmp_path):
        """Kill a writer of large chunks again and again; what is finished is whole."""
        key = KEY.model_copy(
            update={"grid": GridSize(128, 128), "dimensions": 64, "frame_count": 999}
        )
        code = (
            WRITER
            + """
    store = EmbeddingStore.create(folder, key)
    for frame_index in np.flatnonzero(~store.finished):
        write(store, int(frame_index))
        print(frame_index, flush=True)
        """
        )
        rng = np.random.default_rng(0)
        told = -1
        for _ in range(3):
            command = [sys.executable, "-c", textwrap.dedent(code)]
            command += [str(tmp_path / "store"), key.model_dump_json()]
            with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
                for _ in range(3):
                    told = int(child.stdout.readline())
                time.sleep(rng.uniform(0, 0.05))  # the moment of death is what varies
                child.send_signal(signal.SIGKILL)
                child.wait()
            store = EmbeddingStore(tmp_path / "store", key)
            frames = np.flatnonzero(store.finished)
            assert frames.max() >= told
            assert_holds(store, frames.tolist())
            store.close()

    def test_two_processes_may_fill_one_store(self, tmp_path):
        code = (
            WRITER
            + """
    store = EmbeddingStore.create(folder, key)
    for _ in range(20):
        for frame_index in range(key.frame_count):
            write(store, frame_index)
        """
        )
        with ThreadPoolExecutor(2) as pool:
            arguments = (tmp_path / "store", KEY.model_dump_json())
            children = [pool.submit(run_child, code, *arguments) for _ in range(2)]
            for child in children:
                child.result()
        assert_holds(EmbeddingStore(tmp_path / "store", KEY), range(6))
        assert [path.name for path in tmp_path.iterdir()] == ["store"]

    def test_a_limit_on_file_size_is_told_and_finished_frames_stay(self, tmp_path):
        filled(tmp_path / "store", [0, 1]).close()
        code = (
            WRITER
            + """
    import resource
    store = EmbeddingStore(folder, key)
    resource.setrlimit(resource.RLIMIT_FSIZE, (key.frame_bytes - 1,) * 2)
    try:
        write(store, 2)
    except StoreError as error:
        print(error.sentence)
    print(np.flatnonzero(store.finished).tolist(), store.read(1).shape)
        """
        )
        process = run_child(code, tmp_path / "store", KEY.model_dump_json())
        assert process.stdout.splitlines() == [
            f"There is no room left in {tmp_path / 'store'} to write the embeddings of frame 2.",
            "[0, 1] (3, 5, 4)",
        ]
        assert_holds(EmbeddingStore(tmp_path / "store", KEY), [0, 1])
        assert not list((tmp_path / "store" / "embeddings").glob("*.partial"))


@POSIX
class TestDisk:
    @pytest.fixture
    def small_disk(self, tmp_path):
        """Return the folder of a real file system of 256 KiB."""
        place = tmp_path / "disk"
        place.mkdir()
        mount = shutil.which("mount")
        if mount is None or os.geteuid() != 0:
            pytest.skip("only root can mount a small disk")
        options = ["-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
        if subprocess.run([mount, *options], capture_output=True, check=False).returncode:
            pytest.skip("this machine does not let root mount")
        yield place
        subprocess.run(["umount", str(place)], check=True)

    def test_a_full_disk_is_told_and_finished_frames_stay(self, small_disk):
        key = KEY.model_copy(update={"grid": GridSize(32, 32), "dimensions": 32})
        store = EmbeddingStore.create(small_disk / "store", key)
        finished = [0, 1, 2]
        for frame_index in finished:
            store.write(frame_index, embedding_map(frame_index, key))
        with pytest.raises(StoreError, match=r"no room left .* frame 3") as error:
            store.write(3, embedding_map(3, key))
        assert "Free some space" in error.value.advice
        assert_holds(store, finished)
        assert_holds(EmbeddingStore(small_disk / "store", key), finished)
        store.close()

    def test_no_room_for_the_store_itself_is_told(self, small_disk):
        (small_disk / "filler").write_bytes(b"x" * (250 << 10))
        with pytest.raises(StoreError, match="no room left"):
            EmbeddingStore.create(small_disk / "store", KEY)
        assert [path.name for path in small_disk.iterdir()] == ["filler"]

    def test_a_read_only_folder_can_be_read_and_refuses_the_rest_in_words(self):
        with tempfile.TemporaryDirectory() as name:
            root = Path(name)
            filled(root / "store", [0, 3]).close()
            for path in (root, *root.rglob("*")):
                path.chmod(0o555)
            as_root = os.geteuid() == 0
            if as_root:
                os.seteuid(65534)
            try:
                store = EmbeddingStore(root / "store", KEY)
                assert_holds(store, [0, 3])
                with pytest.raises(StoreError, match=r"no permission .* write the embeddings"):
                    store.write(1, embedding_map(1))
                with pytest.raises(StoreError, match=r"no permission .* make an embedding store"):
                    EmbeddingStore.create(root / "other", KEY)
                assert_holds(store, [0, 3])
            finally:
                if as_root:
                    os.seteuid(0)
                for path in (root, *root.rglob("*")):
                    path.chmod(0o755)


def test_a_file_where_the_folder_should_be_is_told(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match=r"make an embedding store: (Not a directory|File exists)"):
        EmbeddingStore.create(tmp_path / "file" / "store", KEY)


class TestUpsampling:
    """A network that makes upsampling maps has them kept beside its embeddings."""

    KEY = KEY.model_copy(update={"upsampling": 9})

    def weights(self, seed: int = 0) -> np.ndarray:
        return np.random.default_rng(seed).integers(0, 256, (*KEY.grid, 9), dtype=np.uint8)

    @pytest.mark.parametrize("where", ["disk", "memory"])
    def test_comes_back_as_it_was(self, tmp_path, where):
        store = (
            EmbeddingStore.create(tmp_path / "s", self.KEY)
            if where == "disk"
            else MemoryStore(self.KEY)
        )
        store.write(2, embedding_map(2), self.weights(2))
        np.testing.assert_array_equal(store.read(2), embedding_map(2))
        np.testing.assert_array_equal(store.read_upsampling(2), self.weights(2))

    def test_is_none_where_the_network_predicts_none(self, tmp_path):
        store = EmbeddingStore.create(tmp_path / "s", KEY)
        store.write(0, embedding_map(0))
        assert store.read_upsampling(0) is None

    def test_a_frame_without_its_weights_is_not_finished(self, tmp_path):
        store = EmbeddingStore.create(tmp_path / "s", self.KEY)
        for frame_index in range(2):
            store.write(frame_index, embedding_map(frame_index), self.weights())
        store.close()
        (tmp_path / "s" / "upsampling" / "c.1.0.0.0").unlink()
        again = EmbeddingStore(tmp_path / "s", self.KEY)
        assert np.flatnonzero(again.finished).tolist() == [0]

    @pytest.mark.parametrize("key", [KEY, KEY.model_copy(update={"upsampling": 9})])
    def test_weights_go_only_where_the_key_has_some(self, tmp_path, key):
        weights = None if key.upsampling else self.weights()
        for store in (EmbeddingStore.create(tmp_path / "s", key), MemoryStore(key)):
            with pytest.raises(TypeError, match="upsampling maps"):
                store.write(0, embedding_map(0), weights)
            assert not store.finished.any()

    def test_zarr_reads_them(self, tmp_path):
        store = EmbeddingStore.create(tmp_path / "s", self.KEY)
        store.write(3, embedding_map(3), self.weights(3))
        group = zarr.open_group(tmp_path / "s", mode="r")
        np.testing.assert_array_equal(group["upsampling"][3], self.weights(3))


def test_what_follows_from_all_embeddings_goes_when_one_is_written(tmp_path):
    assert MemoryStore(KEY).kept_file("codes") is None
    store = filled(tmp_path / "store")
    kept = store.kept_file("codes")
    kept.write_bytes(b"what follows")
    assert EmbeddingStore(tmp_path / "store", KEY).finished.all()
    assert kept.exists()
    store.write(0, embedding_map(0))
    assert not kept.exists()
