"""Codes of a video: near, honest about how near, and there from the first frame on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vosdesk.arrays import GridSize
from vosdesk.labelling import codebook
from vosdesk.labelling.codebook import (
    ANGLE_STEP,
    LEARN_FRAMES,
    TOO_FAR,
    VideoCodes,
    frames_to_learn_from,
)
from vosdesk.labelling.index import GRID, on_grid

CELLS = GridSize(12, 10)


def scene(seed, frames=4, spread=0.3, dimensions=16):
    """Return frames of one scene: a few kinds of things, and noise."""
    chance = np.random.default_rng(seed)
    things = chance.standard_normal((12, dimensions))
    which = chance.integers(0, 12, (frames, *CELLS))
    vectors = things[which] + spread * chance.standard_normal((frames, *CELLS, dimensions))
    vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
    return list(vectors.astype(np.float16))


def coded(maps, learnt_from):
    codes = VideoCodes(len(maps), CELLS, learnt_from)
    for frame_index, embedding_map in enumerate(maps):
        codes.add(frame_index, embedding_map)
    return codes


def angles(codes, frame_index, embedding_map):
    """Return the true angles between cells and their codewords, as searches see both."""
    seen = on_grid(embedding_map.reshape(-1, embedding_map.shape[-1])).astype(np.float64)
    words = codes.codewords[codes.codes(frame_index)].astype(np.float64)
    lengths = np.linalg.norm(seen, axis=1) * np.linalg.norm(words, axis=1)
    return np.arccos(np.clip((seen * words).sum(axis=1) / lengths, -1, 1))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), spread=st.sampled_from([0.0, 0.1, 1.0]))
def test_a_cell_is_never_farther_from_its_codeword_than_is_said(seed, spread):
    maps = scene(seed, spread=spread)
    codes = coded(maps, maps[:2])
    for frame_index, embedding_map in enumerate(maps):
        said, true = codes.levels(frame_index), angles(codes, frame_index, embedding_map)
        honest = said < TOO_FAR
        assert (true[honest] <= said[honest] * ANGLE_STEP).all()
        assert (said[honest] * ANGLE_STEP < true[honest] + ANGLE_STEP + 0.004).all()


def test_codewords_are_what_searches_see():
    words = coded(scene(0), scene(0)).codewords
    np.testing.assert_allclose(words * GRID, np.rint(words * GRID), atol=1e-3)
    np.testing.assert_allclose(np.linalg.norm(words, axis=1), 1, atol=2e-3)


def test_cells_of_one_thing_share_codewords():
    maps = scene(3, spread=0.05)
    codes = coded(maps, maps)
    assert 40 <= len(codes.codewords) <= 42
    assert np.mean([codes.levels(i).mean() for i in range(4)]) * ANGLE_STEP < 0.12


def test_more_is_learnt_where_cells_differ_from_those_beside_them(monkeypatch):
    monkeypatch.setattr(codebook, "LEARN_CELLS", 240)
    maps = scene(5, spread=1.0)
    for embedding_map in maps:
        embedding_map[:, :5] = maps[0][0, 0]  # the left half is one thing
    words = coded(maps, maps).codewords
    is_left = words @ maps[0][0, 0].astype(np.float32) > 0.99
    assert len(words) >= 20
    assert is_left.sum() <= 4, "uniform sampling makes a third to a half of them so"
    monkeypatch.setattr(codebook, "LEAST_CONTRAST", 1e6)
    words = coded(maps, maps).codewords
    assert (words @ maps[0][0, 0].astype(np.float32) > 0.99).sum() > is_left.sum()


def test_a_cut_brings_codewords_and_leaves_old_codes_as_they_are(monkeypatch):
    monkeypatch.setattr(codebook, "CELLS_TO_A_CODEWORD", 4)
    before, after = scene(1), scene(2)
    codes = VideoCodes(8, CELLS, before)
    for frame_index, embedding_map in enumerate(before):
        codes.add(frame_index, embedding_map)
    words, first = codes.codewords.copy(), codes.codes(0).copy()
    codes.add(4, after[0])
    assert len(codes.codewords) > len(words)
    np.testing.assert_array_equal(codes.codewords[: len(words)], words)
    np.testing.assert_array_equal(codes.codes(0), first)
    monkeypatch.setattr(codebook, "MOST_CODEWORDS", len(words))
    uncovered = coded([after[0]], before)
    assert codes.levels(4).mean() < uncovered.levels(0).mean() / 2
    grown = len(codes.codewords)
    codes.add(5, after[1])
    assert len(codes.codewords) == grown, "the second frame after a cut is covered by the first"


def test_the_codebook_has_an_end(monkeypatch):
    monkeypatch.setattr(codebook, "MOST_CODEWORDS", 40)
    codes = VideoCodes(20, CELLS, scene(0))
    for frame_index in range(20):
        codes.add(frame_index, scene(frame_index, frames=1)[0])
    assert len(codes.codewords) <= 40
    assert codes.known.all()


def test_of_cells_that_are_no_unit_vectors_nothing_is_known():
    embedding_map = scene(0)[0]
    embedding_map[2, 3] = np.nan
    embedding_map[4, 5] *= 2
    embedding_map[6, 7] = 0
    levels = coded([embedding_map], [embedding_map]).levels(0).reshape(CELLS)
    assert levels[2, 3] == levels[4, 5] == levels[6, 7] == TOO_FAR
    assert (levels == TOO_FAR).sum() == 3


def test_a_frame_of_nothing_but_damage_has_codes_that_prove_nothing():
    damaged = np.full((*CELLS, 8), np.nan, np.float16)
    codes = coded([damaged], [damaged])
    assert (codes.levels(0) == TOO_FAR).all()
    assert codes.codes(0).max() < len(codes.codewords)


def test_a_histogram_counts_every_cell_once():
    codes = coded(scene(0), scene(0))
    used, times = codes.histogram(1)
    assert times.sum() == CELLS.rows * CELLS.columns
    counted = np.bincount(codes.codes(1), minlength=len(codes.codewords))
    np.testing.assert_array_equal(counted[used], times)
    assert codes.known.tolist() == [True] * 4
    assert 4 * 120 * 3 < codes.nbytes < 4 * 120 * 7


def test_the_codebook_is_outgrown_now_and_then_and_at_the_end():
    codes = VideoCodes(200, CELLS, scene(0, frames=2))
    assert not codes.outgrown(15, whole=False)
    assert codes.outgrown(16, whole=False)
    assert codes.outgrown(3, whole=True)
    assert not codes.outgrown(2, whole=True)
    full = VideoCodes(200, CELLS, scene(0, frames=LEARN_FRAMES))
    assert not full.outgrown(200, whole=True)


@pytest.mark.parametrize("finished", [[], [3], [0, 5, 7], range(200)])
def test_frames_to_learn_from_are_spread_over_what_is_there(finished):
    there = np.zeros(200, np.bool_)
    there[list(finished)] = True
    frames = frames_to_learn_from(there)
    assert len(frames) == min(len(finished), LEARN_FRAMES)
    assert there[frames].all()
    assert len(set(frames.tolist())) == len(frames)
    if len(finished) > LEARN_FRAMES:
        assert set(np.diff(frames)) <= {3, 4}


def test_the_same_frames_give_the_same_codes():
    one, other = coded(scene(0), scene(0)), coded(scene(0), scene(0))
    np.testing.assert_array_equal(one.codewords, other.codewords)
    np.testing.assert_array_equal(one.codes(2), other.codes(2))
