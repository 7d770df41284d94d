"""A codebook of the video: a few thousand codewords that stand for millions of cells.

It belongs to the video alone. Every cell of every frame keeps the number of a codeword near it (its
code) and the angle between the two, rounded up: three bytes. What is asked of all cells can then be
asked of the codewords, and the angle bounds how far the answer may be from the cell's own.

Codewords come in branches of similar ones, so that a cell is compared with the branches' heads and
then with the nearest branch: that is a small part of the time that embedding takes, and the codes
are nearly as near as those of a full search. They are learnt most from where cells differ from
those beside them, since that is where labels change. Of ten DAVIS validation sequences, labelled
from the first mask, labels by codewords alone have a mean J 1.5 points above that of exact search:
six are 0.2 to 9.3 points above it, since a mean of many cells finds fewer odd references than one
cell does, and four 0.4 to 0.5 below (`python -m tests.benchmarks.coarse`).

The codebook is there from the first frame on. A frame that it covers badly, as after a cut, brings
codewords of its own; codes given before stay as they are, and stay right: the angle says how near
the codeword is, not that it is the nearest. Codewords learnt from frames all over the video are
much nearer to the rest of it than those of its first frames (0.40 against 0.52), so the codebook is
made anew, and all frames coded again, whenever eight times as many frames are there as it was
learnt from, and once more at the end.
"""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from vosdesk.labelling.index import GRID, in_single, nearest, on_grid, train_centroids

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vosdesk.arrays import EmbeddingMap, GridSize

MOST_CODEWORDS = 1 << 15
BRANCH = 64
"""Codewords to a branch, on average; of few codewords, as many branches as codewords to each."""
CELLS_TO_A_CODEWORD = 12
"""Of those learnt from, while there are few codewords; the fuller, the more."""
CROWDED = 4096
"""With so many codewords a frame brings half as many new ones."""
BADLY_COVERED = 1.4
"""A frame is badly covered where its mean angle is so many times that of what was learnt from."""
BADLY_COVERED_YET = 2.0
"""The same while the codebook is learnt from few frames, which are much alike: it is made anew
soon, and what it learns until then costs more than it brings. After a cut it is 2.5 times at least.
"""
LEARN_FRAMES = 64
LEARN_CELLS = 1 << 15
"""How many frames and cells a codebook is learnt from at most."""
LEARN_CELLS_OF_A_FRAME = 1 << 11
"""Of one frame at most: a codebook of a few frames is made anew before long."""
CANDIDATES = 2
"""Of so many times as many cells those are learnt from that have the most contrast, by chance."""
LEAST_CONTRAST = 1e-3
RENEW_AFTER = 8
"""Times as many frames as the codebook was learnt from ask for a new one."""
ROUNDS = 4
HEAD_POINTS = 1 << 13
"""Points that the heads of branches are learnt from at most."""
USUAL_POINTS = 1 << 12
"""Of those learnt from, so many tell how near codewords are to them."""

ANGLE_STEP = 0.005
"""Radians to a level of a stored angle."""
TOO_FAR = 255
"""The level of an angle beyond all others, about which nothing can be proved."""
LENGTH_TOLERANCE = 0.002
"""Embeddings whose length differs from one by more are not trusted to be unit vectors."""


Histogram: TypeAlias = tuple[NDArray[np.uint16], NDArray[np.unsignedinteger]]


