from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from vosdesk.training.config import TrainingConfig


@pytest.fixture
def tiny_davis(tmp_path):
    """Two videos of four frames, 96 x 64: a bright square, and a dark disc, on noise."""
    root = tmp_path / "davis"
    (root / "ImageSets").mkdir(parents=True)
    (root / "ImageSets" / "train.txt").write_text("square\ndisc\n")
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:64, :96]
    for name in ("square", "disc"):
        for part in ("JPEGImages", "Annotations"):
            (root / part / "480p" / name).mkdir(parents=True)
        for i in range(4):
            centre = 30 + 10 * i
            across, down = abs(x - centre), abs(y - 32)
            inside = (
                np.maximum(across, down) < 16 if name == "square" else across**2 + down**2 < 300
            )
            frame = rng.integers(60, 160, (64, 96, 3))
            frame[inside] += 90 if name == "square" else -60
            Image.fromarray(frame.astype(np.uint8)).save(
                root / f"JPEGImages/480p/{name}/{i:05d}.jpg"
            )
            mask = (255 * inside).astype(np.uint8)
            Image.fromarray(mask).save(root / f"Annotations/480p/{name}/{i:05d}.png")
    return root


@pytest.fixture
def config(tiny_davis, tmp_path):
    return TrainingConfig(
        davis_root=tiny_davis,
        out=tmp_path / "run" / "small.safetensors",
        hidden=32,
        dimensions=16,
        iterations=6,
        upsampler=0,
        anchors=16,
        mirror=False,
        save_every=2,
        device="cpu",
        learning_rate=1e-2,
    )


@pytest.fixture
def stills(tmp_path):
    """Three pictures with two objects and a strip where nobody knows; a fourth has no mask."""
    root = tmp_path / "stills"
    rng = np.random.default_rng(1)
    for part in ("images", "masks"):
        (root / part).mkdir(parents=True)
    for i in range(4):
        labels = np.zeros((50, 70), np.uint8)
        labels[10:30, 10:30], labels[20:45, 40:60], labels[:, 56:] = 1, 2, 255
        picture = rng.integers(0, 100, (50, 70, 3)) + 60 * (labels % 3)[..., None]
        Image.fromarray(picture.astype(np.uint8)).save(root / f"images/{i}.jpg")
        if i < 3:
            mask = Image.fromarray(labels)
            mask.putpalette([0] * 768)
            mask.save(root / f"masks/{i}.png")
    return root
