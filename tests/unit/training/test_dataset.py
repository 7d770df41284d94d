from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from vosdesk.errors import VosdeskError
from vosdesk.evaluation.davis import read_annotation
from vosdesk.training.dataset import load_videos, network_input, object_coverage
from vosdesk.training.triplets import draw_anchors, draw_frames, on_object


def test_every_video_comes_once_more_in_the_mirror(tiny_davis):
    videos = load_videos(tiny_davis, "train", mirror=True)
    assert len(videos) == 4
    plain, mirrored = videos[0][1], videos[2][1]
    assert plain.image == mirrored.image
    assert plain.key != mirrored.key
    np.testing.assert_array_equal(network_input(mirrored), network_input(plain)[:, ::-1])
    covered = object_coverage(plain).reshape(8, 12)
    torch.testing.assert_close(object_coverage(mirrored).reshape(8, 12), covered.flip(1))


def test_times_run_from_nought_to_one(tiny_davis):
    (video, _) = load_videos(tiny_davis, "train", mirror=False)
    assert [frame.time for frame in video] == pytest.approx([0, 1 / 3, 2 / 3, 1])


def test_coverage_is_the_part_of_each_cell_that_the_mask_covers(tiny_davis):
    frame = load_videos(tiny_davis, "train", mirror=False)[1][2]
    mask = read_annotation(frame.annotation)
    expected = mask.reshape(8, 8, 12, 8).mean(axis=(1, 3))
    np.testing.assert_allclose(object_coverage(frame).reshape(8, 12), expected, atol=1e-6)


def test_a_video_of_two_frames_is_left_out(tiny_davis):
    for folder in ("JPEGImages", "Annotations"):
        for path in sorted((tiny_davis / folder / "480p" / "disc").iterdir())[2:]:
            path.unlink()
    assert len(load_videos(tiny_davis, "train", mirror=False)) == 1
    (tiny_davis / "ImageSets" / "train.txt").write_text("disc\n")
    with pytest.raises(VosdeskError, match="three frames"):
        load_videos(tiny_davis, "train", mirror=False)


def test_frames_of_a_step_are_three_of_one_video_and_show_the_object(tiny_davis):
    Image.new("L", (96, 64)).save(tiny_davis / "Annotations/480p/disc/00002.png")
    videos = load_videos(tiny_davis, "train", mirror=True)
    rng = np.random.default_rng(0)
    seen = set()
    for _ in range(60):
        frames = draw_frames(videos, rng)
        assert len({frame.key for frame in frames}) == 3
        assert len({(frame.image.parent, frame.mirrored) for frame in frames}) == 1
        seen.update(frame.key for frame in frames)
    assert len(seen) == 14  # all but the empty frame and its mirror image


def test_anchors_are_half_on_the_object_and_never_twice_the_same_cell():
    labels = torch.zeros(100, dtype=torch.bool)
    labels[:30] = True
    anchors = draw_anchors(labels, 40, np.random.default_rng(0))
    assert len(set(anchors.tolist())) == 40
    assert labels[anchors].sum() == 20
    few = draw_anchors(labels, 200, np.random.default_rng(0))
    assert labels[few].sum() == 30
    assert len(few) == 100


def test_a_cell_is_on_the_object_from_half_its_area(tiny_davis):
    frame = load_videos(tiny_davis, "train", mirror=False)[0][0]
    coverage = object_coverage(frame)
    assert torch.equal(on_object(frame), coverage >= 0.5)
    assert 0 < int(on_object(frame).sum()) < len(coverage)
