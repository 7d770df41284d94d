"""Files under real conditions: full disks, missing rights and processes killed in the middle."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from vosdesk.errors import ProjectError
from vosdesk.project.files import read_bounded, write_atomically

ROOT = Path(__file__).resolve().parents[3]
posix = pytest.mark.skipif(os.name != "posix", reason="signals, limits and modes of POSIX")


def child(code: str, *arguments: object) -> list[str]:
    prelude = (
        "import os, resource, signal, sys\n"
        "from pathlib import Path\n"
        "from vosdesk.errors import ProjectError\n"
        "from vosdesk.project.files import write_atomically\n"
        "target = Path(sys.argv[1])\n"
    )
    return [sys.executable, "-c", prelude + code, *map(str, arguments)]


def run_child(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = child(code, *arguments)
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def leftovers(folder: Path) -> list[Path]:
    return list(folder.glob(".vosdesk-*"))


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "a"
    write_atomically(path, b"one")
    write_atomically(path, b"")
    assert path.read_bytes() == b""
    write_atomically(path, b"three")
    assert path.read_bytes() == b"three"
    assert leftovers(tmp_path) == []


@posix
def test_the_mode_is_kept_and_a_new_file_follows_the_umask(tmp_path):
    path = tmp_path / "a"
    before = os.umask(0o027)
    try:
        write_atomically(path, b"one")
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        path.chmod(0o664)
        write_atomically(path, b"two")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o664


@posix
def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "deep").mkdir()
    target, link = tmp_path / "deep" / "real", tmp_path / "link"
    target.write_bytes(b"one")
    link.symlink_to(target)
    write_atomically(link, b"two")
    assert link.is_symlink()
    assert target.read_bytes() == b"two"


@posix
def test_a_full_disk_leaves_the_old_file(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    code = (
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "try:\n    write_atomically(target, b'x' * 200_000)\n"
        "except ProjectError as error:\n    print(error)\n"
    )
    result = run_child(code, path)
    assert result.stdout.strip() == (
        f"{path} cannot be saved: the disk is full. Make room, or save to another disk."
    ), result.stderr
    assert path.read_bytes() == b"old"
    assert leftovers(tmp_path) == []


@posix
def test_a_folder_without_rights_is_told_in_words():
    with tempfile.TemporaryDirectory(dir="/tmp") as name:  # where another user can come to
        folder = Path(name)
        (folder / "a").write_bytes(b"old")
        (folder / "a").chmod(0o666)
        folder.chmod(0o555)
        code = (
            "if os.getuid() == 0:\n"
            "    os.setgroups([])\n    os.setgid(65534)\n    os.setuid(65534)\n"
            "try:\n    write_atomically(target, b'new')\n"
            "except ProjectError as error:\n    print(error)\n"
        )
        result = run_child(code, folder / "a")
        assert "cannot be saved: you have no rights to do so." in result.stdout, result.stderr
        assert "a folder of your own" in result.stdout
        assert (folder / "a").read_bytes() == b"old"
        folder.chmod(0o755)


def test_write_protection_is_respected(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(0o444)
    with pytest.raises(ProjectError, match="write-protected"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    path.chmod(0o644)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("folder", "a folder has this name"),
        ("missing/a", "its folder does not exist"),
        ("x" * 300, "name too long"),
        ("nul\0byte", "null"),
    ],
)
def test_impossible_places_are_refused(tmp_path, name, words):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "kept").write_bytes(b"1")
    with pytest.raises(ProjectError, match=words) as error:
        write_atomically(tmp_path / name, b"new")
    assert "cannot be saved" in error.value.sentence
    assert leftovers(tmp_path) == []
    assert (tmp_path / "folder" / "kept").exists()


@posix
def test_a_process_killed_before_the_exchange_leaves_the_old_file(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    code = (
        "def die(event, arguments):\n"
        "    if event == 'os.rename':\n        os.kill(os.getpid(), signal.SIGKILL)\n"
        "sys.addaudithook(die)\n"
        "write_atomically(target, b'new')\n"
    )
    assert run_child(code, path).returncode == -signal.SIGKILL
    assert path.read_bytes() == b"old"
    (leftover,) = leftovers(tmp_path)
    write_atomically(path, b"newer")
    assert leftover.exists()  # it might belong to a process that is still at work
    os.utime(leftover, (0, 0))
    write_atomically(path, b"newest")
    assert leftovers(tmp_path) == []


@posix
@pytest.mark.parametrize("saves_before", [1, 3, 8])
def test_a_process_killed_at_any_time_leaves_one_whole_file(tmp_path, saves_before):
    path = tmp_path / "a"
    code = (
        "for turn in range(10_000):\n"
        "    print(turn, flush=True)\n"
        "    write_atomically(target, bytes([65 + turn % 24]) * (500_000 + 100_000 * (turn % 3)))\n"
    )
    command = child(code, path)
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        for _ in range(saves_before + 1):
            assert process.stdout is not None
            process.stdout.readline()
        process.kill()
    data = path.read_bytes()
    assert len(set(data)) == 1
    assert len(data) == 500_000 + 100_000 * ((data[0] - 65) % 3)


def test_reading_has_a_bound(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"x" * 100)
    assert read_bounded(path, 100) == b"x" * 100
    with pytest.raises(ProjectError, match="larger than"):
        read_bounded(path, 99)


@posix
def test_what_is_no_file_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name, words in (("pipe", "not a regular file"), (".", "is a folder"), ("b", "no file")):
        with pytest.raises(ProjectError, match=words):
            read_bounded(tmp_path / name, 100)
