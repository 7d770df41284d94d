"""Painted pixels to reference cells."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from vosdesk.arrays import VOID, PaintedFrame, Size
from vosdesk.labelling.geometry import cells_of_pixels
from vosdesk.labelling.sampling import BARELY, LEAST, sample_cells

SIZE = Size(64, 48)


class Canvas:
    """A frame to paint on."""

    def __init__(self, size=SIZE):
        self.labels = np.full((size.height, size.width), VOID, dtype=np.uint8)
        self.owners = np.full((size.height, size.width), -1, dtype=np.int32)

    def paint(self, rows, columns, label, owner):
        self.labels[rows, columns] = label
        self.owners[rows, columns] = owner
        return self

    def sample(self, network=SIZE):
        return sample_cells(PaintedFrame(0, self.labels, self.owners), network)


def cells(sampled):
    return list(map(tuple, sampled.cells.tolist()))


def test_nothing_painted_gives_nothing():
    sampled = Canvas().sample()
    assert len(sampled.cells) == len(sampled.labels) == len(sampled.annotation_ids) == 0
    assert sampled.object_ids == ()


@given(x=st.integers(0, 63), y=st.integers(0, 47))
def test_a_single_pixel_gives_the_cell_it_lies_in(x, y):
    sampled = Canvas().paint(y, x, 3, 7).sample()
    assert cells(sampled) == [(y // 8, x // 8)]
    assert sampled.object_ids == (3,)
    assert sampled.labels.tolist() == [[LEAST]]
    assert sampled.annotation_ids.tolist() == [7]


def test_a_mask_gives_every_cell_with_its_share():
    canvas = Canvas().paint(slice(None), slice(None), 0, 5)
    canvas.labels[10:, 20:] = 2
    sampled = canvas.sample()
    assert len(sampled.cells) == 6 * 8
    assert sampled.object_ids == (0, 2)
    shares = (canvas.labels == 2).reshape(6, 8, 8, 8).mean(axis=(1, 3))
    np.testing.assert_allclose(sampled.labels[:, 1], shares.ravel(), atol=1e-6)
    assert set(sampled.annotation_ids.tolist()) == {5}


def test_a_cell_that_is_painted_in_part_has_a_part_of_a_vote():
    canvas = Canvas().paint(slice(0, 8), slice(0, 20), 1, 1)
    assert canvas.sample().labels.tolist() == [[1.0], [1.0], [0.5]]
    thin = Canvas().paint(3, slice(0, 16), 1, 1)
    assert thin.sample().labels.tolist() == [[LEAST], [LEAST]]


def test_a_mask_keeps_the_cells_that_reach_beyond_the_picture():
    size = Size(61, 41)
    sampled = Canvas(size).paint(slice(None), slice(None), 0, 1).sample(size)
    assert len(sampled.cells) == 6 * 8


def test_the_network_may_see_another_size():
    sampled = Canvas(Size(192, 96)).paint(95, 191, 1, 1).sample(Size(64, 32))
    assert cells(sampled) == [(3, 7)]
    sampled = Canvas(Size(16, 8)).paint(7, 15, 1, 1).sample(Size(64, 32))
    assert cells(sampled) == [(3, 7)]


def test_a_wide_stroke_leaves_out_what_it_barely_touches():
    sampled = Canvas().paint(slice(8, 17), slice(8, 33), 1, 1).sample()
    assert cells(sampled) == [(1, 1), (1, 2), (1, 3)]


def test_a_thin_stroke_keeps_its_cells_but_those_that_its_ends_barely_touch():
    sampled = Canvas().paint(20, slice(4, 50), 1, 1).sample()
    assert cells(sampled) == [(2, column) for column in range(6)]


def test_a_cell_belongs_to_the_annotation_with_most_pixels_and_keeps_the_mixture():
    canvas = (
        Canvas().paint(slice(8, 16), slice(8, 14), 1, 10).paint(slice(8, 16), slice(14, 16), 2, 11)
    )
    canvas.paint(slice(8, 16), slice(16, 24), 2, 11)
    sampled = canvas.sample()
    assert cells(sampled) == [(1, 1), (1, 2)]
    assert sampled.annotation_ids.tolist() == [10, 11]
    assert sampled.labels.tolist() == [[0.75, 0.25], [0, 1]]


def test_of_equals_the_newest_annotation_owns_the_cell():
    canvas = Canvas().paint(slice(0, 4), slice(0, 8), 1, 12).paint(slice(4, 8), slice(0, 8), 1, 11)
    assert 12 in canvas.sample().annotation_ids
    canvas.paint(slice(0, 8), slice(8, 16), 1, 11)
    assert canvas.sample().annotation_ids.tolist() == [12, 11]


def test_a_correction_on_a_mask_has_a_reference_of_its_own():
    canvas = (
        Canvas().paint(slice(None), slice(None), 0, 1).paint(slice(21, 24), slice(28, 34), 3, 2)
    )
    sampled = canvas.sample()
    assert len(sampled.cells) == 6 * 8 + 1
    (extra,) = np.flatnonzero(sampled.annotation_ids == 2)
    assert tuple(sampled.cells[extra]) == (2, 3)
    assert sampled.labels[extra].tolist() == [0, 1]
    below = np.flatnonzero((sampled.cells == (2, 3)).all(axis=1) & (sampled.annotation_ids == 1))
    np.testing.assert_allclose(sampled.labels[below], [[1 - 12 / 64, 12 / 64]])


def test_owners_of_another_size_are_an_error():
    with pytest.raises(TypeError):
        sample_cells(PaintedFrame(0, np.zeros((4, 4), np.uint8), np.zeros((4, 5), np.int32)), SIZE)


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_agrees_with_the_definition(data):
    """Compare with a slow and plain account of the same rules."""
    height, width = data.draw(st.integers(1, 30)), data.draw(st.integers(1, 30))
    network = Size(data.draw(st.integers(8, 40)), data.draw(st.integers(8, 40)))
    shape = (height, width)
    owners = data.draw(hnp.arrays(np.int32, shape, elements=st.integers(-1, 3)))
    labels = data.draw(hnp.arrays(np.uint8, shape, elements=st.integers(0, 2)))
    labels[owners < 0] = VOID
    sampled = sample_cells(PaintedFrame(0, labels, owners), network)

    row_of, column_of = (
        cells_of_pixels(height, network.height),
        cells_of_pixels(width, network.width),
    )
    paint, area = defaultdict(Counter), Counter()
    for y in range(height):
        for x in range(width):
            cell = (int(row_of[y]), int(column_of[x]))
            area[cell] += 1
            if owners[y, x] >= 0:
                paint[cell][int(owners[y, x]), int(labels[y, x])] += 1

    expected = {}
    owned = defaultdict(dict)
    for cell, counter in paint.items():
        by_owner = Counter()
        for (owner, _label), pixels in counter.items():
            by_owner[owner] += pixels
        winner = max(by_owner, key=lambda owner: (by_owner[owner], owner))
        owned[winner][cell] = counter.total() / area[cell]
    for owner, shares in owned.items():
        for cell, share in shares.items():
            if share >= min(BARELY, max(shares.values()) / 2):
                vote = max(share, LEAST)
                expected[cell, owner] = {k: vote * v for k, v in _mixture(paint[cell]).items()}
    for owner in set(owners[owners >= 0].tolist()) - {owner for _cell, owner in expected}:
        own = {
            cell: Counter({k: v for k, v in counter.items() if k[0] == owner})
            for cell, counter in paint.items()
        }
        most = max(counter.total() for counter in own.values())
        cell = min(cell for cell in own if own[cell].total() == most)
        vote = max(paint[cell].total() / area[cell], LEAST)
        expected[cell, owner] = {k: vote * v for k, v in _mixture(own[cell]).items()}

    found = {
        ((int(row), int(column)), int(owner)): {
            object_id: share
            for object_id, share in zip(sampled.object_ids, mixture.tolist(), strict=True)
            if share
        }
        for (row, column), owner, mixture in zip(
            sampled.cells, sampled.annotation_ids, sampled.labels, strict=True
        )
    }
    assert found.keys() == expected.keys()
    for place, mixture in expected.items():
        assert found[place] == pytest.approx(mixture, abs=1e-6)
    assert list(found) == sorted(found)


def _mixture(counter):
    mixture = Counter()
    for (_owner, label), pixels in counter.items():
        mixture[label] += pixels / counter.total()
    return dict(mixture)
