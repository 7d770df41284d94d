from __future__ import annotations

import gc
import random
import struct
import threading
import weakref
from contextlib import closing
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vosdesk.arrays import Size
from vosdesk.errors import VideoError
from vosdesk.video import open_source
from vosdesk.video.decoder import Decoder


def test_every_frame_is_there_once_and_in_order(film, number_of, decode_all):
    with closing(open_source(film)) as source:
        numbers = [number_of(source.read(index)) for index in range(source.frame_count)]
        assert source.frame_count == len(decode_all(film))
    assert numbers == list(range(len(numbers)))


@settings(max_examples=6, deadline=None)
@given(data=st.data())
def test_any_order_gives_what_decoding_in_order_gives(film, decode_all, data):
    expected = decode_all(film)
    order = data.draw(st.lists(st.integers(0, len(expected) - 1), min_size=1, max_size=12))
    with closing(open_source(film)) as source:
        for index in order:
            np.testing.assert_array_equal(source.read(index), expected[index])


def test_frames_are_read_only_rgb(film):
    with closing(open_source(film)) as source:
        frame = source.read(0)
        assert frame.dtype == np.uint8
        assert frame.shape == (source.size.height, source.size.width, 3)
        assert not frame.flags.writeable


def test_a_whole_film_has_no_notice(film):
    with closing(open_source(film)) as source:
        assert source.notice == ""


def test_names_and_rate(films):
    with closing(open_source(films["h264_b_frames.mp4"])) as source:
        assert source.name == "h264_b_frames"
        assert source.fps == Fraction(25)
        assert list(source.frame_names[:2]) == ["00000", "00001"]
        assert len(source.frame_names) == source.frame_count == 30
        assert source.timestamp(10) == pytest.approx(0.4)


def test_an_index_that_no_frame_has(films):
    with closing(open_source(films["h264_b_frames.mp4"])) as source:
        for index in (-1, source.frame_count):
            with pytest.raises(IndexError):
                source.read(index)
            with pytest.raises(IndexError):
                source.timestamp(index)


def test_uneven_times_are_kept(tmp_path, make_film, number_of):
    pts = [0, 40, 50, 400, 401, 2000, 2040, 2500, 2507, 3000]
    path = make_film(tmp_path / "uneven.mp4", frames=10, pts=pts, options={"g": "4", "bf": "2"})
    with closing(open_source(path)) as source:
        assert [source.timestamp(index) for index in range(10)] == pytest.approx(
            [time / 1000 for time in pts], abs=1e-4
        )
        assert [number_of(source.read(index)) for index in (9, 3, 4, 0)] == [9, 3, 4, 0]


def test_times_count_from_the_first_frame(tmp_path, make_film, number_of):
    pts = [5000 + 40 * number for number in range(12)]
    path = make_film(tmp_path / "late.mp4", frames=12, pts=pts, options={"bf": "2"})
    with closing(open_source(path)) as source:
        assert source.frame_count == 12
        assert source.timestamp(0) == 0
        assert source.timestamp(11) == pytest.approx(0.44)
        assert number_of(source.read(7)) == 7
        assert source.notice == ""


