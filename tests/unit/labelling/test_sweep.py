from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vosdesk.arrays import GridSize, Size
from vosdesk.embedding.link_format import LINKS, OFFSETS, pack
from vosdesk.embedding.link_store import MemoryLinks
from vosdesk.embedding.store import StoreKey
from vosdesk.labelling.carrying import ONE
from vosdesk.labelling.engine import FrameLabels
from vosdesk.labelling.references import ReferenceSet
from vosdesk.labelling.spreading import Spreading
from vosdesk.labelling.sweep import Sweep

GRID = GridSize(3, 4)
FRAMES = 11


def key(frames=FRAMES, grid=GRID):
    size = Size(8 * grid.columns, 8 * grid.rows)
    return StoreKey(
        video="v", model="m", input_size=size, grid=grid, dimensions=8, frame_count=frames
    )


def random_links(seed, frames=FRAMES):
    """Links between all frames, some of them missing, some frames without any."""
    dice = np.random.default_rng(seed)
    links = MemoryLinks(key(frames))
    here = np.indices(GRID)[:, :, :, None, None]
    for offset in OFFSETS:
        for later in range(offset, frames):
            if dice.random() < 0.15:
                continue
            there = dice.integers(
                np.array(GRID)[:, None, None, None, None], size=(2, *GRID, 2, LINKS)
            )
            similarity = dice.uniform(-0.3, 1, size=(*GRID, 2, LINKS)).astype(np.float32)
            links.write(later, offset, pack(similarity, *(there - here)))
    return links


def moving_links(frames, grid, column_step):
    """Everything goes so many columns to the right from frame to frame."""
    links = MemoryLinks(key(frames, grid))
    columns = np.arange(grid.columns)
    for later in range(1, frames):
        similarity = np.zeros((*grid, 2, LINKS), np.float32)
        for side, step in enumerate((-column_step, column_step)):
            inside = (columns + step >= 0) & (columns + step < grid.columns)
            similarity[:, inside, side, 0] = 0.95
        step = np.zeros((*grid, 2, LINKS), np.intp)
        step[:, :, 0], step[:, :, 1] = -column_step, column_step
        links.write(later, 1, pack(similarity, np.zeros_like(step), step))
    return links


def reversed_links(links, frames=FRAMES):
    turned = MemoryLinks(key(frames))
    for offset in OFFSETS:
        for later in np.flatnonzero(links.finished(offset)):
            mirrored = frames - 1 - (later - offset)
            turned.write(mirrored, offset, links.read(later, offset)[:, :, ::-1])
    return turned


def labels_of(frame_index, scores, object_ids):
    scores = np.asarray(scores, np.float32)
    ordered = np.sort(scores, axis=0)
    confidence = ordered[-1] - ordered[-2] if len(scores) > 1 else scores[0]
    nearest = np.zeros(scores.shape[1:], np.int32)
    return FrameLabels(frame_index, object_ids, scores, confidence, nearest)


def random_labels(seed, object_ids=(0, 1, 4), frames=FRAMES):
    dice = np.random.default_rng(seed)
    shape = (len(object_ids), *GRID)
    found = []
    for frame_index in range(frames):
        raw = np.exp(dice.normal(scale=2, size=shape)).astype(np.float32)
        found.append(labels_of(frame_index, raw / raw.sum(axis=0), object_ids))
    return found


def references(painted, object_ids=(0, 1, 4)):
    """Painted cells as (frame, row, column, object id)."""
    ordered = sorted(set(painted))
    count = len(ordered)
    used = sorted({object_id for *_cell, object_id in ordered})
    labels = np.zeros((count, len(used)), np.float32)
    labels[np.arange(count), [used.index(item[3]) for item in ordered]] = 1
    places = np.array([item[:3] for item in ordered], np.int32).reshape(-1, 3)
    return ReferenceSet(
        embeddings=np.ones((count, 8), np.float32),
        labels=labels,
        object_ids=tuple(used),
        annotation_ids=np.array([1 + item[3] for item in ordered], np.int32),
        frame_indices=places[:, 0],
        cells=places[:, 1:],
    )


def traced(sweep, painted, labels):
    """The way back from one cell of frame 6."""
    sweep.use(painted, (0, 1), 1.0)
    for item in labels:
        sweep.take(item)
    list(sweep.run())
    return sweep.trace(sweep.labels(labels[6]), (1, 11))


