"""All or nothing, and nobody else's file is touched: on real folders, with every format."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from PIL import Image

from vosdesk.errors import ExportError
from vosdesk.export import EXPORTERS, staging
from vosdesk.jobs import run_to_end

every_format = pytest.mark.parametrize("name", EXPORTERS)
posix = pytest.mark.skipif(os.name != "posix", reason="links and rights as POSIX has them")


def _contents(folder: Path) -> dict[str, bytes]:
    """Every file below the folder, hidden ones too; folders count as well."""
    return {
        path.relative_to(folder).as_posix(): b"" if path.is_dir() else path.read_bytes()
        for path in folder.rglob("*")
    }


def _export(name, sequence, folder, **options):
    return run_to_end(EXPORTERS[name].write(sequence, folder, **options))


@every_format
def test_a_folder_in_use_is_left_alone(name, sequence, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    before = _contents(tmp_path)
    with pytest.raises(ExportError, match="not empty") as caught:
        _export(name, sequence, tmp_path / "out")
    assert str(tmp_path / "out") in caught.value.sentence
    assert _contents(tmp_path) == before


@every_format
def test_missing_parents_are_made(name, sequence, tmp_path):
    paths = _export(name, sequence, tmp_path / "a" / "b" / "out")
    assert all(path.is_file() for path in paths)
    assert paths[0].is_relative_to(tmp_path / "a" / "b" / "out")


@posix
def test_an_empty_folder_is_used_and_keeps_its_rights(sequence, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir(mode=0o750)
    _export("indexed", sequence, folder)
    assert folder.stat().st_mode & 0o777 == 0o750
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@every_format
def test_until_the_end_nothing_bears_the_final_name(name, sequence, tmp_path):
    job = EXPORTERS[name].write(sequence, tmp_path / "out")
    for _ in range(sequence.frame_count):
        next(job)
        assert not (tmp_path / "out").exists()
        (unfinished,) = tmp_path.iterdir()
        assert unfinished.name.startswith("out.unfinished-")
    with pytest.raises(StopIteration):
        next(job)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@every_format
def test_a_cancelled_export_leaves_no_trace(name, sequence, tmp_path):
    job = EXPORTERS[name].write(sequence, tmp_path / "made" / "for it" / "out")
    next(job)
    next(job)
    job.close()
    assert not list(tmp_path.iterdir())


@every_format
def test_a_cancelled_replacement_leaves_the_earlier_export(name, sequence, tmp_path):
    _export(name, sequence, tmp_path / "out")
    before = _contents(tmp_path)
    job = EXPORTERS[name].write(sequence, tmp_path / "out", overwrite=True)
    for _ in range(sequence.frame_count):
        next(job)
        assert _contents(tmp_path / "out") == _contents_of_out(before)
    job.close()
    assert _contents(tmp_path) == before


def _contents_of_out(contents):
    return {key[4:]: value for key, value in contents.items() if key.startswith("out/")}


@every_format
def test_an_earlier_export_is_replaced_altogether(name, make_sequence, tmp_path):
    _export(name, make_sequence(7), tmp_path / "out")
    _export(name, make_sequence(3), tmp_path / "out", overwrite=True)
    _export(name, make_sequence(3), tmp_path / "fresh")
    replaced, fresh = _contents(tmp_path / "out"), _contents(tmp_path / "fresh")
    assert replaced.keys() == fresh.keys()
    assert name == "overlay" or replaced == fresh  # an mp4 may hold the time it was made
    assert {path.name for path in tmp_path.iterdir()} == {"out", "fresh"}


@every_format
def test_other_peoples_files_stay_where_they_are(name, make_sequence, tmp_path):
    folder = tmp_path / "out"
    first = _export(name, make_sequence(7), folder)
    strangers = [folder / "notes.txt", folder / "deep" / "er" / "x.png", first[0].parent / "y.png"]
    for path in strangers:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"not ours")
    (folder / "empty").mkdir()
    inodes = [path.stat().st_ino for path in [*strangers, folder]]
    second = _export(name, make_sequence(3), folder, overwrite=True)
    assert [path.stat().st_ino for path in [*strangers, folder]] == inodes
    assert all(path.read_bytes() == b"not ours" for path in strangers)
    assert (folder / "empty").is_dir()
    files = {path for path in folder.rglob("*") if path.is_file()}
    assert files == {*second, *strangers}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_exports_of_other_formats_stay_where_they_are(sequence, tmp_path):
    folder = tmp_path / "out"
    for name in EXPORTERS:
        _export(name, sequence, folder, overwrite=True)
    before = _contents(folder)
    assert len(before) == 5 + 2 + 10 + 1 + 1
    for name in EXPORTERS:
        _export(name, sequence, folder, overwrite=True)
    assert _contents(folder).keys() == before.keys()


@every_format
def test_a_name_in_use_by_somebody_else_is_refused_before_the_work(name, make_sequence, tmp_path):
    (victim,) = _export(name, make_sequence(1), tmp_path / "out")[:1]
    victim.write_bytes(b"edited since")
    before = _contents(tmp_path)

    def never(_frame_index):
        raise AssertionError("no frame is needed to see that")

    sequence = make_sequence(frame=never, label_map=never)
    with pytest.raises(ExportError, match="did not write") as caught:
        _export(name, sequence, tmp_path / "out", overwrite=True)
    assert victim.name in caught.value.sentence
    assert _contents(tmp_path) == before


def test_an_own_picture_saved_by_another_program_is_no_longer_ours(sequence, tmp_path):
    paths = _export("indexed", sequence, tmp_path / "out")
    with Image.open(paths[2]) as image:
        image.load()
    image.save(paths[2])
    with pytest.raises(ExportError, match=paths[2].name):
        _export("indexed", sequence, tmp_path / "out", overwrite=True)


@every_format
def test_a_file_that_comes_in_between_is_not_overwritten(name, sequence, tmp_path):
    (path,) = _export(name, sequence, tmp_path / "out")[:1]
    shutil.rmtree(tmp_path / "out")
    job = EXPORTERS[name].write(sequence, tmp_path / "out")
    next(job)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"came in between")
    before = _contents(tmp_path / "out")
    with pytest.raises(ExportError, match="not empty"):
        run_to_end(job)
    assert _contents(tmp_path / "out") == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_of_two_exports_into_one_new_folder_the_first_to_end_wins(make_sequence, tmp_path):
    slow = EXPORTERS["indexed"].write(make_sequence(3), tmp_path / "out")
    next(slow)
    _export("indexed", make_sequence(5), tmp_path / "out")
    before = _contents(tmp_path / "out")
    with pytest.raises(ExportError, match="not empty"):
        run_to_end(slow)
    assert _contents(tmp_path / "out") == before


@posix
@pytest.mark.parametrize("exists", [False, True])
def test_an_export_that_ends_at_the_very_moment_of_another_never_replaces_it(
    exists, make_sequence, tmp_path, monkeypatch
):
    folder = tmp_path / "out"
    if exists:
        folder.mkdir()
    first: dict[str, bytes] = {}

    def whole_but_late(self, earlier):
        monkeypatch.undo()  # the other one finds the usual way
        _export("indexed", make_sequence(frame_count=2), folder)
        first.update(_contents(folder))
        return self._moves_as_a_whole(earlier)

    monkeypatch.setattr(staging.Staging, "_moves_as_a_whole", whole_but_late)
    with pytest.raises(ExportError, match="another export has ended"):
        _export("indexed", make_sequence(frame_count=3), folder)
    assert len(first) == 2
    assert _contents(folder) == first
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_export_that_ends_after_the_folder_was_found_empty_is_not_replaced(
    make_sequence, tmp_path, monkeypatch
):
    folder = tmp_path / "out"
    slow = EXPORTERS["indexed"].write(make_sequence(frame_count=3), folder)
    next(slow)
    check = staging._check_empty

    def check_and_lose(*arguments):
        check(*arguments)
        monkeypatch.undo()
        _export("indexed", make_sequence(frame_count=2), folder)

    monkeypatch.setattr(staging, "_check_empty", check_and_lose)
    with pytest.raises(ExportError, match="would replace"):
        run_to_end(slow)
    assert len(_contents(folder)) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_file_in_place_of_an_objects_folder_is_refused(sequence, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "7_a_b_ _c_").write_text("mine")
    with pytest.raises(ExportError, match="7_a_b_ _c_"):
        _export("binary", sequence, tmp_path / "out", overwrite=True)


@every_format
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_file_in_place_of_the_folder_is_refused(name, sequence, tmp_path, overwrite):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(ExportError, match="file in the way"):
        _export(name, sequence, tmp_path / "out", overwrite=overwrite)
    with pytest.raises(ExportError, match="file in the way"):
        _export(name, sequence, tmp_path / "out" / "deeper", overwrite=overwrite)
    assert _contents(tmp_path) == {"out": b"mine"}


@posix
def test_through_a_link_the_export_goes_to_its_target(sequence, tmp_path):
    (tmp_path / "disk").mkdir()
    link = tmp_path / "out"
    link.symlink_to(tmp_path / "disk")
    paths = _export("indexed", sequence, link)
    assert link.is_symlink()
    assert paths[0] == link / "00000.png"
    assert len(list((tmp_path / "disk").iterdir())) == 5


@posix
@pytest.mark.parametrize(
    ("name", "linked"), [("indexed", "00002.png"), ("binary", "1_Kätzchen 猫")]
)
def test_a_link_is_never_written_through(name, linked, sequence, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    _export(name, sequence, elsewhere)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / linked).symlink_to(elsewhere / linked)
    before = _contents(elsewhere)
    with pytest.raises(ExportError, match=r"did not\s+write"):
        _export(name, sequence, tmp_path / "out", overwrite=True)
    assert _contents(elsewhere) == before


@every_format
def test_the_working_folder_stays_the_very_same(name, sequence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = tmp_path.stat().st_ino
    paths = _export(name, sequence, Path())
    _export(name, sequence, Path(), overwrite=True)
    assert tmp_path.stat().st_ino == before
    assert all(path.exists() for path in paths)
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == len(paths)


def test_names_that_no_file_can_have_fail_before_anything_is_made(make_sequence, tmp_path):
    for name in ("indexed", "binary"):
        with pytest.raises(ExportError, match="cannot be the name"):
            _export(name, make_sequence(1, frame_names=["../escaped"]), tmp_path / "out")
        with pytest.raises(ExportError, match="one file"):
            _export(name, make_sequence(2, frame_names=["a", "A"]), tmp_path / "out")
    assert not list(tmp_path.iterdir())


@posix
def test_a_name_too_long_for_the_disk_is_one_error(make_sequence, tmp_path):
    with pytest.raises(ExportError, match="too long"):
        _export("indexed", make_sequence(1, frame_names=["x" * 300]), tmp_path / "out")
    assert not list(tmp_path.iterdir())
