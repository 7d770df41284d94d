from __future__ import annotations

import numpy as np
import pytest

from vosdesk.embedding.link_format import LINKS, SIMILARITIES, pack
from vosdesk.labelling.carrying import (
    AGREED,
    DOUBTFUL,
    LINK_TEMPERATURE,
    NEARBY,
    NEARBY_FRAMES,
    ONE,
    RETRIEVED,
    agreed,
    carry,
    mixed,
    neighbours_of,
    of_side,
    quantised,
    side_weights,
)


def test_what_the_links_say_by_hand():
    """Two rows of three cells; the cell in the middle of the second row has all three links."""
    similarity = np.zeros((2, 3, 2, LINKS), np.float32)
    similarity[1, 1, 0] = (0.9, 0.8, 0.5)
    down, across = np.zeros((2, 2, 3, 2, LINKS), np.intp)
    down[1, 1, 0], across[1, 1, 0] = (0, -1, -1), (1, 0, -1)
    links = of_side(pack(similarity, down, across), 0)
    assert neighbours_of(links, 3)[:, 4].tolist() == [5, 1, 0]
    assert neighbours_of(links, 3)[:, 0].tolist() == [0, 0, 0]

    kept = np.array([[10, 200, 0, 0, 0, 90], [5, 20, 0, 0, 0, 160]], np.uint8)
    said = carry([(links, kept)], 3)
    levels = np.rint(np.array([0.9, 0.8, 0.5]) * 127) / 127
    weights = np.exp(levels / LINK_TEMPERATURE)
    weights /= weights.sum()
    expected = kept[:, [5, 1, 0]] @ weights / ONE
    assert said[1:, 4] == pytest.approx(expected, abs=1e-5)
    assert said[:, 4].sum() == pytest.approx(1)
    assert np.isnan(np.delete(said, 4, axis=1)).all()
    assert carry([], 3) is None


def test_how_links_and_references_meet_by_hand():
    retrieved = np.array([[51, 51, 255]], np.uint8)  # a fifth, a fifth, all of it
    said = np.array([[0.3, np.nan, 0.99], [0.7, np.nan, 0.01]], np.float32)
    found = mixed(retrieved, [(1.0, said)], 0.5)
    own = 1 - (1 - RETRIEVED) * 0.5
    odds = own * np.log(0.2 / 0.8) + 0.5 * np.log(0.7 / 0.3)
    assert found[1, 0] == pytest.approx(1 / (1 + np.exp(-odds)), abs=1e-4)
    assert found[1, 1] == pytest.approx(0.2, abs=1e-6)
    odds = own * np.log(1 / DOUBTFUL) + 0.5 * np.log(DOUBTFUL / 0.99)
    assert found[1, 2] == pytest.approx(1 / (1 + np.exp(-odds)), abs=1e-4)
    assert found.sum(axis=0) == pytest.approx(np.ones(3))


def test_two_sides_are_joined_by_their_weights_and_one_alone_counts_whole():
    retrieved = np.array([[128, 128]], np.uint8)
    before = np.array([[0.1, 0.1], [0.9, 0.9]], np.float32)
    after = np.array([[0.8, np.nan], [0.2, np.nan]], np.float32)
    both = mixed(retrieved, [(0.75, before), (0.25, after)], 1.0)
    even = RETRIEVED * np.log(128 / 127)
    odds = even + 0.75 * np.log(9) + 0.25 * np.log(0.25)
    assert both[1, 0] == pytest.approx(1 / (1 + np.exp(-odds)), abs=1e-4)
    assert both[1, 1] == pytest.approx(1 / (1 + np.exp(-even - np.log(9))), abs=1e-4)
    exchanged = mixed(retrieved, [(0.25, after), (0.75, before)], 1.0)
    assert np.array_equal(both, exchanged)


def test_the_nearer_side_weighs_more():
    far = NEARBY + np.exp(-30 / NEARBY_FRAMES)
    near = NEARBY + 1
    assert side_weights(0, 30) == pytest.approx((near / (near + far), far / (near + far)))
    assert side_weights(np.inf, np.inf) == (0.5, 0.5)
    assert side_weights(3, np.inf)[0] == side_weights(np.inf, 3)[1] > 0.5


def test_shares_are_kept_in_steps():
    shares = np.float32([[0.25, 1, 0], [0.5, 0, 0.001], [0.25, 0, 0.999]])
    assert quantised(shares).tolist() == [[128, 0, 0], [64, 0, 255]]
    assert (SIMILARITIES >= 0).all()


def test_where_both_agree_the_references_say_how_much_of_a_cell_it_is():
    retrieved = np.float32([[0.4, 0.9, 0.0], [0.6, 0.1, 1.0]])
    outcome = np.float32([[0.1, 0.2, 0.05], [0.9, 0.8, 0.95]])
    found = agreed(retrieved, outcome)
    odds = AGREED * np.log(9) + (1 - AGREED) * np.log(1.5)
    assert found[1, 0] == pytest.approx(1 / (1 + np.exp(-odds)), abs=1e-5)
    assert found[:, 1] == pytest.approx(outcome[:, 1])
    assert 0.95 < found[1, 2] < 1
    assert found.sum(axis=0) == pytest.approx(np.ones(3))


def test_a_damaged_link_that_leads_out_of_the_picture_is_none():
    kept = np.full((1, 6), 200, np.uint8)
    links = np.full((1, 6), np.iinfo(np.uint16).max, np.uint16)  # far down, whatever the cell
    links[0, 2] = pack(np.float32([1.0]), np.array([0]), np.array([0]))[0]
    said = carry([(links, kept)], 3)
    assert said[1, 2] == pytest.approx(200 / ONE)
    assert np.isnan(np.delete(said, 2, axis=1)).all()
