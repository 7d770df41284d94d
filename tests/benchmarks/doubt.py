"""Whether the frames that the timeline calls unsure are those that are wrong.

Run from a checkout, with vosdesk installed::

    python -m tests.benchmarks.doubt DAVIS_ROOT --json figures.json

A robot scribbles on every sequence, as in ``vosdesk evaluate --protocol interactive``. After each
of some rounds every frame without paint has a doubt (``labelling.summary``) and a J.
``correlation`` is their rank correlation within a video, its mean over the videos weighted by how
much J varies in each (negative where doubt is right); ``unsure`` the share of frames that are worth
a look, ``J`` the mean J of those and of the others, ``worst`` that of each video's most doubtful
frame, less its mean.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tests.benchmarks.figures import tell
from vosdesk.embedding.embedder import load_embedder
from vosdesk.embedding.store_folder import StoreFolder
from vosdesk.evaluation.davis import davis_sequences
from vosdesk.evaluation.interactive import play
from vosdesk.evaluation.measures import jaccard
from vosdesk.evaluation.method import Method, embed_video
from vosdesk.evaluation.truth import read_truth
from vosdesk.jobs import run_to_end
from vosdesk.labelling.settings import LabellingSettings
from vosdesk.labelling.summary import UNSURE_ABOVE, summarise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from vosdesk.arrays import LabelMap, PaintedFrame
    from vosdesk.evaluation.method import EmbeddedVideo
    from vosdesk.evaluation.truth import Truth

ROUNDS = (1, 2, 4)


class Frames(NamedTuple):
    """The frames of one video without paint, after one round.

    Attributes:
        doubt: (n,) how unsure they are said to be.
        j: (n,) mean J of the objects in them, 0..1.
    """

    doubt: np.ndarray
    j: np.ndarray


class Watched:
    """A labeller that looks, after some rounds, at what it said."""

    def __init__(self, video: EmbeddedVideo, truth: Truth, rounds: Sequence[int]) -> None:
        self.size, self.frame_count = video.size, video.frame_count
        self._video, self._truth, self._rounds = video, truth, rounds
        self._painted: set[int] = set()
        self._round = 0
        self.seen: dict[int, Frames] = {}

    def set_painted(self, painted: Iterable[PaintedFrame]) -> None:
        """Hand on what is painted."""
        painted = list(painted)
        self._painted = {frame.frame_index for frame in painted}
        self._video.set_painted(painted)

    def label_maps(self) -> Iterator[LabelMap]:
        """Yield the video's label maps, having looked at them where this round is asked for."""
        self._round += 1
        if self._round not in self._rounds:
            yield from self._video.label_maps()
            return
        label_maps = list(self._video.label_maps())
        doubt = [summarise(labels).unsure for labels in self._video.labels()]
        j = [_mean_j(*pair) for pair in zip(label_maps, self._truth.label_maps, strict=True)]
        free = np.array([index not in self._painted for index in range(len(j))])
        self.seen[self._round] = Frames(np.array(doubt)[free], np.array(j)[free])
        yield from label_maps


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; see the module."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("davis_root", type=Path)
    parser.add_argument("--split", default="val")
    parser.add_argument("--rounds", type=int, nargs="+", default=ROUNDS)
    parser.add_argument("--no-links", action="store_true", help="retrieval alone")
    parser.add_argument("--model", default="default")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    arguments = parser.parse_args(argv)
    embedder = load_embedder(arguments.model, "auto")
    settings = LabellingSettings(
        similarity_floor=embedder.card.similarity_floor, links=0.0 if arguments.no_links else 1.0
    )
    method = Method(embedder, settings, stores=StoreFolder())
    seen: dict[int, dict[str, Frames]] = {number: {} for number in arguments.rounds}
    for sequence in davis_sequences(arguments.davis_root, arguments.split):
        truth = read_truth(sequence)
        with closing(run_to_end(embed_video(sequence, method))) as video:
            watched = Watched(video, truth, arguments.rounds)
            run_to_end(play(truth, watched, max(arguments.rounds)))
        for number, frames in watched.seen.items():
            seen[number][sequence.name] = frames
        print(sequence.name, file=sys.stderr)
    figures = {str(number): summed_up(found) for number, found in seen.items() if found}
    tell({"links": settings.links, "rounds": figures}, arguments.json)
    return 0


def summed_up(found: Mapping[str, Frames]) -> dict[str, Any]:
    """Return the figures of one round; see the module."""
    each = {name: _rank_correlation(*frames) for name, frames in found.items()}
    weights = [frames.j.std() for frames in found.values()]
    doubt, j = (np.concatenate(part) for part in zip(*found.values(), strict=True))
    unsure = doubt > UNSURE_ABOVE
    worst = [100 * (frames.j[frames.doubt.argmax()] - frames.j.mean()) for frames in found.values()]
    return {
        "correlation": float(np.average(list(each.values()), weights=weights)),
        "unsure": float(unsure.mean()),
        "J": {"unsure": _percent(j[unsure]), "others": _percent(j[~unsure])},
        "worst": float(np.mean(worst)),
        "sequences": each,
    }


def _mean_j(label_map: LabelMap, truth: LabelMap) -> float:
    object_ids = np.setdiff1d(truth, (0, 255))
    if not len(object_ids):
        return float(not label_map.any())
    return float(np.mean([jaccard(label_map == i, truth == i) for i in object_ids]))


def _percent(values: np.ndarray) -> float | None:
    return 100 * float(values.mean()) if len(values) else None


def _rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Return Spearman's coefficient of two lists without ties; 0 where one never varies."""
    if not (np.ptp(one) and np.ptp(other)):
        return 0.0
    ranks = [values.argsort().argsort() for values in (one, other)]
    return float(np.corrcoef(*ranks)[0, 1])


if __name__ == "__main__":
    sys.exit(main())
