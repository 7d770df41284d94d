from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vosdesk.labelling.adaptation import LEARNED, Adaptation, AdaptiveEngine
from vosdesk.labelling.engine import LabellingEngine
from vosdesk.labelling.references import ReferenceSet
from vosdesk.labelling.settings import LabellingSettings

SETTINGS = LabellingSettings(neighbours=2)


def at(angles):
    """Embeddings in the plane, by their angle in degrees."""
    radians = np.deg2rad(np.asarray(angles, float))
    return np.stack([np.cos(radians), np.sin(radians)], axis=-1)


def references(angles, labels, frame_index=0, object_ids=(0, 1)):
    n = len(angles)
    return ReferenceSet(
        embeddings=at(angles).astype(np.float32),
        labels=np.eye(len(object_ids), dtype=np.float32)[labels],
        object_ids=object_ids,
        annotation_ids=np.ones(n, np.int32),
        frame_indices=np.full(n, frame_index, np.int32),
        cells=np.stack([np.zeros(n), np.arange(n)], axis=1).astype(np.int32),
    )


@pytest.fixture
def two_and_two():
    """Background at 0 degrees, an object at 90."""
    return references([0, 2, 88, 90], [0, 0, 1, 1])


def frame(*angles):
    """Cells that are asked, 3 apart, with background between them that is not asked."""
    grid = np.zeros((3, 3 * len(angles)))
    grid[1, 1::3] = angles
    return at(grid).astype(np.float16)


def cells_of(labels):
    return labels.scores.argmax(axis=0)[1, 1::3].tolist()


def test_an_object_that_turns_slowly_is_followed_only_where_it_is_learned(two_and_two):
    frames = [frame(0, angle) for angle in range(90, 10, -8)]
    fixed = LabellingEngine(two_and_two, SETTINGS)
    adaptive = AdaptiveEngine(two_and_two, SETTINGS, Adaptation(frames=2))
    lost = [cells_of(fixed.label(1 + i, f)) for i, f in enumerate(frames)]
    kept = [cells_of(adaptive.label(1 + i, f)) for i, f in enumerate(frames)]
    assert kept == [[0, 1]] * len(frames)
    assert lost[-1] == [0, 0]


def test_the_first_frame_is_labelled_as_without_learning(two_and_two):
    embedding_map = frame(10, 40, 50, 80)
    np.testing.assert_array_equal(
        AdaptiveEngine(two_and_two, SETTINGS).label(3, embedding_map).scores,
        LabellingEngine(two_and_two, SETTINGS).label(3, embedding_map).scores,
    )


def test_only_cells_are_learned_on_which_all_neighbours_agree(two_and_two):
    adaptive = AdaptiveEngine(two_and_two, SETTINGS)
    adaptive.label(5, frame(20, 45, 70))
    learned = adaptive.engine.references.take(adaptive.engine.references.frame_indices == 5)
    assert learned.cells.tolist() == [[1, 1], [1, 7]]  # at 45 one neighbour is of either label
    assert set(learned.annotation_ids) == {LEARNED}
    assert learned.labels.argmax(axis=1).tolist() == [0, 1]


def test_of_the_sure_cells_the_least_similar_are_learned(two_and_two):
    adaptive = AdaptiveEngine(two_and_two, SETTINGS, Adaptation(most=1))
    adaptive.label(5, frame(3, 30, 10, 85, 70))
    learned = adaptive.engine.references.take(adaptive.engine.references.frame_indices == 5)
    assert learned.cells[:, 1].tolist() == [4, 13]


def test_what_was_annotated_stays_and_what_was_learned_is_forgotten(two_and_two):
    adaptive = AdaptiveEngine(two_and_two, SETTINGS, Adaptation(frames=2))
    for frame_index in range(1, 6):
        adaptive.label(frame_index, frame(5, 80))
    assert sorted(set(adaptive.engine.references.frame_indices)) == [0, 4, 5]
    assert np.count_nonzero(adaptive.engine.references.frame_indices == 0) == 4


def test_nothing_is_learned_from_an_annotated_frame(two_and_two):
    adaptive = AdaptiveEngine(two_and_two, SETTINGS)
    adaptive.label(0, frame(5, 80))
    assert len(adaptive.engine.references) == 4


@pytest.mark.parametrize("object_ids", [(0,), (1,)])
def test_nothing_is_learned_where_nothing_could_disagree(object_ids):
    adaptive = AdaptiveEngine(references([0, 2], [0, 0], object_ids=object_ids), SETTINGS)
    adaptive.label(1, frame(5, 80))
    assert len(adaptive.engine.references) == 2


def test_without_references_everything_is_background():
    labels = AdaptiveEngine(ReferenceSet.empty()).label(0, frame(5, 80))
    assert labels.object_ids == (0,)
    assert not labels.confidence.any()


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.lists(st.floats(0, 180), min_size=6, max_size=6), min_size=1, max_size=6),
    st.integers(1, 3),
    st.integers(1, 3),
)
def test_references_are_bounded(videos, most, frames):
    given_references = references([0, 2, 88, 90], [0, 0, 1, 1])
    adaptive = AdaptiveEngine(given_references, SETTINGS, Adaptation(most=most, frames=frames))
    for frame_index, angles in enumerate(videos, start=1):
        labels = adaptive.label(frame_index, frame(*angles))
        np.testing.assert_allclose(labels.scores.sum(axis=0), 1, atol=1e-5)
        assert len(adaptive.engine.references) <= 4 + 2 * most * frames


@pytest.mark.parametrize("wrong", [{"purity": 0.4}, {"most": 0}, {"frames": 0}])
def test_values_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=r"purity|at least one"):
        Adaptation(**wrong)
