"""How fast labels follow a change, how right they are at once, and how that grows with the video.

Run from a checkout, with vosdesk installed::

    python -m tests.benchmarks.relabel --json figures.json

Real embeddings of a DAVIS sequence where ``../shared/data`` is there, else of the demo clip, tiled
to the wanted length. "Flat" is faiss's ``IndexFlatIP`` over all reference pixels and all cells, the
embeddings already in memory as float32, its vote not counted. What the engine takes includes
everything from the references on: the search of the codewords, all frames' labels, margins and
summaries, reading embeddings from disk, the vote. All figures are of one run, so that ratios hold
on any machine.
"""

from __future__ import annotations

import argparse
import logging
import os
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import faiss
import numpy as np

from tests.benchmarks.figures import tell
from tests.benchmarks.relabel_material import (
    Material,
    Tiled,
    copy_codes,
    draw,
    mask_document,
    read_material,
    scribble_document,
)
from vosdesk.embedding.link_format import OFFSETS
from vosdesk.embedding.links import link_pairs
from vosdesk.embedding.precompute import nearest_first
from vosdesk.evaluation.measures import jaccard
from vosdesk.jobs import run_to_end
from vosdesk.labelling.retrieval import NOT_PROVED, Retrieval
from vosdesk.labelling.spreading import Spreading
from vosdesk.labelling.sweep import Sweep
from vosdesk.process import keep_freed_memory, multiply_in_one_thread
from vosdesk.session.relabelling import PASSES, REFINED_AT_ONCE
from vosdesk.session.warm_up import warm_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from vosdesk.labelling.engine import FrameLabels, LabellingEngine
    from vosdesk.project.document import Document
    from vosdesk.session.label_book import LabelBook
    from vosdesk.session.label_state import LabelState

logger = logging.getLogger(__name__)

FRAMES = 100
LENGTHS = (100, 1_000, 10_000)
STROKES = 12
"""They give about 200 reference pixels."""
REPEATS = 5
REPEATS_OF_LONG = 2
FLAT_EVERY = 10
"""Flat search is timed on every tenth frame; its time is the same for every frame."""
AGREEMENT = 0.999


def seconds(work: Callable[[], object]) -> float:
    """Return how long a call takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


@dataclass
class Stopwatch:
    """Time taken by the engine; what the benchmark does in between does not count."""

    total: float = 0.0

    def take(self, work: Callable[[], Any]) -> Any:
        """Make a call and count its time."""
        begun = time.perf_counter()
        try:
            return work()
        finally:
            self.total += time.perf_counter() - begun


def peak_mib() -> int:
    """Return the most memory that the process has taken."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


# -- searching


def coded(material: Material, frames: int) -> tuple[Retrieval, float]:
    """Let the frames of a video come one by one, and return seconds for codebook and codes."""
    store = Tiled(material.store, frames, arrived=0)
    retrieval, watch = Retrieval(store), Stopwatch()
    for arrived in range(1, frames + 1):
        store.arrived = arrived
        watch.take(lambda: list(retrieval.code_frames(nearest_first(lambda: 0))))
    return retrieval, watch.total


def flat_seconds(material: Material, engine: LabellingEngine, frames: int) -> float:
    """Return what flat faiss takes for all cells of all frames."""
    index = faiss.IndexFlatIP(engine.references.embeddings.shape[1])
    index.add(engine.references.embeddings)
    taken = []
    for frame_index in range(0, frames, FLAT_EVERY):
        cells = material.store.read(frame_index % material.source.frame_count)
        queries = cells.reshape(-1, cells.shape[-1]).astype(np.float32)
        taken.append(seconds(lambda q=queries: index.search(q, engine.settings.neighbours)))
    return float(np.mean(taken)) * frames


def winners(labels: FrameLabels) -> NDArray[np.uint8]:
    """Return (cells,) object ids."""
    ids = np.array(labels.object_ids, dtype=np.uint8)
    return ids[labels.scores.argmax(axis=0)].ravel()


