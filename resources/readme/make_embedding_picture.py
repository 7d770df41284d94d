"""Make the README's picture of the embedding: a few frames of the demo clip, and their pixels.

Run from a checkout, with vosdesk installed::

    python resources/readme/make_embedding_picture.py

The pixels have the labels that they get from the clip's own strokes, all on one frame. For a video
of yours, coloured by its masks: ``vosdesk embed VIDEO --plot FILE.png --masks DIR``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from vosdesk.arrays import PaintedFrame
from vosdesk.embedding.embedder import load_embedder
from vosdesk.embedding.precompute import model_time
from vosdesk.evaluation import plots
from vosdesk.evaluation.embedding_plot import PlottedFrame, choose_frames, draw_embeddings
from vosdesk.labelling.engine import LabellingEngine
from vosdesk.labelling.references import frame_references
from vosdesk.labelling.upsampling import to_label_map
from vosdesk.project.rasterise import paint
from vosdesk.project.scribbles import read_scribbles
from vosdesk.video import open_source

HERE = Path(__file__).resolve().parent
CLIP = HERE.parent / "demo" / "big_buck_bunny.mp4"
STROKES = CLIP.with_name("scribbles.json")


def main() -> int:
    """Make the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=HERE / "pixels.jpg")
    out: Path = parser.parse_args().out
    source, embedder = open_source(CLIP), load_embedder()
    network = embedder.input_size(source.size)
    strokes = read_scribbles(STROKES, source.size, source.frame_count)
    annotated = strokes[0].frame
    chosen = choose_frames(source.frame_count, {annotated})
    pictures = [source.read(frame_index) for frame_index in chosen]
    times = [model_time(frame_index, source.frame_count) for frame_index in chosen]
    maps = [embedded.embedding_map for embedded in embedder.embed(pictures, times)]
    painted = paint(strokes, annotated, source.size)
    assert painted is not None
    references = frame_references(painted, maps[chosen.index(annotated)], network)
    engine = LabellingEngine(references)
    frames = []
    for frame_index, picture, embedding_map in zip(chosen, pictures, maps, strict=True):
        labels = to_label_map(engine.label(frame_index, embedding_map), source.size, network)
        known = PaintedFrame(frame_index, labels, np.ones(labels.shape, np.int32))
        name = f"frame {frame_index}" + (", with strokes" if frame_index == annotated else "")
        frames.append(PlottedFrame(name, picture, embedding_map, network, known))
    plots.save(draw_embeddings("Every pixel of four frames", frames), out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
