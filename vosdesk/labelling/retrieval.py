"""Labels of every frame of a video: at once from its codebook, and proved by and by.

For one set of references a frame's labels are, cell by cell, either *looked up*, which is what the
cell's codeword answers, or *exact*, found by comparing the cell with every reference. A cell is
proved if it is exact, or if the certificate of its codeword says that exact search would give the
same label (see ``certificate``). A frame is *settled* when every cell is proved and every cell that
lies near a border between labels is exact. Its label map at the source's size is then, pixel by
pixel, that of an exact search of everything: farther from all borders pixels have the label of
their cell, whatever its score is (see ``upsampling``).

Exact lists are kept, the least recently used are dropped, and they follow the references as the
codewords' lists do (see ``renewal``): what is added is folded in, and of what is removed only the
cells that it had won are given up.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from vosdesk.labelling.answers import Answers
from vosdesk.labelling.best import best_labels
from vosdesk.labelling.codebook import VideoCodes, frames_to_learn_from
from vosdesk.labelling.frame_answers import ExactLists, FrameAnswers, unclear
from vosdesk.labelling.kept_codes import NAME, keep_codes, kept_codes
from vosdesk.labelling.neighbours import Neighbours
from vosdesk.labelling.renewal import Renumbering, fold_in, renumbered
from vosdesk.labelling.upsampling import REACH
from vosdesk.sharing import share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from vosdesk.embedding.store import FrameStore
    from vosdesk.labelling.engine import FrameLabels, LabellingEngine
    from vosdesk.labelling.references import ReferenceSet
    from vosdesk.labelling.summary import FrameSummary

EXACT_BYTES = 384 << 20
"""What exact lists may take in memory; a frame has about 100 KB of them when it is settled."""
ANSWERS = 16
"""So many sets of references are remembered with their answers: undo finds the one before."""
ALIKE = 8
"""Sets whose numbers of references differ by less than this part are alike: the newest then says
more than which is nearest, as it differs by one step of the user's."""


class Doubt(NamedTuple):
    """Of which cells a search is worth its time.

    Attributes:
        above: Those of more doubt: the angle to the codeword, as a multiple of the angle up to
            which its label is proved.
        look_twice: Only those of these whose codeword's label is not likely theirs.
    """

    above: float
    look_twice: bool = False


NOT_PROVED = Doubt(1.0)


