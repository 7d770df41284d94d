"""Has the loops of labelling compiled, before the first stroke would wait for them.

That takes some seconds after an installation; later the kept code is only loaded (see
``vosdesk.compiled``). What is compiled depends on the types that a loop is given, so a picture of a
few cells goes the way that every stroke goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vosdesk.arrays import STRIDE, UPSAMPLING_NUMBERS, VOID, PaintedFrame, Size
from vosdesk.embedding.link_format import LINKS
from vosdesk.jobs import Progress
from vosdesk.labelling.answers import Answers
from vosdesk.labelling.carrying import carry
from vosdesk.labelling.engine import LabellingEngine
from vosdesk.labelling.index import in_single
from vosdesk.labelling.references import frame_references
from vosdesk.labelling.renewal import Renumbering
from vosdesk.labelling.spreading import Spreading
from vosdesk.labelling.summary import summarise
from vosdesk.labelling.upsampling import to_label_map

if TYPE_CHECKING:
    from vosdesk.jobs import Job

SIDE = 8
"""Rows and columns of cells."""


def warm_up() -> Job[None]:
    """Label a picture of which the left half is painted, with a border that runs through cells.

    Yields:
        Progress after every step, so that it can be ended.
    """
    size = Size(SIDE * STRIDE, SIDE * STRIDE)
    embedding_map = np.zeros((SIDE, SIDE, 2), dtype=np.float16)
    embedding_map[:2, :, 0] = embedding_map[2:, :, 1] = 1
    labels = np.full((size.height, size.width), VOID, dtype=np.uint8)
    owners = np.full(labels.shape, -1, dtype=np.int32)
    border = STRIDE * 3 // 2
    labels[:border, : size.width // 2], labels[border:, : size.width // 2] = 0, 1
    owners[labels != VOID] = 1
    painted = PaintedFrame(0, labels, owners)
    upsampling = np.zeros((SIDE, SIDE, UPSAMPLING_NUMBERS), dtype=np.uint8)
    references = frame_references(painted, embedding_map, size, upsampling)
    yield _step(1)
    engine = LabellingEngine(references)
    found = engine.label(0, embedding_map)
    yield _step(2)
    answers = Answers.of(engine, in_single(embedding_map[0]))
    answers.levels_of(1.0)
    engine.search_among(embedding_map[0], answers.candidates)
    Renumbering.between(references, references)
    yield _step(3)
    cells = np.flatnonzero((labels != VOID)[::STRIDE, ::STRIDE])
    shares = found.scores.reshape(len(found.scores), -1)[:, cells]
    Spreading(lambda _frame_index: embedding_map).spread(0, cells, shares, found.scores)
    yield _step(4)
    links = np.zeros((LINKS, SIDE * SIDE), dtype=np.uint16)
    carry([(links, np.zeros((1, SIDE * SIDE), dtype=np.uint8))], SIDE)
    yield _step(5)
    to_label_map(found, size, size, painted, upsampling)
    summarise(found)
    yield _step(6)


def _step(done: int) -> Progress:
    return Progress(done, 6, "Preparing")
