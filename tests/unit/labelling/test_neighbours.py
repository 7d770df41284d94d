"""What a search hands to the vote."""

from __future__ import annotations

import numpy as np

from vosdesk.arrays import GridSize
from vosdesk.labelling.engine import LabellingEngine
from vosdesk.labelling.neighbours import Neighbours
from vosdesk.labelling.references import ReferenceSet


def test_no_references_find_nothing():
    none = Neighbours.none(GridSize(2, 3), 4)
    assert none.grid == (2, 3)
    assert none.similarity.shape == none.number.shape == (2, 3, 4)
    assert (none.similarity == -np.inf).all()
    assert (none.number == -1).all()


def test_a_search_gives_one_list_of_references_for_each_cell():
    embeddings = np.eye(4, dtype=np.float32)[:3]
    references = ReferenceSet(
        embeddings=embeddings,
        labels=np.array([[1, 0], [0, 1], [0.5, 0.5]], np.float32),
        object_ids=(0, 2),
        annotation_ids=np.ones(3, np.int32),
        frame_indices=np.zeros(3, np.int32),
        cells=np.array([[0, 0], [0, 1], [1, 0]], np.int32),
    )
    engine = LabellingEngine(references)
    queries = np.eye(4, dtype=np.float16)[[1, 2, 0, 1, 2, 0]].reshape(2, 3, 4)
    found = engine.search(queries)
    assert found.grid == (2, 3)
    assert found.number[..., 0].tolist() == [[1, 2, 0], [1, 2, 0]]
    assert (found.number[..., 3:] == -1).all()
    assert (found.similarity[..., 3:] == -np.inf).all()
    labels, voted = engine.label(5, queries), engine.vote(5, found)
    np.testing.assert_array_equal(labels.scores, voted.scores)
    np.testing.assert_array_equal(labels.nearest, voted.nearest)
