"""Full disks, forbidden folders and killed processes: real ones."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import numpy as np
import pytest

from vosdesk.arrays import Size
from vosdesk.errors import ExportError
from vosdesk.export import EXPORTERS
from vosdesk.jobs import run_to_end

pytestmark = pytest.mark.skipif(os.name != "posix", reason="limits and signals as POSIX has them")
every_format = pytest.mark.parametrize("name", EXPORTERS)
ROOT = Path(__file__).resolve().parents[3]

CHILD = textwrap.dedent(
    """
    import resource, sys
    from fractions import Fraction
    from pathlib import Path
    import numpy as np
    from vosdesk.arrays import Size
    from vosdesk.errors import ExportError
    from vosdesk.export import EXPORTERS, ExportObject, ExportSequence

    name, folder, frame_count, limit = sys.argv[1], Path(sys.argv[2]), *map(int, sys.argv[3:])
    noise = np.random.default_rng(0)
    sequence = ExportSequence(
        frame_count, [f"{i:05d}" for i in range(frame_count)], Size(96, 64), Fraction(25),
        [ExportObject(1, "a", "#ff0000")],
        lambda i: noise.integers(0, 2, (64, 96), np.uint8),
        lambda i: noise.integers(0, 256, (64, 96, 3), np.uint8),
    )
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    job = EXPORTERS[name].write(sequence, folder, overwrite=True)
    try:
        while True:
            try:
                print(next(job).done, flush=True)
            except StopIteration:
                break
            sys.stdin.readline()
    except ExportError as error:
        print(error.sentence, flush=True)
        sys.exit(7)
    """
)


def _child(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _files(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.parametrize(
    ("name", "earlier"),
    [("binary", False), ("overlay", False), *((name, True) for name in EXPORTERS)],
)
def test_a_killed_export_leaves_no_half_result(name, earlier, sequence, tmp_path):
    folder = tmp_path / "out"
    if earlier:
        run_to_end(EXPORTERS[name].write(sequence, folder))
    before = _files(folder)
    with _child(name, folder, 4, 0) as child:
        for step in range(3):
            assert child.stdout.readline() == f"{step + 1}\n"
            if step < 2:
                child.stdin.write("\n")
                child.stdin.flush()
        child.kill()
        assert child.wait() == -signal.SIGKILL
    assert folder.exists() == earlier
    assert _files(folder) == before
    assert [path.name for path in tmp_path.iterdir() if ".unfinished-" in path.name]

    paths = run_to_end(EXPORTERS[name].write(sequence, folder, overwrite=True))
    assert {folder / path for path in _files(folder)} == set(paths)  # the next one works
    assert [path.name for path in tmp_path.iterdir()] == ["out"]  # and clears up


@pytest.mark.parametrize(
    ("name", "earlier"), [("indexed", False), *((name, True) for name in EXPORTERS)]
)
def test_a_file_beyond_the_limit_is_one_error_and_leaves_nothing(name, earlier, sequence, tmp_path):
    folder = tmp_path / "out"
    if earlier:
        run_to_end(EXPORTERS[name].write(sequence, folder))
    before = _files(tmp_path)
    child = _child(name, folder, 4, 200)
    output, _ = child.communicate("\n" * 4, timeout=60)
    assert child.returncode == 7, output
    assert f"A file of the export into {folder} became larger" in output
    assert _files(tmp_path) == before
    assert {path.name for path in tmp_path.iterdir()} == ({"out"} if earlier else set())


@pytest.fixture
def small_disk():
    """A real file system of 256 KiB."""
    folder = Path(tempfile.mkdtemp())
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        folder.rmdir()
        pytest.skip("mounting a small disk is not allowed here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
    folder.rmdir()


@every_format
def test_a_full_disk_is_one_error_and_is_left_as_it_was(name, make_sequence, small_disk):
    folder = small_disk / "out"
    noise = np.random.default_rng(0)
    sequence = make_sequence(
        size=Size(96, 64),
        frame=lambda _index: noise.integers(0, 256, (64, 96, 3), np.uint8),
        label_map=lambda _index: noise.integers(0, 2, (64, 96), np.uint8),
    )
    run_to_end(EXPORTERS[name].write(make_sequence(1), folder))
    (small_disk / "ballast").write_bytes(b"x" * (os.statvfs(small_disk).f_bavail * 4096 - 4096))
    before = _files(small_disk)
    with pytest.raises(ExportError, match="is full") as caught:
        run_to_end(EXPORTERS[name].write(sequence, folder, overwrite=True))
    assert str(folder) in caught.value.sentence
    assert _files(small_disk) == before
    assert {path.name for path in small_disk.iterdir()} == {"out", "ballast"}


@every_format
def test_the_top_of_a_disk_can_be_exported_to(name, sequence, small_disk):
    """A mount point cannot be renamed: the files move one by one."""
    for overwrite in (False, True):
        paths = run_to_end(EXPORTERS[name].write(sequence, small_disk, overwrite=overwrite))
        assert {small_disk / path for path in _files(small_disk)} == set(paths)
    with pytest.raises(ExportError, match="not empty"):
        run_to_end(EXPORTERS[name].write(sequence, small_disk))


@pytest.fixture
def plain_user():
    """A folder of somebody without special rights, as whom the test runs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        user = os.geteuid()
        if user == 0:
            os.chown(folder, 65534, -1)
            os.seteuid(65534)
        try:
            yield folder
        finally:
            os.seteuid(user)
            for path in folder.rglob("*"):
                if path.is_dir():
                    path.chmod(0o700)


@every_format
def test_a_folder_that_may_not_be_written_is_one_error(name, sequence, plain_user):
    (plain_user / "locked").mkdir(mode=0o500)
    for folder in (plain_user / "locked", plain_user / "locked" / "a" / "out"):
        with pytest.raises(ExportError, match="may not write") as caught:
            run_to_end(EXPORTERS[name].write(sequence, folder))
        assert str(folder) in caught.value.sentence
    assert not list((plain_user / "locked").iterdir())


@every_format
def test_a_folder_that_may_not_be_looked_into_is_one_error(name, sequence, plain_user):
    (plain_user / "secret").mkdir(mode=0o000)
    with pytest.raises(ExportError, match="may not write"):
        run_to_end(EXPORTERS[name].write(sequence, plain_user / "secret" / "out"))


@every_format
def test_a_writable_folder_in_a_locked_one_can_be_exported_to(name, sequence, plain_user):
    folder = plain_user / "locked" / "out"
    folder.mkdir(parents=True)
    folder.parent.chmod(0o500)
    paths = run_to_end(EXPORTERS[name].write(sequence, folder))
    assert {folder / path for path in _files(folder)} == set(paths)
    job = EXPORTERS[name].write(sequence, folder, overwrite=True)
    next(job)
    job.close()
    assert {folder / path for path in _files(folder)} == set(paths)


def test_a_rename_that_fails_on_the_way_is_undone(sequence, make_sequence, plain_user):
    """One object's folder of the earlier export is locked: its files cannot be moved away."""
    folder = plain_user / "out"
    run_to_end(EXPORTERS["binary"].write(sequence, folder))
    (folder / "notes.txt").write_text("mine")  # so files move one by one
    (folder / "7_a_b_ _c_").chmod(0o500)
    before = _files(plain_user)
    with pytest.raises(ExportError, match="may not write"):
        run_to_end(EXPORTERS["binary"].write(make_sequence(2), folder, overwrite=True))
    assert _files(plain_user) == before
    assert [path.name for path in plain_user.iterdir()] == ["out"]
