from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
import pytest

from vosdesk.errors import ProjectError
from vosdesk.project.autosave import Autosave, recovery_folder
from vosdesk.project.commands import RenameObject
from vosdesk.project.file_lock import FileLock
from vosdesk.project.storage import load_project, save_project

if TYPE_CHECKING:
    from vosdesk.project.document import Document

ROOT = Path(__file__).resolve().parents[3]

SESSION = """
import sys
from pathlib import Path
from vosdesk.project.autosave import Autosave
from vosdesk.project.storage import load_project
folder, project = Path(sys.argv[1]), Path(sys.argv[2])
autosave = Autosave(folder)
print(autosave.autosave(load_project(project), project), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "recovery"


def crash(folder: Path, document: Document, project_path: Path | None = None) -> Path:
    """Leave a copy as a session does that ends without a word."""
    autosave = Autosave(folder)
    path = autosave.autosave(document, project_path)
    autosave._lock.release(remove=False)  # what the system does when the process is gone
    return path


def test_copies_lie_in_the_state_folder_of_the_user():
    assert recovery_folder() == platformdirs.user_state_path("vosdesk") / "recovery"
    assert Autosave().folder == recovery_folder()


def test_a_living_session_is_not_offered_and_a_killed_one_is(folder, document, tmp_path):
    project = tmp_path / "cat.vosdesk"
    save_project(document, project)
    process = subprocess.Popen(
        [sys.executable, "-c", SESSION, str(folder), str(project)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        copy = Path(process.stdout.readline().strip())
        assert copy.is_file()
        assert Autosave(folder).pending() == []
        process.kill()
    (recovery,) = Autosave(folder).pending()
    assert (recovery.path, recovery.project_path) == (copy, project)
    assert recovery.load().objects == document.objects
    assert recovery.load().video.resolve(project) is None


def test_every_call_replaces_the_copy(folder, document):
    autosave = Autosave(folder)
    path = autosave.autosave(document)
    renamed = RenameObject(1, "Cat").apply(document)
    assert autosave.autosave(renamed) == autosave.path == path
    assert load_project(path).objects[0].name == "Cat"
    before = path.stat().st_mtime_ns, path.stat().st_ino
    autosave.autosave(renamed)
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before


def test_a_session_that_ends_well_leaves_nothing(folder, document):
    autosave = Autosave(folder)
    autosave.autosave(document)
    autosave.discard()
    assert list(folder.iterdir()) == []
    assert autosave.path is None
    autosave.discard()
    assert autosave.autosave(document).is_file()


def test_two_sessions_of_one_project_keep_two_copies(folder, document, tmp_path):
    one, other = Autosave(folder), Autosave(folder)
    project = tmp_path / "cat.vosdesk"
    assert one.autosave(document, project) != other.autosave(document, project)
    assert one.pending() == other.pending() == []


def test_work_from_before_a_crash_is_not_written_over(folder, document, tmp_path):
    project = tmp_path / "cat.vosdesk"
    precious = RenameObject(1, "Precious").apply(document)
    copy = crash(folder, precious, project)
    autosave = Autosave(folder)
    assert autosave.autosave(document, project) != copy
    (recovery,) = autosave.pending()
    assert recovery.load().objects[0].name == "Precious"
    autosave.discard(recovery)
    assert autosave.pending() == []
    assert {item.name for item in folder.iterdir()} == {
        autosave.path.name,
        autosave.path.with_suffix(".lock").name,
    }


def test_a_project_saved_under_another_name_takes_its_copy_along(folder, document, tmp_path):
    autosave = Autosave(folder)
    first = autosave.autosave(document)
    second = autosave.autosave(document, tmp_path / "named.vosdesk")
    assert second.name.startswith("named-")
    assert not first.exists()
    assert not first.with_suffix(".lock").exists()
    autosave._lock.release(remove=False)
    (recovery,) = Autosave(folder).pending()
    assert recovery.project_path == tmp_path / "named.vosdesk"


def test_work_is_called_as_its_user_knows_it(folder, document, tmp_path):
    crash(folder, document)
    crash(folder, document)  # a second copy of the same video has a number behind its name
    crash(folder, document, tmp_path / "mein Projekt.vosdesk")
    names = sorted(recovery.name for recovery in Autosave(folder).pending())
    assert names == sorted(["mein Projekt", document.video.path.stem, document.video.path.stem])


def test_the_newest_work_is_offered_first(folder, document, tmp_path):
    old = crash(folder, document, tmp_path / "old.vosdesk")
    new = crash(folder, document, tmp_path / "new.vosdesk")
    os.utime(old, (1_000_000, 1_000_000))
    offered = Autosave(folder).pending()
    assert [recovery.path for recovery in offered] == [new, old]
    assert offered[1].saved_at.timestamp() == 1_000_000


def test_a_copy_names_its_video_relative_to_the_project_not_to_itself(folder, document, tmp_path):
    film = tmp_path / "work" / "cat.mp4"
    film.parent.mkdir()
    film.write_bytes(b"film")
    video = document.video.model_copy(update={"path": film})
    crash(folder, document.with_fields(video=video), film.parent / "p.vosdesk")
    (recovery,) = Autosave(folder).pending()
    assert recovery.load().video.relative_path == Path("cat.mp4")
    Autosave(folder).discard(recovery)
    crash(folder, document)
    (recovery,) = Autosave(folder).pending()
    assert recovery.load() == document


@pytest.mark.parametrize(
    "note", [b"", b"\xff", b"[]", b'{"project": 7}', b'{"project": ""}', b"{}"]
)
def test_a_note_that_cannot_be_read_loses_no_work(folder, document, note):
    copy = crash(folder, document)
    copy.with_suffix(".lock").write_bytes(note)
    (recovery,) = Autosave(folder).pending()
    assert recovery.project_path is None
    copy.with_suffix(".lock").unlink()
    assert len(Autosave(folder).pending()) == 1


def test_a_copy_that_is_damaged_says_so_when_loaded(folder, document):
    copy = crash(folder, document)
    copy.write_bytes(copy.read_bytes()[:50])
    (recovery,) = Autosave(folder).pending()
    with pytest.raises(ProjectError, match="damaged"):
        recovery.load()


def test_where_no_copy_can_be_kept_one_sentence_says_so(tmp_path, document):
    (tmp_path / "file").write_bytes(b"")
    autosave = Autosave(tmp_path / "file" / "recovery")
    with pytest.raises(ProjectError, match="No copy of unsaved work can be kept") as error:
        autosave.autosave(document)
    assert error.value.advice == "Save the project often."
    assert autosave.path is None
    assert Autosave(tmp_path / "nowhere").pending() == []


def test_odd_names_make_plain_file_names(folder, document, tmp_path):
    for name in ("a/b\\c", "..", "x" * 240, "猫" * 80, "a\nb", "caf\udce9"):
        copy = Autosave(folder).autosave(document, tmp_path / name.replace("/", "|"))
        assert copy.parent == folder
        assert len(os.fsencode(copy.name)) < 200
        assert copy.name.isprintable()


def test_a_lock_is_exclusive_until_released(tmp_path):
    lock = FileLock.take(tmp_path / "a.lock")
    lock.write("hello")
    assert FileLock.take(tmp_path / "a.lock") is None
    assert (tmp_path / "a.lock").read_text() == "hello"
    lock.release(remove=False)
    lock.release(remove=True)
    again = FileLock.take(tmp_path / "a.lock")
    again.release(remove=True)
    assert not (tmp_path / "a.lock").exists()
    with pytest.raises(ValueError, match="released"):
        again.write("too late")
