from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from vosdesk.errors import VosdeskError
from vosdesk.evaluation.davis import (
    davis_sequences,
    object_ids,
    read_annotation,
    sequence_names,
)


def test_sequences_come_with_frames_and_annotations_in_order(tiny_davis):
    slow, fast = davis_sequences(tiny_davis, "val")
    assert (slow.name, fast.name) == ("slow", "fast")
    assert [path.stem for path in slow.frames] == ["00000", "00001", "00002", "00003", "00004"]
    assert [path.stem for path in slow.annotations] == [path.stem for path in slow.frames]


@pytest.mark.parametrize("folder", ["", "2016", "2017", "480p"])
def test_lists_are_found_where_the_years_put_them(tmp_path, folder):
    (tmp_path / "ImageSets" / folder).mkdir(parents=True)
    (tmp_path / "ImageSets" / folder / "val.txt").write_text("bear\n\nboat\n")
    assert sequence_names(tmp_path, "val") == ("bear", "boat")


def test_lists_of_frames_name_each_sequence_once(tmp_path):
    (tmp_path / "ImageSets").mkdir()
    lines = [
        f"/JPEGImages/480p/{name}/{i:05d}.jpg /Annotations/480p/{name}/{i:05d}.png"
        for name in ("bear", "boat")
        for i in range(3)
    ]
    (tmp_path / "ImageSets" / "val.txt").write_text("\n".join(lines))
    assert sequence_names(tmp_path, "val") == ("bear", "boat")


def test_a_missing_list_is_told(tmp_path):
    with pytest.raises(VosdeskError, match=r"ImageSets/val\.txt"):
        davis_sequences(tmp_path, "val")


def test_frames_without_annotations_are_told(tiny_davis):
    (tiny_davis / "Annotations/480p/fast/00003.png").unlink()
    with pytest.raises(VosdeskError, match=r"fast .* 5 frames and 4 annotations"):
        davis_sequences(tiny_davis, "val")


def test_white_is_an_object_without_a_palette_and_void_with_one(tmp_path):
    values = np.array([[0, 255, 3]], np.uint8)
    Image.fromarray(values).save(tmp_path / "grey.png")
    indexed = Image.fromarray(values)
    indexed.putpalette(bytes(range(256)) * 3)
    indexed.save(tmp_path / "indexed.png")
    assert read_annotation(tmp_path / "grey.png").tolist() == [[0, 1, 1]]
    assert read_annotation(tmp_path / "indexed.png").tolist() == [[0, 255, 3]]
    assert object_ids(values) == (3,)


def test_a_damaged_annotation_is_told(tmp_path):
    (tmp_path / "a.png").write_bytes(b"nothing")
    with pytest.raises(VosdeskError, match=r"a\.png cannot be read"):
        read_annotation(tmp_path / "a.png")
