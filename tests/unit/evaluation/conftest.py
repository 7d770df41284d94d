from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from vosdesk.arrays import STRIDE, EmbeddedFrame, GridSize, Size
from vosdesk.evaluation.method import Method
from vosdesk.labelling.settings import LabellingSettings

WIDTH, HEIGHT, SQUARE = 96, 64, 24


def square_at(left, top=16):
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[top : top + SQUARE, left : left + SQUARE] = 1
    return mask


@pytest.fixture
def tiny_davis(tmp_path):
    """Two videos of five frames, a bright square that moves over a dark ground."""
    root = tmp_path / "davis"
    (root / "ImageSets").mkdir(parents=True)
    (root / "ImageSets" / "val.txt").write_text("slow\nfast\n")
    for name, step in (("slow", 4), ("fast", 12)):
        for part in ("JPEGImages", "Annotations"):
            (root / part / "480p" / name).mkdir(parents=True)
        for i in range(5):
            mask = square_at(8 + step * i)
            frame = np.where(mask[..., None] > 0, [230, 40, 40], [20, 60, 90]).astype(np.uint8)
            Image.fromarray(frame).save(root / f"JPEGImages/480p/{name}/{i:05d}.jpg", quality=95)
            Image.fromarray(mask * 255).save(root / f"Annotations/480p/{name}/{i:05d}.png")
    return root


class ColourEmbedder:
    """The mean colour of a cell as its embedding: what looks alike is alike."""

    fingerprint = "c" * 64
    dimensions = 3
    upsampling = 0

    def input_size(self, size):
        return size

    def grid(self, size):
        return GridSize(-(-size.height // STRIDE), -(-size.width // STRIDE))

    def embed(self, frames, times):
        return [EmbeddedFrame(self._embed(frame), None) for frame in frames]

    def _embed(self, frame):
        rows, columns = self.grid(Size(frame.shape[1], frame.shape[0]))
        cells = frame.reshape(rows, STRIDE, columns, STRIDE, 3).mean(axis=(1, 3))
        return (cells / np.linalg.norm(cells, axis=2, keepdims=True)).astype(np.float16)


@pytest.fixture
def by_colour():
    """The method that takes colours for embeddings; links say nothing of cells all alike."""
    return Method(ColourEmbedder(), LabellingSettings(links=0.0))
