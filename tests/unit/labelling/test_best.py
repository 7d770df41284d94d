"""The best label of every cell."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from vosdesk.labelling.best import best_labels


@given(
    scores=hnp.arrays(
        np.float32,
        hnp.array_shapes(min_dims=2, max_dims=3, max_side=6),
        elements=st.sampled_from([-1.0, 0.0, 0.25, 0.5]),
    )
)
def test_of_equals_the_first_is_the_best_as_argmax_says(scores):
    best = best_labels(scores)
    np.testing.assert_array_equal(best, scores.argmax(axis=0))
    assert best.dtype == np.uint8


def test_the_scores_may_lie_in_memory_in_any_way():
    scores = np.random.default_rng(0).random((4, 5, 3), dtype=np.float32)
    turned = scores.transpose(2, 0, 1)
    np.testing.assert_array_equal(best_labels(turned), turned.argmax(axis=0))
