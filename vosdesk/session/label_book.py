"""The label maps of one video for the newest document: kept, and always recomputable.

A label map is a pure function of (embeddings, annotations, locks, settings). ``LabelState`` holds
one such set of inputs and never changes; ``LabelBook`` makes the newest state from the document and
remembers what was already computed for it.
"""

from __future__ import annotations

import itertools
import logging
import threading
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from vosdesk.arrays import PaintedFrame
from vosdesk.errors import VideoError
from vosdesk.jobs import Progress, run_to_end
from vosdesk.labelling.edges import is_finer
from vosdesk.labelling.references import ReferenceSet, frame_references
from vosdesk.labelling.retrieval import Retrieval
from vosdesk.labelling.settings import LabellingSettings
from vosdesk.labelling.spread_references import spread_references
from vosdesk.labelling.spreading import Spreading
from vosdesk.labelling.summary import summarise
from vosdesk.labelling.sweep import Sweep, linked_to
from vosdesk.labelling.upsampling import confidence_at, to_label_map
from vosdesk.project.masks import decode_label_map
from vosdesk.project.rasterise import paint, painted_label_map
from vosdesk.session.label_state import (
    OF_NO_GENERATION,
    FrameInput,
    Geometry,
    begin,
    frame_inputs,
    make_state,
    signature_of,
    with_spread,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from vosdesk.arrays import Frame, LabelMap
    from vosdesk.embedding.store import FrameStore
    from vosdesk.jobs import Job
    from vosdesk.labelling.engine import FrameLabels
    from vosdesk.labelling.retrieval import Doubt
    from vosdesk.project.document import Document
    from vosdesk.session.label_state import InputKey, LabelState

logger = logging.getLogger(__name__)

CACHE_BYTES = 256 * 2**20
PREPARED = 2
"""For so many states what ``prepare`` did is kept."""
LOCK_OWNER = 0
"""Owner of a locked frame's pixels; annotations are numbered from 1."""


class Prepared(NamedTuple):
    """What the label maps of a document are made of.

    Attributes:
        state: A whole one.
        sweep: Through the whole video; None where there is nothing to carry.
    """

    state: LabelState
    sweep: Sweep | None


class LabelBook:
    """Labels of one video; every method may be called from any thread.

    Args:
        frame_count: Frames of the video.
        geometry: How the source's pixels lie on the grid.
        store: Where the embedding maps are read.
        similarity_floor: The model's own threshold, used where the document names none.
        picture: Gives a frame of the video, whose edges borders follow where the network saw it
            smaller than it is; it may raise VideoError.
    """

    def __init__(
        self,
        frame_count: int,
        geometry: Geometry,
        store: FrameStore,
        similarity_floor: float,
        picture: Callable[[int], Frame],
    ) -> None:
        self.frame_count = frame_count
        self.geometry = geometry
        self.store = store
        self._floor = similarity_floor
        self._picture = picture
        self._inputs: dict[int, FrameInput] = {}
        self._lock = threading.Lock()
        self._advancing = threading.Lock()
        self.retrieval = Retrieval(store)
        self._spreading = Spreading(store.read)
        self.sweep = self._new_sweep()
        self._prepared: dict[tuple[LabelState, bytes], Prepared] = {}
        self._labels: OrderedDict[int, tuple[int, FrameLabels]] = OrderedDict()
        self._labels_bytes = 0
        self._settled_in = np.full(frame_count, OF_NO_GENERATION, dtype=np.int64)
        self._followed = np.zeros(frame_count, dtype=np.bool_)
        self._swept = np.zeros(frame_count, dtype=np.bool_)
        self._unsure = np.full(frame_count, np.nan, dtype=np.float32)
        self._proved = np.zeros(frame_count, dtype=np.float32)
        self._signature: object = None
        self._generations = itertools.count(1)
        self._state = make_state(0, LabellingSettings(similarity_floor=similarity_floor), {})

    @property
    def state(self) -> LabelState:
        """The newest state."""
        return self._state

    @property
    def unsure(self) -> NDArray[np.float32]:
        """(frame_count,) share of doubtful pixels of each frame, 0..1; NaN where not yet known."""
        with self._lock:
            return self._unsure.copy()

    @property
    def proved(self) -> NDArray[np.float32]:
        """(frame_count,) share of each frame's cells whose label is proved, 0..1.

        Proved to be what comparing the cell with every reference would give.
        """
        with self._lock:
            return self._proved.copy()

    def advance(self, document: Document) -> LabelState:
        """Make the state of this document, reusing whatever frames stayed the same.

        It takes no search: other frames have the references that paint was spread to before, see
        ``spread``.

        A frame that is not embedded yet gives its painted pixels, but no references; call again
        when it has been embedded.
        """
        with self._advancing:
            settings, inputs = self._settings(document), self._updated(frame_inputs(document))
            signature = signature_of(settings, inputs)
            self._inputs = inputs
            if signature != self._signature:
                generation = next(self._generations)
                state = make_state(generation, settings, inputs, self._state)
                begin(self.sweep, state)
                with self._lock:
                    self._signature, self._state = signature, state
                    self._let_go()
                    self._proved[:] = 0
                    self._followed &= settings.links > 0
                    if not state.engine.references:
                        self._unsure[:] = np.nan
                        self._followed[:] = False
            return self._state

    def state_of(self, document: Document) -> LabelState:
        """Make the state of a document that may be an earlier one; the newest state stays.

        For work that outlives an edit, such as an export.
        """
        with self._advancing:
            settings, inputs = self._settings(document), self._updated(frame_inputs(document))
            if signature_of(settings, inputs) == self._signature:
                return self._state
            return make_state(OF_NO_GENERATION, settings, inputs, self._state)

    def spread(self, state: LabelState) -> Job[LabelState]:
        """Find what the paint of a state is spread to, which its other frames are labelled by.

        Returns:
            The whole state; the newest one where ``state`` was that.

        Raises:
            StoreError: Embeddings cannot be read.
        """
        if (known := self._whole_of(state)) is not None:
            return known
        found, links = {}, state.engine.settings.links
        for frame_index in sorted(state.annotated):
            labels = self.labels(state, frame_index)
            embedded = self.store.read(frame_index), self.store.read_upsampling(frame_index)
            part = spread_references(state.references, labels, embedded, self._spreading, links)
            if part:
                found[frame_index] = part
            yield Progress(frame_index, self.frame_count, "Labelling")
        with self._lock:
            if (known := self._whole_of(state)) is not None:
                return known
            if state is not self._state:
                return with_spread(state, found, OF_NO_GENERATION)
            whole = with_spread(state, found, next(self._generations))
            self._take_up_spread(whole)
            return whole

    def _whole_of(self, state: LabelState) -> LabelState | None:
        """Return the whole state where it is known; another thread may have found it."""
        for known in (state, self._state):
            if known.whole and known.engine is state.engine:
                return known
        return None

    def _take_up_spread(self, whole: LabelState) -> None:
        """Go on with what paint is spread to; annotated frames' labels do not depend on it."""
        before, self._state = self._state, whole
        if whole.generation == before.generation:
            return
        stay = np.array(sorted(whole.annotated), dtype=np.intp)
        proved = self._proved[stay]
        self._proved[:] = 0
        self._proved[stay] = proved
        settled = stay[self._settled_in[stay] == before.generation]
        self._settled_in[settled] = whole.generation
        for frame_index in settled.tolist():
            known = self._labels.get(frame_index)
            if known is not None and known[0] == before.generation:
                self._labels[frame_index] = (whole.generation, known[1])

    def stale(self) -> NDArray[np.bool_]:
        """(frame_count,) which frames are embedded, but not proved in the newest state."""
        with self._lock:
            if not self._state.engine.references:
                return np.zeros(self.frame_count, dtype=np.bool_)
            stale: NDArray[np.bool_] = self._settled_in != self._state.generation
            return self.store.finished & stale

    def labels(self, state: LabelState, frame_index: int) -> FrameLabels:
        """Return what the references say of an embedded frame, exactly, without its links.

        Raises:
            StoreError: The frame's embedding map cannot be read.
        """
        with self._lock:
            known = self._labels.get(frame_index)
            if known is not None and known[0] == state.generation:
                self._labels.move_to_end(frame_index)
                return known[1]
        engine = state.engine_for(frame_index)
        neighbours = self.retrieval.exact_neighbours(engine, frame_index)
        labels = engine.vote(frame_index, neighbours)
        self._remember(state, frame_index, labels)
        return labels

    def needs_search(self, state: LabelState, frame_index: int) -> bool:
        """Return whether a frame can be labelled, and its exact labels are not in memory."""
        if not state.engine.references or not self.store.finished[frame_index]:
            return False
        with self._lock:
            known = self._labels.get(frame_index)
            return known is None or known[0] != state.generation

    def known_labels(self, frame_index: int) -> FrameLabels | None:
        """Return the best labels of the newest state that need no search, links included.

        Where nothing is known of the frame in this state, the last exact ones of an older state.
        """
        retrieved = self._retrieved(frame_index)
        return None if retrieved is None else self.sweep.labels(retrieved)

    def _retrieved(self, frame_index: int) -> FrameLabels | None:
        """Return the best of what the references say that needs no search."""
        with self._lock:
            state, known = self._state, self._labels.get(frame_index)
            if known is not None and known[0] == state.generation:
                return known[1]
        coarse = self.retrieval.labels(state.engine_for(frame_index), frame_index)
        return coarse or (known[1] if known is not None else None)

    @property
    def swept(self) -> NDArray[np.bool_]:
        """(frame_count,) which frames' labels the links changed since ``look_along`` saw them."""
        with self._lock:
            return self._swept.copy()

    def note_swept(self, frame_index: int) -> None:
        """Note that the sweep has changed what a frame's neighbours say, or may have."""
        with self._lock:
            self._swept[list(linked_to(frame_index, self.frame_count))] = True

    def take_up(self, state: LabelState, frame_index: int) -> None:
        """Give the sweep the best that the references say of a frame without a search."""
        with self._lock:
            settled = self._settled_in[frame_index] == state.generation
        retrieved = None if settled else self._retrieved(frame_index)
        if retrieved is not None and state is self._state:
            self.sweep.take(retrieved)

    def look_along(self, state: LabelState, frame_index: int) -> None:
        """Note how sure the labels of a frame are, links included."""
        with self._lock:
            self._swept[frame_index] = False
        labels = self.known_labels(frame_index)
        if labels is not None:
            unsure = summarise(labels).unsure
            with self._lock:
                if state is self._state:
                    self._unsure[frame_index] = unsure
                    self._followed[frame_index] = True

    def to_look_up(self, state: LabelState) -> NDArray[np.bool_]:
        """(frame_count,) which frames the codebook can tell something of that is not known.

        Annotated frames are searched anyway, when paint is spread.
        """
        frames: NDArray[np.bool_] = self.retrieval.coded & self.stale()
        if not state.whole:
            frames[list(state.annotated)] = False
        return frames

    def look_up(self, state: LabelState, frame_index: int) -> None:
        """Let the codebook say of a coded frame how sure its labels are, and how far proved."""
        summary, proved = self.retrieval.summary(state.engine_for(frame_index), frame_index)
        self._take_note(state, frame_index, summary.unsure, proved)

    def settle(self, state: LabelState, frame_index: int) -> None:
        """Prove all labels of an embedded frame.

        Raises:
            StoreError: The frame's embedding map cannot be read.
        """
        settled = self.retrieval.settle(state.engine_for(frame_index), frame_index)
        self._take_settled(state, settled)

    def refine(self, state: LabelState, frames: Sequence[int], which: Doubt) -> None:
        """Search the cells of most doubt on some frames; see ``Retrieval.refine``.

        Raises:
            StoreError: A frame's embedding map cannot be read.
        """
        annotated = [frame_index for frame_index in frames if frame_index in state.annotated]
        others = [frame_index for frame_index in frames if frame_index not in state.annotated]
        for engine, chosen in ((state.engine, annotated), (state.elsewhere, others)):
            self.retrieval.refine(engine, chosen, which)

    def label_map(self, state: LabelState, frame_index: int) -> LabelMap:
        """Return (height, width) uint8 object ids of a frame at the source's size.

        A frame that is not embedded shows what was painted on it, on background.
        """
        annotations, locked = state.inputs.get(frame_index, ((), None))
        if locked is not None:
            return decode_label_map(locked.png, self.geometry.source)
        painted = paint(annotations, frame_index, self.geometry.source)
        if not self.store.finished[frame_index]:
            return painted_label_map(painted, self.geometry.source)
        whole, sweep = run_to_end(self.prepare(state))
        labels = self.labels(whole, frame_index)
        return self.upsample(labels if sweep is None else sweep.labels(labels), painted)

    def prepare(self, state: LabelState) -> Job[Prepared]:
        """Do for all frames what ``label_map`` needs of all, and would do when it is asked first.

        Links carry what is exactly retrieved on every embedded frame.

        Raises:
            StoreError: Embeddings or links cannot be read.
        """
        if not (state.engine.settings.links and state.engine.references):
            return Prepared(state, None)
        finished = self.store.finished
        inputs = state, finished.tobytes()
        prepared = self._prepared.get(inputs)
        if prepared is None:
            state = yield from self.spread(state)
            sweep = self._new_sweep()
            begin(sweep, state)
            for frame_index in np.flatnonzero(finished).tolist():
                sweep.take(self.labels(state, frame_index))
                yield Progress(frame_index, self.frame_count, "Labelling")
            for _frame_index in sweep.run():
                yield Progress(self.frame_count, self.frame_count, "Labelling")
            prepared = Prepared(state, sweep)
            # an export of one state and a lock of another must not drive each other out
            self._prepared = dict([*self._prepared.items(), (inputs, prepared)][-PREPARED:])
        return prepared

    def upsample(self, labels: FrameLabels, painted: PaintedFrame | None) -> LabelMap:
        """Bring soft labels to the source's size; painted pixels win.

        Raises:
            StoreError: The frame's upsampling map cannot be read.
        """
        upsampling = self.store.read_upsampling(labels.frame_index)
        source, network = self.geometry.source, self.geometry.network
        frame = self._finer_picture(labels.frame_index)
        return to_label_map(labels, source, network, painted, upsampling, frame)

    def _finer_picture(self, frame_index: int) -> Frame | None:
        """Return the frame where it shows more than the network saw, unless it is unreadable."""
        if not is_finer(self.geometry.source, self.geometry.network):
            return None
        try:
            return self._picture(frame_index)
        except VideoError:
            logger.warning("frame %d shows no edges to follow", frame_index, exc_info=True)
            return None

    def confidence(self, labels: FrameLabels) -> NDArray[np.float32]:
        """Bring the confidence to (height, width) float32, 0..1."""
        return confidence_at(labels, self.geometry.source, self.geometry.network)

    def _new_sweep(self) -> Sweep:
        return Sweep(self.frame_count, self.geometry.grid, self.store.links, self._spreading)

    def _settings(self, document: Document) -> LabellingSettings:
        chosen = document.settings
        floor = chosen.similarity_floor
        return LabellingSettings(
            neighbours=chosen.neighbours,
            temperature=chosen.temperature,
            similarity_floor=self._floor if floor is None else floor,
            links=chosen.links,
        )

    def _updated(self, keys: Mapping[int, InputKey]) -> dict[int, FrameInput]:
        """Return the inputs for these keys, those that stayed the same as they are."""
        finished = self.store.finished
        inputs: dict[int, FrameInput] = {}
        for frame_index, key in keys.items():
            known = self._inputs.get(frame_index)
            if known is None or known.key != key:
                known = FrameInput(key)
            if known.references is None and finished[frame_index]:
                known.references = self._references(frame_index, key)
            inputs[frame_index] = known
        return inputs

    def _references(self, frame_index: int, key: InputKey) -> ReferenceSet:
        annotations, locked = key
        painted = paint(annotations, frame_index, self.geometry.source)
        if locked is not None:
            # a locked frame is the user's word for every pixel of it
            lock = decode_label_map(locked.png, self.geometry.source)
            owners = np.full(lock.shape, LOCK_OWNER, dtype=np.int32)
            painted = PaintedFrame(frame_index, lock, owners)
        if painted is None:
            return ReferenceSet.empty()
        network, upsampling = self.geometry.network, self.store.read_upsampling(frame_index)
        return frame_references(painted, self.store.read(frame_index), network, upsampling)

    def _remember(self, state: LabelState, frame_index: int, labels: FrameLabels) -> None:
        self._take_settled(state, labels)
        with self._lock:
            if state is not self._state:
                return
            self._forget(frame_index)
            self._labels[frame_index] = (state.generation, labels)
            self._labels_bytes += labels.nbytes
            while self._labels_bytes > CACHE_BYTES and len(self._labels) > 1:
                self._forget(next(iter(self._labels)))

    def _take_settled(self, state: LabelState, labels: FrameLabels) -> None:
        if state is self._state:
            self.sweep.take(labels)
        self._take_note(state, labels.frame_index, summarise(labels).unsure, 1.0, settled=True)

    def _take_note(
        self,
        state: LabelState,
        frame_index: int,
        unsure: float,
        proved: float,
        *,
        settled: bool = False,
    ) -> None:
        with self._lock:
            if state is self._state:
                # what links say is not forgotten: where it changed it will be looked at again
                if not self._followed[frame_index]:
                    self._unsure[frame_index] = unsure
                self._proved[frame_index] = proved
                if settled:
                    self._settled_in[frame_index] = state.generation

    def _let_go(self) -> None:
        """Keep no references alive for labels of an older state."""
        for frame_index, (generation, labels) in self._labels.items():
            if labels.heard is not None:
                self._labels_bytes -= labels.heard.nbytes
                self._labels[frame_index] = generation, replace(labels, heard=None)

    def _forget(self, frame_index: int) -> None:
        known = self._labels.pop(frame_index, None)
        if known is not None:
            self._labels_bytes -= known[1].nbytes
