"""What makes a sequence that can be exported."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from vosdesk.export import ExportObject


@pytest.mark.parametrize(
    "changes",
    [
        {"frame_count": 0},
        {"fps": Fraction(0)},
        {"frame_names": ["a"]},
        {"objects": [ExportObject(1, "a", "#000000"), ExportObject(1, "b", "#000000")]},
        {"objects": [ExportObject(255, "a", "#000000")]},
        {"objects": [ExportObject(0, "a", "#000000")]},
    ],
)
def test_what_cannot_be_a_sequence_is_refused(make_sequence, changes):
    with pytest.raises(ValueError, match=r"frame|object"):
        make_sequence(**changes)


def test_overlaid_draws_objects_in_their_own_colours(sequence):
    picture = sequence.overlaid(0)
    assert tuple(picture[4, 3].tolist()) == (0xE6, 0x9F, 0x00)  # a solid outline
    assert np.array_equal(picture[0], sequence.frame(0)[0])
