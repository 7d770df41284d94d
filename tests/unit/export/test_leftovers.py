"""What a killed export left is removed; what a living one is writing never is."""

from __future__ import annotations

import os
import threading

import pytest

from vosdesk.errors import ExportError
from vosdesk.export import EXPORTERS
from vosdesk.export.leftovers import Claim, remove_leftovers
from vosdesk.export.staging import check_target
from vosdesk.jobs import run_to_end

posix = pytest.mark.skipif(os.name != "posix", reason="folders can be locked on POSIX only")


@posix
def test_two_exports_into_one_folder_leave_each_other_alone(sequence, tmp_path):
    first = EXPORTERS["indexed"].write(sequence, tmp_path / "out")
    next(first)
    run_to_end(EXPORTERS["indexed"].write(sequence, tmp_path / "out"))
    next(first)  # its files are still there to be written beside
    with pytest.raises(ExportError, match="not empty"):
        run_to_end(first)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@posix
def test_only_unclaimed_folders_of_that_name_go(tmp_path):
    stays = ["out.unfinished-0000000g", "other.unfinished-00000000", "out.unfinished-000", "out"]
    for name in (*stays, "out.unfinished-00000001", "out.unfinished-00000002"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "00000.png").write_bytes(b"half a picture")
    (tmp_path / "out.unfinished-0000000a").symlink_to(tmp_path / "other.unfinished-00000000")
    (tmp_path / "out.unfinished-0000000b").write_text("a file")
    claim = Claim(tmp_path / "out.unfinished-00000002")
    assert claim.take()
    remove_leftovers(tmp_path, "out.unfinished")
    assert {path.name for path in tmp_path.iterdir()} == {
        *stays,
        "out.unfinished-00000002",
        "out.unfinished-0000000a",
        "out.unfinished-0000000b",
    }
    claim.release()
    remove_leftovers(tmp_path, "out.unfinished")
    assert not (tmp_path / "out.unfinished-00000002").exists()
    assert (tmp_path / "other.unfinished-00000000" / "00000.png").exists()


@posix
def test_a_folder_that_was_removed_before_it_was_claimed_is_not_ours(tmp_path):
    folder = tmp_path / "out.unfinished-00000001"
    folder.mkdir()
    claim = Claim(folder)
    remove_leftovers(tmp_path, "out.unfinished")
    assert not claim.take()
    folder.mkdir()  # by another, under the same name
    assert not claim.take()
    claim.release()
    claim.release()


@posix
def test_many_exports_that_begin_at_once_all_find_a_place(sequence, tmp_path):
    told: list[str] = []

    def export() -> None:
        try:
            run_to_end(EXPORTERS["indexed"].write(sequence, tmp_path / "out"))
            told.append("written")
        except ExportError as error:
            told.append(error.sentence)

    threads = [threading.Thread(target=export) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told.count("written") == 1
    refused = ("The folder", "The export would replace")  # by when the first one was put in place
    assert all(sentence.startswith(("written", *refused)) for sentence in told)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_nothing_is_removed_where_there_is_no_folder(tmp_path):
    remove_leftovers(tmp_path / "missing", "out.unfinished")
    assert not list(tmp_path.iterdir())


class TestTarget:
    def test_a_new_or_empty_folder_is_fine_and_is_not_made(self, tmp_path):
        check_target(tmp_path / "a" / "b", overwrite=False)
        (tmp_path / "empty").mkdir()
        check_target(tmp_path / "empty", overwrite=False)
        assert [path.name for path in tmp_path.iterdir()] == ["empty"]

    def test_a_folder_in_use_is_refused_unless_it_may_be_overwritten(self, tmp_path):
        (tmp_path / "notes.txt").write_text("mine")
        with pytest.raises(ExportError, match="is not empty") as caught:
            check_target(tmp_path, overwrite=False)
        assert str(tmp_path) in caught.value.sentence
        check_target(tmp_path, overwrite=True)

    @pytest.mark.parametrize("overwrite", [False, True])
    @pytest.mark.parametrize("below", ["", "deeper"])
    def test_a_file_in_its_place_or_above_it_is_refused(self, tmp_path, overwrite, below):
        (tmp_path / "file").write_text("mine")
        with pytest.raises(ExportError, match="a file in the way"):
            check_target(tmp_path / "file" / below, overwrite=overwrite)

    @posix
    @pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="root may write anywhere")
    def test_a_folder_that_may_not_be_written_is_refused(self, tmp_path):
        tmp_path.chmod(0o500)
        try:
            with pytest.raises(ExportError, match="may not write"):
                check_target(tmp_path / "out", overwrite=True)
        finally:
            tmp_path.chmod(0o700)
