"""Which mask belongs to which frame."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from vosdesk.arrays import Size
from vosdesk.errors import MaskError
from vosdesk.export import find_masks, read_mask_folder, read_masks

if TYPE_CHECKING:
    from pathlib import Path

SIZE = Size(5, 4)
NAMES = [f"{index:05d}" for index in range(20)]


def _save(path: Path, value: int = 255) -> Path:
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(np.full((4, 5), value, np.uint8)).save(path)
    return path


def test_a_mask_belongs_to_the_frame_of_its_name(tmp_path):
    for name in ("00007", "00002", "00019"):
        _save(tmp_path / f"{name}.png")
    masks = read_mask_folder(tmp_path, NAMES, SIZE)
    assert list(masks) == [2, 7, 19]
    assert all((labels == 1).all() for labels in masks.values())


@pytest.mark.parametrize(
    ("mask", "index"), [("7", 7), ("007", 7), ("mask_0012", 12), ("object 1 frame 3", 3)]
)
def test_a_number_alone_is_enough(tmp_path, mask, index):
    path = _save(tmp_path / f"{mask}.PNG")
    assert find_masks(tmp_path, NAMES) == {index: path}


def test_numbers_are_those_of_the_names_not_of_the_frames(tmp_path):
    path = _save(tmp_path / "102.png")
    assert find_masks(tmp_path, ["shot_0101", "shot_0102", "shot_0103"]) == {1: path}


def test_a_number_that_fits_two_frames_fits_none(tmp_path):
    _save(tmp_path / "1.png")
    with pytest.raises(MaskError, match="has the name of a frame"):
        find_masks(tmp_path, ["left_1", "right_1"])


def test_a_name_counts_before_a_number(tmp_path):
    path = _save(tmp_path / "1.png")
    assert find_masks(tmp_path, ["0001", "1"]) == {1: path}


def test_two_masks_of_one_frame_are_refused(tmp_path):
    _save(tmp_path / "5.png")
    _save(tmp_path / "00005.png")
    with pytest.raises(MaskError, match=r"frame 00005: 00005\.png and 5\.png"):
        find_masks(tmp_path, NAMES)


def test_when_no_name_fits_the_first_ones_are_told(tmp_path):
    for name in "edcba":
        _save(tmp_path / f"{name}.png")
    with pytest.raises(MaskError, match=r"\(a\.png, b\.png, c\.png, \.\.\.\)") as caught:
        read_masks(tmp_path, NAMES, SIZE)
    assert "00000.png" in caught.value.advice


def test_strays_beside_masks_are_told_in_the_log(tmp_path, caplog):
    _save(tmp_path / "00001.png")
    _save(tmp_path / "preview.png")
    (tmp_path / "readme.txt").touch()
    with caplog.at_level(logging.WARNING):
        assert list(find_masks(tmp_path, NAMES)) == [1]
    assert "preview.png" in caplog.text
    assert "readme" not in caplog.text


def test_a_folder_without_masks_is_refused(tmp_path):
    (tmp_path / "readme.txt").touch()
    with pytest.raises(MaskError, match="no PNG"):
        read_masks(tmp_path, NAMES, SIZE)


def test_a_damaged_mask_in_the_folder_is_named(tmp_path):
    _save(tmp_path / "00001.png")
    (tmp_path / "00002.png").write_text("no picture")
    with pytest.raises(MaskError, match=r"00002\.png"):
        read_masks(tmp_path, NAMES, SIZE)


def test_a_shade_is_the_same_object_in_every_frame(tmp_path):
    _save(tmp_path / "00001.png", 100)
    _save(tmp_path / "00002.png", 200)
    _save(tmp_path / "00003.png", 100)
    masks = read_masks(tmp_path, NAMES, SIZE)
    assert [int(labels[0, 0]) for labels in masks.values()] == [1, 2, 1]


def test_a_single_file_is_the_first_frames(tmp_path):
    masks = read_masks(_save(tmp_path / "any name.png"), NAMES, SIZE)
    assert list(masks) == [0]
    assert (masks[0] == 1).all()


def test_a_missing_path_is_refused(tmp_path):
    with pytest.raises(MaskError, match="gone"):
        read_masks(tmp_path / "gone", NAMES, SIZE)
    with pytest.raises(MaskError, match="gone"):
        find_masks(tmp_path / "gone", NAMES)