class Retrieval:
    """The labels of one video's embedded frames; every method may be called from any thread.

    Args:
        store: Where the embedding maps are read.
    """

    def __init__(self, store: FrameStore) -> None:
        self.store = store
        self._grid = store.key.grid
        self._codes: VideoCodes | None = None
        self._next_codes: VideoCodes | None = None
        self._kept: VideoCodes | None = None
        self._edition = 0
        self._coding = threading.Lock()
        self._answering = threading.RLock()
        self._answers: OrderedDict[bytes, Answers] = OrderedDict()
        self._guard = threading.Lock()
        self._exact: OrderedDict[int, ExactLists] = OrderedDict()
        self._exact_bytes = 0

    # -- codes

    @property
    def edition(self) -> int:
        """Grows whenever the codebook is made anew: what was looked up before is out of date."""
        return self._edition

    @property
    def coded(self) -> NDArray[np.bool_]:
        """(frame_count,) which frames can be looked up."""
        if self._codes is None:
            return np.zeros(self.store.key.frame_count, dtype=np.bool_)
        return self._codes.known

    def code_frames(self, choose: Callable[[NDArray[np.bool_]], int | None]) -> Iterator[int]:
        """Give codes to the embedded frames that have none, and renew the codebook when due.

        Args:
            choose: Gets (frame_count,) which frames need none, returns the next one or None.

        Yields:
            The frame just coded, after each.

        Raises:
            StoreError: A frame's embeddings cannot be read.
        """
        while True:
            with self._coding:
                finished = self.store.finished
                codes = self._codes_to_fill(finished)
                frame_index = None if codes is None else choose(codes.known | ~finished)
                if codes is None or frame_index is None:
                    self._keep_codes(finished)
                    return
                codes.add(frame_index, self.store.read(frame_index))
                if codes is self._next_codes and codes.known[finished].all():
                    self._take_up(codes)
            yield frame_index

    def _keep_codes(self, finished: NDArray[np.bool_]) -> None:
        """Keep the codes of a whole video for the next time that it is opened."""
        codes, path = self._codes, self.store.kept_file(NAME)
        if path is not None and codes is not None and finished.all() and codes is not self._kept:
            keep_codes(path, codes)
            self._kept = codes

    def _take_up_kept(self, finished: NDArray[np.bool_]) -> None:
        path, key = self.store.kept_file(NAME), self.store.key
        if path is not None and finished.all():
            self._kept = kept_codes(path, len(finished), self._grid, key.dimensions)
            if self._kept is not None:
                self._take_up(self._kept)

    def _codes_to_fill(self, finished: NDArray[np.bool_]) -> VideoCodes | None:
        if not finished.any():
            return None
        if self._codes is None:
            self._take_up_kept(finished)
        newest = self._next_codes or self._codes
        if newest is None or newest.outgrown(int(finished.sum()), bool(finished.all())):
            frames = frames_to_learn_from(finished)
            maps = (self.store.read(int(frame_index)) for frame_index in frames)
            newest = VideoCodes(len(finished), self._grid, maps)
            if self._codes is None:
                self._take_up(newest)
            else:
                self._next_codes = newest
        return newest

    def _take_up(self, codes: VideoCodes) -> None:
        with self._answering:
            self._codes, self._next_codes = codes, None
            self._edition += 1
            self._answers.clear()

    def answers(self, engine: LabellingEngine) -> Answers | None:
        """Return what the codewords answer to an engine's references; None before there are any."""
        with self._answering:
            if self._codes is None:
                return None
            codewords = self._codes.codewords
            known = self._answers.get(engine.signature)
            if known is None or len(known.codewords) != len(codewords):
                before = known or self._most_alike(engine)
                known = Answers.of(engine, codewords, before)
            self._answers[engine.signature] = known
            self._answers.move_to_end(engine.signature)
            while len(self._answers) > ANSWERS:
                self._answers.popitem(last=False)
            return known

    def _most_alike(self, engine: LabellingEngine) -> Answers | None:
        """Return the newest of the answers to about as many references, to begin from."""
        wanted, best = len(engine.references), None
        for answers in reversed(self._answers.values()):
            unlike = ALIKE * abs(len(answers.engine.references) - wanted) // max(wanted, 1)
            if best is None or unlike < best[0]:
                best = unlike, answers
        return None if best is None else best[1]

    # -- labels

    def labels(self, engine: LabellingEngine, frame_index: int) -> FrameLabels | None:
        """Return the best labels that need no search; None where the frame has no codes."""
        view = self._view(engine, frame_index)
        return None if view is None else view.labels(self._grid)

    def neighbours(self, engine: LabellingEngine, frame_index: int) -> Neighbours | None:
        """Return each cell's neighbours: its own where they are known, else its codeword's.

        None where the frame has no codes.
        """
        view = self._view(engine, frame_index)
        if view is None:
            return None
        return view.neighbours(np.arange(len(view.codes))).reshape(*self._grid)

    def exact_neighbours(self, engine: LabellingEngine, frame_index: int) -> Neighbours:
        """Return each cell's own neighbours, searching those that are not known.

        Raises:
            StoreError: The frame's embedding map cannot be read.
        """
        cells = np.arange(self._grid.rows * self._grid.columns)
        view = self._view(engine, frame_index)
        views = {} if view is None else {frame_index: view}
        exact = self._search(engine, {frame_index: cells}, views)[frame_index]
        return exact.found.reshape(*self._grid)

    def settle(self, engine: LabellingEngine, frame_index: int) -> FrameLabels:
        """Return labels whose label map is exactly that of an exact search of all cells.

        Raises:
            StoreError: The frame's embedding map cannot be read.
        """
        view = self._view(engine, frame_index)
        if view is None:
            return engine.vote(frame_index, self.exact_neighbours(engine, frame_index))
        wanted = view.doubtful(NOT_PROVED.above)
        while True:
            exact = self._search(engine, {frame_index: wanted}, {frame_index: view})[frame_index]
            view = replace(view, exact=exact)
            labels = view.labels(self._grid)
            border = np.flatnonzero(_near_borders(best_labels(labels.scores)))
            if np.isin(border, exact.cells, assume_unique=True).all():
                return labels
            wanted = np.union1d(wanted, border)

    def refine(
        self, engine: LabellingEngine, frames: Sequence[int], which: Doubt = NOT_PROVED
    ) -> None:
        """Search cells whose label is not proved, on those of the frames that have codes.

        Args:
            engine: The references.
            frames: On which frames; a few at a time are searched faster than each alone.
            which: Which of the cells.

        Raises:
            StoreError: A frame's embedding map cannot be read.
        """
        every = {frame_index: self._view(engine, frame_index) for frame_index in frames}
        views = {frame_index: view for frame_index, view in every.items() if view is not None}
        doubtful = {frame_index: view.doubtful(which.above) for frame_index, view in views.items()}
        self._search(engine, doubtful, views, look_twice=which.look_twice)

    def summary(self, engine: LabellingEngine, frame_index: int) -> tuple[FrameSummary, float]:
        """Return what its codewords say of a frame that has codes, and the share that is proved.

        Exact lists count where they are up to date: to bring them there takes a hundred times as
        long, and belongs to whoever wants the frame's labels.

        Raises:
            KeyError: The frame has no codes.
        """
        with self._answering:
            codes = self._codes
            view = self._view(engine, frame_index, renew=False)
        if codes is None or view is None:
            raise KeyError(frame_index)
        figures = view.answers.summary(codes.histogram(frame_index))
        return figures, float(view.proved.mean())

    def proved(self, engine: LabellingEngine, frame_index: int) -> float:
        """Return the share of a frame's cells whose label is proved, 0..1."""
        return float(self.proved_cells(engine, frame_index).mean())

    def proved_cells(self, engine: LabellingEngine, frame_index: int) -> NDArray[np.bool_]:
        """Return (rows, columns) whether a cell's label is proved."""
        view = self._view(engine, frame_index)
        if view is None:
            return np.zeros(self._grid, dtype=np.bool_)
        return view.proved.reshape(self._grid)

    # -- inside

    def _view(
        self, engine: LabellingEngine, frame_index: int, *, renew: bool = True
    ) -> FrameAnswers | None:
        with self._answering:
            codes = self._codes
            if codes is None or not codes.known[frame_index]:
                return None
            answers = self.answers(engine)
        assert answers is not None
        exact = self._exact_of(engine, frame_index, renew=renew)
        return FrameAnswers(
            frame_index, answers, codes.codes(frame_index), codes.levels(frame_index), exact
        )

    def _exact_of(
        self, engine: LabellingEngine, frame_index: int, *, renew: bool = True
    ) -> ExactLists:
        """Return a frame's exact lists, brought up to an engine's references.

        Where that is not wished and they are those of others, there are none.
        """
        with self._guard:
            exact = self._exact.get(frame_index)
        neighbours, references = engine.settings.neighbours, engine.references
        other = exact is not None and exact.references is not references
        if exact is None or exact.found.number.shape[1] != neighbours or (other and not renew):
            none = Neighbours.none((0,), neighbours)
            return ExactLists(references, np.empty(0, np.intp), none)
        if other:
            exact = self._renewed(exact, references, frame_index)
            self._keep(frame_index, exact)
        return exact

    def _renewed(self, exact: ExactLists, references: ReferenceSet, frame_index: int) -> ExactLists:
        step = Renumbering.between(exact.references, references)
        found, lost = renumbered(exact.found, step)
        cells, found = exact.cells[~lost], found.take(~lost)
        if len(step.added) and len(cells):
            every = self._embeddings(frame_index)
            queries = every if len(cells) == len(every) else every[cells]
            found = fold_in(found, references, step.added, queries)
        return ExactLists(references, cells, found)

    def _search(
        self,
        engine: LabellingEngine,
        wanted: Mapping[int, NDArray[np.intp]],
        views: Mapping[int, FrameAnswers],
        *,
        look_twice: bool = False,
    ) -> dict[int, ExactLists]:
        """Return exact lists of at least these cells of frames, (m,) each and ascending.

        Args:
            engine: The references.
            wanted: (m,) cells of frames, ascending.
            views: Of all of the frames, or of none.
            look_twice: Only of those of these cells that need one, see ``unclear``.
        """
        known = {f: views[f].exact if views else self._exact_of(engine, f) for f in wanted}
        left = {f: known[f].left_of(cells) for f, cells in wanted.items()}
        left = {frame_index: cells for frame_index, cells in left.items() if len(cells)}
        if not left:
            return known
        queries = self._read(left)
        if look_twice:
            again = unclear(engine, queries, [views[f] for f in left], list(left.values()))
            queries = queries.take(np.flatnonzero(again), axis=0)
            parts = np.split(again, np.cumsum([len(cells) for cells in left.values()])[:-1])
            left = {f: cells[part] for (f, cells), part in zip(left.items(), parts, strict=True)}
        hints = np.concatenate([views[f].hints(left[f]) for f in left]) if views else None
        found = engine.search(queries[None], hints).reshape(len(queries))
        begin = 0
        for frame_index, cells in left.items():
            part = found.take(slice(begin, begin + len(cells)))
            begin += len(cells)
            known[frame_index] = known[frame_index].joined(cells, part)
            self._keep(frame_index, known[frame_index])
        return known

    def _keep(self, frame_index: int, exact: ExactLists) -> None:
        with self._guard:
            before = self._exact.pop(frame_index, None)
            self._exact[frame_index] = exact
            self._exact_bytes += exact.nbytes - (before.nbytes if before else 0)
            while self._exact_bytes > EXACT_BYTES and len(self._exact) > 1:
                _frame, oldest = self._exact.popitem(last=False)
                self._exact_bytes -= oldest.nbytes

    def _read(self, cells: Mapping[int, NDArray[np.intp]]) -> NDArray[np.float16]:
        """Return the embeddings of cells of frames, (m, d) for all of them."""
        ends = np.cumsum([0, *map(len, cells.values())]).tolist()
        found = np.empty((ends[-1], self.store.key.dimensions), dtype=np.float16)

        def read_frame(part: tuple[int, int, int]) -> None:
            frame_index, begin, end = part
            every = self._embeddings(frame_index)
            every.take(cells[frame_index], axis=0, out=found[begin:end], mode="clip")  # no copy

        share(read_frame, list(zip(cells, ends[:-1], ends[1:], strict=True)))
        return found

    def _embeddings(self, frame_index: int) -> NDArray[np.float16]:
        embedding_map = self.store.read(frame_index)
        return embedding_map.reshape(-1, embedding_map.shape[-1])


def _near_borders(winner: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return the cells whose scores may decide a pixel, (rows, columns); see ``upsampling``."""
    around = np.ones((2 * REACH + 1, 2 * REACH + 1), dtype=np.uint8)
    near: NDArray[np.bool_] = cv2.dilate(winner, around) != cv2.erode(winner, around)
    return near
