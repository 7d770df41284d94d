"""Fixtures: a session on tiny real image folders, with a network that is as simple as colour."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from PIL import Image

from vosdesk.arrays import STRIDE, EmbeddedFrame, EmbeddingMap, Frame, GridSize, Size
from vosdesk.session import Session
from vosdesk.session.embedding_work import EmbedderShelf

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

SIZE = Size(96, 64)
COUNT = 6
RED, BLUE = (220, 40, 30), (30, 60, 210)


class ColourEmbedder:
    """Embeds a cell as its mean colour: instant, exact, and no labels are random."""

    fingerprint = "colour-1"
    dimensions = 4
    upsampling = 0
    batch = 2
    device = SimpleNamespace(type="cpu")
    card = SimpleNamespace(similarity_floor=0.8)

    def __init__(self) -> None:
        self.embedded: list[float] = []

    def grid(self, size: Size) -> GridSize:
        return GridSize(-(-size.height // STRIDE), -(-size.width // STRIDE))

    def input_size(self, size: Size) -> Size:
        return size

    def embed(self, frames: Sequence[Frame], times: Sequence[float]) -> list[EmbeddedFrame]:
        self.embedded.extend(times)
        return [EmbeddedFrame(self._one(frame), None) for frame in frames]

    def _one(self, frame: Frame) -> EmbeddingMap:
        rows, columns = self.grid(Size(frame.shape[1], frame.shape[0]))
        mean = cv2.resize(frame, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.float32)
        vectors = np.concatenate([mean / 128.0 - 1.0, np.full((rows, columns, 1), 0.1)], axis=2)
        vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
        return vectors.astype(np.float16)


class ColourShelf(EmbedderShelf):
    """Hands out the colour embedder whatever model is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.embedder = ColourEmbedder()

    def get(self, model: str, device: str, notice: Callable[[str], None]) -> ColourEmbedder:  # type: ignore[override]
        return self.embedder


def object_box(frame_index: int) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the red square: it moves one cell with each frame."""
    left = 8 + 8 * frame_index
    return left, 16, left + 24, 48


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A folder of frames: a red square that moves over blue."""
    folder = tmp_path / "ein Clip – клип"
    folder.mkdir()
    for index in range(COUNT):
        frame = np.full((SIZE.height, SIZE.width, 3), BLUE, dtype=np.uint8)
        left, top, right, bottom = object_box(index)
        frame[top:bottom, left:right] = RED
        Image.fromarray(frame).save(folder / f"{index:05d}.png")
    return folder


@pytest.fixture
def shelf() -> ColourShelf:
    return ColourShelf()


@pytest.fixture
def session(shelf: ColourShelf) -> Session:
    """A headless session."""
    made = Session(shelf=shelf)
    yield made
    made.close()