def run_from(sweep, visible):
    yield from sweep.run_around(visible)
    yield from sweep.run()


def random_spreading(seed):
    """Each frame's embeddings follow from its index."""
    return Spreading(lambda frame_index: random_embeddings((seed, frame_index)))


def random_embeddings(seed, grid=GRID):
    raw = np.random.default_rng(seed).normal(size=(*grid, 8))
    raw[..., 0] += 3  # much alike, so that paint gets far
    return (raw / np.linalg.norm(raw, axis=2, keepdims=True)).astype(np.float16)


def swept(links, labels, painted, strength=1.0, frames=FRAMES, spreading=None):
    sweep = Sweep(frames, GRID, links, spreading)
    sweep.use(references(painted), labels[0].object_ids, strength)
    for item in labels:
        sweep.take(item)
    list(sweep.run())
    assert sweep.settled.all()
    return [sweep.labels(item) for item in labels]


def same(first, second):
    return all(
        np.array_equal(a.scores, b.scores) and np.array_equal(a.confidence, b.confidence)
        for a, b in zip(first, second, strict=True)
    )


painted_cells = st.lists(
    st.tuples(
        st.integers(0, FRAMES - 1),
        st.integers(0, GRID.rows - 1),
        st.integers(0, GRID.columns - 1),
        st.sampled_from((0, 1, 4)),
    ),
    max_size=6,
    unique_by=lambda item: item[:3],
)


@settings(deadline=None, max_examples=25)
@given(painted=painted_cells, seed=st.integers(0, 1000), strength=st.sampled_from((0.3, 1.0)))
def test_a_reversed_video_has_the_reversed_labels(painted, seed, strength):
    links, labels = random_links(seed), random_labels(seed)
    last = FRAMES - 1
    turned = [labels_of(last - item.frame_index, item.scores, (0, 1, 4)) for item in labels[::-1]]
    mirrored = [(last - frame, *rest) for frame, *rest in painted]
    forwards = swept(links, labels, painted, strength)
    backwards = swept(reversed_links(links), turned, mirrored, strength)
    assert same(forwards, backwards[::-1])


@settings(deadline=None, max_examples=25)
@given(
    history=st.lists(st.tuples(painted_cells, st.integers(0, 3), st.integers(0, 40)), max_size=4),
    painted=painted_cells,
    seed=st.integers(0, 1000),
    visible=st.integers(0, FRAMES - 1),
)
def test_labels_do_not_depend_on_what_was_before(history, painted, seed, visible):
    links, final = random_links(seed), random_labels(seed)
    sweep = Sweep(FRAMES, GRID, links, random_spreading(seed))
    for earlier, other_seed, steps in history:
        some = random_labels(other_seed, ((0, 1), (0, 1, 4), (0, 4), (0,))[other_seed])
        known = [item for item in earlier if item[3] in some[0].object_ids]
        sweep.use(references(known), some[0].object_ids, 0.5 if steps % 2 else 1.0)
        for item in some[: steps % FRAMES]:
            sweep.take(item)
        for _step, _done in zip(range(steps), run_from(sweep, visible), strict=False):
            pass  # cancelled in the middle
    sweep.use(references(painted), (0, 1, 4), 1.0)
    for item in np.random.default_rng(seed).permutation(FRAMES):
        sweep.take(final[item])
    list(run_from(sweep, visible))
    assert sweep.settled.all()
    expected = swept(links, final, painted, spreading=random_spreading(seed))
    assert same([sweep.labels(item) for item in final], expected)


def test_with_links_of_no_weight_labels_are_those_of_retrieval():
    labels = random_labels(2)
    for alone, item in zip(
        swept(random_links(3), labels, [(2, 1, 1, 4)], 0.0), labels, strict=True
    ):
        assert alone is item


def test_a_cell_without_links_keeps_what_the_references_say():
    links, labels = MemoryLinks(key()), random_labels(4)
    for after, before in zip(swept(links, labels, []), labels, strict=True):
        assert np.array_equal(after.scores, before.scores)


