"""How far labels of the grid can be brought up: the ceiling, real labels, and the time.

Run from a checkout, with vosdesk installed::

    python -m tests.benchmarks.upsampling DAVIS_ROOT --json figures.json

On every so many frames of the split, ground truth brought to what the program labels, cells and
near borders their quarters, as exact coverage, and the labels that retrieval from the first mask
gives, are brought back to full resolution in five ways: bilinear from the cells; that with a guided
filter (He, Sun and Tang, ECCV 2010) over the picture's grey; from the cells by the weights that the
network predicts; by these and what quarters know beyond their cells; and by all of it and the
picture's own colours near borders, which the program does where the network saw frames smaller than
they are. With ``--shrink 2`` that is so: the network sees them at half their size. J and F are
means over frames, then sequences.
``ms`` is the median time of the whole label map of a frame, source size and painted pixels
included.
"""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from tests.benchmarks.figures import tell
from vosdesk.arrays import (
    FINE_PER_QUARTER,
    QUARTERS_ACROSS,
    STRIDE,
    PaintedFrame,
    Size,
)
from vosdesk.embedding.embedder import load_embedder
from vosdesk.embedding.precompute import model_time
from vosdesk.evaluation.davis import davis_sequences, read_annotation
from vosdesk.evaluation.measures import contour_accuracy, jaccard
from vosdesk.labelling.edges import is_finer
from vosdesk.labelling.engine import FrameLabels, LabellingEngine
from vosdesk.labelling.quarters import near_borders, quarter_changes
from vosdesk.labelling.references import frame_references
from vosdesk.labelling.upsampling import mix_cells, to_label_map
from vosdesk.video import open_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from vosdesk.arrays import EmbeddedFrame, Frame, LabelMap, Mask, ScoreMap, UpsamplingMap
    from vosdesk.embedding.embedder import NetworkEmbedder
    from vosdesk.evaluation.davis import DavisSequence

WAYS = ("bilinear", "guided", "cells", "learned", "edges")
RADIUS, SOFTNESS = 8, 1e-3
"""Of the guided filter, in pixels and squared grey levels of 0..1."""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; see the module."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("davis_root", type=Path)
    parser.add_argument("--split", default="val")
    parser.add_argument("--every", type=int, default=6, help="frames from one to the next")
    parser.add_argument("--shrink", type=int, default=1, help="how much smaller frames are seen")
    parser.add_argument("--model", default="default")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args(argv)
    embedder = load_embedder(arguments.model, "cpu")
    sequences = davis_sequences(arguments.davis_root, arguments.split)
    by_sequence, milliseconds = [], []
    for sequence in sequences:
        rows, times = measure(sequence, embedder, arguments.every, arguments.shrink)
        by_sequence.append(np.mean(rows, axis=0))
        milliseconds += times
        print(sequence.name, by_sequence[-1].round(3).tolist(), file=sys.stderr)
    figures = report(np.mean(by_sequence, axis=0), milliseconds)
    figures |= {"every": arguments.every, "split": arguments.split, "shrink": arguments.shrink}
    tell(figures, arguments.json)
    return 0


def report(values: NDArray[np.float64], milliseconds: Sequence[float]) -> dict[str, Any]:
    """Name the figures: values are (labels, ways, measures)."""
    named = {
        labels: {
            way: dict(zip("JF", row, strict=True)) for way, row in zip(WAYS, rows, strict=True)
        }
        for labels, rows in zip(("ceiling", "retrieval"), values.round(4).tolist(), strict=True)
    }
    return {**named, "ms": round(float(np.median(milliseconds)), 2)}


