"""Real frames for the real program: a piece of the demo clip, and of a DAVIS sequence."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from vosdesk.assets import asset_folder
from vosdesk.video import open_source

if TYPE_CHECKING:
    from pathlib import Path

FRAMES = 8


@pytest.fixture(autouse=True)
def _own_stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOSDESK_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def bunny_frames(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every fourth frame of the demo clip at half its size."""
    folder = tmp_path_factory.mktemp("bunny") / "Hase im Gras – кролик"
    folder.mkdir()
    source = open_source(asset_folder("resources") / "demo" / "big_buck_bunny.mp4")
    for index in range(FRAMES):
        frame = Image.fromarray(source.read(4 * index))
        frame.resize((source.size.width // 2, source.size.height // 2)).save(
            folder / f"{4 * index:05d}.png"
        )
    source.close()
    return folder


@pytest.fixture
def davis_frames(davis: Path, tmp_path: Path) -> tuple[Path, Path]:
    """Frames and masks of the first frames of a DAVIS sequence."""
    frames, masks = tmp_path / "blackswan", tmp_path / "masks"
    frames.mkdir()
    masks.mkdir()
    for index in range(FRAMES):
        name = f"{index:05d}"
        shutil.copy(davis / "JPEGImages/480p/blackswan" / f"{name}.jpg", frames)
        shutil.copy(davis / "Annotations/480p/blackswan" / f"{name}.png", masks)
    return frames, masks
