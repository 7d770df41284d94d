"""vosdesk as a process of its own: signals, pipes, displays, homes, character sets."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
FRAMES = 24
CLICKS = '[{"frame": 0, "x": 0.5, "y": 0.5, "object": 1}]'


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder to work in, with frames and clicks."""
    (tmp_path / "frames").mkdir()
    for number in range(FRAMES):
        colour = (90, 120, 10 * number)
        Image.new("RGB", (96, 96), colour).save(tmp_path / "frames" / f"{number:03d}.png")
    (tmp_path / "clicks.json").write_text(CLICKS, encoding="utf-8")
    return tmp_path


def environment(**changes: str | None) -> dict[str, str]:
    known = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **changes}
    return {name: value for name, value in known.items() if value is not None}


def begin(place: Path, *words: str, **changes: str | None) -> subprocess.Popen[str]:
    # a shell's background process ignores SIGINT, and so would ours
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "vosdesk", *words],
            cwd=place,
            env=environment(**changes),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
    finally:
        signal.signal(signal.SIGINT, before)


def run(place: Path, *words: str, **changes: str | None) -> tuple[int, str, str]:
    process = begin(place, *words, **changes)
    out, error = process.communicate(timeout=120)
    assert "Traceback" not in error
    return process.returncode, out, error


def until(found: object, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not found():  # type: ignore[operator]
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)  # another process: there is nothing to wait on


def chunks(place: Path) -> set[Path]:
    # of stores in their place: one that is being made is renamed at any moment
    return set((place / "cache" / "embeddings").glob("[0-9a-f]*/embeddings/c.*.0.0.0"))


@pytest.mark.skipif(os.name != "posix", reason="signals as on POSIX")
def test_killed_work_goes_on_where_it_was_and_leaves_no_half_result(place: Path) -> None:
    process = begin(place, "embed", "frames")
    until(lambda: len(chunks(place)) >= 3, process)
    process.kill()
    process.communicate(timeout=60)
    before = {path: path.stat().st_mtime_ns for path in chunks(place)}
    assert 3 <= len(before) < FRAMES

    words = ("segment", "frames", "--clicks", "clicks.json", "--out", "out")
    process = begin(place, *words)
    until(lambda: len(list(place.glob("out.unfinished-*/*"))) >= 2, process)
    process.kill()
    process.communicate(timeout=60)
    assert not (place / "out").exists()
    assert len(chunks(place)) == FRAMES
    assert all(path.stat().st_mtime_ns == modified for path, modified in before.items())

    assert run(place, *words)[0] == 0
    assert len(list((place / "out").iterdir())) == FRAMES


@pytest.mark.skipif(os.name != "posix", reason="signals as on POSIX")
def test_ctrl_c_ends_in_one_sentence_and_keeps_what_is_finished(place: Path) -> None:
    process = begin(place, "embed", "frames")
    until(lambda: bool(chunks(place)), process)
    process.send_signal(signal.SIGINT)
    _out, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert error.splitlines()[-1] == "vosdesk: stopped; what was finished is kept."
    assert "Traceback" not in error
    assert 1 <= len(chunks(place)) < FRAMES


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a display")
def test_without_a_display_the_window_is_refused_in_words(place: Path) -> None:
    nowhere = {"QT_QPA_PLATFORM": None, "DISPLAY": None, "WAYLAND_DISPLAY": None}
    code, _out, error = run(place, "gui", **nowhere)
    assert code == 1
    assert error.startswith("vosdesk: There is no display")
    assert len(error.splitlines()) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="X11")
def test_a_display_that_does_not_answer_is_told_in_words(place: Path) -> None:
    code, _out, error = run(place, "gui", QT_QPA_PLATFORM="xcb", DISPLAY=":4242")
    assert code == 1
    assert "vosdesk: Qt cannot open a window" in error


def test_a_qt_that_cannot_be_loaded_is_told_in_words(place: Path) -> None:
    broken = place / "broken" / "PySide6"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("", encoding="utf-8")
    (broken / "QtCore.py").write_text(
        "raise ImportError('libEGL.so.1: cannot open shared object file')", encoding="utf-8"
    )
    path = os.pathsep.join([str(broken.parent), str(ROOT)])
    code, _out, error = run(place, "gui", PYTHONPATH=path, QT_QPA_PLATFORM="offscreen")
    assert code == 1
    assert error.startswith("vosdesk: Qt cannot be loaded: libEGL.so.1")
    assert "vosdesk doctor" in error


@pytest.mark.skipif(os.name != "posix", reason="pipes as on POSIX")
def test_a_reader_that_goes_away_is_no_failure(place: Path) -> None:
    process = begin(place, "doctor")
    process.stdout.close()
    assert process.wait(timeout=60) == 0
    assert process.stderr.read() == ""
    process.stderr.close()


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full")
def test_a_full_disk_behind_the_output_is_one_sentence(place: Path) -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "vosdesk", "doctor"],
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1
    assert "No space left" in ended.stderr


def test_a_log_that_cannot_be_written_is_not_mentioned(place: Path) -> None:
    for home in ("no folder", None):
        if home is not None:
            (place / home).write_text("a file", encoding="utf-8")
            home = str(place / home)
        code, out, error = run(place, "embed", "nothing.mp4", HOME=home, XDG_STATE_HOME=None)
        assert (code, out) == (1, "")
        assert error == (
            "vosdesk: There is no file or folder nothing.mp4. "
            "Check the name, or whether it was moved.\n"
        )


def test_names_that_the_terminal_cannot_show(place: Path) -> None:
    video = place / "Hase – кролик"
    video.mkdir()
    (place / "frames" / "000.png").rename(video / "000.png")
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    words = (video.name, "--clicks", "clicks.json", "--out", "Ausgabe ö")
    code, out, _error = run(place, "segment", *words, **plain)
    assert code == 0
    assert out.startswith("1 frame written to Ausgabe ")
    assert [path.name for path in (place / "Ausgabe ö").iterdir()] == ["000.png"]
    code, _out, error = run(place, "embed", "кролик.mp4", PYTHONIOENCODING="ascii:strict")
    assert code == 1
    assert "file or folder \\u043a\\u0440" in error


def test_debug_shows_where_it_failed(place: Path) -> None:
    process = begin(place, "embed", "nothing.mp4", "--debug")
    _out, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert error.splitlines()[-1].startswith("vosdesk.errors.VideoError: There is no file")
