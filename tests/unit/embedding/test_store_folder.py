"""The cache of many stores: found again, kept within its limit, never touching anything else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from vosdesk.arrays import GridSize, Size
from vosdesk.embedding.store import LEFTOVER_AGE, StoreKey
from vosdesk.embedding.store_folder import (
    CACHE_VARIABLE,
    DISK_SHARE,
    StoreFolder,
    default_root,
)
from vosdesk.errors import StoreError

ROOT = Path(__file__).resolve().parents[3]


def key_of(video, frame_count=4):
    return StoreKey(
        video=video,
        model="model",
        input_size=Size(160, 160),
        grid=GridSize(20, 20),
        dimensions=32,
        frame_count=frame_count,
        video_name=video.title(),
    )


CHUNK = key_of("a").frame_bytes


def fill(folder, video, frames=4, used=None):
    """Make a store with some frames, last used ``used`` seconds after the epoch, and close it."""
    key = key_of(video)
    store = folder.open_store(key)
    for frame_index in range(frames):
        store.write(frame_index, np.zeros((20, 20, 32), np.float16))
    store.close()
    if used is not None:
        for path in store.folder.rglob("*"):
            os.utime(path, (used, used))
    return key


def videos(infos):
    return [info.video_name for info in infos]


@pytest.fixture
def folder(tmp_path):
    return StoreFolder(tmp_path / "embeddings")


class TestRoot:
    def test_lies_in_the_users_cache(self, monkeypatch):
        monkeypatch.delenv(CACHE_VARIABLE, raising=False)
        root = default_root()
        assert root.name == "embeddings"
        assert "vosdesk" in root.parts
        assert root.is_relative_to(os.environ["HOME"])

    def test_the_environment_may_name_another_place(self, monkeypatch, tmp_path):
        monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "large disk"))
        assert StoreFolder().root == tmp_path / "large disk" / "embeddings"

    def test_it_need_not_exist(self, folder):
        assert folder.list() == ()
        assert folder.size() == 0
        assert folder.allowed_bytes() > 0
        assert folder.evict_to_limit() == ()
        assert not folder.root.exists()


class TestOpening:
    def test_goes_on_where_it_stopped(self, folder):
        key = fill(folder, "camel", frames=2)
        assert folder.open_store(key).finished.tolist() == [True, True, False, False]

    def test_keeps_videos_apart(self, folder):
        fill(folder, "camel")
        assert not folder.open_store(key_of("goat")).finished.any()
        assert len(folder.list()) == 2

    def test_a_damaged_store_is_thrown_away_with_a_notice(self, folder):
        notices = []
        folder = StoreFolder(folder.root, notice=notices.append)
        key = fill(folder, "camel")
        (folder.root / key.folder_name / "zarr.json").write_text("{")
        assert not folder.open_store(key).finished.any()
        assert len(notices) == 1
        assert "was damaged and has been thrown away" in notices[0]
        assert videos(folder.list()) == ["Camel"]

    def test_an_empty_folder_in_its_place_is_thrown_away_too(self, folder):
        (folder.root / key_of("camel").folder_name).mkdir(parents=True)
        fill(folder, "camel")
        assert videos(folder.list()) == ["Camel"]

    def test_a_damaged_store_that_is_in_use_stays(self, folder):
        key = fill(folder, "camel")
        store = folder.open_store(key)
        (store.folder / "zarr.json").write_text("{")
        with pytest.raises(StoreError, match="is in use"):
            folder.open_store(key)
        assert store.finished.all()
        assert store.read(0).shape == (20, 20, 32)

    def test_another_store_in_its_place_is_refused_and_kept(self, folder):
        camel, goat = fill(folder, "camel"), key_of("goat")
        (folder.root / camel.folder_name).rename(folder.root / goat.folder_name)
        with pytest.raises(StoreError, match="was made for another video"):
            folder.open_store(goat)
        assert videos(folder.list()) == ["Camel"]

    def test_half_made_and_half_removed_stores_go_when_they_are_old(self, folder):
        fill(folder, "camel")
        old, fresh = folder.root / ".a.partial", folder.root / ".b.partial"
        for leftover in (old, fresh):
            (leftover / "embeddings").mkdir(parents=True)
        then = time.time() - LEFTOVER_AGE - 1
        os.utime(old, (then, then))
        folder.open_store(key_of("goat"))
        assert not old.exists()
        assert fresh.exists()

    def test_room_is_made_for_the_whole_video(self, folder):
        for age, video in enumerate(["camel", "goat", "bear"]):
            fill(folder, video, used=1000 + age)
        small = StoreFolder(folder.root, limit_bytes=folder.size() + 2 * CHUNK)
        small.open_store(key_of("swan"))
        assert sorted(videos(small.list())) == ["Bear", "Goat", "Swan"]


class TestListing:
    def test_tells_size_frames_and_last_use(self, folder):
        fill(folder, "camel", frames=3, used=1000)
        fill(folder, "goat", frames=1, used=2000)
        goat, camel = folder.list()
        assert (goat.video_name, goat.finished_frames) == ("Goat", 1)
        assert (camel.video_name, camel.finished_frames) == ("Camel", 3)
        assert camel.key == key_of("camel")
        assert camel.last_used == datetime.fromtimestamp(1000, UTC)
        on_disk = sum(path.stat().st_size for path in camel.folder.rglob("*") if path.is_file())
        assert on_disk <= camel.size_bytes < on_disk + CHUNK
        assert folder.size() == goat.size_bytes + camel.size_bytes

    def test_opening_and_writing_count_as_use(self, folder):
        camel = fill(folder, "camel", used=1000)
        goat = fill(folder, "goat", used=2000)
        folder.open_store(camel)
        assert videos(folder.list()) == ["Camel", "Goat"]
        for path in folder.root.rglob("*"):
            os.utime(path, (1000, 1000))
        folder.open_store(goat).write(0, np.zeros((20, 20, 32), np.float16))
        os.utime(folder.root / goat.folder_name / "zarr.json", (1000, 1000))
        assert videos(folder.list()) == ["Goat", "Camel"]

    def test_a_damaged_store_is_listed_without_a_name(self, folder):
        key = fill(folder, "camel")
        (folder.root / key.folder_name / "zarr.json").unlink()
        (info,) = folder.list()
        assert (info.video_name, info.key) == ("", None)
        assert info.size_bytes > 4 * CHUNK

    def test_the_estimate_is_what_it_becomes(self, folder):
        key = fill(folder, "camel")
        (info,) = folder.list()
        estimate = key.total_bytes
        assert estimate == 4 * CHUNK
        assert 0 <= info.size_bytes - estimate < CHUNK


class TestEviction:
    def test_the_least_recently_used_go_first_and_no_more_than_needed(self, folder):
        for age, video in enumerate(["camel", "goat", "bear", "swan"]):
            fill(folder, video, used=1000 + age)
        oldest = folder.list()[-1].size_bytes
        folder.limit_bytes = folder.size() - oldest - 1
        assert videos(folder.evict_to_limit()) == ["Camel", "Goat"]
        assert videos(folder.list()) == ["Swan", "Bear"]
        assert folder.size() <= folder.limit_bytes

    def test_within_the_limit_nothing_goes(self, folder):
        fill(folder, "camel")
        folder.limit_bytes = folder.size()
        assert folder.evict_to_limit() == ()
        assert videos(folder.evict_to_limit(room_for=1)) == ["Camel"]

    def test_what_is_to_be_kept_or_is_open_stays(self, folder):
        camel = fill(folder, "camel", used=1000)
        goat = fill(folder, "goat", used=1001)
        fill(folder, "bear", used=1002)
        store = folder.open_store(goat)
        folder.limit_bytes = 0
        assert videos(folder.evict_to_limit(keep=[camel])) == ["Bear"]
        assert sorted(videos(folder.list())) == ["Camel", "Goat"]
        store.close()
        assert videos(folder.evict_to_limit(keep=[camel])) == ["Goat"]

    def test_a_forgotten_store_is_not_open(self, folder):
        key = fill(folder, "camel")
        store = folder.open_store(key)
        del store
        assert videos(folder.remove_all()) == ["Camel"]

    def test_what_another_process_has_open_stays_until_it_dies(self, folder):
        key = fill(folder, "camel")
        code = (
            "import sys; from pathlib import Path\n"
            "from vosdesk.embedding.store import EmbeddingStore, StoreKey\n"
            "key = StoreKey.model_validate_json(sys.argv[2])\n"
            "store = EmbeddingStore(Path(sys.argv[1]), key)\n"
            "print('open', flush=True); sys.stdin.read()"
        )
        arguments = [str(folder.root / key.folder_name), key.model_dump_json()]
        with subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as child:
            assert child.stdout.readline() == "open\n"
            assert folder.remove_all() == ()
            child.kill()
            child.wait()
        assert videos(folder.remove_all()) == ["Camel"]

    def test_never_takes_more_than_a_share_of_the_free_disk(self, folder):
        fill(folder, "camel")
        folder.limit_bytes = 1 << 62
        size = folder.size()
        free = shutil.disk_usage(folder.root).free
        assert folder.allowed_bytes() == pytest.approx((free + size) * DISK_SHARE, rel=0.01)
        folder.limit_bytes = 12345
        assert folder.allowed_bytes() == 12345

    def test_nothing_but_stores_is_ever_removed(self, folder, tmp_path):
        fill(folder, "camel")
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "elsewhere" / "precious").touch()
        (folder.root / "holiday pictures").mkdir()
        (folder.root / "0123456789abcdef").touch()
        (folder.root / "fedcba9876543210").symlink_to(tmp_path / "elsewhere")
        folder.limit_bytes = 0
        folder.evict_to_limit()
        folder.remove_all()
        assert sorted(path.name for path in folder.root.iterdir()) == [
            "0123456789abcdef",
            "fedcba9876543210",
            "holiday pictures",
        ]
        assert (tmp_path / "elsewhere" / "precious").exists()

    def test_a_store_that_is_gone_already_is_removed(self, folder):
        fill(folder, "camel")
        (info,) = folder.list()
        assert folder.remove(info)
        assert folder.remove(info)
        assert list(folder.root.iterdir()) == []


def test_a_root_that_is_a_file_is_told(tmp_path):
    (tmp_path / "file").touch()
    folder = StoreFolder(tmp_path / "file")
    with pytest.raises(StoreError, match="list the embedding stores"):
        folder.list()
    with pytest.raises(StoreError, match="embedding"):
        folder.open_store(key_of("camel"))
