"""Cut and scratched films: exact frames or one clear sentence, never anything else."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vosdesk.errors import VideoError
from vosdesk.video import FrameSource, open_source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTAINERS = {
    "front.mp4": {"movflags": "faststart"},
    "fragments.mp4": {"movflags": "frag_keyframe+empty_moov"},
    "film.mkv": {},
    "film.ts": {},
    "film.avi": {},
}


@pytest.fixture(scope="module", params=sorted(CONTAINERS))
def whole(request, tmp_path_factory, make_film, make_picture) -> Path:
    noise = np.random.default_rng(0)
    pictures = []
    for number in range(36):
        picture = make_picture(number)
        picture[:5] = noise.integers(0, 256, (5, 64, 3))
        pictures.append(picture)
    path = tmp_path_factory.mktemp("whole") / request.param
    return make_film(
        path,
        pictures=pictures,
        options={"g": "12", "bf": "2", "preset": "veryfast"},
        container=CONTAINERS[request.param],
    )


@contextmanager
def refusing(name: str) -> Iterator[None]:
    """Let pass one kind of failure: the one that a user can read."""
    try:
        yield
    except VideoError as error:
        if not (name in error.sentence and error.advice):
            raise


def opened_or_refused(path: Path) -> FrameSource | None:
    with refusing(path.name):
        return open_source(path)
    return None


@settings(max_examples=8, deadline=None)
@given(part=st.floats(0.001, 0.999))
@example(part=0.5)
@example(part=0.9999)
def test_a_cut_film_gives_exact_frames_or_one_sentence(whole, decode_all, number_of, part):
    expected = {number_of(frame): frame for frame in decode_all(whole)}
    path = whole.with_name("cut" + whole.suffix)
    path.write_bytes(whole.read_bytes()[: max(1, int(whole.stat().st_size * part))])
    source = opened_or_refused(path)
    if source is None:
        return
    with closing(source):
        frames = [source.read(index) for index in range(source.frame_count)]
        numbers = [number_of(frame) for frame in frames]
        # A transport stream does not tell where its last picture ends, so a cut can go through it
        smeared = 1 if whole.suffix == ".ts" else 0
        differing = sum(
            not np.array_equal(frame, expected.get(number))
            for frame, number in zip(frames, numbers, strict=True)
        )
        assert differing <= smeared
        assert smeared or numbers == sorted(set(numbers))
        for index in (source.frame_count - 1, source.frame_count // 2, 0):
            assert number_of(source.read(index)) == numbers[index]


@pytest.mark.parametrize("whole", ["front.mp4", "film.mkv", "film.avi"], indirect=True)
def test_a_cut_film_says_what_is_left(whole):
    path = whole.with_name("half" + whole.suffix)
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with closing(open_source(path)) as source:
        assert 3 < source.frame_count < 30
        assert source.notice == (
            f"{path.name} is incomplete: {source.frame_count} frames of about 36 can be read."
        )


def test_a_film_without_its_index_says_so(tmp_path, make_film):
    late = make_film(tmp_path / "late.mp4")
    late.write_bytes(late.read_bytes()[: late.stat().st_size * 3 // 5])
    with pytest.raises(VideoError, match=r"late\.mp4 cannot be read as a video") as caught:
        open_source(late)
    assert "its end is missing" in caught.value.advice


@settings(max_examples=8, deadline=None)
@given(place=st.floats(0.02, 0.98), scratch=st.binary(min_size=1, max_size=200))
def test_a_scratched_film_never_fails_in_another_way(whole, place, scratch):
    content = bytearray(whole.read_bytes())
    start = int(len(content) * place)
    content[start : start + len(scratch)] = scratch
    path = whole.with_name("scratched" + whole.suffix)
    path.write_bytes(content)
    source = opened_or_refused(path)
    if source is None:
        return
    with closing(source):
        for index in range(source.frame_count):
            with refusing(f"Frame {index} of {path.name}"):
                frame = source.read(index)
                assert frame.shape == (source.size.height, source.size.width, 3)


def test_a_broken_frame_in_the_middle_is_named_and_the_others_stay(tmp_path, make_film, number_of):
    path = make_film(tmp_path / "hole.mov", codec="png", pixels="rgb24", frames=12)
    content = bytearray(path.read_bytes())
    starts = [at for at in range(len(content)) if content.startswith(b"\x89PNG\r\n", at)]
    content[starts[7] : starts[7] + 60] = bytes(60)
    path.write_bytes(content)
    with closing(open_source(path)) as source:
        left = [number_of(source.read(index)) for index in range(source.frame_count)]
    assert left == [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11]
