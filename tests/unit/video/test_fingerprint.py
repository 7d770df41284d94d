from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from vosdesk.errors import VideoError
from vosdesk.video import open_source
from vosdesk.video.fingerprint import BLOCK, WHOLE, file_fingerprint, folder_fingerprint


def test_a_moved_film_stays_the_same_film(films, tmp_path):
    film = films["h264_b_frames.mp4"]
    copy = shutil.copy(film, tmp_path / "other name.mov")
    first, second = open_source(film), open_source(copy)
    assert first.fingerprint == second.fingerprint
    assert len(bytes.fromhex(first.fingerprint)) == 32
    assert first.fingerprint != open_source(films["fragmented.mp4"]).fingerprint


def test_a_moved_folder_stays_the_same_film(tmp_path):
    first = tmp_path / "first"
    first.mkdir()
    for number in range(3):
        Image.new("RGB", (4, 4), (number, 0, 0)).save(first / f"{number}.png")
    second = shutil.copytree(first, tmp_path / "deep" / "second")
    assert open_source(first).fingerprint == open_source(second).fingerprint
    (second / "1.png").rename(second / "5.png")
    assert open_source(first).fingerprint != open_source(second).fingerprint


@settings(max_examples=25, deadline=None)
@given(content=st.binary(min_size=1, max_size=64), place=st.integers(0, 63))
def test_any_changed_byte_of_a_short_file_counts(tmp_path_factory, content, place):
    path = tmp_path_factory.mktemp("short") / "film"
    path.write_bytes(content)
    before = file_fingerprint(path), folder_fingerprint([path])
    changed = bytearray(content)
    changed[place % len(content)] ^= 1
    path.write_bytes(changed)
    after = file_fingerprint(path), folder_fingerprint([path])
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_a_long_file_is_told_by_its_length_and_its_blocks(tmp_path):
    path = tmp_path / "long"
    content = np.random.default_rng(0).integers(0, 256, WHOLE + 1000, dtype=np.uint8)
    content.tofile(path)
    seen = {file_fingerprint(path)}
    for place in (0, BLOCK - 1, len(content) - BLOCK, len(content) - 1):
        changed = content.copy()
        changed[place] ^= 1
        changed.tofile(path)
        seen.add(file_fingerprint(path))
    content[:-1].tofile(path)
    seen.add(file_fingerprint(path))
    assert len(seen) == 6


def test_images_moved_within_a_folder_make_another_film(tmp_path):
    paths = []
    for number in range(2):
        path = tmp_path / f"{number}.bmp"
        Image.new("RGB", (4, 4), (number, 0, 0)).save(path)
        paths.append(path)
    before = folder_fingerprint(paths)
    first, second = (path.read_bytes() for path in paths)
    paths[0].write_bytes(second)
    paths[1].write_bytes(first)
    assert folder_fingerprint(paths) != before


def test_a_file_that_is_gone(tmp_path):
    with pytest.raises(VideoError, match="gone cannot be read"):
        file_fingerprint(Path(tmp_path / "gone"))
