"""``vosdesk evaluate`` through the real ``main()`` with the shipped weights."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from PIL import Image

from vosdesk.cli import main

if TYPE_CHECKING:
    from pathlib import Path

FRAMES = 5
SIZE = (160, 96)


@pytest.fixture
def little_davis(tmp_path: Path) -> Path:
    """One sequence in DAVIS's layout: a spotted disc that rolls over a striped ground."""
    root = tmp_path / "davis"
    (root / "ImageSets").mkdir(parents=True)
    (root / "ImageSets" / "val.txt").write_text("disc\n")
    random = np.random.default_rng(5)
    ground = np.tile(np.array([[60, 110, 50], [90, 140, 70]], np.uint8), (48, 1))
    ground = np.repeat(ground[:, None], SIZE[0], axis=1) + random.integers(
        0, 20, (SIZE[1], SIZE[0], 3), dtype=np.uint8
    )
    for index in range(FRAMES):
        frame, mask = ground.copy(), np.zeros(SIZE[::-1], np.uint8)
        centre = (45 + 14 * index, 50)
        cv2.circle(mask, centre, 24, 255, -1)
        cv2.circle(frame, centre, 24, (200, 60, 40), -1)
        for spot in range(5):
            angle = 2 * np.pi * spot / 5 + 0.4 * index
            x, y = centre[0] + 14 * np.cos(angle), centre[1] + 14 * np.sin(angle)
            cv2.circle(frame, (round(x), round(y)), 4, (240, 220, 120), -1)
        for part, picture, name in (("JPEGImages", frame, "jpg"), ("Annotations", mask, "png")):
            folder = root / part / "480p" / "disc"
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(folder / f"{index:05d}.{name}")
    return root


def evaluate(root: Path, out: Path, *words: str) -> dict[str, object]:
    assert main(["evaluate", str(root), "--json", str(out), *words]) == 0
    figures: dict[str, object] = json.loads(out.read_text())
    return figures


def test_a_first_mask_is_followed_and_drawn_beside_an_earlier_run(
    little_davis: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = evaluate(little_davis, tmp_path / "alone.json", "--no-adapt", "--store")
    assert alone["mean"]["J"] > 0.6
    assert alone["seconds_per_frame"] > 0
    assert "disc" in capsys.readouterr().out

    picture = tmp_path / "picture.png"
    beside = ["--plot", str(picture), "--compare", str(tmp_path / "alone.json")]
    again = evaluate(little_davis, tmp_path / "again.json", "--no-adapt", "--store", *beside)
    assert again["mean"] == alone["mean"]
    assert again["seconds_per_frame"] is None  # nothing was embedded this time
    assert again["seconds_to_label_a_frame"] > 0
    with Image.open(picture) as image:
        assert image.width > 500


def test_the_interactive_protocol(little_davis: Path, tmp_path: Path) -> None:
    picture = tmp_path / "rounds.png"
    words = ["--protocol", "interactive", "--plot", str(picture)]
    figures = evaluate(little_davis, tmp_path / "rounds.json", *words)
    assert len(figures["rounds"]) == 8
    assert figures["rounds"][-1] > 0.6
    # waiting for the embedding costs area; at one moment a round may be worse than the one before
    assert 0 < figures["auc"] < figures["prepared"]["auc"] < 1
    assert picture.stat().st_size > 10_000


def test_the_protocol_of_clicks(little_davis: Path, tmp_path: Path) -> None:
    picture = tmp_path / "clicks.png"
    words = ["--protocol", "clicks", "--store", "--plot", str(picture)]
    figures = evaluate(little_davis, tmp_path / "clicks.json", *words)
    assert list(figures["clicks"]) == ["1", "2", "3", "5", "10", "20"]
    assert figures["clicks"]["20"] > figures["clicks"]["1"]
    assert picture.stat().st_size > 10_000


def test_masks_that_are_there_are_scored(
    little_davis: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = little_davis / "Annotations"
    figures = evaluate(little_davis, tmp_path / "scored.json", "--results", str(results))
    assert figures["mean"] == {"J": 1.0, "F": 1.0, "J&F": 1.0}
    assert "100.0" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--protocol", "clicks", "--results", "."], "--results is for the protocol semi"),
        (["--protocol", "clicks", "--compare", "x.json"], "--compare is for the protocol semi"),
        (["--compare", "x.json"], "which --plot asks for"),
        (["--plot", "picture.doc"], "has to end in .png"),
        (["--plot", "picture.png", "--compare", "nothing.json"], "nothing.json cannot be read"),
    ],
)
def test_a_mistake_is_told_before_the_work(
    little_davis: Path, words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(little_davis), *words]) == 1
    assert told in capsys.readouterr().err