def test_painted_cells_stand_fast_and_are_carried_both_ways():
    grid, frames = GridSize(3, 24), 21
    unsure = np.full((2, *grid), 0.5)
    unsure[:, :] += np.array([0.1, -0.1])[:, None, None]
    labels = [labels_of(i, unsure, (0, 1)) for i in range(frames)]
    sweep = Sweep(frames, grid, moving_links(frames, grid, 1))
    whole = [
        (10, row, column, int(row == 1 and column == 12))
        for row in range(3)
        for column in range(24)
    ]
    sweep.use(references(whole), (0, 1), 1.0)
    for item in labels:
        sweep.take(item)
    list(run_from(sweep, 10))
    for frame_index in (2, 5, 10, 14, 18):
        found = sweep.labels(labels[frame_index])
        column = 12 + frame_index - 10
        assert found.scores[:, 1, column].argmax() == 1
        others = found.scores[1, :, 10:14].copy()
        if 10 <= column < 14:
            others[1, column - 10] = 0
        assert (others < 0.5).all()
    assert sweep.labels(labels[10]).scores[1, 1, 12] == 1
    path = sweep.trace(sweep.labels(labels[14]), (1, 16))
    assert path.painted
    assert path.steps == ((14, 1, 16), (13, 1, 15), (12, 1, 14), (11, 1, 13), (10, 1, 12))
    path = sweep.trace(sweep.labels(labels[8]), (1, 10))
    assert path.steps == ((8, 1, 10), (9, 1, 11), (10, 1, 12))


def test_paint_spreads_over_its_frame_and_what_it_reached_is_carried():
    """The painted cell's object fills its half of the frame, up to where embeddings change."""
    grid, frames = GridSize(3, 24), 7
    embeddings = np.zeros((*grid, 8), np.float16)
    embeddings[:, :12, 0] = embeddings[:, 12:, 1] = 1
    labels = [labels_of(i, np.full((2, *grid), 0.5), (0, 1)) for i in range(frames)]
    painted = references([(3, 1, 4, 1), (3, 1, 20, 0)])
    left = {}
    for spreading in (None, Spreading(lambda _frame_index: embeddings)):
        sweep = Sweep(frames, grid, moving_links(frames, grid, 0), spreading)
        sweep.use(painted, (0, 1), 1.0)
        for item in labels:
            sweep.take(item)
        list(sweep.run())
        left[spreading is not None] = [
            sweep.labels(labels[frame_index]).scores[1] > 0.51 for frame_index in (1, 3, 6)
        ]
    for alone, spread in zip(left[False], left[True], strict=True):
        assert np.count_nonzero(alone) == 1
        assert spread[:, :12].all()
        assert not spread[:, 12:].any()


def test_a_frame_painted_whole_is_not_read():
    def refuse(frame_index):
        raise AssertionError(frame_index)

    whole = [(4, row, column, 1) for row in range(GRID.rows) for column in range(GRID.columns)]
    found = swept(random_links(3), random_labels(3), whole, spreading=Spreading(refuse))
    assert (found[4].scores[1] == 1).all()


def test_a_trace_ends_where_paint_was_spread_from():
    """On the painted frame half a cell's neighbours lead to the paint, and no link is needed."""
    grid, frames = GridSize(3, 24), 9
    embeddings = np.zeros((*grid, 8), np.float16)
    embeddings[:, :12, 0] = embeddings[:, 12:, 1] = 1
    spreading = Spreading(lambda _frame_index: embeddings)
    sweep = Sweep(frames, grid, moving_links(frames, grid, 0), spreading)
    scores = np.full((2, *grid), 0.5)
    labels = [labels_of(i, scores, (0, 1)) for i in range(frames)]
    path = traced(sweep, references([(4, 1, 5, 1)], (0, 1)), labels)
    assert path.steps == ((6, 1, 11), (5, 1, 11), (4, 1, 11), (4, 1, 5))
    assert path.painted
    path = sweep.trace(sweep.labels(labels[4]), (0, 2))
    assert path.steps == ((4, 0, 2), (4, 1, 5))


def test_nothing_is_traced_where_nothing_is_painted():
    labels = random_labels(5)
    sweep = Sweep(FRAMES, GRID, random_links(5))
    sweep.use(references([]), (0, 1, 4), 1.0)
    for item in labels:
        sweep.take(item)
    list(sweep.run())
    path = sweep.trace(sweep.labels(labels[3]), (2, 1))
    assert path.steps == ((3, 2, 1),)
    assert not path.painted


