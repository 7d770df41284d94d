"""What the window's start does for the time after it."""

from __future__ import annotations

import gc

import pytest

from vosdesk.gui.app import leave_alone_what_stays
from vosdesk.session.events import EmbeddingChanged, EmbeddingState


@pytest.fixture
def thawed():
    yield
    gc.unfreeze()


def test_the_collector_leaves_alone_what_stays(main_window, thawed):
    leave_alone_what_stays(main_window)
    after_start = gc.get_freeze_count()
    assert after_start > 0

    late = [[number] for number in range(1000)]
    for state in (EmbeddingState.LOADING, EmbeddingState.RUNNING):
        main_window.bridge.embedding_changed.emit(EmbeddingChanged(state))
    with_network = gc.get_freeze_count()
    assert with_network >= after_start + len(late)

    later = [[number] for number in range(1000)]
    main_window.bridge.embedding_changed.emit(EmbeddingChanged(EmbeddingState.RUNNING))
    assert gc.get_freeze_count() <= with_network, "only the first time: strokes come and go"
    del later