def coarse(retrieval: Retrieval, engine: LabellingEngine, frames: int) -> NDArray[np.uint8]:
    """Label all frames by the codebook: labels, margins and summaries; return the labels."""
    answers, codes = retrieval.answers(engine), retrieval._codes
    assert answers is not None
    assert codes is not None
    labels = np.empty((frames, codes.codes(0).size), dtype=np.uint8)
    margins = np.empty(labels.shape, dtype=np.float32)
    for frame_index in range(frames):
        np.take(answers.winner, codes.codes(frame_index), out=labels[frame_index])
        margin = answers.labels.confidence[0]
        np.take(margin, codes.codes(frame_index), out=margins[frame_index])
        answers.summary(codes.histogram(frame_index))
    return labels


def refining(retrieval: Retrieval, engine: LabellingEngine, frames: int) -> Iterator[list[int]]:
    """Refine as the session does, a few frames at a time."""
    for doubt in (*PASSES, NOT_PROVED):
        for begin in range(0, frames, REFINED_AT_ONCE):
            batch = list(range(begin, min(frames, begin + REFINED_AT_ONCE)))
            retrieval.refine(engine, batch, doubt)
            yield batch


def refine(
    retrieval: Retrieval,
    engine: LabellingEngine,
    exact: NDArray[np.uint8],
    enough: float = np.inf,
) -> tuple[float, float]:
    """Refine all frames from what the codewords say until enough labels are right, or to the end.

    Args:
        retrieval: Which forgets what it has searched before, and judged of the codewords.
        engine: The references.
        exact: (frames, cells) the labels that are right.
        enough: Which part of the labels is enough.

    Returns:
        The engine's seconds, and which part of the labels is right then.
    """
    frames, watch = len(exact), Stopwatch()
    retrieval._answers.clear()
    retrieval._exact.clear()
    retrieval._exact_bytes = 0
    found = coarse(retrieval, engine, frames)
    agreement = float((found == exact).mean())
    rounds = refining(retrieval, engine, frames)
    while agreement < enough and (batch := watch.take(lambda: next(rounds, None))) is not None:
        for frame_index in batch:
            labels = watch.take(lambda f=frame_index: retrieval.labels(engine, f))
            found[frame_index] = winners(labels)
        agreement = float((found == exact).mean())
    return watch.total, agreement


def whole_state(book: LabelBook, document: Document) -> LabelState:
    """Return the state of a document, with the references that its paint is spread to."""
    return run_to_end(book.spread(book.advance(document)))


def search_figures(
    material: Material, retrieval: Retrieval, document: Document, frames: int
) -> dict[str, Any]:
    """Compare the engine with flat search, from nothing to all labels proved."""
    engine = whole_state(material.book(frames), document).elsewhere
    flat = [flat_seconds(material, engine, frames)]
    right = [engine.label(f, retrieval.store.read(f)) for f in range(frames)]
    exact = np.stack([winners(labels) for labels in right])
    begun = []
    for _ in range(REPEATS):
        retrieval._answers.clear()
        begun.append(seconds(lambda: coarse(retrieval, engine, frames)))
    found = coarse(retrieval, engine, frames)
    rough = [retrieval.labels(engine, f) for f in range(frames)]
    taken = float(np.median(begun))
    figures: dict[str, Any] = {
        "references": len(engine.references),
        "coarse_all": taken,
        "agreement_coarse": float((found == exact).mean()),
        "proved_coarse": float(np.mean([retrieval.proved(engine, f) for f in range(frames)])),
    }
    reached = [refine(retrieval, engine, exact, AGREEMENT)[0] for _ in range(REPEATS)]
    proved, agreement = refine(retrieval, engine, exact)
    flat.append(flat_seconds(material, engine, frames))
    refined = [retrieval.labels(engine, f) for f in range(frames)]
    visible = Retrieval(retrieval.store)
    return figures | {
        "flat_all": float(np.mean(flat)),
        "refined_999": taken + float(np.median(reached)),
        "proved_all": taken + proved,
        "agreement_refined": agreement,
        "proved_refined": float(np.mean([retrieval.proved(engine, f) for f in range(frames)])),
        "visible_exact": seconds(lambda: engine.vote(0, visible.exact_neighbours(engine, 0))),
        "exact_bytes": retrieval._exact_bytes,
        "J": quality(material, {"exact": right, "coarse": rough, "refined": refined}),
    }


