"""Our files are known again; everything else is somebody else's."""

from __future__ import annotations

import struct
import zlib

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from vosdesk.export import EXPORTERS
from vosdesk.export.marks import mark_of, read_mark, write_png
from vosdesk.jobs import run_to_end

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


@pytest.mark.parametrize("name", EXPORTERS)
def test_every_format_leaves_its_own_mark_in_every_file(name, sequence, tmp_path):
    paths = run_to_end(EXPORTERS[name].write(sequence, tmp_path / "out"))
    assert {read_mark(path) for path in paths} == {mark_of(name)}


def test_files_of_others_have_no_mark(tmp_path):
    picture, text, video = tmp_path / "a.png", tmp_path / "b.png", tmp_path / "c.mp4"
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(picture)
    text.write_text("no picture")
    with av.open(video, "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width = stream.height = 16
        stream.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8))
        container.mux([*stream.encode(frame), *stream.encode(None)])
    broken = tmp_path / "d.mp4"
    broken.write_bytes(video.read_bytes()[:60])
    for path in (picture, text, video, broken, tmp_path / "missing.png", tmp_path / "e.txt"):
        assert read_mark(path) is None, path


def test_the_mark_is_read_without_decoding_what_the_header_claims(tmp_path):
    header = struct.pack(">IIBBBBB", 2**31 - 1, 2**31 - 1, 8, 0, 0, 0, 0)
    path = tmp_path / "bomb.png"
    path.write_bytes(SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"tEXt", b"Software\0vosdesk: x"))
    assert read_mark(path) == "vosdesk: x"


def test_a_text_after_other_texts_is_found_and_one_after_the_pixels_is_not(tmp_path):
    mark = _chunk(b"tEXt", b"Software\0vosdesk: x")
    other = _chunk(b"tEXt", b"Author\0somebody") + _chunk(b"tEXt", b"Long\0" + b"x" * 5000)
    pixels = _chunk(b"IDAT", b"")
    path = tmp_path / "a.png"
    path.write_bytes(SIGNATURE + other + mark + pixels)
    assert read_mark(path) == "vosdesk: x"
    path.write_bytes(SIGNATURE + other + pixels + mark)
    assert read_mark(path) is None


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=80), st.integers(0, 200))
def test_no_damage_makes_reading_a_mark_fail(tmp_path_factory, junk: bytes, cut: int):
    path = tmp_path_factory.mktemp("mark") / "a.png"
    write_png(Image.fromarray(np.zeros((3, 3), np.uint8)), path, mark_of("indexed"))
    path.write_bytes(path.read_bytes()[:cut] + junk)
    assert read_mark(path) in (None, mark_of("indexed"))
