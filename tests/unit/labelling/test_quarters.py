"""Labels of quarters: the formula in plain loops, what it leaves alone, and paint by quarters."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vosdesk.arrays import (
    QUARTER_DIMENSIONS,
    QUARTER_ONE,
    QUARTER_ZERO,
    UPSAMPLING_NUMBERS,
    VOID,
    PaintedFrame,
    Size,
    quarters_in,
)
from vosdesk.labelling.engine import LabellingEngine
from vosdesk.labelling.quarters import (
    AGREED,
    TOLD,
    near_borders,
    quarter_changes,
)
from vosdesk.labelling.references import ReferenceSet, frame_references, references_at
from vosdesk.labelling.sampling import sample_cells
from vosdesk.labelling.settings import LabellingSettings

ROWS, COLUMNS = 5, 6
NETWORK = Size(8 * COLUMNS, 8 * ROWS)


def any_frame(rng, labels):
    """Return a painted frame with some unpainted pixels, its embeddings and upsampling map."""
    shape = NETWORK.height, NETWORK.width
    painted = rng.integers(0, labels, (ROWS, COLUMNS)).repeat(8, 0).repeat(8, 1).astype(np.uint8)
    painted = np.roll(painted, (3, 5), (0, 1))
    painted[rng.random(shape) < 0.05] = VOID
    owners = np.where(painted == VOID, -1, 1).astype(np.int32)
    embeddings = rng.normal(size=(ROWS, COLUMNS, 6))
    embeddings /= np.linalg.norm(embeddings, axis=2, keepdims=True)
    upsampling = rng.integers(116, 140, (ROWS, COLUMNS, UPSAMPLING_NUMBERS), dtype=np.uint8)
    return PaintedFrame(0, painted, owners), embeddings.astype(np.float16), upsampling


def changes_of(labels, upsampling):
    """Return the changes at borders; zeros where there are none."""
    changes = quarter_changes(labels, upsampling, near_borders(labels.scores))
    if changes is None:
        rows, columns = labels.confidence.shape
        return np.zeros((len(labels.scores), 2 * rows, 2 * columns))
    return changes


def by_loops(labels, upsampling, settings):
    """Return the changes that the formula gives, one quarter after the other."""
    engine, cells = labels.heard.engine, np.arange(ROWS * COLUMNS)
    found = labels.heard.neighbours(cells)
    own, references = as_numbers(quarters_in(upsampling)), engine.references
    theirs = as_numbers(references.quarter_embeddings)
    changes = np.zeros((len(labels.scores), 2 * ROWS, 2 * COLUMNS))
    for row, column in np.argwhere(near_borders(labels.scores)):
        for quarter in range(4):
            down, right = 2 * (quarter // 2) - 1, 2 * (quarter % 2) - 1
            plain, weighed = np.zeros((2, len(labels.object_ids)))
            told = 0.0
            first = len(plain) - references.labels.shape[1]
            for y, x, part in ((0, 0, 9), (0, right, 3), (down, 0, 3), (down, right, 1)):
                cell = (row + y).clip(0, ROWS - 1) * COLUMNS + (column + x).clip(0, COLUMNS - 1)
                weights = np.exp(found.similarity[cell] / settings.temperature)
                number = found.number[cell]
                weights = weights / (weights * references.labels[number].sum(axis=1)).sum()
                for reference, weight in zip(number, weights, strict=True):
                    told += part / 16 * weight * engine.across_borders[reference]
                    for s in range(4):
                        vote = part / 16 * weight * references.quarters[reference, s]
                        apart = ((own[row, column, quarter] - theirs[reference, s]) ** 2).sum()
                        plain[first:] += vote
                        weighed[first:] += vote * np.exp(-apart)
            place = 2 * row + quarter // 2, 2 * column + quarter % 2
            if told > TOLD:
                changes[:, *place] = weighed * plain.sum() / weighed.sum() - plain
    return changes


def as_numbers(stored):
    return (stored.astype(float) - QUARTER_ZERO) / QUARTER_ONE


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 9999), labels=st.integers(2, 4))
def test_quarters_are_labelled_by_the_formula(seed, labels):
    rng, choice = np.random.default_rng(seed), LabellingSettings(neighbours=3)
    painted, embeddings, upsampling = any_frame(rng, labels)
    references = frame_references(painted, embeddings, NETWORK, upsampling)
    engine = LabellingEngine(references, choice)
    if engine.floor is not None or len(references) < 3:
        return  # the virtual background has no quarters
    _painted, queries, upsampling = any_frame(rng, labels)
    found = engine.label(1, queries)
    changes = changes_of(found, upsampling)
    # where cells agree nearly all the same nothing is done
    np.testing.assert_allclose(changes, by_loops(found, upsampling, choice), atol=2 * (1 - AGREED))
    np.testing.assert_allclose(changes.sum(axis=0), 0, atol=1e-4)


def border_video(quarter_of_object):
    """Return a reference frame and a query frame, each of which is one cell across a border.

    The cells left and right of it are background and object. In the middle one only the embedding
    of each quarter tells which of its quarters are the object's.
    """
    painted = np.zeros((8, 24), np.uint8)
    painted[:, 16:] = 1
    painted[:4, 12:16] = 1  # one quarter of the middle cell
    embeddings = np.zeros((1, 3, 4), np.float16)
    embeddings[0, [0, 1, 2], [0, 1, 2]] = 1
    maps = []
    for objects in (1, quarter_of_object):
        upsampling = np.full((1, 3, UPSAMPLING_NUMBERS), QUARTER_ZERO, np.uint8)
        quarters = upsampling[..., -4 * QUARTER_DIMENSIONS :].reshape(3, 4, QUARTER_DIMENSIONS)
        quarters[1, objects] += 3 * QUARTER_ONE
        quarters[2] += 3 * QUARTER_ONE
        upsampling[0, :, -4 * QUARTER_DIMENSIONS :] = quarters.reshape(3, -1)
        maps.append(upsampling)
    frame = PaintedFrame(0, painted, np.ones(painted.shape, np.int32))
    return frame, embeddings, maps


def test_the_quarter_that_looks_like_the_objects_is_the_objects():
    for quarter in range(4):
        frame, embeddings, (first, second) = border_video(quarter)
        references = frame_references(frame, embeddings, Size(24, 8), first)
        settings = LabellingSettings(neighbours=1)
        labels = LabellingEngine(references, settings).label(1, embeddings)
        np.testing.assert_allclose(labels.scores[1, 0], [0, 0.25, 1], atol=0.02)
        change = changes_of(labels, second)[1][:, 2:4].ravel()
        # of one and a quarter halves that bilinear interpolation gives those beside the object
        share = np.array([0.1875, 0.4375, 0.1875, 0.4375]) + change
        assert share.argmax() == quarter
        assert share[quarter] > 0.7
        assert np.delete(share, quarter).max() < 0.3


def test_the_virtual_background_keeps_its_share():
    """With objects alone annotated, quarters share what references have, and no more."""
    rng = np.random.default_rng(4)
    painted, embeddings, upsampling = any_frame(rng, 3)
    objects = PaintedFrame(
        0,
        np.where(painted.labels == 0, VOID, painted.labels),
        painted.owners * (painted.labels > 0),
    )
    engine = LabellingEngine(frame_references(objects, embeddings, NETWORK, upsampling))
    assert engine.floor is not None
    _painted, queries, upsampling = any_frame(rng, 3)
    labels = engine.label(1, queries)
    changes = changes_of(labels, upsampling)
    np.testing.assert_allclose(changes[0], 0, atol=1e-6)
    np.testing.assert_allclose(changes.sum(axis=0), 0, atol=1e-4)
    assert np.abs(changes).max() > 0.01
    shares = engine.shares(labels.heard.neighbours(np.arange(ROWS * COLUMNS)))
    found = labels.heard.neighbours(np.arange(ROWS * COLUMNS))
    said = (shares[..., None] * engine.votes[found.number]).sum(axis=1)
    np.testing.assert_allclose(said.T.reshape(2, ROWS, COLUMNS), labels.scores[1:], atol=1e-5)


def test_cells_that_agree_leave_nothing_to_choose():
    """A border may lie where references of one label alone meet the virtual background."""
    frame, embeddings, (first, second) = border_video(0)
    only = PaintedFrame(0, np.where(frame.labels == 1, 1, VOID).astype(np.uint8), frame.owners)
    only.owners[only.labels == VOID] = -1
    engine = LabellingEngine(frame_references(only, embeddings, Size(24, 8), first))
    labels = engine.label(1, embeddings)
    near = near_borders(labels.scores)
    assert near.any()
    assert quarter_changes(labels, second, near) is None


def test_scribbles_know_no_borders():
    """Where no reference lies across a border, cells alone say what there is."""
    rng = np.random.default_rng(7)
    frame, embeddings, upsampling = any_frame(rng, 2)
    labels = np.full_like(frame.labels, VOID)
    labels[8:16, 8:16], labels[24:32, 24:40] = 0, 1
    owners = np.where(labels == VOID, -1, 1).astype(np.int32)
    engine = LabellingEngine(
        frame_references(PaintedFrame(0, labels, owners), embeddings, NETWORK, upsampling)
    )
    assert not engine.across_borders.any()
    found = engine.label(1, any_frame(rng, 2)[1])
    near = near_borders(found.scores)
    assert near.any()
    assert quarter_changes(found, upsampling, near) is None
    whole = LabellingEngine(frame_references(frame, embeddings, NETWORK, upsampling))
    assert whole.across_borders.any()
    assert not whole.across_borders.all()


def test_without_quarters_cells_alone_say_what_there_is():
    frame, embeddings, (_first, second) = border_video(0)
    labels = LabellingEngine(frame_references(frame, embeddings, Size(24, 8))).label(1, embeddings)
    near = near_borders(labels.scores)
    assert near.any()
    assert quarter_changes(labels, second, near) is None


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 9999), width=st.integers(9, 90), height=st.integers(9, 90))
def test_soft_labels_are_the_sum_of_their_quarters(seed, width, height):
    rng = np.random.default_rng(seed)
    labels = rng.choice([0, 1, 2, VOID], (height, width)).astype(np.uint8)
    owners = np.where(labels == VOID, -1, rng.integers(1, 3, labels.shape)).astype(np.int32)
    sampled = sample_cells(PaintedFrame(0, labels, owners), Size(48, 40))
    np.testing.assert_allclose(sampled.quarters.sum(axis=1), sampled.labels, rtol=1e-5)


def test_a_quarter_without_paint_says_nothing():
    labels = np.full((16, 16), VOID, np.uint8)
    labels[:4, :4], labels[4:8, 4:8] = 1, 2
    owners = np.where(labels == VOID, -1, 1).astype(np.int32)
    sampled = sample_cells(PaintedFrame(0, labels, owners), Size(16, 16))
    shares = sampled.quarters[0] / sampled.labels.sum()
    np.testing.assert_allclose(shares, [[0.5, 0], [0, 0], [0, 0], [0, 0.5]])


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 9999))
def test_quarters_go_where_their_references_go(seed):
    """Merging and taking keep each reference's quarters with it, labels in their columns."""
    rng = np.random.default_rng(seed)
    painted, embeddings, upsampling = any_frame(rng, 4)
    one = frame_references(painted, embeddings, NETWORK, upsampling)
    cells = (np.array([0, 2]), np.array([1, 3]))
    soft = np.array([[0.5, 0.5], [0, 1]], np.float32)
    other = references_at(3, cells, embeddings, soft, (0, 9), -1, upsampling)
    merged = ReferenceSet.merge([other, one])
    assert merged.object_ids == tuple(sorted({*one.object_ids, *other.object_ids}))
    np.testing.assert_allclose(merged.quarters.sum(axis=1), merged.labels, rtol=1e-5)
    back = merged.take(merged.frame_indices == 3)
    np.testing.assert_array_equal(back.quarters, other.quarters)
    np.testing.assert_array_equal(back.quarter_embeddings, other.quarter_embeddings)
    assert back.same(other)
    assert (
        ReferenceSet.merge([other, frame_references(painted, embeddings, NETWORK)]).quarters is None
    )


def test_other_quarters_are_another_set():
    """What is cached for a set of references must not be taken for one with other borders."""
    frame, embeddings, (first, _second) = border_video(0)
    moved = PaintedFrame(0, np.flipud(frame.labels).copy(), frame.owners)
    one, other = (frame_references(f, embeddings, Size(24, 8), first) for f in (frame, moved))
    np.testing.assert_array_equal(one.labels, other.labels)
    assert not one.same(other)
    assert LabellingEngine(one).signature != LabellingEngine(other).signature