def quality(
    material: Material, kinds: Mapping[str, Sequence[FrameLabels | None]]
) -> dict[str, float]:
    """Return the mean J of each kind of labels of the real frames; nothing without the truth."""
    book = material.book(len(material.truth) or 1)
    frames = range(1, min(len(material.truth), *map(len, kinds.values())) - 1)
    return {
        name: float(np.mean([_jaccard(material, book, labels[f]) for f in frames]))
        for name, labels in kinds.items()
        if frames
    }


def _jaccard(material: Material, book: LabelBook, labels: FrameLabels | None) -> float:
    assert labels is not None
    label_map = book.upsample(labels, None)
    return jaccard(label_map == 1, material.truth[labels.frame_index] == 1)


# -- editing


def edit(book: LabelBook, document: Document, visible: int) -> dict[str, float]:
    """Take a document up as the session does.

    Returns:
        Seconds to the visible frame, to all frames, and until what paint is spread to has reached
        all frames as well.
    """
    begun = time.perf_counter()
    state = book.advance(document)
    book.labels(state, visible)
    first = time.perf_counter()
    for frame_index in np.flatnonzero(book.to_look_up(state)).tolist():
        book.look_up(state, frame_index)
    every = time.perf_counter()
    whole = run_to_end(book.spread(state))
    if whole is not state:
        for frame_index in np.flatnonzero(book.to_look_up(whole)).tolist():
            book.look_up(whole, frame_index)
    spread = time.perf_counter()
    return {"visible": first - begun, "all": every - begun, "spread": spread - begun}


def with_stroke(document: Document, material: Material, seed: int, **what: int) -> Document:
    """Return the document with one more stroke."""
    stroke = draw(material, np.random.default_rng(seed), id=document.next_annotation_id, **what)
    return document.with_fields(
        annotations=(*document.annotations, stroke), next_annotation_id=stroke.id + 1
    )


def edit_figures(material: Material, book: LabelBook) -> dict[str, Any]:
    """Measure single edits, the visible frame in view all the time."""
    times: dict[str, list[dict[str, float]]] = {}
    fifty = scribble_document(material, 50, frames=min(10, book.frame_count))
    for turn in range(REPEATS if book.frame_count <= FRAMES else REPEATS_OF_LONG):
        nothing = fifty.with_fields(annotations=(), next_annotation_id=1)
        one = with_stroke(nothing, material, turn, object_id=1, frame=0)
        more = with_stroke(fifty, material, turn, object_id=1, frame=0)
        third = with_stroke(more, material, turn, object_id=0, frame=0, label=2)
        steps = {
            "nothing": nothing,
            "first_added": one,
            "fifty": fifty,
            "fifty_first_added": more,
            "undone": fifty,
            "redone": more,
            "third_object_added": third,
            "older_removed": third.with_fields(annotations=third.annotations[1:]),
        }
        for name, document in steps.items():
            times.setdefault(name, []).append(edit(book, document, 0))
    return {
        f"{name}_{what}": float(np.median([taken[what] for taken in every]))
        for name, every in times.items()
        for what in ("visible", "all", "spread")
        if name not in ("nothing", "fifty")
    }


def growth_figures(material: Material, frames: int) -> dict[str, Any]:
    """Measure edits of a video of this length."""
    real = min(frames, material.source.frame_count)
    book = material.book(frames)
    store = book.store
    assert isinstance(store, Tiled)
    store.arrived = real
    list(book.retrieval.code_frames(nearest_first(lambda: 0)))
    store.arrived = frames
    copy_codes(book, real)
    figures = {"frames": frames, **edit_figures(material, book)}
    figures["mask_all"] = edit(book, mask_document(material), 0)["all"]
    return figures | {"peak_mib": peak_mib()}


# -- links


def links_seconds(material: Material) -> float:
    """Return what the links of one frame take, to all that it is linked to and back."""
    maps = [material.store.read(frame_index) for frame_index in range(max(OFFSETS) + 1)]
    pairs = [(maps[-1], maps[-1 - offset]) for offset in OFFSETS]
    link_pairs(pairs)  # the first time also prepares memory
    return float(np.median([seconds(lambda: link_pairs(pairs)) for _ in range(REPEATS)]))


