"""Labels from references: the vote, what one-sided annotation means, and purity."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vosdesk.arrays import VOID, PaintedFrame, Size
from vosdesk.labelling.engine import (
    ENOUGH_BACKGROUND,
    FADING,
    LabellingEngine,
    _virtual_background,
)
from vosdesk.labelling.index import GRID, on_grid
from vosdesk.labelling.references import ReferenceSet, frame_references
from vosdesk.labelling.settings import LabellingSettings
from vosdesk.labelling.upsampling import to_label_map

NETWORK = Size(64, 48)
SHAPE = (6, 8)


def random_map(seed, dimensions=12):
    vectors = np.random.default_rng(seed).standard_normal((*SHAPE, dimensions))
    return (vectors / np.linalg.norm(vectors, axis=2, keepdims=True)).astype(np.float16)


def painted(frame_index, strokes):
    """Paint cells: {(row, column): label} with the annotation id 1 + place in the dict."""
    labels = np.full((48, 64), VOID, np.uint8)
    owners = np.full((48, 64), -1, np.int32)
    for owner, ((row, column), label) in enumerate(strokes.items(), start=1):
        cell = (slice(8 * row, 8 * row + 8), slice(8 * column, 8 * column + 8))
        labels[cell], owners[cell] = label, owner
    return PaintedFrame(frame_index, labels, owners)


def references_of(frame_index, strokes, embedding_map):
    return frame_references(painted(frame_index, strokes), embedding_map, NETWORK)


def plane(cosine):
    """Return a map of one embedding everywhere, at this cosine to (1, 0)."""
    vector = np.array([cosine, np.sqrt(1 - cosine**2)], np.float16)
    return np.broadcast_to(vector, (*SHAPE, 2)).copy()


def faded(behind, temperature=0.05):
    """Return what the virtual background weighs yet, given so many references of background."""
    return (1 - behind / ENOUGH_BACKGROUND) * (1 + behind) ** (-FADING / temperature / np.log(10))


class TestVote:
    @settings(max_examples=40, deadline=None)
    @given(
        strokes=st.dictionaries(
            st.tuples(st.integers(0, 5), st.integers(0, 7)), st.integers(0, 4), min_size=1
        ),
        neighbours=st.integers(1, 8),
        temperature=st.floats(0.02, 1.0),
        seed=st.integers(0, 100),
    )
    def test_agrees_with_the_formula(self, strokes, neighbours, temperature, seed):
        choice = LabellingSettings(neighbours, temperature, similarity_floor=0.3)
        references = references_of(0, strokes, random_map(seed))
        queries = random_map(seed + 1)
        labels = LabellingEngine(references, choice).label(3, queries)
        cells = on_grid(queries.reshape(-1, 12)).astype(np.float64)
        similarity = cells @ on_grid(references.embeddings).T / GRID**2
        behind = list(strokes.values()).count(0)
        for query, row in enumerate(similarity):
            best = np.argsort(-row)[:neighbours]
            weights = np.exp(row[best] / temperature)
            votes = dict.fromkeys(labels.object_ids, 0.0)
            for reference, weight in zip(best, weights, strict=True):
                votes[references.object_ids[references.labels[reference].argmax()]] += weight
            if behind < len(strokes):
                floor = 0.3 + 0.21 * np.log10((len(strokes) - behind) / 10)
                virtual = faded(behind, temperature) * np.exp(floor / temperature)
                votes[0] += len(best) * virtual
            expected = np.array([votes[i] for i in labels.object_ids]) / sum(votes.values())
            cell = np.unravel_index(query, SHAPE)
            np.testing.assert_allclose(labels.scores[(slice(None), *cell)], expected, atol=2e-4)
            first, second = sorted([0.0, *expected])[::-1][:2]
            assert labels.confidence[cell] == pytest.approx(first - second, abs=4e-4)
        assert labels.frame_index == 3
        assert labels.object_ids == tuple(sorted({0, *strokes.values()}))
        assert (labels.scores.dtype, labels.confidence.dtype) == (np.float32, np.float32)

    def test_soft_labels_are_handed_on(self):
        half = painted(0, {(0, 0): 0})
        half.labels[:8, :2] = 5
        references = frame_references(half, plane(1.0), NETWORK)
        labels = LabellingEngine(references).label(1, plane(1.0))
        np.testing.assert_allclose(labels.scores[:, 2, 2], [0.75, 0.25], atol=1e-5)
        np.testing.assert_allclose(labels.confidence, 0.5, atol=1e-5)

    def test_a_cell_painted_in_part_has_less_of_a_vote(self):
        half = painted(0, {(0, 0): 0, (0, 1): 5})
        half.labels[:4, :8] = VOID
        half.owners[:4, :8] = -1
        references = frame_references(half, plane(1.0), NETWORK)
        labels = LabellingEngine(references).label(1, plane(1.0))
        half_a_vote = faded(1) + (1 - faded(1)) / 2
        expected = np.array([half_a_vote, 1]) / (half_a_vote + 1)
        np.testing.assert_allclose(labels.scores[:, 2, 2], expected, atol=1e-5)

    def test_the_virtual_background_meets_whole_votes(self):
        thin, whole = painted(0, {(0, 0): 5}), painted(0, {(0, 0): 5})
        thin.labels[:6, :8] = VOID
        thin.owners[:6, :8] = -1
        scores = [
            LabellingEngine(frame_references(frame, plane(1.0), NETWORK))
            .label(1, plane(0.4))
            .scores
            for frame in (thin, whole)
        ]
        np.testing.assert_allclose(*scores, atol=1e-6)

    def test_a_reference_pixel_gets_its_own_label_on_its_own_frame(self):
        strokes = {(0, 0): 0, (1, 3): 1, (5, 7): 2, (4, 0): 0}
        references = references_of(0, strokes, random_map(1))
        labels = LabellingEngine(references).label(0, random_map(1))
        winners = labels.scores.argmax(axis=0)
        for cell, label in strokes.items():
            assert labels.object_ids[winners[cell]] == label
            nearest = labels.nearest[cell]
            assert tuple(references.cells[nearest]) == cell

    def test_a_low_temperature_does_not_overflow(self):
        references = references_of(0, {(0, 0): 0, (1, 1): 1}, random_map(1))
        cold = LabellingEngine(references, LabellingSettings(temperature=0.001))
        assert np.isfinite(cold.label(0, random_map(2)).scores).all()

    def test_embeddings_of_another_length_are_an_error(self):
        engine = LabellingEngine(references_of(0, {(0, 0): 0}, random_map(0)))
        with pytest.raises(ValueError, match="embeddings of 13 numbers"):
            engine.label(0, random_map(0, dimensions=13))

    def test_a_damaged_embedding_is_unsure_background_and_no_crash(self):
        embedding_map = random_map(2)
        embedding_map[2, 3] = np.nan
        labels = LabellingEngine(references_of(0, {(0, 0): 1}, random_map(1))).label(
            0, embedding_map
        )
        assert labels.scores[:, 2, 3].tolist() == [1, 0]
        assert labels.confidence[2, 3] == 0
        assert labels.nearest[2, 3] == -1
        assert np.isfinite(labels.scores).all()


class TestOneSided:
    def test_nothing_annotated_is_background_without_confidence(self):
        labels = LabellingEngine(ReferenceSet.empty()).label(2, random_map(0))
        assert labels.object_ids == (0,)
        assert (labels.scores == 1).all()
        assert (labels.confidence == 0).all()
        assert (labels.nearest == -1).all()

    def test_background_only_is_all_background(self):
        engine = LabellingEngine(references_of(0, {(0, 0): 0, (1, 1): 0}, random_map(0)))
        labels = engine.label(2, random_map(1))
        assert labels.object_ids == (0,)
        np.testing.assert_allclose(labels.scores, 1)
        np.testing.assert_allclose(labels.confidence, 1)
        assert (labels.nearest >= 0).all()

    @pytest.mark.parametrize(("references", "floor"), [(1, 0.39), (10, 0.6), (40, 0.726)])
    def test_objects_only_end_at_the_floor(self, references, floor):
        strokes = {(i // 8, i % 8): 4 for i in range(references)}
        choice = LabellingSettings(similarity_floor=0.6)
        engine = LabellingEngine(references_of(0, strokes, plane(1.0)), choice)
        assert engine.floor == pytest.approx(floor, abs=0.001)
        assert engine.label(1, plane(floor)).scores[1, 0, 0] == pytest.approx(0.5, abs=0.01)
        near, far = engine.label(1, plane(floor + 0.15)), engine.label(1, plane(floor - 0.15))
        assert near.object_ids == (0, 4)
        assert (near.scores[1] > 0.9).all()
        assert (near.nearest >= 0).all()
        assert (far.scores[1] < 0.1).all()
        assert (far.nearest == -1).all()

    def test_the_floor_stops_growing(self):
        mask = PaintedFrame(0, np.ones((480, 640), np.uint8), np.ones((480, 640), np.int32))
        many = frame_references(mask, np.ones((60, 80, 1), np.float16), Size(640, 480))
        engine = LabellingEngine(many, LabellingSettings(similarity_floor=0.5))
        assert len(many) == 4800
        assert engine.floor == pytest.approx(0.5 + 0.21)

    def test_the_virtual_background_fades_as_background_is_annotated(self):
        choice = LabellingSettings(similarity_floor=0.75)
        objects = references_of(0, {(0, i): 4 for i in range(8)}, plane(1.0))
        query = plane(0.7)
        floors, scores = [], []
        for behind in range(1, 40):
            strokes = {(i // 8, i % 8): 0 for i in range(behind)}
            both = ReferenceSet.merge([objects, references_of(1, strokes, plane(-0.5))])
            engine = LabellingEngine(both, choice)
            labels = engine.label(2, query)
            floors.append(engine.floor)
            scores.append(labels.scores[1, 0, 0])
            # where it decides no reference does
            assert (labels.nearest[0, 0] < 0) == (scores[-1] < 0.5)
        alone = LabellingEngine(objects, choice)
        assert (np.diff([alone.floor, *floors]) < 0).all()
        assert (np.diff([alone.label(2, query).scores[1, 0, 0], *scores]) > 0).all()
        assert scores[0] < 0.5 < scores[-1]

    def test_nothing_jumps_at_the_first_or_the_last_background_reference(self):
        choice = LabellingSettings(similarity_floor=0.9)
        objects = references_of(0, {(0, 0): 4}, plane(1.0))
        clean = references_of(1, {(0, 0): 4}, plane(0.0))
        speck = frame_references(_speck(), plane(0.0), NETWORK)
        assert speck.background_count == pytest.approx(1 / 64)
        without, with_it = (
            LabellingEngine(ReferenceSet.merge([objects, part]), choice) for part in (clean, speck)
        )
        assert with_it.floor == pytest.approx(without.floor, abs=0.003)
        last = [_virtual_background(_many(behind), choice)[1] for behind in (995, 999)]
        assert 0 < last[1] < last[0] < 1e-3
        assert _virtual_background(_many(1000), choice) == (None, 0.0)

    def test_background_that_is_alike_decides_before_the_virtual_one(self):
        choice = LabellingSettings(similarity_floor=0.3)
        parts = [
            references_of(0, {(0, 0): 4}, plane(1.0)),
            references_of(1, {(0, 0): 0}, plane(0.0)),
        ]
        labels = LabellingEngine(ReferenceSet.merge(parts), choice).label(2, plane(0.0))
        assert (labels.scores[0] > 0.9).all()
        assert (labels.nearest == 1).all()


class TestPurity:
    @settings(max_examples=20, deadline=None)
    @given(order=st.permutations(range(4)), seed=st.integers(0, 50))
    def test_the_order_of_annotating_does_not_matter(self, order, seed):
        static = random_map(seed)  # the same picture four times: nothing but ties
        parts = [references_of(i, {(i, i): i, (i, 7): 0}, static) for i in range(4)]
        one = LabellingEngine(ReferenceSet.merge(parts)).label(9, random_map(seed + 1))
        other_engine = LabellingEngine(ReferenceSet.merge([parts[i] for i in order]))
        other = other_engine.label(9, random_map(seed + 1))
        np.testing.assert_array_equal(one.scores, other.scores)
        np.testing.assert_array_equal(one.confidence, other.confidence)
        np.testing.assert_array_equal(one.nearest, other.nearest)

    def test_frames_can_be_labelled_in_any_order_and_on_any_thread(self):
        references = references_of(0, {(0, 0): 0, (1, 1): 1, (2, 2): 2}, random_map(0))
        engine = LabellingEngine(references)
        alone = [engine.label(i, random_map(i)).scores for i in range(12)]
        with ThreadPoolExecutor(4) as pool:
            together = list(pool.map(lambda i: engine.label(i, random_map(i)).scores, range(12)))
        for one, other in zip(alone, together, strict=True):
            np.testing.assert_array_equal(one, other)

    def test_the_budget_bounds_what_is_searched(self):
        everywhere = {(r, c): int(c > 3) for r in range(6) for c in range(8)}
        references = references_of(0, everywhere, random_map(0))
        engine = LabellingEngine(references, LabellingSettings(reference_budget=60))
        assert len(engine.references) == 48
        masks = [frame_references(_mask(i), random_map(i), NETWORK) for i in range(3)]
        engine = LabellingEngine(ReferenceSet.merge(masks), LabellingSettings(reference_budget=60))
        assert len(engine.references) == 60
        labels = engine.label(7, random_map(7))
        assert labels.nearest.max() < 60

    def test_the_memory_of_labels_is_told(self):
        labels = LabellingEngine(ReferenceSet.empty()).label(0, random_map(0))
        assert labels.nbytes == 3 * 48 * 4


def _speck():
    """A cell of an object of which a single pixel is background."""
    paint = painted(1, {(0, 0): 4})
    paint.labels[0, 0] = 0
    return paint


def _many(behind):
    """Return a reference of an object and many of background."""
    count = 1 + behind
    labels = np.zeros((count, 2), np.float32)
    labels[np.arange(count), [1] + [0] * behind] = 1
    return ReferenceSet(
        embeddings=np.ones((count, 1), np.float32),
        labels=labels,
        object_ids=(0, 4),
        annotation_ids=np.ones(count, np.int32),
        frame_indices=np.zeros(count, np.int32),
        cells=np.stack([np.arange(count), np.zeros(count)], axis=1).astype(np.int32),
    )


def _mask(frame_index):
    label_map = np.zeros((48, 64), np.uint8)
    label_map[:, 32:] = 1
    return PaintedFrame(frame_index, label_map, np.ones((48, 64), np.int32))


def test_two_clicks_cut_a_picture_of_flat_colours():
    """The whole way with colours as embeddings: paint, references, search, label map."""
    colours = np.eye(3, dtype=np.float16)
    truth = np.zeros((48, 64), np.uint8)
    truth[8:32, 16:48] = 1
    truth[32:48, 40:64] = 2
    moved = np.roll(truth, 8, axis=1)
    clicks = painted(0, {})
    for owner, (x, y) in enumerate([(2, 2), (20, 12), (60, 45)], start=1):
        clicks.labels[y, x], clicks.owners[y, x] = truth[y, x], owner
    references = frame_references(clicks, colours[truth[4::8, 4::8]], NETWORK)
    engine = LabellingEngine(references)
    for frame_index, expected in enumerate([truth, moved]):
        labels = engine.label(frame_index, colours[expected[4::8, 4::8]])
        label_map = to_label_map(
            labels, Size(64, 48), NETWORK, clicks if frame_index == 0 else None
        )
        # the bilinear way up rounds corners off, and nothing else
        assert (label_map != expected).mean() < 0.015
