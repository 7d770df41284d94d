"""Frames larger than the network sees them: what is shown and exported has their own edges."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.colour_session import BLUE, RED, ColourEmbedder, ColourShelf
from vosdesk.arrays import STRIDE, GridSize, Size
from vosdesk.project.annotations import Click
from vosdesk.project.commands import AddAnnotations, missing_objects
from vosdesk.session import Session
from vosdesk.session.rendering import ViewRequest, render

if TYPE_CHECKING:
    from pathlib import Path

    from vosdesk.arrays import EmbeddingMap, Frame, LabelMap

SIZE = Size(192, 128)
COUNT = 3


class NearSighted(ColourEmbedder):
    """Sees frames at half their size."""

    fingerprint = "colour-half"

    def input_size(self, size: Size) -> Size:
        return Size(size.width // 2, size.height // 2)

    def grid(self, size: Size) -> GridSize:
        seen = self.input_size(size)
        return GridSize(-(-seen.height // STRIDE), -(-seen.width // STRIDE))

    def _one(self, frame: Frame) -> EmbeddingMap:
        blurred = cv2.GaussianBlur(frame, (0, 0), 6)  # cells on the border are of both colours
        return super()._one(blurred)


def truth(frame_index: int) -> LabelMap:
    labels = np.zeros((SIZE.height, SIZE.width), dtype=np.uint8)
    left = 21 + 19 * frame_index  # in the midst of cells
    labels[29:91, left : left + 69] = 1
    return labels


@pytest.fixture
def session(tmp_path: Path) -> Session:
    folder = tmp_path / "large"
    folder.mkdir()
    for index in range(COUNT):
        inside = truth(index)[..., None] == 1
        frame = np.where(inside, np.array(RED, np.uint8), np.array(BLUE, np.uint8))
        Image.fromarray(frame).save(folder / f"{index:05d}.png")
    shelf = ColourShelf()
    shelf.embedder = NearSighted()
    made = Session(shelf=shelf)
    made.open_video(folder)
    made.embed()
    clicks = (Click(frame=0, object_id=1, x=50, y=60), Click(frame=0, object_id=0, x=180, y=9))
    made.do(AddAnnotations(clicks, missing_objects(made.document, clicks)))
    yield made
    made.close()


def test_the_borders_are_those_of_the_pixels(session: Session) -> None:
    wrong = [session.label_map(index) != truth(index) for index in range(COUNT)]
    assert np.mean(wrong) < 0.01
    book = session.book
    assert book is not None
    book.geometry = replace(book.geometry, source=book.geometry.network)  # nothing finer to see
    plain = session.label_map(1)
    whole = cv2.resize(plain, SIZE, interpolation=cv2.INTER_NEAREST)
    assert (whole != truth(1)).mean() > 2 * wrong[1].mean()


def test_what_is_shown_is_what_is_exported(session: Session, tmp_path: Path) -> None:
    assert session.source is not None
    session.export("indexed", tmp_path / "out")
    with Image.open(tmp_path / "out" / "00002.png") as image:
        exported = np.asarray(image)
    np.testing.assert_array_equal(exported, session.label_map(2))
    shown = render(ViewRequest(session.source, 2, session.document, session.book))
    np.testing.assert_array_equal(shown.label_map, exported)
