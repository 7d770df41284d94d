"""Settings out of range are refused where they are made."""

from __future__ import annotations

import pytest

from vosdesk.labelling.settings import LabellingSettings


def test_the_defaults_are_in_range():
    assert LabellingSettings().neighbours == 5


@pytest.mark.parametrize(
    "wrong",
    [
        {"neighbours": 0},
        {"neighbours": 101},
        {"temperature": 0.0},
        {"temperature": float("nan")},
        {"temperature": 11.0},
        {"similarity_floor": 1.1},
        {"similarity_floor": float("nan")},
        {"reference_budget": 0},
        {"links": 1.01},
        {"links": -0.1},
        {"links": float("nan")},
    ],
)
def test_values_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match="not "):
        LabellingSettings(**wrong)