def test_what_an_edit_list_cuts_away_is_no_frame(tmp_path, films, number_of, decode_all):
    content = bytearray(films["h264_b_frames.mp4"].read_bytes())
    entry = content.index(b"elst") + 12
    _length, start = struct.unpack(">Ii", content[entry : entry + 8])
    content[entry : entry + 8] = struct.pack(">Ii", 400, start + 512 * 13)
    path = tmp_path / "edited.mp4"
    path.write_bytes(content)
    with closing(open_source(path)) as source:
        assert source.frame_count == len(decode_all(path)) == 10
        order = random.Random(0).sample(range(10), 10)
        assert [number_of(source.read(index)) for index in order] == [13 + i for i in order]
        assert source.notice == ""


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_the_display_matrix_is_applied(tmp_path, make_film, make_picture, rotation, mirrored):
    coded = make_picture(0b00010011)
    path = make_film(
        tmp_path / "turned.mov",
        codec="png",
        pixels="rgb24",
        pictures=[coded, coded],
        rotation=rotation,
        mirrored=mirrored,
    )
    expected = np.rot90(coded, rotation // 90)
    expected = np.fliplr(expected) if mirrored else expected
    with closing(open_source(path)) as source:
        assert source.size == Size(expected.shape[1], expected.shape[0])
        np.testing.assert_array_equal(source.read(1), expected)


def test_lossless_pixels_arrive_unchanged(films, make_picture):
    with closing(open_source(films["lossless_odd.mkv"])) as source:
        assert source.size == Size(63, 47)
        np.testing.assert_array_equal(source.read(13), make_picture(13, 63, 47))


def test_ten_bits_become_eight(films, make_picture):
    with closing(open_source(films["ten_bit.mp4"])) as source:
        # The top of the picture is plain mid grey
        assert abs(np.median(source.read(5)[0]) - 128) <= 3


@pytest.mark.parametrize(("size", "matrix"), [((64, 48), "ITU601"), ((1280, 720), "ITU709")])
def test_untold_colours_are_taken_as_players_take_them(tmp_path, size, matrix):
    colour = (200, 60, 30)
    path = tmp_path / "colour.mkv"
    with av.open(str(path), "w") as target:
        stream = target.add_stream("ffv1", rate=25)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv444p"
        array = np.full((size[1], size[0], 3), colour, np.uint8)
        frame = av.VideoFrame.from_ndarray(array, format="rgb24")
        coded = frame.reformat(format="yuv444p", dst_colorspace=matrix)
        coded.colorspace, coded.pts = 2, 0
        target.mux(stream.encode(coded))
        target.mux(stream.encode(None))
    with closing(open_source(path)) as source:
        assert np.abs(source.read(0).astype(int) - colour).max() <= 3


def test_a_picture_that_changes_its_size_is_scaled_to_the_first(tmp_path, make_film, number_of):
    large = make_film(tmp_path / "l.mjpeg", codec="mjpeg", pixels="yuvj420p", frames=3)
    small = make_film(
        tmp_path / "s.mjpeg", codec="mjpeg", pixels="yuvj420p", frames=3, size=(32, 24)
    )
    both = tmp_path / "both.mjpeg"
    both.write_bytes(large.read_bytes() + small.read_bytes())
    with closing(open_source(both)) as source:
        assert source.frame_count == 6
        assert {source.read(index).shape for index in range(6)} == {(48, 64, 3)}
        assert [number_of(source.read(index)) for index in range(6)] == [0, 1, 2, 0, 1, 2]


def test_one_pixel(tmp_path, make_film):
    pictures = [np.full((1, 1, 3), value, np.uint8) for value in (7, 200)]
    path = make_film(
        tmp_path / "dot.mov", codec="png", pixels="rgb24", size=(1, 1), pictures=pictures
    )
    with closing(open_source(path)) as source:
        assert source.size == Size(1, 1)
        assert source.read(1).ravel().tolist() == [200, 200, 200]
        assert source.read(0).ravel().tolist() == [7, 7, 7]


def test_eight_thousand_pixels_wide(tmp_path, make_film, make_picture, number_of):
    pictures = [make_picture(77, 7680, 4320)]
    path = make_film(
        tmp_path / "8k.mov", codec="mjpeg", pixels="yuvj420p", size=(7680, 4320), pictures=pictures
    )
    with closing(open_source(path)) as source:
        assert source.size == Size(7680, 4320)
        assert number_of(source.read(0)) == 77


def test_a_frame_too_large_is_refused_by_its_header(tmp_path, make_film):
    path = make_film(tmp_path / "wide.mkv", codec="ffv1", pixels="gray", size=(16400, 2), frames=1)
    with pytest.raises(VideoError, match=r"wide\.mkv is 16400 x 2 pixels"):
        open_source(path)


def test_a_path_with_spaces_colons_and_many_scripts(tmp_path, make_film, number_of):
    folder = tmp_path / "Größe – 動画 🐰"
    folder.mkdir()
    path = make_film(folder / "plain.mp4", frames=3).rename(folder / "mein film: клип #1 50%.mp4")
    with closing(open_source(path)) as source:
        assert source.name == "mein film: клип #1 50%"
        assert number_of(source.read(2)) == 2


def test_reading_from_many_threads_at_once(films, decode_all):
    path = films["h264_b_frames.mp4"]
    expected = decode_all(path)
    wrong: list[int] = []
    with closing(open_source(path)) as source:

        def read_some(seed: int) -> None:
            for index in random.Random(seed).choices(range(30), k=25):
                if not np.array_equal(source.read(index), expected[index]):
                    wrong.append(index)

        threads = [threading.Thread(target=read_some, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_two_readers_in_one_film_do_not_seek_at_each_turn(tmp_path, make_film, monkeypatch):
    path = make_film(tmp_path / "long.mp4", frames=120, options={"g": "250"})
    seeks: list[int] = []
    real_seek = Decoder.seek

    def counted(self: Decoder, time: int) -> None:
        seeks.append(time)
        real_seek(self, time)

    with closing(open_source(path)) as source:
        monkeypatch.setattr(Decoder, "seek", counted)
        for step in range(40):
            source.read(step)
            source.read(70 + step)
    assert len(seeks) <= 2


def test_frames_are_not_kept(films):
    with closing(open_source(films["h264_b_frames.mp4"])) as source:
        kept = [weakref.ref(source.read(index)) for index in range(source.frame_count)]
        gc.collect()
        assert sum(reference() is not None for reference in kept) == 0


def test_a_closed_file_says_so(films):
    source = open_source(films["h264_b_frames.mp4"])
    source.close()
    source.close()
    with pytest.raises(VideoError, match="is closed"):
        source.read(0)


def test_a_file_that_is_gone_says_so(tmp_path, make_film):
    path = make_film(tmp_path / "gone.h264", options={"bf": "0"})
    with closing(open_source(path)) as source:
        source.read(20)
        path.unlink()
        # Going back in a stream without times means opening it again
        with pytest.raises(VideoError, match=r"gone\.h264 cannot be opened"):
            source.read(3)


def test_a_file_that_is_replaced_says_so(tmp_path, make_film):
    path = make_film(tmp_path / "film.mp4", frames=6)
    other = make_film(tmp_path / "other.mp4", frames=9)
    with closing(open_source(path)) as source:
        source.read(0)
        other.replace(path)
        with pytest.raises(VideoError, match=r"film\.mp4 has changed since it was opened"):
            source.read(1)