class Codebook:
    """Codewords in branches. Not thread-safe; see ``VideoCodes``.

    Attributes:
        codewords: (n, d) float32 near unit length, multiples of 1 / GRID as searches see them.
    """

    def __init__(self, dimensions: int) -> None:
        self.codewords = np.empty((0, dimensions), dtype=np.float32)
        self._units = self.codewords
        self._heads = self.codewords
        self._begins = np.zeros(1, dtype=np.intp)

    def __len__(self) -> int:
        return len(self.codewords)

    def encode(self, points: NDArray[np.float32]) -> tuple[NDArray[np.uint16], NDArray[np.float32]]:
        """Return the code of each point and the cosine between the two.

        Args:
            points: (n, d) of unit length.
        """
        order, ends = _grouped(nearest(points, self._heads), len(self._heads))
        asking = points[order]
        found = np.empty(len(points), dtype=np.uint16)
        for branch in np.flatnonzero(np.diff(ends)).tolist():
            members = slice(ends[branch], ends[branch + 1])
            begin, end = self._begins[branch : branch + 2]
            found[members] = nearest(asking[members], self._units[begin:end]) + begin
        codes = np.empty(len(points), dtype=np.uint16)
        codes[order] = found
        return codes, np.einsum("nd,nd->n", points, self._units.take(codes, axis=0))

    def learn(self, points: NDArray[np.float32]) -> None:
        """Add codewords for these points, as far as there is room.

        Args:
            points: (n, d) of unit length.
        """
        density = CELLS_TO_A_CODEWORD * (1 + len(self) / CROWDED)
        count = min(math.ceil(len(points) / density), MOST_CODEWORDS - len(self))
        if count < 1:
            return
        some = points[:: -(-len(points) // HEAD_POINTS)]
        branches = math.ceil(max(count / BRANCH, math.sqrt(count)))
        heads = train_centroids(some, branches, ROUNDS)
        order, ends = _grouped(nearest(points, heads), len(heads))
        members = np.split(points[order], ends[1:-1])
        used = [number for number, part in enumerate(members) if len(part)]
        # branches of many points get more codewords
        shares = [math.ceil(count * len(members[number]) / len(points)) for number in used]
        parts = [
            train_centroids(members[number], share, ROUNDS)
            for number, share in zip(used, shares, strict=True)
        ]
        words = np.concatenate(parts)[: MOST_CODEWORDS - len(self)]
        sizes = np.cumsum([len(part) for part in parts]).clip(max=len(words))
        rounded = on_grid(words) / np.float32(GRID)
        self._heads = np.concatenate([self._heads, heads[used]])
        self._begins = np.concatenate([self._begins, len(self) + sizes])
        self._units = np.concatenate([self._units, _unit(rounded)])
        self.codewords = np.concatenate([self.codewords, rounded])


class VideoCodes:
    """The codes of a video's frames; every method may be called from any thread.

    Args:
        frame_count: Frames of the video.
        grid: Rows and columns of an embedding map.
        sample: Embedding maps to learn from.
    """

    def __init__(self, frame_count: int, grid: GridSize, sample: Iterable[EmbeddingMap]) -> None:
        shape = (frame_count, grid.rows * grid.columns)
        self._codes = np.zeros(shape, dtype=np.uint16)
        self._levels = np.zeros(shape, dtype=np.uint8)
        self._known = np.zeros(frame_count, dtype=np.bool_)
        self._histograms: dict[int, Histogram] = {}
        self._guard = threading.Lock()
        points, self.learnt_from = _sample(sample)
        self._codebook = Codebook(points.shape[1])
        self._codebook.learn(points)
        some = points[:: -(-len(points) // USUAL_POINTS)]
        usual = float(np.arccos(self._codebook.encode(some)[1].clip(-1, 1)).mean())
        settled = self.learnt_from >= LEARN_FRAMES
        self._limit = usual * (BADLY_COVERED if settled else BADLY_COVERED_YET)

    @classmethod
    def known_before(
        cls,
        codewords: NDArray[np.float32],
        codes: NDArray[np.uint16],
        levels: NDArray[np.uint8],
        learnt_from: int,
    ) -> VideoCodes:
        """Return the codes of a video that was coded as a whole before.

        Args:
            codewords: (n, d).
            codes: (frame_count, cells), all below n.
            levels: (frame_count, cells).
            learnt_from: From how many frames the codewords were learnt.
        """
        known = cls.__new__(cls)
        known._codebook = Codebook(codewords.shape[1])
        known._codebook.codewords = codewords
        known._codes, known._levels = codes, levels
        known._known = np.ones(len(codes), dtype=np.bool_)
        known._histograms = {}
        known._guard = threading.Lock()
        known.learnt_from, known._limit = learnt_from, np.inf
        return known

    @property
    def codewords(self) -> NDArray[np.float32]:
        """(n, d) float32; never changed, but replaced by a longer array."""
        return self._codebook.codewords

    @property
    def known(self) -> NDArray[np.bool_]:
        """(frame_count,) which frames have codes; a copy."""
        return self._known.copy()

    @property
    def nbytes(self) -> int:
        """Bytes of memory that all that is known of frames takes."""
        counted = sum(part.nbytes for pair in self._histograms.values() for part in pair)
        return counted + int(self._known.sum()) * self._codes.shape[1] * 3

    def outgrown(self, finished: int, whole: bool) -> bool:
        """Return whether a codebook learnt from the frames that are there now would be better.

        Args:
            finished: How many frames are there.
            whole: Whether these are all that will be.
        """
        could_learn_from = min(finished, LEARN_FRAMES)
        if whole:
            return could_learn_from > self.learnt_from
        return finished >= RENEW_AFTER * self.learnt_from and could_learn_from > self.learnt_from

    def codes(self, frame_index: int) -> NDArray[np.uint16]:
        """Return the (cells,) codes of a known frame."""
        codes: NDArray[np.uint16] = self._codes[frame_index]
        return codes

    def levels(self, frame_index: int) -> NDArray[np.uint8]:
        """Return the (cells,) angles to the codewords, rounded up to levels of ANGLE_STEP."""
        levels: NDArray[np.uint8] = self._levels[frame_index]
        return levels

    def histogram(self, frame_index: int) -> Histogram:
        """Return the codewords that stand for a known frame's cells, and for how many each."""
        known = self._histograms.get(frame_index)
        if known is None:
            if not self._known[frame_index]:
                raise KeyError(frame_index)
            used, times = np.unique(self._codes[frame_index], return_counts=True)
            counts = times.astype(np.min_scalar_type(self._codes.shape[1]))
            known = self._histograms[frame_index] = used, counts
        return known

    def add(self, frame_index: int, embedding_map: EmbeddingMap) -> None:
        """Give a frame its codes, and the codebook new codewords where it covers it badly."""
        points, sound = _points(embedding_map.reshape(-1, embedding_map.shape[-1]))
        with self._guard:
            if self._known[frame_index]:
                return
            codes, angles = self._code(points)
            if sound.any() and angles[sound].mean() > self._limit:
                far = sound & (angles > self._limit)
                self._codebook.learn(points[far])
                codes[far], angles[far] = self._code(points[far])
            levels = np.ceil(angles / ANGLE_STEP)
            levels[~sound | (levels > TOO_FAR)] = TOO_FAR
            self._codes[frame_index] = codes
            self._levels[frame_index] = levels.astype(np.uint8)
            self._known[frame_index] = True

    def _code(self, points: NDArray[np.float32]) -> tuple[NDArray[np.uint16], NDArray[np.float32]]:
        codes, cosines = self._codebook.encode(points)
        # a little less, since a cosine near one that was rounded up would hide an angle
        return codes, np.arccos(np.clip(cosines - np.float32(4e-6), -1, 1))


def frames_to_learn_from(finished: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the frames, evenly spread over those that are there, for a codebook's sample."""
    frames = np.flatnonzero(finished)
    count = min(len(frames), LEARN_FRAMES)
    return frames[np.arange(count) * len(frames) // max(1, count)]


def _sample(maps: Iterable[EmbeddingMap]) -> tuple[NDArray[np.float32], int]:
    """Return (n, d) unit vectors, an even share of each frame, and the number of frames."""
    every = list(maps)
    share = max(1, min(LEARN_CELLS // len(every), LEARN_CELLS_OF_A_FRAME))
    chance = np.random.default_rng(1)
    parts = []
    for embedding_map in every:
        embeddings = embedding_map.reshape(-1, embedding_map.shape[-1])
        cells = chance.permutation(len(embeddings))[: CANDIDATES * share]
        if len(cells) > share:
            # the smallest of these are a sample by weight: Efraimidis and Spirakis, 2006
            order = chance.exponential(size=len(cells)) / _contrast(embedding_map, cells)
            cells = cells[np.argpartition(order, share)[:share]]
        points, sound = _points(embeddings[np.sort(cells)])
        parts.append(points[sound])
    points = np.concatenate(parts)
    # a codebook has one codeword at least, if only for cells about which nothing can be proved
    return (points if len(points) else np.eye(1, points.shape[1], dtype=np.float32)), len(every)


def _contrast(embedding_map: EmbeddingMap, cells: NDArray[np.integer]) -> NDArray[np.float32]:
    """Return how little cells, (n,), are like those to their right and below; more than zero."""
    rows, columns, _dimensions = embedding_map.shape
    row, column = np.divmod(cells, columns)
    beside = (row, np.minimum(column + 1, columns - 1)), (np.minimum(row + 1, rows - 1), column)
    here = in_single(embedding_map[row, column])
    contrast = np.full(len(cells), LEAST_CONTRAST, dtype=np.float32)
    for at in beside:
        alike = np.einsum("nd,nd->n", here, in_single(embedding_map[at]))
        contrast += 1 - np.nan_to_num(alike, nan=1).clip(-1, 1)
    return contrast


def _points(
    embeddings: NDArray[np.floating],
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return (n, d) embeddings as unit vectors, and which of them were near enough to that."""
    seen = on_grid(embeddings)
    length = np.sqrt(np.einsum("nd,nd->n", seen, seen))
    sound = np.abs(length / np.float32(GRID) - 1) <= LENGTH_TOLERANCE
    seen[~sound] = 0
    seen /= np.where(sound, length, np.float32(1))[:, None]
    return seen, sound


def _grouped(numbers: NDArray[np.int64], count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the places of numbers below ``count`` in order, and the (count + 1,) ends of each."""
    # of 16 bits, which sort in linear time
    order = np.argsort(numbers.astype(np.uint16), kind="stable")
    ends = np.concatenate([[0], np.cumsum(np.bincount(numbers, minlength=count))])
    return order, ends


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: NDArray[np.float32] = vectors / np.maximum(lengths, np.float32(1e-6))
    return unit
