"""What the relabelling benchmark works on: real embeddings, tiled to any length, and strokes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vosdesk.assets import asset_folder
from vosdesk.embedding.embedder import load_embedder
from vosdesk.embedding.precompute import key_for, model_time, nearest_first, precompute
from vosdesk.embedding.store_folder import StoreFolder
from vosdesk.evaluation.davis import read_annotation
from vosdesk.jobs import run_to_end
from vosdesk.overlay.palette import screen_colour
from vosdesk.project.annotations import Annotation, MaskAnnotation, Scribble
from vosdesk.project.document import Document
from vosdesk.project.objects import VideoObject
from vosdesk.project.video_reference import VideoReference
from vosdesk.session.label_book import LabelBook
from vosdesk.session.label_state import Geometry
from vosdesk.video import open_source

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vosdesk.arrays import EmbeddingMap, LabelMap, Size, UpsamplingMap
    from vosdesk.embedding.store import EmbeddingStore
    from vosdesk.video import FrameSource

DAVIS = Path(__file__).resolve().parents[3] / "shared" / "data" / "davis2016"
EMBEDDED_TO_MEASURE = 5


@dataclass(frozen=True, eq=False)
class Material:
    """A real video with its embeddings.

    Attributes:
        source: The video.
        store: Its embeddings, on disk.
        truth: Its label maps; none where they are not known.
        mask: Label map of the first frame: the truth, or an ellipse in the middle.
        seconds_to_embed: What embedding one frame took in this run.
        similarity_floor: The model's.
    """

    source: FrameSource
    store: EmbeddingStore
    truth: tuple[LabelMap, ...]
    mask: LabelMap
    seconds_to_embed: float
    similarity_floor: float

    @property
    def geometry(self) -> Geometry:
        """How the source's pixels lie on the grid."""
        return Geometry(self.source.size, self.store.key.input_size, self.store.key.grid)

    def book(self, frames: int) -> LabelBook:
        """Return a label book for the video, tiled to so many frames."""
        return LabelBook(
            frames,
            self.geometry,
            Tiled(self.store, frames),
            self.similarity_floor,
            lambda frame_index: self.source.read(frame_index % self.source.frame_count),
        )


def read_material(sequence: str) -> Material:
    """Open a validation sequence, or the demo clip where there is none, and embed what is not yet.

    Args:
        sequence: Name of the sequence.
    """
    frames = DAVIS / "JPEGImages" / "480p" / sequence
    clip = asset_folder("resources") / "demo" / "big_buck_bunny.mp4"
    source = open_source(frames if frames.is_dir() else clip)
    embedder = load_embedder()
    store = StoreFolder().open_store(key_for(source, embedder))
    run_to_end(precompute(source, embedder, store, nearest_first(lambda: 0)))
    embedder.embed([source.read(0)], [0.0])  # the first pass also prepares memory
    begun = time.perf_counter()
    for frame_index in range(EMBEDDED_TO_MEASURE):
        moment = model_time(frame_index, source.frame_count)
        embedder.embed([source.read(frame_index)], [moment])
    seconds = (time.perf_counter() - begun) / EMBEDDED_TO_MEASURE
    paths = sorted((DAVIS / "Annotations" / "480p" / sequence).glob("*.png"))
    truth = tuple((read_annotation(path) > 0).astype(np.uint8) for path in paths)
    mask = truth[0] if truth else _ellipse(source.size)
    return Material(source, store, truth, mask, seconds, embedder.card.similarity_floor)


def _ellipse(size: Size) -> LabelMap:
    rows, columns = np.ogrid[: size.height, : size.width]
    across, down = columns / size.width - 0.5, rows / size.height - 0.5
    ellipse: LabelMap = ((across / 0.15) ** 2 + (down / 0.3) ** 2 < 1).astype(np.uint8)
    return ellipse


