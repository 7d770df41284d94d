from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from vosdesk.arrays import VOID
from vosdesk.errors import VosdeskError
from vosdesk.evaluation.davis import read_annotation
from vosdesk.training.dataset import cell_labels, frame_cells, load_videos, network_input
from vosdesk.training.triplets import MIN_CELLS, draw_anchors, draw_frames, shared_labels, teaches


def test_every_video_comes_once_more_in_the_mirror(tiny_davis):
    videos = load_videos(tiny_davis, "train", mirror=True)
    assert len(videos) == 4
    plain, mirrored = videos[0][1], videos[2][1]
    assert plain.image == mirrored.image
    assert plain.key != mirrored.key
    np.testing.assert_array_equal(network_input(mirrored), network_input(plain)[:, ::-1])
    cells = frame_cells(plain).reshape(8, 12)
    assert torch.equal(frame_cells(mirrored).reshape(8, 12), cells.flip(1))


def test_times_run_from_nought_to_one(tiny_davis):
    (video, _) = load_videos(tiny_davis, "train", mirror=False)
    assert [frame.time for frame in video] == pytest.approx([0, 1 / 3, 2 / 3, 1])


def test_a_cell_is_on_the_object_from_half_its_area(tiny_davis):
    frame = load_videos(tiny_davis, "train", mirror=False)[1][2]
    mask = read_annotation(frame.annotation)
    covered = mask.reshape(8, 8, 12, 8).mean(axis=(1, 3))
    assert 0 < (covered >= 0.5).sum() < (covered > 0).sum()
    np.testing.assert_array_equal(frame_cells(frame).reshape(8, 12), covered >= 0.5)


def test_a_cell_belongs_to_what_covers_most_of_it():
    labels = np.zeros((8, 40), np.uint8)
    labels[:, 0:8] = np.repeat([3, 3, 7, 7, 7, 0, 0, 0], 8).reshape(8, 8)  # 7 and 0 are equals
    labels[:4, 8:16], labels[4:, 8:16] = 7, 3
    labels[:5, 16:24], labels[5:, 16:24] = VOID, 3
    labels[:4, 24:32], labels[4:, 24:32] = VOID, 3
    labels[:3, 32:40] = 3
    assert cell_labels(labels).tolist() == [7, 3, VOID, 3, 0]


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
    labels = torch.zeros(100, dtype=torch.uint8)
    labels[:30] = 1
    anchors = draw_anchors(labels, [1], 40, np.random.default_rng(0))
    assert len(set(anchors.tolist())) == 40
    assert labels[anchors].sum() == 20
    few = draw_anchors(labels, [1], 200, np.random.default_rng(0))
    assert labels[few].sum() == 30
    assert len(few) == 100


def test_several_objects_share_their_half_of_the_anchors():
    labels = torch.tensor([0] * 60 + [2] * 50 + [5] * 9 + [9] * 20 + [VOID] * 30)
    anchors = draw_anchors(labels, [2, 5], 40, np.random.default_rng(0))
    ids, counts = labels[anchors].unique(return_counts=True)
    assert dict(zip(ids.tolist(), counts.tolist(), strict=True)) == {0: 20, 2: 10, 5: 9}


def test_only_labels_with_cells_on_every_frame_are_shared():
    few, many = MIN_CELLS - 1, MIN_CELLS
    one = torch.tensor([0] * many + [1] * many + [2] * many + [VOID] * many)
    other = torch.tensor([0] * many + [1] * few + [2] * many + [3] * many + [VOID] * many)
    assert shared_labels([one, other]) == [0, 2]
    assert teaches([one, other])
    assert not teaches([one, other[: -3 * many]])
    assert not teaches([one, other[many:]])
