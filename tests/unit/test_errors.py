"""Errors for people: one sentence and one advice."""

from __future__ import annotations

import pytest

from vosdesk import errors
from vosdesk.errors import ExportError, MaskError, VosdeskError

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, VosdeskError)
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_keeps_its_sentence_and_its_advice(kind):
    error = kind("The mask a.png is not a PNG.", "Save it as a PNG.")
    assert error.sentence == "The mask a.png is not a PNG."
    assert error.advice == "Save it as a PNG."
    assert str(error) == "The mask a.png is not a PNG. Save it as a PNG."


def test_advice_may_be_missing():
    error = VosdeskError("The disk is full.")
    assert error.advice == ""
    assert str(error) == "The disk is full."


def test_each_room_has_its_own_error_and_all_can_be_caught_as_one():
    assert len(KINDS) == 7
    with pytest.raises(VosdeskError):
        raise MaskError("No.")
    assert not issubclass(MaskError, ExportError)
