"""Proved labels are those of the exact vote: compared with brute force, where it is hardest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vosdesk.labelling.answers import Answers
from vosdesk.labelling.certificate import LEAD, MIXED, NOTHING, kinds
from vosdesk.labelling.codebook import ANGLE_STEP, TOO_FAR
from vosdesk.labelling.engine import FLOOR_GROWTH, LabellingEngine
from vosdesk.labelling.index import GRID, on_grid
from vosdesk.labelling.references import ReferenceSet
from vosdesk.labelling.settings import LabellingSettings


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def reference_set(embeddings, labels, object_ids):
    count = len(embeddings)
    return ReferenceSet(
        embeddings=embeddings.astype(np.float32),
        labels=labels.astype(np.float32),
        object_ids=object_ids,
        annotation_ids=np.ones(count, np.int32),
        frame_indices=np.zeros(count, np.int32),
        cells=np.stack([np.arange(count), np.zeros(count)], axis=1).astype(np.int32),
    )


def random_references(chance, count, dimensions, object_ids, soft):
    """Return references in clusters, mostly of one label, some mixed or of little vote."""
    middles = unit(chance.standard_normal((len(object_ids), dimensions)))
    label = np.arange(count) % len(object_ids)
    spread = chance.uniform(0.05, 0.8)
    embeddings = unit(middles[label] + spread * chance.standard_normal((count, dimensions)))
    labels = np.eye(len(object_ids))[label]
    mixed = chance.random(count) < soft
    labels[mixed] = chance.dirichlet(np.ones(len(object_ids)), int(mixed.sum()))
    labels *= np.where(chance.random(count) < soft, chance.uniform(0.25, 1, count), 1)[:, None]
    if soft:  # cells that were painted in part have a part of a vote
        labels *= chance.uniform(0.2, 1, (count, 1))
    return reference_set(embeddings.astype(np.float16), labels, object_ids)


def cells_around(chance, codeword, angle, towards):
    """Return cells at exactly this angle: towards each of the given vectors, and anywhere."""
    ways = np.concatenate([towards, -towards, chance.standard_normal((20, len(codeword)))])
    ways = ways - (ways @ codeword)[:, None] * codeword
    ways = unit(ways[np.linalg.norm(ways, axis=1) > 1e-3])
    return np.cos(angle) * codeword + np.sin(angle) * ways


@settings(max_examples=40, deadline=None)
@given(
    count=st.integers(1, 40),
    object_ids=st.sampled_from([(0, 1), (0, 1, 2), (1,), (1, 7), (0, 3, 5, 9)]),
    neighbours=st.integers(1, 7),
    temperature=st.sampled_from([0.01, 0.05, 0.3]),
    floor=st.floats(0.0, 0.9),
    soft=st.sampled_from([0.0, 0.3, 1.0]),
    seed=st.integers(0, 10_000),
)
def test_a_proved_label_is_that_of_the_exact_vote(
    count, object_ids, neighbours, temperature, floor, soft, seed
):
    chance = np.random.default_rng(seed)
    references = random_references(chance, max(count, len(object_ids)), 5, object_ids, soft)
    choice = LabellingSettings(neighbours, temperature, floor)
    engine = LabellingEngine(references, choice)
    near_references = unit(references.embeddings + 0.2 * chance.standard_normal(5))
    words = np.concatenate([unit(chance.standard_normal((10, 5))), near_references[:10]])
    words = on_grid(words) / np.float32(GRID)
    answers = Answers.of(engine, words)
    for word, winner, level in zip(words, answers.winner, answers.critical, strict=True):
        assert NOTHING <= level < TOO_FAR
        if level == NOTHING:
            continue
        codeword = unit(word.astype(np.float64))
        for share in (1.0, 0.5):
            angle = share * level * ANGLE_STEP
            cells = cells_around(chance, codeword, angle, references.embeddings)
            # what is stored is rounded, and so is its angle: upwards
            stored = unit(cells).astype(np.float16)
            seen = unit((on_grid(stored) / np.float32(GRID)).astype(np.float64))
            inside = np.arccos(np.clip(seen @ codeword, -1, 1)) <= level * ANGLE_STEP
            labels = engine.label(0, stored[inside][None])
            voted = np.array(labels.object_ids)[labels.scores[:, 0].argmax(axis=0)]
            assert (voted == winner).all()


def test_what_is_clear_is_proved_and_what_is_not_is_not():
    poles = np.eye(4)[:2]
    references = reference_set(np.repeat(poles, 5, axis=0), np.repeat(np.eye(2), 5, axis=0), (0, 1))
    slopes = [unit(np.array([1.0, slope, 0, 0])) for slope in (0.9, 1)]
    words = np.stack([np.eye(4)[0], *slopes, np.eye(4)[3]]).astype(np.float32)
    settings = LabellingSettings(similarity_floor=0.2)
    answers = Answers.of(LabellingEngine(references, settings), words)
    clear, near_the_middle, in_the_middle, far = answers.critical * ANGLE_STEP
    # both poles are as far from a cell that lies between them, a quarter of a turn apart
    assert clear == pytest.approx(np.pi / 4, abs=0.02)
    assert 0 < near_the_middle < 0.06
    assert in_the_middle < 0
    # what is like neither is the virtual background's, of which little has faded yet
    assert answers.winner[-1] == 0
    assert far > 0


def test_one_label_alone_is_always_proved():
    references = reference_set(np.eye(4)[:2], np.ones((2, 1)), (0,))
    answers = Answers.of(LabellingEngine(references), np.eye(4, dtype=np.float32))
    assert (answers.critical == TOO_FAR - 1).all()


def test_the_virtual_background_is_proved_where_nothing_is_like_the_object():
    references = reference_set(np.eye(4)[:1], np.ones((1, 1)), (3,))
    engine = LabellingEngine(references, LabellingSettings(similarity_floor=0.7))
    answers = Answers.of(engine, np.eye(4, dtype=np.float32)[:2])
    assert answers.winner.tolist() == [3, 0]
    found = answers.critical * ANGLE_STEP
    of_object = np.arccos(engine.floor + 0.05 * np.log(1 / LEAD))
    of_background = np.pi / 2 - np.arccos(engine.floor)
    np.testing.assert_allclose(found, [of_object, of_background], atol=0.03)


def test_background_is_proved_by_its_references_and_the_virtual_background_together():
    """Neither outweighs the object alone, which is as near as the background's reference."""
    embeddings = np.array([[0.9, 0.3, np.sqrt(0.1)], [0.3, 0.9, np.sqrt(0.1)]])
    references = reference_set(unit(embeddings), np.eye(2), (0, 1))
    word = np.eye(3, dtype=np.float32)[2:]
    choice = LabellingSettings(temperature=0.1, similarity_floor=0.257 + FLOOR_GROWTH)
    engine = LabellingEngine(references, choice)
    answers = Answers.of(engine, word)
    assert engine.floor is not None
    assert answers.winner.tolist() == [0]
    alike = float(answers.lists[0].similarity[0, 0])
    assert alike == pytest.approx(float(answers.lists[1].similarity[0, 0]), abs=1e-3)
    virtual = 2 * np.exp((engine.floor - alike) / 0.1)
    assert 1 - LEAD < virtual < 1  # at the codeword itself D > 0 takes both
    assert answers.critical[0] > NOTHING


def test_vectors_that_are_not_of_unit_length_prove_nothing():
    references = reference_set(2 * np.eye(4)[:2], np.eye(2), (0, 1))
    answers = Answers.of(LabellingEngine(references), np.eye(4, dtype=np.float32)[:2])
    assert (answers.critical == NOTHING).all()


def test_a_friend_leads_by_far():
    half = LEAD / 2
    labels = np.array([[1, 0, 0], [0, 1, 0], [0.5 + half, 0.4 - half, 0], [0.45 + half, 0.46, 0]])
    labels[3, 2] = 1 - labels[3].sum()
    found = kinds(reference_set(np.eye(4), labels, (0, 4, 9)))
    assert found.tolist() == [0, 4, 0, MIXED]
    assert len(kinds(ReferenceSet.empty())) == 0
