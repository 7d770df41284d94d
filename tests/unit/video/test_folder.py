from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from vosdesk.arrays import Size
from vosdesk.errors import VideoError
from vosdesk.video import open_source


def save(path: Path, value: int = 0, size: tuple[int, int] = (8, 6)) -> None:
    Image.new("RGB", size, (value, value, value)).save(path)


def refusal(path: Path) -> str:
    with pytest.raises(VideoError) as caught:
        open_source(path)
    return str(caught.value)


def test_numbers_are_ordered_as_numbers_and_gaps_are_kept(tmp_path):
    for number in (10, 9, 2, 100, 1):
        save(tmp_path / f"frame {number}.png", number)
    source = open_source(tmp_path)
    assert list(source.frame_names) == [f"frame {number}" for number in (1, 2, 9, 10, 100)]
    assert [int(source.read(index)[0, 0, 0]) for index in range(5)] == [1, 2, 9, 10, 100]
    assert source.size == Size(8, 6)
    assert source.name == tmp_path.name
    assert source.fps == 25
    assert source.timestamp(4) == pytest.approx(0.16)


@given(numbers=st.sets(st.integers(0, 10**6), min_size=1, max_size=8))
def test_any_numbers_come_in_order(tmp_path_factory, numbers):
    folder = tmp_path_factory.mktemp("frames")
    for number in numbers:
        save(folder / f"{number}.bmp", size=(1, 1))
    assert [int(name) for name in open_source(folder).frame_names] == sorted(numbers)


def test_every_ending_counts_whatever_its_case(tmp_path):
    for number, ending in enumerate(("png", "JPG", "jpeg", "tif", "TIFF", "bmp", "WebP")):
        save(tmp_path / f"{number}.{ending}")
    assert open_source(tmp_path).frame_count == 7


def test_hidden_and_other_files_are_no_frames(tmp_path):
    save(tmp_path / "1.png")
    save(tmp_path / ".2.png")
    (tmp_path / "._1.png").write_bytes(b"a resource fork")
    (tmp_path / "Thumbs.db").write_bytes(b"no image")
    (tmp_path / "3.png").mkdir()
    assert list(open_source(tmp_path).frame_names) == ["1"]


@pytest.mark.parametrize("odd", [0, 2, 4])
def test_an_image_of_another_size_is_named(tmp_path, odd):
    for number in range(5):
        save(tmp_path / f"{number}.png", size=(9, 6) if number == odd else (8, 6))
    message = refusal(tmp_path)
    assert f"{odd}.png is 9 x 6 pixels, the other images of {tmp_path.name} are 8 x 6" in message


def test_two_images_with_one_name(tmp_path):
    for name in ("0.jpg", "1.jpg", "1.png", "2.jpg"):
        save(tmp_path / name)
    message = refusal(tmp_path)
    assert "1.jpg and 1.png" in message


def test_a_folder_without_images(tmp_path):
    assert "holds no images" in refusal(tmp_path)
    (tmp_path / "annotations").mkdir()
    (tmp_path / "bear").mkdir()
    save(tmp_path / "bear" / "0.png")
    assert refusal(tmp_path).endswith("Open the folder bear inside it.")


def test_an_image_that_cannot_be_read_is_named(tmp_path):
    save(tmp_path / "0.png")
    (tmp_path / "1.png").write_text("no image", encoding="utf-8")
    assert refusal(tmp_path).startswith("1.png is damaged or not an image.")


def test_an_image_cut_behind_its_header_is_named_when_read(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    for name in ("0.png", "1.png"):
        Image.fromarray(pixels).save(tmp_path / name)
    content = (tmp_path / "1.png").read_bytes()
    (tmp_path / "1.png").write_bytes(content[: len(content) // 2])
    source = open_source(tmp_path)
    np.testing.assert_array_equal(source.read(0), pixels)
    with pytest.raises(VideoError, match=r"1\.png is damaged"):
        source.read(1)


def test_an_image_that_changes_later_is_named(tmp_path):
    for name in ("0.png", "1.png"):
        save(tmp_path / name)
    source = open_source(tmp_path)
    save(tmp_path / "1.png", size=(20, 20))
    with pytest.raises(VideoError, match=r"1\.png has changed since it was opened"):
        source.read(1)
    assert source.read(0).shape[2] == 3
    (tmp_path / "0.png").unlink()
    with pytest.raises(VideoError, match=r"0\.png cannot be read"):
        source.read(0)


def test_an_image_that_was_only_touched_is_read(tmp_path):
    save(tmp_path / "0.png")
    source = open_source(tmp_path)
    content = (tmp_path / "0.png").read_bytes()
    (tmp_path / "0.png").unlink()
    (tmp_path / "0.png").write_bytes(content)
    os.utime(tmp_path / "0.png", (1, 1))
    assert source.read(0).shape[2] == 3


def test_the_folder_one_stands_in(tmp_path, monkeypatch):
    save(tmp_path / "0.png")
    monkeypatch.chdir(tmp_path)
    assert open_source(Path()).name == tmp_path.name


def test_an_index_that_no_frame_has(tmp_path):
    save(tmp_path / "0.png")
    source = open_source(tmp_path)
    for index in (-1, 1):
        with pytest.raises(IndexError):
            source.read(index)


@pytest.mark.davis
def test_davis_frames(davis):
    source = open_source(davis / "JPEGImages" / "480p" / "blackswan")
    assert source.frame_names[0] == "00000"
    assert source.read(source.frame_count - 1).shape == (480, 854, 3)
