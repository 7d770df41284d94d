"""The Qt binding itself, where it was once found wanting."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import QObject, Signal


class Bell(QObject):
    rung = Signal(object)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None and True are immortal there")
def test_signals_give_no_references_away() -> None:
    bell = Bell()
    bell.rung.connect(lambda _event: None)
    before = sys.getrefcount(None), sys.getrefcount(True)
    for _ in range(500):
        bell.rung.emit(1)
    after = sys.getrefcount(None), sys.getrefcount(True)
    assert min(b - a for a, b in zip(before, after, strict=True)) > -250
