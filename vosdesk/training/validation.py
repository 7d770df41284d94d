"""How a network in training does on videos that it is not trained on: a cheap J.

The first frame's mask labels a few frames by plain retrieval, as ``vosdesk evaluate`` does with all
of them. The figure is for the eye: nothing in a run depends on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from vosdesk.arrays import VOID, Size
from vosdesk.embedding.input_size import network_input_size
from vosdesk.evaluation.davis import as_painted, object_ids, read_annotation
from vosdesk.evaluation.measures import jaccard
from vosdesk.jobs import Job, Progress
from vosdesk.labelling.engine import LabellingEngine
from vosdesk.labelling.references import frame_references
from vosdesk.labelling.upsampling import to_label_map
from vosdesk.training.features import trunk_features

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from vosdesk.arrays import EmbeddingMap, LabelMap
    from vosdesk.embedding.network import EmbeddingNetwork
    from vosdesk.labelling.settings import LabellingSettings
    from vosdesk.training.dataset import TrainingFrame, Video

FRAMES_OF_A_VIDEO = 4


def validate(
    network: EmbeddingNetwork, videos: Sequence[Video], cache: Path | None, device: torch.device
) -> Job[float]:
    """Return J, averaged over frames and objects, then videos.

    Args:
        network: The network.
        videos: With annotations; nothing is asked of those without an object in the first.
        cache: A folder of ``trunk_cache`` for the trunk's features, or None.
        device: Where the network is.

    Yields:
        Progress before every video.
    """
    means = []
    for done, video in enumerate(videos):
        yield Progress(done, len(videos), f"validating on {video[0].image.parent.name}")
        wanted = object_ids(read_annotation(video[0].annotation))
        if not wanted:
            continue
        chosen = np.linspace(0, len(video) - 1, FRAMES_OF_A_VIDEO + 1).round().astype(int)[1:]
        asked = [video[i] for i in chosen]
        label_maps = retrieve(network, video[0], asked, cache, device)
        pairs = zip(asked, label_maps, strict=True)
        means.append(np.mean([_region(*pair, wanted) for pair in pairs]))
    return float(np.mean(means)) if means else 0.0


def retrieve(
    network: EmbeddingNetwork,
    given: TrainingFrame,
    asked: Iterable[TrainingFrame],
    cache: Path | None,
    device: torch.device,
    settings: LabellingSettings | None = None,
) -> Iterator[LabelMap]:
    """Yield the label map of each frame asked for, from the mask of the one that is given."""
    engine, size = engine_from_mask(network, given, cache, device, settings)
    for number, frame in enumerate(asked, start=1):
        found = engine.label(number, embed_frame(network, frame, cache, device))
        yield to_label_map(found, size, network_input_size(size))


def engine_from_mask(
    network: EmbeddingNetwork,
    given: TrainingFrame,
    cache: Path | None,
    device: torch.device,
    settings: LabellingSettings | None = None,
) -> tuple[LabellingEngine, Size]:
    """Return what labels from a frame's mask, and the frame's size."""
    return engine_of(given, embed_frame(network, given, cache, device), settings)


def engine_of(
    given: TrainingFrame,
    embedding_map: EmbeddingMap,
    settings: LabellingSettings | None = None,
) -> tuple[LabellingEngine, Size]:
    """Return what labels from a frame's mask, and the frame's size.

    Args:
        given: The frame, not mirrored.
        embedding_map: Its embeddings.
        settings: How to vote.
    """
    labels = read_annotation(given.annotation)
    size = Size(labels.shape[1], labels.shape[0])
    references = frame_references(as_painted(labels), embedding_map, network_input_size(size))
    return LabellingEngine(references, settings), size


@torch.inference_mode()
def embed_frame(
    network: EmbeddingNetwork, frame: TrainingFrame, cache: Path | None, device: torch.device
) -> EmbeddingMap:
    """Return a frame's embeddings, as they would be stored."""
    features = trunk_features(network.backbone, [frame], cache, device)
    embeddings = network.head(features, torch.tensor([frame.time], device=device))[0]
    rows_last: EmbeddingMap = embeddings.permute(1, 2, 0).to(torch.float16).cpu().numpy()
    return rows_last


def _region(frame: TrainingFrame, label_map: LabelMap, wanted: Sequence[int]) -> float:
    truth = read_annotation(frame.annotation)
    known = truth != VOID
    return float(np.mean([jaccard((label_map == i) & known, truth == i) for i in wanted]))
