"""What a command asks of its process."""

from __future__ import annotations

import ctypes
import platform
import subprocess
import sys
from types import SimpleNamespace

import pytest

from vosdesk.process import keep_freed_memory


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_glibc_takes_what_it_is_asked() -> None:
    assert keep_freed_memory()


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: SimpleNamespace())
    assert not keep_freed_memory()


def test_numpy_multiplies_in_one_thread_and_faiss_keeps_its_own() -> None:
    """In a process of its own: it holds until the end."""
    code = """
import faiss, numpy
from threadpoolctl import threadpool_info
from vosdesk.process import multiply_in_one_thread

def threads():
    return {library["filepath"]: library["num_threads"] for library in threadpool_info()}

before = threads()
multiply_in_one_thread()
for path, count in threads().items():
    print(count == 1 if "numpy" in path else count == before[path])
"""
    ended = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert set(ended.stdout.split()) == {"True"}
