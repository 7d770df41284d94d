from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import pytest
from pydantic import ValidationError

from vosdesk.arrays import Size
from vosdesk.project.video_reference import VideoReference, VideoState


@dataclass(frozen=True)
class Facts:
    """What a source tells about itself."""

    path: Path = Path("/videos/cat.mp4")
    fingerprint: str = "ab12"
    size: Size = field(default=Size(32, 24))
    frame_count: int = 20
    fps: Fraction = Fraction(30000, 1001)


def test_a_reference_holds_what_the_source_says(video, monkeypatch, tmp_path):
    assert VideoReference.of(Facts()) == video
    monkeypatch.chdir(tmp_path)
    assert VideoReference.of(Facts(path=Path("cat.mp4"))).path == tmp_path / "cat.mp4"


@pytest.mark.parametrize(
    ("facts", "state", "words"),
    [
        (Facts(), VideoState.SAME, "is the video of this project"),
        (
            Facts(path=Path("/new/cat.mp4")),
            VideoState.MOVED,
            "moved from /videos/cat.mp4 to /new/cat.mp4",
        ),
        (Facts(fingerprint="ff"), VideoState.CHANGED, "its content differs"),
        (Facts(frame_count=9), VideoState.CHANGED, "it has 9 frames instead of 20"),
        (Facts(size=Size(24, 32)), VideoState.CHANGED, "24 x 32 pixels instead of 32 x 24"),
        (Facts(fps=Fraction(25)), VideoState.SAME, "is the video"),
    ],
)
def test_a_source_is_compared_in_words(video, facts, state, words):
    check = video.check(facts)
    assert check.state is state
    assert words in check.sentence


def test_the_copy_beside_the_project_wins(video, tmp_path):
    absolute, beside = tmp_path / "old" / "cat.mp4", tmp_path / "new" / "cat.mp4"
    for film in (absolute, beside):
        film.parent.mkdir()
        film.write_bytes(b"film")
    reference = video.model_copy(update={"path": absolute, "relative_path": Path("cat.mp4")})
    assert reference.resolve(tmp_path / "new" / "p.vosdesk") == beside
    assert reference.resolve() == absolute


@pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")
def test_a_relative_path_follows_links_of_the_project(video, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "cat.mp4").write_bytes(b"film")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    here = video.model_copy(update={"path": tmp_path / "real" / "cat.mp4"})
    assert here.beside(tmp_path / "link" / "p.vosdesk").relative_path == Path("cat.mp4")


def test_frames_a_second_are_exact_in_the_file(video):
    text = video.model_dump_json()
    assert '"fps":"30000/1001"' in text
    assert VideoReference.model_validate_json(text) == video


@pytest.mark.parametrize(
    "wrong",
    [
        {"fps": "25"},
        {"fps": "-1/2"},
        {"fps": "1/0"},
        {"fps": Fraction(0)},
        {"fps": 25.0},
        {"fps": "9" * 50 + "/1"},
        {"fingerprint": ""},
        {"fingerprint": "two words"},
        {"frame_count": 0},
        {"width": 20_000},
        {"path": "a\0b"},
        {"path": 3},
    ],
)
def test_a_reference_is_bounded(video, wrong):
    with pytest.raises(ValidationError):
        video.model_copy(update=wrong)


def test_facts_of_a_reference_are_those_of_its_source(video):
    assert video.size == Size(32, 24)
    assert VideoReference.of(replace(Facts(), fps=Fraction(25))).fps == 25
