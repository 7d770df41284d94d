"""Codes that are kept in a file: what comes back is what was kept, or nothing."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from tests.unit.labelling.number_video import GRID, NumberVideo
from vosdesk.arrays import GridSize
from vosdesk.embedding.precompute import nearest_first
from vosdesk.labelling import kept_codes as module
from vosdesk.labelling.codebook import VideoCodes
from vosdesk.labelling.engine import LabellingEngine
from vosdesk.labelling.kept_codes import keep_codes, kept_codes
from vosdesk.labelling.retrieval import Retrieval


@pytest.fixture
def video():
    return NumberVideo()


@pytest.fixture
def codes(video):
    codes = VideoCodes(len(video.maps), GRID, video.maps)
    for frame_index, embedding_map in enumerate(video.maps):
        codes.add(frame_index, embedding_map)
    return codes


def read(path, codes, frames=None, grid=GRID):
    return kept_codes(path, frames or len(codes.known), grid, codes.codewords.shape[1])


def test_what_was_kept_comes_back(tmp_path, video, codes):
    path = tmp_path / "codes.safetensors"
    keep_codes(path, codes)
    assert [found.name for found in tmp_path.iterdir()] == [path.name]
    found = read(path, codes)
    np.testing.assert_array_equal(found.codewords, codes.codewords)
    assert found.known.all()
    assert found.learnt_from == codes.learnt_from
    assert found.nbytes == codes.nbytes
    for frame_index, embedding_map in enumerate(video.maps):
        found.add(frame_index, embedding_map)  # which is known
        np.testing.assert_array_equal(found.codes(frame_index), codes.codes(frame_index))
        np.testing.assert_array_equal(found.levels(frame_index), codes.levels(frame_index))
        for one, other in zip(
            found.histogram(frame_index), codes.histogram(frame_index), strict=True
        ):
            np.testing.assert_array_equal(one, other)


def test_of_another_shape_nothing_comes_back(tmp_path, codes):
    path = tmp_path / "codes.safetensors"
    assert read(path, codes) is None
    keep_codes(path, codes)
    assert read(path, codes, frames=len(codes.known) + 1) is None
    assert read(path, codes, grid=GridSize(GRID.rows + 1, GRID.columns)) is None
    assert kept_codes(path, len(codes.known), GRID, 7) is None


def test_a_damaged_file_is_no_file(tmp_path, codes):
    path = tmp_path / "codes.safetensors"
    keep_codes(path, codes)
    whole = path.read_bytes()
    for content in (b"", whole[:40], whole[:-1], b"\xff" * 8 + whole[8:]):
        path.write_bytes(content)
        assert read(path, codes) is None
    path.write_bytes(whole)
    assert read(path, codes) is not None


def test_codes_of_codewords_that_are_not_there_are_refused(tmp_path, codes):
    path = tmp_path / "codes.safetensors"
    keep_codes(path, codes)
    arrays = load_file(path)
    meaning = module._meaning(codes.learnt_from)
    arrays["codes"][0, 0] = len(arrays["codewords"])
    save_file(arrays, path, metadata=meaning)
    assert read(path, codes) is None
    arrays["codes"][0, 0] = 0
    save_file(arrays, path, metadata=meaning)
    assert read(path, codes) is not None
    save_file(arrays, path, metadata={**meaning, "edition": "0"})
    assert read(path, codes) is None
    save_file(arrays, path, metadata={k: v for k, v in meaning.items() if k != "learnt_from"})
    assert read(path, codes) is None
    save_file({**arrays, "more": arrays["levels"]}, path, metadata=meaning)
    assert read(path, codes) is None
    save_file({**arrays, "levels": arrays["levels"].astype(np.int32)}, path, metadata=meaning)
    assert read(path, codes) is None


def test_a_disk_that_refuses_is_told_in_the_log(tmp_path, codes, caplog):
    keep_codes(tmp_path / "not there" / "codes.safetensors", codes)
    assert "could not be kept" in caplog.text


def test_a_video_that_is_opened_again_is_not_coded_again(tmp_path, video, monkeypatch):
    path = tmp_path / "codes.safetensors"
    monkeypatch.setattr(video.store, "kept_file", lambda _name: path)
    engine = LabellingEngine(video.references({0: {(0, 0): (1, 0), (2, 2): (2, 1)}}))
    first, again = Retrieval(video.store), Retrieval(video.store)
    assert list(first.code_frames(nearest_first(lambda: 0)))
    assert path.exists()
    monkeypatch.setattr(VideoCodes, "add", None)
    assert not list(again.code_frames(nearest_first(lambda: 0)))
    assert again.coded.all()
    for frame_index in range(len(video.maps)):
        np.testing.assert_array_equal(
            again.labels(engine, frame_index).scores, first.labels(engine, frame_index).scores
        )
