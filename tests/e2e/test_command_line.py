"""The main job through the real ``main()``: no window, the shipped weights, real pictures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vosdesk.cli import main


def read(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


@pytest.mark.davis
@pytest.mark.parametrize("model", ["default", "fast"])
def test_a_first_mask_segments_a_davis_sequence(
    davis_frames: tuple[Path, Path], tmp_path: Path, model: str
) -> None:
    frames, truth = davis_frames
    out = tmp_path / "out"
    words = ["segment", str(frames), "--masks", str(truth / "00000.png"), "--model", model]
    assert main([*words, "--out", str(out)]) == 0
    names = sorted(path.name for path in frames.iterdir())
    assert sorted(path.stem for path in out.iterdir()) == [Path(name).stem for name in names]
    overlaps = []
    for path in sorted(out.iterdir()):
        mask, expected = read(path) == 1, read(truth / path.name) > 0
        assert mask.shape == expected.shape == (480, 854)
        overlaps.append((mask & expected).sum() / (mask | expected).sum())
    assert np.mean(overlaps[1:]) > 0.8


def test_clicks_segment_a_folder(bunny_frames: Path, tmp_path: Path) -> None:
    clicks = [
        {"frame": 0, "x": 0.5, "y": 0.5, "object": 1},
        {"frame": 0, "x": 0.02, "y": 0.05, "object": 0},
    ]
    (tmp_path / "clicks.json").write_text(json.dumps(clicks), encoding="utf-8")
    out, figures = tmp_path / "out", tmp_path / "figures.json"
    words = ["segment", str(bunny_frames), "--clicks", str(tmp_path / "clicks.json")]
    assert main([*words, "--out", str(out), "--json", str(figures)]) == 0
    assert [path.stem for path in sorted(out.iterdir())] == [
        path.stem for path in sorted(bunny_frames.iterdir())
    ]
    first = read(out / "00000.png")
    assert first[first.shape[0] // 2, first.shape[1] // 2] == 1
    assert json.loads(figures.read_text())["frames"] == len(list(bunny_frames.iterdir()))


def test_the_embedding_is_drawn_with_its_annotations(
    bunny_frames: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = sorted(bunny_frames.iterdir())[0]
    mask = np.zeros(read(first).shape[:2], dtype=np.uint8)
    mask[20:80, 40:120] = 1
    Image.fromarray(mask).save(tmp_path / "mask.png")
    plot = tmp_path / "embedding.png"
    words = ["embed", str(bunny_frames), "--masks", str(tmp_path / "mask.png")]
    assert main(words) == 1
    assert "which --plot asks for" in capsys.readouterr().err
    assert main([*words, "--plot", str(plot)]) == 0
    with Image.open(plot) as picture:
        assert picture.width > 1000
    assert main(["embed", str(first), str(first), "--plot", str(plot)]) == 1
    assert "one video" in capsys.readouterr().err


def test_a_second_run_asks_before_it_overwrites(
    bunny_frames: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "clicks.json").write_text('[{"frame": 0, "x": 0.5, "y": 0.5, "object": 1}]')
    words = ["segment", str(bunny_frames), "--clicks", str(tmp_path / "clicks.json")]
    words += ["--out", str(tmp_path / "out")]
    assert main(words) == 0
    assert main(words) == 1
    assert str(tmp_path / "out") in capsys.readouterr().err
    assert main([*words, "--overwrite"]) == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["segment", "nothing.mp4", "--masks", "m.png", "--out", "o"], "nothing.mp4"),
        (["export", "nothing.vosdesk", "--out", "o"], "nothing.vosdesk"),
        (["embed", "nothing.mp4"], "nothing.mp4"),
        (["segment", "x", "--masks", "m", "--out", "o", "--model", "nothing"], "x"),
    ],
)
def test_what_is_not_there_is_one_sentence(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 1
    error = capsys.readouterr().err
    assert told in error
    assert "Traceback" not in error


@pytest.mark.parametrize("words", [["segment"], ["segment", "v", "--out", "o"], ["--nonsense"]])
def test_bad_usage_leaves_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2
    assert "usage" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--help"], ["segment", "--help"], ["demo", "--help"]])
def test_help_is_help(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 0
    assert "vosdesk" in capsys.readouterr().out


def test_doctor_finds_the_shipped_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["doctor", "--json", str(tmp_path / "doctor.json")])
    found = json.loads((tmp_path / "doctor.json").read_text())
    assert "default" in found["models"]
    assert "cpu" in found["devices"]
    assert found["versions"]["torch"] != "missing"


@pytest.mark.parametrize(
    "words",
    [
        ["segment", "{frames}", "--clicks", "c.json", "--out", "{used}"],
        ["export", "p.vosdesk", "--out", "{used}"],
        ["segment", "{frames}", "--clicks", "c.json", "--out", "{used}/notes.txt", "--overwrite"],
        ["demo", "--headless", "--out", "{used}/notes.txt"],
    ],
    ids=["segment", "export", "a file", "demo"],
)
def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_embedded(
    words: list[str], bunny_frames: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    used = tmp_path / "used"
    used.mkdir()
    (used / "notes.txt").write_text("mine")
    assert main([word.format(frames=bunny_frames, used=used) for word in words]) == 1
    error = capsys.readouterr().err
    assert str(used) in error
    assert "is not empty" in error or "a file in the way" in error
    assert [path.name for path in tmp_path.iterdir()] == ["used"]  # no store was begun either
    assert (used / "notes.txt").read_text() == "mine"
