"""What is known of one frame's cells."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.labelling.number_video import NumberVideo
from vosdesk.embedding.precompute import nearest_first
from vosdesk.labelling.engine import LabellingEngine
from vosdesk.labelling.frame_answers import ExactLists, unclear
from vosdesk.labelling.neighbours import Neighbours
from vosdesk.labelling.references import ReferenceSet
from vosdesk.labelling.retrieval import Retrieval

CELLS = 30


def lists_of(cells: np.ndarray) -> Neighbours:
    """Return lists that tell which cell they are of."""
    number = np.repeat(cells[:, None], 2, axis=1).astype(np.int32)
    return Neighbours(number.astype(np.float32), number)


@given(st.lists(st.sets(st.integers(0, CELLS - 1)), max_size=5))
def test_lists_are_joined_in_the_order_of_cells_and_none_is_asked_for_twice(sets):
    exact = ExactLists(ReferenceSet.empty(), np.empty(0, np.intp), Neighbours.none((0,), 2))
    for wanted in sets:
        cells = np.array(sorted(wanted), dtype=np.intp)
        left = exact.left_of(cells)
        assert set(left.tolist()) == wanted - set(exact.cells.tolist())
        exact = exact.joined(left, lists_of(left))
    assert exact.cells.tolist() == sorted(set().union(*sets))
    np.testing.assert_array_equal(exact.found.number[:, 0], exact.cells)


def test_what_a_second_look_calls_clear_is_seldom_wrong():
    video = NumberVideo(frames=4, step=0.5, seed=4)
    painted = {0: {(row, row): (1, 1) for row in range(5)} | {(0, 7): (2, 0), (5, 2): (2, 0)}}
    engine = LabellingEngine(video.references(painted))
    retrieval = Retrieval(video.store)
    list(retrieval.code_frames(nearest_first(lambda: 0)))
    every = np.arange(video.maps[0].shape[0] * video.maps[0].shape[1])
    known = [retrieval._view(engine, frame) for frame in range(4)]
    queries = np.concatenate([video.maps[f].reshape(len(every), -1) for f in range(4)])
    found = unclear(engine, queries, known, [every] * 4)
    coarse = np.concatenate([view.winner(every) for view in known])
    exact = [engine.label(f, video.maps[f]).scores.argmax(axis=0).ravel() for f in range(4)]
    wrong = coarse != np.array(engine.object_ids)[np.concatenate(exact)]
    assert wrong.mean() > 0.1
    assert wrong[~found].mean() <= 0.02
    assert found.mean() < 0.5