def measure(
    sequence: DavisSequence, embedder: NetworkEmbedder, every: int, shrink: int
) -> tuple[list[NDArray[np.float64]], list[float]]:
    """Return (labels, ways, measures) of each frame, and the learned way's milliseconds."""
    rows, milliseconds = [], []
    with closing(open_source(sequence.frames[0].parent)) as source:
        small = Size(*(side // shrink for side in source.size))
        network = embedder.input_size(small)
        finer = is_finer(source.size, network)
        count = source.frame_count
        engine = None
        for frame_index in (0, *range(every // 2, count, every)):
            frame = source.read(frame_index)
            seen = cv2.resize(frame, small, interpolation=cv2.INTER_AREA) if shrink > 1 else frame
            (embedded,) = embedder.embed([seen], [model_time(frame_index, count)])
            truth = read_annotation(sequence.annotations[frame_index]) > 0
            if engine is None:
                own = PaintedFrame(0, truth.astype(np.uint8), np.ones(truth.shape, np.int32))
                engine = LabellingEngine(
                    frame_references(own, embedded.embedding_map, network, embedded.upsampling)
                )
                continue
            found = engine.label(frame_index, embedded.embedding_map)
            tried = (coverage_labels(truth, network), truth), (found, None)
            scores = np.stack(
                [score_ways(x, exact, embedded, frame, truth, network) for x, exact in tried]
            )
            rows.append(scores)
            started = time.perf_counter()
            picture = frame if finer else None
            to_label_map(found, source.size, network, own, embedded.upsampling, picture)
            milliseconds.append(1000 * (time.perf_counter() - started))
    return rows, milliseconds


def coverage(truth: Mask, network: Size, stride: int) -> NDArray[np.float32]:
    """Return which part of each square of so many pixels of the network's input is covered."""
    small = cv2.resize(truth.astype(np.float32), network, interpolation=cv2.INTER_AREA)
    rows, columns = (-(-side // STRIDE) * STRIDE for side in small.shape)
    padding = ((0, rows - network.height), (0, columns - network.width))
    whole = np.pad(small, padding, mode="edge")
    squares = whole.reshape(rows // stride, stride, columns // stride, stride)
    share: NDArray[np.float32] = squares.mean(axis=(1, 3))
    return share


def coverage_labels(truth: Mask, network: Size) -> FrameLabels:
    """Return exact coverage of the cells as if it were what a search had found."""
    share = coverage(truth, network, STRIDE)
    nowhere = np.full(share.shape, -1, np.int32)
    return FrameLabels(0, (0, 1), np.stack([1 - share, share]), share, nowhere)


def exact_changes(
    labels: FrameLabels, truth: Mask, upsampling: UpsamplingMap, network: Size
) -> ScoreMap:
    """Return what exact coverage of quarters knows beyond what cells are brought up to."""
    near = near_borders(labels.scores)
    (fine,) = mix_cells(labels.scores[1:] - labels.scores[0], upsampling, near)
    quarters = 2 * coverage(truth, network, STRIDE // QUARTERS_ACROSS) - 1
    rows, columns = quarters.shape
    made = fine.reshape(rows, FINE_PER_QUARTER, columns, FINE_PER_QUARTER).mean(axis=(1, 3))
    ahead = near.repeat(QUARTERS_ACROSS, 0).repeat(QUARTERS_ACROSS, 1) * (quarters - made)
    return np.stack([-ahead / 2, ahead / 2])


def score_ways(
    labels: FrameLabels,
    exact: Mask | None,
    embedded: EmbeddedFrame,
    frame: Frame,
    truth: Mask,
    network: Size,
) -> NDArray[np.float32]:
    """Return (ways, measures); where exact coverage is brought up, ``exact`` is what it is of."""
    upsampling = embedded.upsampling
    assert upsampling is not None
    changes = quarter_changes(labels, upsampling, near_borders(labels.scores))
    if exact is not None:
        changes = exact_changes(labels, exact, upsampling, network)
    maps = bring_up(labels, changes, upsampling, frame, network)
    return np.array([(jaccard(mask, truth), contour_accuracy(mask, truth)) for mask in maps])


def bring_up(
    labels: FrameLabels,
    changes: ScoreMap | None,
    upsampling: UpsamplingMap,
    frame: Frame,
    network: Size,
) -> Iterator[Mask]:
    """Yield the object's mask, one way after the other."""
    size = Size(frame.shape[1], frame.shape[0])
    bilinear: LabelMap = to_label_map(labels, size, network)
    yield bilinear == 1
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    yield guided_filter(grey, (bilinear == 1).astype(np.float32)) > 0.5
    labels = replace(labels, heard=None)  # quarters know what they are given, or nothing
    for picture, known in ((None, None), (None, changes), (frame, changes)):
        yield to_label_map(labels, size, network, None, upsampling, picture, known) == 1


def guided_filter(guide: NDArray[np.float32], mask: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mask smoothed along the guide's edges."""

    def mean(values: NDArray[np.float32]) -> NDArray[np.float32]:
        side = 2 * RADIUS + 1
        return np.asarray(cv2.blur(values, (side, side)), np.float32)

    mean_guide, mean_mask = mean(guide), mean(mask)
    slope = (mean(guide * mask) - mean_guide * mean_mask) / (
        mean(guide * guide) - mean_guide**2 + SOFTNESS
    )
    return mean(slope) * guide + mean(mean_mask - slope * mean_guide)


if __name__ == "__main__":
    sys.exit(main())
