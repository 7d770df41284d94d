"""What users give by mistake: one sentence on stderr, exit code 1, and nothing is lost."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from vosdesk.assets import asset_folder
from vosdesk.cli import main
from vosdesk.session import Session

if TYPE_CHECKING:
    from pathlib import Path

CLICK = '[{"frame": 0, "x": 0.5, "y": 0.5, "object": 1}]'


@pytest.fixture
def clicks(tmp_path: Path) -> Path:
    path = tmp_path / "clicks.json"
    path.write_text(CLICK, encoding="utf-8")
    return path


def pictures(folder: Path, *sizes: tuple[int, int], suffix: str = ".png") -> Path:
    folder.mkdir(parents=True)
    for number, size in enumerate(sizes):
        Image.new("RGB", size, (90, 120, 40 * number % 255)).save(folder / f"{number:03d}{suffix}")
    return folder


def refused(words: list[object], capsys: pytest.CaptureFixture[str]) -> str:
    """Run a command that must fail, and return its one sentence."""
    capsys.readouterr()
    assert main([str(word) for word in words]) == 1
    error = capsys.readouterr().err
    assert "Traceback" not in error
    told = [line for line in error.splitlines() if line.startswith("vosdesk: ")]
    assert len(told) == 1
    return told[0]


def segment(video: Path, clicks: Path, out: Path) -> list[object]:
    return ["segment", video, "--clicks", clicks, "--out", out]


def test_a_text_file_called_mp4(
    tmp_path: Path, clicks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    video = tmp_path / "notes.mp4"
    video.write_text("not a film", encoding="utf-8")
    assert "notes.mp4" in refused(segment(video, clicks, tmp_path / "out"), capsys)
    assert not (tmp_path / "out").exists()


def test_half_a_video(tmp_path: Path, clicks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = (asset_folder("resources") / "demo" / "big_buck_bunny.mp4").read_bytes()
    video = tmp_path / "half.mp4"
    video.write_bytes(whole[:3000])
    assert "half.mp4" in refused(segment(video, clicks, tmp_path / "out"), capsys)


def test_a_folder_without_images(
    tmp_path: Path, clicks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / "read me.txt").write_text("no pictures here", encoding="utf-8")
    assert "empty" in refused(segment(folder, clicks, tmp_path / "out"), capsys)


def test_a_folder_of_two_sizes(
    tmp_path: Path, clicks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = pictures(tmp_path / "mixed", (64, 48), (64, 48), (48, 64))
    told = refused(segment(folder, clicks, tmp_path / "out"), capsys)
    assert "002" in told
    assert "48 x 64" in told


@pytest.mark.parametrize("size", [(1, 1), (7680, 4320), (3, 500)])
def test_tiny_huge_and_narrow_frames_work(
    tmp_path: Path, clicks: Path, size: tuple[int, int]
) -> None:
    folder = pictures(tmp_path / "ein Ordner – папка 文件夹", size, suffix=".bmp")
    out = tmp_path / "out mit Leerzeichen"
    assert main([str(word) for word in segment(folder, clicks, out)]) == 0
    with Image.open(out / "000.png") as image:
        assert image.size == size
        assert image.getpixel((size[0] // 2, size[1] // 2)) == 1


def test_a_mask_of_the_wrong_size(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = pictures(tmp_path / "frames", (64, 48))
    Image.new("L", (32, 24)).save(tmp_path / "mask.png")
    words = ["segment", folder, "--masks", tmp_path / "mask.png", "--out", tmp_path / "out"]
    told = refused(words, capsys)
    assert "32 x 24" in told
    assert "64 x 48" in told


def test_a_mask_with_blended_edges(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = pictures(tmp_path / "frames", (64, 48))
    ramp = np.tile(np.arange(64, dtype=np.uint8) * 4, (48, 1))
    Image.fromarray(ramp).save(tmp_path / "soft.png")
    words = ["segment", folder, "--masks", tmp_path / "soft.png", "--out", tmp_path / "out"]
    assert "soft.png" in refused(words, capsys)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: text[: len(text) // 2], "damaged"),
        (lambda text: text.replace('"version": 1', '"version": 999'), "newer"),
        (lambda _text: "[]", "p.vosdesk"),
    ],
    ids=["half", "newer", "something else"],
)
def test_a_project_that_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: object, told: str
) -> None:
    session = Session()
    session.open_video(pictures(tmp_path / "frames", (64, 48)))
    session.save(tmp_path / "p.vosdesk")
    session.close()
    path = tmp_path / "p.vosdesk"
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")  # type: ignore[operator]
    before = path.read_bytes()
    assert told in refused(["export", path, "--out", tmp_path / "out"], capsys)
    assert path.read_bytes() == before


def test_clicks_outside_the_video(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = pictures(tmp_path / "frames", (64, 48))
    path = tmp_path / "late.json"
    path.write_text(json.dumps([{"frame": 7, "x": 0.5, "y": 0.5, "object": 1}]), encoding="utf-8")
    assert "late.json" in refused(segment(folder, path, tmp_path / "out"), capsys)


def test_a_damaged_model(tmp_path: Path, clicks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = pictures(tmp_path / "frames", (64, 48))
    model = tmp_path / "half.safetensors"
    model.write_bytes((asset_folder("models") / "default.safetensors").read_bytes()[:50_000])
    words = [*segment(folder, clicks, tmp_path / "out"), "--model", model]
    assert "half.safetensors" in refused(words, capsys)


def test_a_store_of_another_model_is_not_taken(
    tmp_path: Path, clicks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = pictures(tmp_path / "frames", (64, 48))
    assert main([str(word) for word in segment(folder, clicks, tmp_path / "out")]) == 0
    stores = list((tmp_path / "cache" / "embeddings").iterdir())
    (record,) = [path for path in stores[0].rglob("zarr.json") if '"model"' in path.read_text()]
    text = record.read_text(encoding="utf-8")
    start = text.index('"model": "') + len('"model": "')
    record.write_text(text[:start] + "0" * 8 + text[start + 8 :], encoding="utf-8")
    capsys.readouterr()
    assert main(["embed", str(folder)]) == 0
    error = capsys.readouterr().err
    assert "made for another network" in error
    assert "kept in memory" in error
    assert record.read_text(encoding="utf-8").count("0" * 8) >= 1


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written(
    tmp_path: Path, clicks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = pictures(tmp_path / "frames", (64, 48))
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    assert "closed" in refused(segment(folder, clicks, closed / "out"), capsys)


def test_a_store_that_cannot_be_written_is_kept_in_memory(
    tmp_path: Path,
    clicks: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = pictures(tmp_path / "frames", (64, 48))
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("VOSDESK_CACHE_DIR", str(tmp_path / "file"))
    assert main([str(word) for word in segment(folder, clicks, tmp_path / "out")]) == 0
    assert "kept in memory" in capsys.readouterr().err
    assert (tmp_path / "out" / "000.png").is_file()


def test_a_model_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["embed", pictures(tmp_path / "frames", (64, 48)), "--model", "nothing"]
    assert "Models found: default" in refused(words, capsys)
