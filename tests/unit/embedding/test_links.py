from __future__ import annotations

import numpy as np
import pytest

from vosdesk.embedding.link_format import (
    COLUMN_STEPS,
    LEVELS,
    LINKS,
    REACH,
    ROW_STEPS,
    SIMILARITIES,
    pack,
)
from vosdesk.embedding.links import CUT_BELOW, GRID, LEADING, link_frames


def unit_map(rows, columns, dimensions=16, seed=0):
    cells = np.random.default_rng(seed).normal(size=(rows, columns, dimensions))
    return (cells / np.linalg.norm(cells, axis=2, keepdims=True)).astype(np.float16)


def around(embedding_map, noise, seed=9):
    """The same with every embedding turned a little, so that no cut is seen between the two."""
    dice = np.random.default_rng(seed).normal(size=embedding_map.shape)
    cells = embedding_map + noise * dice
    return (cells / np.linalg.norm(cells, axis=2, keepdims=True)).astype(np.float16)


def best_by_hand(later, earlier, row, column):
    """The best of each column of the window, best first: similarity, row step, column step."""
    first, second = (np.rint(m.astype(np.float64) * GRID) / GRID for m in (later, earlier))
    found = {}
    for down in range(-REACH, REACH + 1):
        for across in range(-REACH, REACH + 1):
            y, x = row + down, column + across
            if 0 <= y < second.shape[0] and 0 <= x < second.shape[1]:
                similarity = float(first[row, column] @ second[y, x])
                if similarity > found.get(across, (-2,))[0]:
                    found[across] = (similarity, down, across)
    return sorted(found.values(), reverse=True)[:LINKS]


@pytest.mark.parametrize(("rows", "columns"), [(8, 8), (13, 21), (30, 9)])
def test_links_are_the_best_of_the_window(rows, columns):
    later = unit_map(rows, columns)
    earlier = around(np.roll(later, (2, -3), (0, 1)), 0.05)
    links = link_frames(later, earlier)
    dice = np.random.default_rng(1)
    for row, column in zip(
        dice.integers(rows, size=9), dice.integers(columns, size=9), strict=True
    ):
        for side, (here, there) in enumerate(((later, earlier), (earlier, later))):
            expected = best_by_hand(here, there, row, column)
            found = links[row, column, side]
            for link, (similarity, down, across) in zip(found, expected, strict=True):
                if similarity * LEVELS < 0.5:
                    assert link == 0
                else:
                    assert (ROW_STEPS[link], COLUMN_STEPS[link]) == (down, across)
                    assert SIMILARITIES[link] == pytest.approx(similarity, abs=0.51 / LEVELS)


def test_what_moved_is_followed_both_ways():
    earlier = unit_map(20, 24)
    links = link_frames(np.roll(earlier, (3, -5), (0, 1)), earlier)
    before, after = links[8:12, 8:12, 0, 0], links[8:12, 8:12, 1, 0]
    assert (ROW_STEPS[before] == -3).all()
    assert (COLUMN_STEPS[before] == 5).all()
    assert (ROW_STEPS[after] == 3).all()
    assert (COLUMN_STEPS[after] == -5).all()


def test_exchanging_the_frames_exchanges_the_directions():
    later = unit_map(17, 23)
    earlier = around(later, 0.1)
    assert np.array_equal(link_frames(later, earlier)[:, :, ::-1], link_frames(earlier, later))


def test_where_all_is_alike_a_cell_is_linked_to_itself_first():
    plain = np.zeros((12, 12, 4), np.float16)
    plain[..., 0] = 1
    links = link_frames(plain, plain)
    assert not ROW_STEPS[links].any()
    assert not COLUMN_STEPS[links][..., 0].any()
    assert set(np.unique(COLUMN_STEPS[links][4:8, 4:8])) == {-1, 0, 1}
    assert (SIMILARITIES[links] == 1).all()


def test_nothing_is_linked_across_a_cut():
    first, second = unit_map(16, 16, 128), unit_map(16, 16, 128, seed=1)
    assert not link_frames(first, second).any()
    nearly = np.full((16, 16, 2), [CUT_BELOW + 0.01, np.sqrt(1 - (CUT_BELOW + 0.01) ** 2)])
    straight = np.full((16, 16, 2), [1.0, 0.0])
    assert link_frames(nearly.astype(np.float16), straight.astype(np.float16)).any()
    nearly[..., 0] -= 0.02
    assert not link_frames(nearly.astype(np.float16), straight.astype(np.float16)).any()


def test_what_is_no_number_has_no_links():
    broken = unit_map(16, 16)
    broken[3:6, 3:6] = np.nan
    links = link_frames(broken, unit_map(16, 16))
    assert not links[3:6, 3:6, 0].any()
    assert links[10:, 10:, 0].any()


def test_a_link_is_packed_and_read_again():
    steps = np.arange(-REACH, REACH + 1)
    links = pack(np.float32([1.0, 0.5, 0.01]), np.array([-8, 0, 8]), np.array([8, 0, -8]))
    assert ROW_STEPS[links].tolist() == [-8, 0, 8]
    assert COLUMN_STEPS[links].tolist() == [8, 0, -8]
    assert SIMILARITIES[links] == pytest.approx([1, 64 / LEVELS, 1 / LEVELS])
    assert not pack(np.float32([0.0, -0.4, 0.003]), steps[:3], steps[:3]).any()


def test_only_the_leading_dimensions_are_compared():
    later = unit_map(13, 21, dimensions=LEADING)
    earlier = around(np.roll(later, (2, -3), (0, 1)), 0.05)
    noise = unit_map(13, 21, dimensions=32, seed=4)
    longer = [
        np.concatenate([part, noise[::turn]], axis=2) for part, turn in ((later, 1), (earlier, -1))
    ]
    np.testing.assert_array_equal(link_frames(*longer), link_frames(later, earlier))
