"""How far labels that are looked up differ from those of exact search, sequence by sequence.

Run from a checkout, with vosdesk installed::

    python -m tests.benchmarks.coarse DAVIS_ROOT --json figures.json

From the mask of the first frame, by retrieval alone. The frames of a sequence come one by one, as
they do while it is embedded; then every so many frames are labelled by look-up in the codebook and
by exact search. ``exact`` and ``coarse`` are the mean J of the two against the truth, in points,
``difference`` is coarse less exact, ``agreement`` the share of cells with the same label, and
``coding`` the processor's seconds that a frame's share of the codebook and its codes have taken.
"""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.benchmarks.figures import tell
from tests.benchmarks.relabel_material import Tiled
from vosdesk.arrays import PaintedFrame, Size
from vosdesk.embedding.embedder import load_embedder
from vosdesk.embedding.precompute import key_for, nearest_first, precompute
from vosdesk.embedding.store_folder import StoreFolder
from vosdesk.evaluation.davis import davis_sequences, read_annotation
from vosdesk.evaluation.measures import jaccard
from vosdesk.jobs import run_to_end
from vosdesk.labelling.engine import LabellingEngine
from vosdesk.labelling.references import frame_references
from vosdesk.labelling.retrieval import Retrieval
from vosdesk.labelling.upsampling import to_label_map
from vosdesk.video import open_source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vosdesk.embedding.embedder import NetworkEmbedder
    from vosdesk.embedding.store import EmbeddingStore
    from vosdesk.evaluation.davis import DavisSequence

EVERY = 6


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; see the module."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("davis_root", type=Path)
    parser.add_argument("--split", default="val")
    parser.add_argument("--sequences", nargs="+", metavar="NAME", help="only these of the split")
    parser.add_argument("--every", type=int, default=EVERY, help="frames from one to the next")
    parser.add_argument("--model", default="default")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    arguments = parser.parse_args(argv)
    embedder = load_embedder(arguments.model, "cpu")
    rows = {}
    for sequence in davis_sequences(arguments.davis_root, arguments.split):
        if arguments.sequences is None or sequence.name in arguments.sequences:
            rows[sequence.name] = measure(sequence, embedder, arguments.every)
            print(sequence.name, rows[sequence.name], file=sys.stderr)
    names = ("exact", "coarse", "difference", "agreement", "coding")
    means = {name: float(np.mean([row[name] for row in rows.values()])) for name in names}
    apart = [abs(row["difference"]) for row in rows.values()]
    summary = {"mean": means, "mean_apart": float(np.mean(apart)), "most_apart": max(apart)}
    tell({"every": arguments.every, **summary, "sequences": rows}, arguments.json)
    return 0


def measure(sequence: DavisSequence, embedder: NetworkEmbedder, every: int) -> dict[str, Any]:
    """Return the figures of one sequence; frames that are not embedded yet are embedded first."""
    with closing(open_source(sequence.frames[0].parent)) as source:
        store = StoreFolder().open_store(key_for(source, embedder))
        with closing(store):
            run_to_end(precompute(source, embedder, store, nearest_first(lambda: 0), links=False))
            retrieval, seconds = coded(store, source.frame_count)
            return {**compared(sequence, retrieval, every), "coding": seconds / source.frame_count}


def coded(store: EmbeddingStore, frames: int) -> tuple[Retrieval, float]:
    """Let the frames of a video, tiled to so many, come one by one.

    Returns:
        What looks them up, and the processor's seconds for the codebook and all codes.
    """
    arriving = Tiled(store, frames, arrived=0)
    retrieval, begun = Retrieval(arriving), time.process_time()
    for arrived in range(1, frames + 1):
        arriving.arrived = arrived
        list(retrieval.code_frames(nearest_first(lambda: 0)))
    return retrieval, time.process_time() - begun


def compared(sequence: DavisSequence, retrieval: Retrieval, every: int) -> dict[str, Any]:
    """Label from the first mask in both ways, and compare."""
    store = retrieval.store
    mask = (read_annotation(sequence.annotations[0]) > 0).astype(np.uint8)
    painted = PaintedFrame(0, mask, np.ones(mask.shape, np.int32))
    size = Size(mask.shape[1], mask.shape[0])
    network = store.key.input_size
    engine = LabellingEngine(frame_references(painted, store.read(0), network))
    rows = []
    for frame_index in range(every, len(sequence.annotations) - 1, every):
        truth = read_annotation(sequence.annotations[frame_index]) > 0
        right = engine.label(frame_index, store.read(frame_index))
        found = retrieval.labels(engine, frame_index)
        assert found is not None
        same = found.scores.argmax(axis=0) == right.scores.argmax(axis=0)
        row = [same.mean(), retrieval.proved(engine, frame_index)]
        for labels in (right, found):
            upsampling = store.read_upsampling(frame_index)
            label_map = to_label_map(labels, size, network, None, upsampling)
            row.append(100 * jaccard(label_map == 1, truth))
        rows.append(row)
    agreement, proved, exact, coarse = np.mean(rows, axis=0).tolist()
    answers = retrieval.answers(engine)
    assert answers is not None
    return {
        "exact": exact,
        "coarse": coarse,
        "difference": coarse - exact,
        "agreement": agreement,
        "proved": proved,
        "codewords": len(answers.codewords),
    }


if __name__ == "__main__":
    sys.exit(main())
