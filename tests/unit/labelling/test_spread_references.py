"""What paint is spread to on its own frame says of the others."""

from __future__ import annotations

import numpy as np
import pytest

from vosdesk.labelling.engine import LabellingEngine
from vosdesk.labelling.references import ReferenceSet
from vosdesk.labelling.settings import LabellingSettings
from vosdesk.labelling.spread_references import (
    SPACING,
    SPREAD,
    VOTE,
    engine_with,
    spread_references,
)
from vosdesk.labelling.spreading import Spreading

GRID = (12, 20)
FRAME = 3
OBJECT, BACKGROUND = (1, 4), (6, 15)


def two_halves():
    """The object on the left is, from row to row downwards, more and more like the background."""
    embeddings = np.zeros((*GRID, 4), np.float16)
    turn = np.minimum(np.arange(GRID[0]) * 0.15, 1.0)[:, None]
    embeddings[:, :10, 0], embeddings[:, :10, 1] = np.cos(turn), np.sin(turn)
    embeddings[:, 10:, 1] = 1
    return embeddings


def painted(*cells, labels, frame_index=FRAME, vote=1.0):
    """References that annotation 1 painted: cells with 0 or 1 for background or object."""
    embeddings = two_halves()
    order = np.lexsort(np.array(cells).T[::-1])
    cells = np.array(cells, np.int32)[order]
    references = ReferenceSet(
        embeddings=embeddings[tuple(cells.T)].astype(np.float32),
        labels=np.eye(2, dtype=np.float32)[np.array(labels)[order]] * np.float32(vote),
        object_ids=(0, 1),
        annotation_ids=np.ones(len(cells), np.int32),
        frame_indices=np.full(len(cells), frame_index, np.int32),
        cells=cells,
    )
    return references.take(np.ones(len(cells), np.bool_))


def spread(references, links=1.0):
    embeddings = two_halves()
    labels = LabellingEngine(references, LabellingSettings(neighbours=1)).label(FRAME, embeddings)
    spreading = Spreading(lambda _frame: embeddings)
    return spread_references(references, labels, (embeddings, None), spreading, links), labels


def test_every_few_cells_across_and_down_become_references():
    found, _labels = spread(painted(OBJECT, BACKGROUND, labels=(1, 0)))
    half = SPACING // 2
    rows, columns = range(half, GRID[0], SPACING), range(half, GRID[1], SPACING)
    assert found.cells.tolist() == [[row, column] for row in rows for column in columns]
    assert set(found.frame_indices) == {FRAME}
    assert set(found.annotation_ids) == {SPREAD}
    assert found.embeddings == pytest.approx(two_halves()[tuple(found.cells.T)], abs=1e-3)


def test_they_say_what_paint_reaches_and_not_what_it_is_like():
    found, labels = spread(painted(OBJECT, BACKGROUND, labels=(1, 0)))
    inside = found.cells[:, 1] < 10
    rows, columns = found.cells.T
    assert (labels.scores[0, rows, columns][inside] > 0.5).any(), "the references mistake some"
    assert (found.labels[inside, 1] > 0.6 * VOTE).all()
    assert (found.labels[~inside, 0] > 0.8 * VOTE).all()


@pytest.mark.parametrize("links", [1.0, 0.4])
def test_their_vote_is_that_of_the_links(links):
    found, _labels = spread(painted(OBJECT, BACKGROUND, labels=(1, 0)), links)
    assert found.labels.sum(axis=1) == pytest.approx(VOTE * links, abs=1e-5)


def test_there_are_none_of_painted_cells():
    taken = (SPACING // 2, SPACING // 2)
    found, _labels = spread(painted(taken, BACKGROUND, labels=(1, 0)))
    assert list(taken) not in found.cells.tolist()
    assert len(found) > 1


def test_there_are_none_without_links_or_paint_that_stands_fast():
    references = painted(OBJECT, BACKGROUND, labels=(1, 0))
    assert not spread(references, links=0.0)[0]
    assert not spread(painted(OBJECT, BACKGROUND, labels=(1, 0), frame_index=FRAME + 1))[0]
    assert not spread(painted(OBJECT, BACKGROUND, labels=(1, 0), vote=0.2))[0]


def test_there_are_none_on_a_frame_that_is_painted_all_over():
    every = [(row, column) for row in range(GRID[0]) for column in range(GRID[1])]
    assert not spread(painted(*every, labels=[int(column < 10) for _row, column in every]))[0]


def test_without_them_the_engine_is_the_same():
    references = painted(OBJECT, BACKGROUND, labels=(1, 0))
    engine = LabellingEngine(references, LabellingSettings(neighbours=1))
    assert engine_with(engine, references, [ReferenceSet.empty()]) is engine
    more = engine_with(engine, references, [spread(references)[0]])
    assert more.settings is engine.settings
    assert more.object_ids == engine.object_ids
    assert set(more.references.annotation_ids) == {1, SPREAD}
