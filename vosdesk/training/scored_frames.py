"""Labels of the training videos such as a user's input leads to: what the upsampler brings up.

Of each video every third frame is taken, as if there were no others. They are labelled from the
mask of one frame, and from scribbles of the simulated annotator, who corrects one frame after the
other; each time from references alone, and with links through time too. The network is run once for
every frame. So the weights see labels of every kind that they will really meet: whole masks leave
clear borders that are a little off, scribbles leave unclear ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from vosdesk.arrays import (
    BACKGROUND,
    UPSAMPLING_NUMBERS,
    EmbeddedFrame,
    PaintedFrame,
    Size,
)
from vosdesk.embedding.input_size import grid_of, network_input_size
from vosdesk.embedding.linking import link_around
from vosdesk.embedding.store import MemoryStore
from vosdesk.embedding.store_format import StoreKey
from vosdesk.evaluation.davis import as_painted, object_ids, read_annotation
from vosdesk.evaluation.robot import correction_strokes, first_strokes, paint_strokes
from vosdesk.jobs import Job, Progress
from vosdesk.labelling.settings import LabellingSettings
from vosdesk.labelling.spreading import Spreading
from vosdesk.labelling.upsampling import to_label_map
from vosdesk.labelling.whole_video import label_video, painted_references
from vosdesk.training.dataset import network_input
from vosdesk.training.edge_views import ScoredFrame

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vosdesk.arrays import LabelMap
    from vosdesk.embedding.network import EmbeddingNetwork
    from vosdesk.labelling.engine import FrameLabels
    from vosdesk.training.dataset import TrainingFrame, Video

FRAME_STEP = 3
"""Of each video every third frame is labelled."""
MASKS = 2
"""Frames whose masks are given, one at a time: the first, and others."""
ROUNDS = 4
"""Frames that get scribbles, one after the other."""
KEPT = 0.25
"""Part of the labelled frames that is kept each time."""


class _Clip(NamedTuple):
    """What is labelled.

    Attributes:
        frames: The frames.
        truths: Their label maps, at the source's size.
        store: Their embeddings, upsampling maps and links.
        spreading: Of the store.
    """

    frames: Sequence[TrainingFrame]
    truths: Sequence[LabelMap]
    store: MemoryStore
    spreading: Spreading

    @property
    def size(self) -> Size:
        """The source's size."""
        height, width = self.truths[0].shape
        return Size(width, height)


def scored_frames(
    network: EmbeddingNetwork, videos: Sequence[Video], device: torch.device, seed: int
) -> Job[list[ScoredFrame]]:
    """Label frames of the training videos; see above.

    Args:
        network: With its finished quarter head, and an upsampler, be it not trained.
        videos: The training videos.
        device: Where the network is.
        seed: Of what is drawn.

    Yields:
        Progress before every video.
    """
    rng = np.random.default_rng(seed)
    scored: list[ScoredFrame] = []
    for done, video in enumerate(videos):
        yield Progress(done, len(videos), f"labelling {video[0].image.parent.name}")
        clip = _embed(network, video, device)
        for links in (0.0, LabellingSettings().links):
            settings = LabellingSettings(links=links)
            for given in (_from_masks, _from_scribbles):
                for labelled in given(clip, settings, rng):
                    scored += _kept(clip, labelled, rng)
    return scored


def _embed(network: EmbeddingNetwork, video: Video, device: torch.device) -> _Clip:
    """Embed and link every third frame."""
    frames = video[:: min(FRAME_STEP, len(video) - 1)]  # of a short video the first and the last
    truths = [read_annotation(frame.annotation) for frame in frames]
    height, width = truths[0].shape
    size = network_input_size(Size(width, height))
    embedded = [_run(network, frame, device) for frame in frames]
    key = StoreKey(
        video=video[0].image.parent.name,
        model="in training",
        input_size=size,
        grid=grid_of(size),
        dimensions=embedded[0].embedding_map.shape[-1],
        upsampling=UPSAMPLING_NUMBERS,
        frame_count=len(frames),
    )
    store = MemoryStore(key, key.total_bytes)
    for number, parts in enumerate(embedded):
        store.write(number, *parts)
    link_around(store, range(len(frames)))
    return _Clip(frames, truths, store, Spreading(store.read))


@torch.inference_mode()
def _run(network: EmbeddingNetwork, frame: TrainingFrame, device: torch.device) -> EmbeddedFrame:
    """Return what would be stored of a frame."""
    images = torch.from_numpy(np.stack([network_input(frame)])).to(device)
    times = torch.tensor([frame.time], device=device)
    embeddings, upsampling = network(images.permute(0, 3, 1, 2).float(), times)
    assert upsampling is not None
    embedding_map = embeddings[0].permute(1, 2, 0).to(torch.float16)
    return EmbeddedFrame(embedding_map.cpu().numpy(), upsampling[0].cpu().numpy())


def _from_masks(
    clip: _Clip, settings: LabellingSettings, rng: np.random.Generator
) -> Iterator[Sequence[FrameLabels]]:
    """Yield all frames' labels from one frame's mask: the first one's, then those of others."""
    others = rng.permutation(np.arange(1, len(clip.frames)))
    for number in (0, *others.tolist())[:MASKS]:
        mask = as_painted(clip.truths[number])
        yield _label(clip, [PaintedFrame(number, mask.labels, mask.owners)], settings)


def _from_scribbles(
    clip: _Clip, settings: LabellingSettings, rng: np.random.Generator
) -> Iterator[Sequence[FrameLabels]]:
    """Yield all frames' labels after each round of scribbles."""
    network, strokes = clip.store.key.input_size, []
    labels: Sequence[FrameLabels] = ()
    shown = [i for i, truth in enumerate(clip.truths) if object_ids(truth)]
    for number in rng.permutation(shown)[:ROUNDS].tolist():
        if labels:
            predicted = to_label_map(labels[number], clip.size, network)
            strokes += correction_strokes(number, predicted, clip.truths[number])
        else:
            strokes += first_strokes(number, clip.truths[number])
        labels = _label(clip, paint_strokes(strokes, clip.size), settings)
        yield labels


def _label(
    clip: _Clip, painted: Sequence[PaintedFrame], settings: LabellingSettings
) -> Sequence[FrameLabels]:
    references = painted_references(clip.store, painted)
    return list(label_video(clip.store, references, clip.spreading, settings))


def _kept(
    clip: _Clip, labelled: Sequence[FrameLabels], rng: np.random.Generator
) -> Iterator[ScoredFrame]:
    """Yield some of the frames, each with its cells' scores of one object."""
    for frame, labels in zip(clip.frames, labelled, strict=True):
        objects = [i for i in labels.object_ids if i != BACKGROUND]
        if not objects or rng.random() > KEPT:
            continue
        object_id = int(rng.choice(objects))
        scores = labels.scores[labels.object_ids.index(object_id)]
        yield ScoredFrame(frame, object_id, scores.astype(np.float16))
