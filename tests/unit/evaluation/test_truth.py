from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from vosdesk.arrays import VOID, Size
from vosdesk.errors import MaskError, VosdeskError
from vosdesk.evaluation.davis import davis_sequences, read_annotation
from vosdesk.evaluation.measures import contour_accuracy, jaccard
from vosdesk.evaluation.semi import score
from vosdesk.evaluation.truth import Truth, read_truth, score_frame


def two_objects(shift=0):
    picture = np.zeros((40, 60), np.uint8)
    picture[5:20, 5 + shift : 25 + shift], picture[22:38, 30:50] = 1, 2
    return picture


def test_every_object_is_scored_on_every_frame():
    truth = Truth.of([two_objects(), two_objects(3), two_objects(6)])
    assert truth.size == Size(60, 40)
    scores = truth.score([two_objects()] * 3)
    assert scores.values.shape == (3, 2, 2)
    moved = two_objects() == 1, two_objects(6) == 1
    np.testing.assert_allclose(
        scores.values[2], [[jaccard(*moved), 1], [contour_accuracy(*moved), 1]]
    )
    assert scores.by_frame[0] == 1
    assert scores.by_frame.argmin() == 2
    assert scores.j_and_f == pytest.approx(scores.by_frame.mean())


def test_figures_agree_with_the_other_protocol_where_both_score_the_same_frames(tiny_davis):
    sequence = davis_sequences(tiny_davis, "val")[0]
    results = [np.roll(read_annotation(path), 2, axis=1) for path in sequence.annotations]
    ours = Truth.of(read_truth(sequence).label_maps[1:-1]).score(results[1:-1])
    theirs = score(sequence, results)
    np.testing.assert_array_equal(ours.values, theirs.values)
    assert ours.figures == theirs.figures
    assert theirs.first_scored == 1
    assert (ours.figures.region.mean + ours.figures.contour.mean) / 2 == pytest.approx(ours.j_and_f)


def test_void_pixels_do_not_count():
    truth = two_objects()
    truth[:, 26:29] = VOID
    spilled = np.where(truth == VOID, 1, truth).astype(np.uint8)
    np.testing.assert_array_equal(score_frame(spilled, truth, (1, 2)), np.ones((2, 2)))


def test_objects_are_those_of_all_frames():
    empty = np.zeros((40, 60), np.uint8)
    truth = Truth.of([empty, np.where(two_objects() == 2, 7, 0), two_objects()])
    assert truth.object_ids == (1, 2, 7)
    assert truth.first_frame == 1


def test_a_sequence_without_objects_is_told(tiny_davis):
    sequence = davis_sequences(tiny_davis, "val")[0]
    for path in sequence.annotations:
        Image.new("L", (96, 64)).save(path)
    with pytest.raises(VosdeskError, match="No object is annotated in the sequence slow"):
        read_truth(sequence)


def test_annotations_of_different_sizes_are_told(tiny_davis):
    sequence = davis_sequences(tiny_davis, "val")[0]
    Image.new("L", (96, 60)).save(sequence.annotations[3])
    with pytest.raises(MaskError, match=r"00003\.png has another size"):
        read_truth(sequence)
