"""Compiled loops: kept where that is possible, and never in the way where it is not."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
import pytest
from numba.core.caching import FunctionCache

from vosdesk.compiled import compiled, compiled_for_whole_numbers


def total(values):
    found = 0.0
    for place in range(len(values)):
        found += values[place]
    return found


def test_a_loop_does_what_python_does():
    values = np.arange(5.0)
    assert compiled(total)(values) == total(values) == 10


def test_whole_numbers_may_be_added_in_any_order():
    values = np.random.default_rng(0).integers(-4000, 4000, 1000).astype(np.float32)
    assert compiled_for_whole_numbers(total)(values) == values.astype(int).sum()


def test_many_threads_may_ask_first():
    loop = compiled(total)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(loop, [np.ones(100)] * 16)) == {100.0}


def test_a_full_disk_is_no_reason_to_stop(monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FunctionCache, "save_overload", full)
    loop = compiled(lambda values: values[0] + 1)
    assert loop(np.ones(1)) == 2
    assert loop(np.ones(1)) == 2


@pytest.mark.parametrize("length", [0, 20, 200])
@pytest.mark.parametrize("kind", ["nbi", "nbc"])
def test_half_a_file_of_kept_code_is_made_anew(tmp_path, kind, length):
    """By processes of their own, as a process reads what is kept once."""
    module = tmp_path / "loops.py"
    module.write_text(
        "from vosdesk.compiled import compiled\n"
        "@compiled\n"
        "def twice(number):\n"
        "    return 2 * number\n"
        "print(twice(21))\n"
    )

    def run():
        done = subprocess.run(
            [sys.executable, str(module)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        return done.stdout

    assert run() == "42\n"
    (kept,) = tmp_path.rglob(f"*.{kind}")
    os.truncate(kept, length)
    assert run() == "42\n"


def test_nowhere_to_keep_the_code_is_none_either(monkeypatch):
    njit = numba.njit

    def no_folder(*args, cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return njit(*args, **options)

    monkeypatch.setattr(numba, "njit", no_folder)
    assert compiled(total)(np.ones(3)) == 3


def test_other_failures_are_told():
    with pytest.raises(numba.TypingError):
        compiled(total)("not numbers")