class Tiled:
    """A store that is one video over and over: the same chunks on disk, read again.

    Args:
        store: Of the real video.
        frames: Of the tiled one.
        arrived: How many frames are there; the rest is still to be embedded.
    """

    def __init__(self, store: EmbeddingStore, frames: int, arrived: int | None = None) -> None:
        self._store, self._real = store, store.key.frame_count
        self.key = store.key.model_copy(update={"frame_count": frames})
        self.arrived = frames if arrived is None else arrived
        self.links = store.links

    @property
    def finished(self) -> NDArray[np.bool_]:
        """Which frames are there."""
        there: NDArray[np.bool_] = np.arange(self.key.frame_count) < self.arrived
        return there

    def read(self, frame_index: int) -> EmbeddingMap:
        """Return the embeddings of a frame."""
        return self._store.read(frame_index % self._real)

    def read_upsampling(self, frame_index: int) -> UpsamplingMap | None:
        """Return the upsampling map of a frame."""
        return self._store.read_upsampling(frame_index % self._real)

    def write(self, frame_index: int, *_parts: Any) -> None:
        """Refuse: all there is comes from the real video."""
        raise NotImplementedError

    def kept_file(self, name: str) -> None:
        """Keep nothing: what is measured is a video that is opened for the first time."""

    def close(self) -> None:
        """Leave the real store open."""


def copy_codes(book: LabelBook, real: int) -> None:
    """Give the frames of a tiled video the codes of those that they repeat.

    That is what coding them would give, hours sooner for the longest videos.
    """
    codes = book.retrieval._codes
    assert codes is not None
    for frame_index in range(real, book.frame_count):
        codes._codes[frame_index] = codes._codes[frame_index % real]
        codes._levels[frame_index] = codes._levels[frame_index % real]
        codes._histograms[frame_index] = codes.histogram(frame_index % real)
    codes._known[:] = True


def empty_document(material: Material) -> Document:
    """Return a document about the video, with three objects, and nothing painted."""
    objects = tuple(
        VideoObject(id=number, name=f"object {number}", colour=screen_colour(number))
        for number in (1, 2, 3)
    )
    return Document(video=VideoReference.of(material.source), objects=objects)


def mask_document(material: Material) -> Document:
    """Return a document with a whole mask on the first frame."""
    mask = MaskAnnotation.of(0, material.mask).model_copy(update={"id": 1})
    return empty_document(material).with_fields(annotations=(mask,), next_annotation_id=2)


def scribble_document(material: Material, strokes: int, frames: int, seed: int = 0) -> Document:
    """Return a document with so many strokes, in turn of the object and of the background.

    Args:
        material: Whose first mask says where the object is.
        strokes: How many.
        frames: They take turns on so many frames.
        seed: Of the chance.
    """
    chance = np.random.default_rng(seed)
    drawn = [
        draw(material, chance, object_id=1 - number % 2, frame=number // 2 % frames, id=number + 1)
        for number in range(strokes)
    ]
    return empty_document(material).with_fields(
        annotations=tuple(drawn), next_annotation_id=strokes + 1
    )


def draw(
    material: Material,
    chance: np.random.Generator,
    *,
    object_id: int,
    frame: int,
    id: int,
    label: int | None = None,
) -> Annotation:
    """Return a stroke of about 20 reference pixels that lies on an object, or on background.

    Args:
        material: Whose first mask says where the object is.
        chance: Where on it.
        object_id: On which one.
        frame: Of the stroke.
        id: Of the stroke.
        label: What the stroke says, where that is something else.
    """
    rows, columns = np.nonzero(material.mask == object_id)
    at = int(chance.integers(len(rows)))
    begin = np.array([columns[at], rows[at]], dtype=np.float64)
    turn = chance.uniform(0, 2 * np.pi)
    along = np.array([np.cos(turn), np.sin(turn)])
    points = []
    for step in range(0, 160, 4):
        x, y = begin + step * along
        inside = 0 <= x < material.mask.shape[1] and 0 <= y < material.mask.shape[0]
        if not inside or material.mask[int(y), int(x)] != object_id:
            break
        points.append((float(x), float(y)))
    said = object_id if label is None else label
    return Scribble(id=id, frame=frame, object_id=said, points=tuple(points), radius=3.0)
