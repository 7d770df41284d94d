"""Everything that the labels of one document depend on, beside embeddings and links."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from vosdesk.labelling.engine import LabellingEngine
from vosdesk.labelling.references import ReferenceSet
from vosdesk.labelling.spread_references import engine_with

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vosdesk.arrays import GridSize, Size
    from vosdesk.labelling.settings import LabellingSettings
    from vosdesk.labelling.sweep import Sweep
    from vosdesk.project.annotations import Annotation
    from vosdesk.project.document import Document, LockedFrame

OF_NO_GENERATION = -1
"""Of a state that never was the newest; its labels are not kept."""
InputKey: TypeAlias = "tuple[tuple[Annotation, ...], LockedFrame | None]"


@dataclass(frozen=True)
class Geometry:
    """How a source's pixels lie on the grid.

    Attributes:
        source: The source's size in pixels.
        network: The network's input size for it in pixels.
        grid: The embedding map's rows and columns.
    """

    source: Size
    network: Size
    grid: GridSize


@dataclass(frozen=True, eq=False)
class LabelState:
    """Everything that the labels of one document depend on, beside embeddings and links.

    Attributes:
        generation: Grows with every new state.
        inputs: What is annotated, by frame.
        references: What that gives.
        engine: Labels annotated frames, by those references; its own are thinned, and their votes
            may differ.
        elsewhere: Labels all other frames; the same engine where paint is not spread.
        spread: What paint is spread to, by frame; see ``labelling.spread_references``.
        whole: Whether that is what these references spread to, and not those of a state before.
    """

    generation: int
    inputs: Mapping[int, InputKey]
    references: ReferenceSet
    engine: LabellingEngine
    elsewhere: LabellingEngine
    spread: Mapping[int, ReferenceSet]
    whole: bool

    @cached_property
    def annotated(self) -> frozenset[int]:
        """The frames that have references."""
        return frozenset(self.references.frame_indices.tolist())

    def engine_for(self, frame_index: int) -> LabellingEngine:
        """Return which engine labels a frame."""
        return self.engine if frame_index in self.annotated else self.elsewhere


@dataclass
class FrameInput:
    """What one frame gives to the labelling, kept while its annotations stay the same.

    Painted pixels are not kept: a thousand annotated frames of 4K would be 40 GB, and painting one
    again takes milliseconds.
    """

    key: InputKey
    references: ReferenceSet | None = None


def frame_inputs(document: Document) -> dict[int, InputKey]:
    """Group annotations and locks by frame index, in paint order."""
    locks = document.locks_by_frame
    return {
        frame: (document.annotations_on(frame), locks.get(frame))
        for frame in document.annotations_by_frame.keys() | locks.keys()
    }


def signature_of(settings: LabellingSettings, inputs: Mapping[int, FrameInput]) -> object:
    """Return what two states have in common that give the same labels."""
    return settings, {i: (e.key, e.references is not None) for i, e in inputs.items()}


def make_state(
    generation: int,
    settings: LabellingSettings,
    inputs: Mapping[int, FrameInput],
    before: LabelState | None = None,
) -> LabelState:
    """Return a state; other frames have the references that paint was spread to before."""
    parts = [inputs[i].references for i in sorted(inputs)]  # in their order nothing is sorted again
    references = ReferenceSet.merge([part for part in parts if part])
    engine = LabellingEngine(references, settings)
    spread: Mapping[int, ReferenceSet] = {}
    if before is not None and before.engine.object_ids == engine.object_ids and settings.links:
        annotated = set(references.frame_indices.tolist())
        spread = {i: part for i, part in before.spread.items() if i in annotated}
    return LabelState(
        generation=generation,
        inputs={i: e.key for i, e in inputs.items()},
        references=references,
        engine=engine,
        elsewhere=engine_with(engine, references, spread.values()),
        spread=spread,
        whole=not (settings.links and references),
    )


def with_spread(
    state: LabelState, spread: Mapping[int, ReferenceSet], generation: int
) -> LabelState:
    """Return the whole state; of this generation if any frame's labels are others by it."""
    unchanged = spread.keys() == state.spread.keys()
    if unchanged and all(part.same(state.spread[i]) for i, part in spread.items()):
        return replace(state, whole=True)
    elsewhere = engine_with(state.engine, state.references, spread.values())
    return replace(state, generation=generation, elsewhere=elsewhere, spread=spread, whole=True)


def begin(sweep: Sweep, state: LabelState) -> None:
    """Let a sweep begin from what is painted."""
    engine = state.engine
    sweep.use(engine.references, engine.object_ids, engine.settings.links)
