"""Seconds to embed a 480p frame, beside the paper's kind of network in the same run.

Run from a checkout, with vosdesk installed::

    python -m tests.benchmarks.embedding_speed --json figures.json

The shipped network, from a frame's pixels to its embedding map (and upsampling weights), against
the forward pass of torchvision's DeepLabV3-ResNet101 with random weights. They take turns, so that
whatever else the machine does slows both; a ratio is that of two neighbouring turns, and the median
of the ratios counts. The target is a ratio of 15, the aim one of 30.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torchvision.models.segmentation import deeplabv3_resnet101

from tests.benchmarks.figures import tell
from vosdesk.arrays import Size
from vosdesk.embedding.embedder import load_embedder

if TYPE_CHECKING:
    from collections.abc import Callable

SIZE = Size(854, 480)
OURS_A_TURN = 5
"""Our frames to one of DeepLab's: they are so much shorter."""


def seconds(work: Callable[[], object]) -> float:
    """Return how long a call takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def measure(model: str, turns: int, threads: int | None) -> dict[str, Any]:
    """Let both networks take so many turns on the CPU."""
    embedder = load_embedder(model, "cpu", threads=threads)
    deeplab = deeplabv3_resnet101(weights=None, weights_backbone=None).eval()
    frame = np.random.default_rng(0).integers(0, 256, (SIZE.height, SIZE.width, 3), np.uint8)
    picture = torch.from_numpy(frame).permute(2, 0, 1)[None].float() / 255

    def ours() -> None:
        embedder.embed([frame], [0.5])

    @torch.inference_mode()
    def theirs() -> None:
        deeplab(picture)

    ours()  # the first pass of each also prepares memory
    theirs()
    taken = [
        (statistics.median(seconds(ours) for _ in range(OURS_A_TURN)), seconds(theirs))
        for _ in range(turns)
    ]
    return {
        "frame": SIZE,
        "threads": torch.get_num_threads(),
        "turns": turns,
        "vosdesk_seconds": round(statistics.median(ours for ours, _ in taken), 3),
        "deeplabv3_resnet101_seconds": round(statistics.median(theirs for _, theirs in taken), 3),
        "ratios": [round(theirs / ours, 1) for ours, theirs in taken],
        "median_ratio": round(statistics.median(theirs / ours for ours, theirs in taken), 1),
    }


def main() -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="default", help="a model's name, or a checkpoint file")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--threads", type=int, help="of the processor; all of them")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    asked = parser.parse_args()
    tell(measure(asked.model, asked.turns, asked.threads), asked.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