def test_a_trace_ends_where_the_links_do():
    grid, frames = GridSize(3, 24), 9
    links = moving_links(frames, grid, 1)
    links.write(4, 1, np.zeros((*grid, 2, LINKS), np.uint16))  # a cut
    scores = np.full((2, *grid), 0.5)
    labels = [labels_of(i, scores, (0, 1)) for i in range(frames)]
    path = traced(Sweep(frames, grid, links), references([(0, 1, 5, 1)]), labels)
    assert path.steps == ((6, 1, 11), (5, 1, 10), (4, 1, 9))
    assert not path.painted


def test_a_thin_stroke_counts_as_annotation_though_no_cell_stands_fast():
    """The way back ends on its frame, and the side on which it lies weighs more."""
    grid, frames = GridSize(3, 24), 9
    stroke = references([(4, 1, 9, 1)])
    thin = replace(stroke, labels=stroke.labels * np.float32(0.2))
    scores = np.full((2, *grid), 0.5)
    scores[1, 1] += 0.2
    scores[0] = 1 - scores[1]
    labels = [labels_of(i, scores, (0, 1)) for i in range(frames)]
    path = traced(Sweep(frames, grid, moving_links(frames, grid, 1)), thin, labels)
    assert path.steps == ((6, 1, 11), (5, 1, 10), (4, 1, 9))
    assert not path.painted


def test_only_what_may_change_is_done_again():
    links, labels = random_links(6, 60), random_labels(6, frames=60)
    sweep = Sweep(60, GRID, links)
    sweep.use(references([(30, 1, 1, 4)]), (0, 1, 4), 1.0)
    for item in labels:
        sweep.take(item)
    assert not sweep.settled.any()
    assert len(list(run_from(sweep, 30))) >= 120
    for item in labels:
        sweep.take(item)
    sweep.use(references([(30, 1, 1, 4)]), (0, 1, 4), 1.0)
    assert not list(run_from(sweep, 30))
    changed = labels[20].scores.copy()
    changed[:, 0, 0] = changed[::-1, 0, 0]
    sweep.take(labels_of(20, changed, (0, 1, 4)))
    assert not sweep.settled[20]
    done = list(run_from(sweep, 30))
    assert 2 <= len(done) < 60
    assert 20 in done


def test_the_surroundings_of_the_visible_frame_come_first():
    frames = 400
    sweep = Sweep(frames, GRID, random_links(7, frames))
    sweep.use(references([(0, 0, 0, 1)]), (0, 1, 4), 1.0)
    for item in random_labels(7, frames=frames):
        sweep.take(item)
    run = run_from(sweep, 200)
    first = [next(run) for _ in range(80)]
    assert min(first) >= 200 - 48
    assert max(first) <= 200 + 48


def test_links_and_frames_that_come_later_are_taken_up():
    complete, labels = random_links(8), random_labels(8)
    links = MemoryLinks(key())
    sweep = Sweep(FRAMES, GRID, links)
    sweep.use(references([(4, 1, 1, 1)]), (0, 1, 4), 1.0)
    for frame_index in (0, 1, 2, 6, 3, 4, 5, 10, 9, 8, 7):
        sweep.take(labels[frame_index])
        list(run_from(sweep, 3))
    for offset in OFFSETS[::-1]:
        for later in np.flatnonzero(complete.finished(offset)):
            links.write(later, offset, complete.read(later, offset))
        sweep.look_for_links()
        list(run_from(sweep, 3))
    expected = swept(complete, labels, [(4, 1, 1, 1)])
    assert same([sweep.labels(item) for item in labels], expected)


def test_labels_of_other_objects_come_too_late():
    sweep = Sweep(FRAMES, GRID, random_links(9))
    sweep.use(references([]), (0, 1), 1.0)
    other = random_labels(1)[0]
    sweep.take(other)
    assert not list(sweep.run())
    assert sweep.labels(other) is other


def test_shares_add_to_one_and_confidence_is_their_margin():
    for item in swept(random_links(10), random_labels(10), [(2, 0, 0, 1), (7, 2, 3, 4)]):
        assert item.scores.sum(axis=0) == pytest.approx(np.ones(GRID), abs=2 / ONE)
        ordered = np.sort(item.scores, axis=0)
        assert item.confidence == pytest.approx(ordered[-1] - ordered[-2], abs=1e-6)
        assert item.scores.dtype == item.confidence.dtype == np.float32
