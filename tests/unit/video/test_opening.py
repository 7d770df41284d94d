from __future__ import annotations

import os
import wave

import av
import numpy as np
import pytest
from PIL import Image

from vosdesk.errors import VideoError
from vosdesk.video import open_source


def refusal(path) -> VideoError:
    with pytest.raises(VideoError) as caught:
        open_source(path)
    assert caught.value.sentence.endswith(".")
    assert caught.value.advice
    return caught.value


def test_a_missing_file(tmp_path):
    assert "There is no file or folder" in refusal(tmp_path / "nowhere.mp4").sentence


def test_an_empty_file(tmp_path):
    path = tmp_path / "empty.mp4"
    path.touch()
    assert refusal(path).sentence == "empty.mp4 is empty."


@pytest.mark.parametrize("name", ["notes.mp4", "notes.txt", "notes.mkv", "notes"])
def test_a_text_file(tmp_path, name):
    path = tmp_path / name
    path.write_text("Not a film at all.\n" * 200, encoding="utf-8")
    assert refusal(path).sentence == f"{name} cannot be read as a video."


def test_a_name_that_no_file_can_have(tmp_path):
    assert "cannot be read" in refusal(tmp_path / "nul\0.mp4").sentence
    assert "cannot be read" in refusal(tmp_path / ("long" * 100 + ".mp4")).sentence


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    assert "neither a file nor a folder" in refusal(tmp_path / "pipe.mp4").sentence


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read everything"
)
def test_no_right_to_read(tmp_path, make_film):
    path = make_film(tmp_path / "secret.mp4", frames=2)
    path.chmod(0)
    assert refusal(path).sentence == "You have no right to read secret.mp4."
    folder = tmp_path / "closed"
    folder.mkdir(mode=0)
    assert "closed cannot be read" in refusal(folder).sentence


def write_sound(path) -> None:
    with av.open(str(path), "w") as target:
        stream = target.add_stream("aac", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 8000
        target.mux(stream.encode(frame))
        target.mux(stream.encode(None))


def test_sound_alone(tmp_path):
    write_sound(tmp_path / "song.mp4")
    assert refusal(tmp_path / "song.mp4").sentence == "song.mp4 holds only sound."
    with wave.open(str(tmp_path / "song.wav"), "wb") as target:
        target.setparams((1, 2, 8000, 0, "NONE", ""))
        target.writeframes(bytes(4000))
    assert refusal(tmp_path / "song.wav").sentence == "song.wav holds only sound."


def test_a_film_without_a_frame(tmp_path):
    path = tmp_path / "nothing.mkv"
    with av.open(str(path), "w") as target:
        stream = target.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        target.start_encoding()
    assert "nothing.mkv" in refusal(path).sentence


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1.2,\nreal.ts\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile real.ts\n",
    ],
)
def test_a_list_in_disguise_reaches_no_other_file(tmp_path, make_film, text):
    make_film(tmp_path / "real.ts")
    path = tmp_path / "innocent.mp4"
    path.write_text(text, encoding="utf-8")
    assert refusal(path).sentence == "innocent.mp4 cannot be read as a video."


def test_a_single_image_is_a_film_of_one_frame(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "still.PNG")
    source = open_source(str(tmp_path / "still.PNG"))
    assert (source.frame_count, source.name, list(source.frame_names)) == (1, "still", ["still"])
    np.testing.assert_array_equal(source.read(0), pixels)
