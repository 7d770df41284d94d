"""What a command asks of its process."""

from __future__ import annotations

import ctypes
import platform
from types import SimpleNamespace

import pytest

from vosdesk.process import keep_freed_memory


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_glibc_takes_what_it_is_asked() -> None:
    assert keep_freed_memory()


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: SimpleNamespace())
    assert not keep_freed_memory()