def sweep_seconds(material: Material, retrieval: Retrieval, document: Document) -> float | None:
    """Return what a sweep of the real frames takes, for FRAMES; None where they have no links."""
    links, real = material.store.links, material.source.frame_count
    if not links.finished(1).any():
        return None
    state = whole_state(material.book(real), document)
    spreading = Spreading(material.store.read)
    sweep = Sweep(real, material.store.key.grid, links, spreading)
    retrieved = [retrieval.labels(state.engine_for(f), f) for f in range(real)]
    begun = time.perf_counter()
    sweep.use(state.engine.references, state.engine.object_ids, 1.0)
    for labels in retrieved:
        assert labels is not None
        sweep.take(labels)
    for _frame in sweep.run():
        pass
    for labels in retrieved:
        assert labels is not None
        sweep.labels(labels)
    return (time.perf_counter() - begun) * FRAMES / real


# -- the report


def run(sequence: str, frames: int, lengths: tuple[int, ...]) -> dict[str, Any]:
    """Measure everything but the window."""
    material = read_material(sequence)
    logger.info("embedding takes %.3f s a frame", material.seconds_to_embed)
    retrieval, coding = coded(material, frames)
    codes = retrieval._codes
    assert codes is not None
    logger.info("%d codewords, %.4f s a frame", len(codes.codewords), coding / frames)
    mask = mask_document(material)
    by_mask = search_figures(material, retrieval, mask, frames)
    logger.info("mask: %s", by_mask)
    sweep = sweep_seconds(material, retrieval, mask)
    scribbles = scribble_document(material, STROKES, frames=1)
    by_scribbles = search_figures(material, retrieval, scribbles, frames)
    logger.info("scribbles: %s", by_scribbles)
    growth = []
    for length in lengths:
        growth.append(growth_figures(material, length))
        logger.info("growth: %s", growth[-1])
    cells = codes.codes(0).size * frames
    return {
        "sequence": material.source.name,
        "frames": frames,
        "pixels": codes.codes(0).size,
        "ratios": ratios(by_mask, by_scribbles, growth)
        | {
            "codebook_vs_embedding": coding / frames / material.seconds_to_embed,
            "links_vs_embedding": links_seconds(material) / material.seconds_to_embed,
            "sweep_all_mask": None if sweep is None else by_mask["flat_all"] / sweep,
        },
        "agreement": {
            "coarse": by_mask["agreement_coarse"],
            "refined": by_mask["agreement_refined"],
        },
        "J": by_mask["J"],
        "bytes_per_pixel": codes.nbytes / cells,
        "bytes_per_pixel_with_exact_lists": (codes.nbytes + by_mask["exact_bytes"]) / cells,
        "codewords": len(codes.codewords),
        "seconds": {"embedding": material.seconds_to_embed, "coding": coding / frames},
        "mask": by_mask,
        "scribbles": by_scribbles,
        "growth": growth,
    }


def ratios(
    mask: dict[str, Any], scribbles: dict[str, Any], growth: list[dict[str, Any]]
) -> dict[str, float | None]:
    """Return flat over engine, and what grows with strokes and with length."""

    def faster(by: dict[str, Any], what: str) -> float | None:
        return by["flat_all"] / by[what] if by[what] else None

    first, last = growth[0], growth[-1]
    return {
        "coarse_all_mask": faster(mask, "coarse_all"),
        "coarse_all_scribble": faster(scribbles, "coarse_all"),
        "refined_999_mask": faster(mask, "refined_999"),
        "refined_999_scribble": faster(scribbles, "refined_999"),
        "proved_all_mask": faster(mask, "proved_all"),
        "fifty_first_vs_first_scribble": first["fifty_first_added_all"] / first["first_added_all"],
        "visible_10000_vs_100_frames": last["fifty_first_added_visible"]
        / first["fifty_first_added_visible"],
    }


def main() -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sequence", default="camel", help="a DAVIS sequence")
    parser.add_argument("--frames", type=int, default=FRAMES)
    parser.add_argument("--lengths", type=int, nargs="*", default=LENGTHS)
    parser.add_argument("--no-window", action="store_true", help="leave the window out")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    asked = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    keep_freed_memory()  # as every command does
    multiply_in_one_thread()
    run_to_end(warm_up())  # as the window does while a video is opened
    figures = run(asked.sequence, asked.frames, tuple(asked.lengths))
    if not asked.no_window:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        from tests.benchmarks.pen_up import measure

        with tempfile.TemporaryDirectory() as home:
            for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"):
                os.environ[name] = home
            figures |= measure(asked.sequence)
    tell(figures, asked.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
