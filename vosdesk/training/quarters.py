"""The quarter head's training, after the embedding's: what tells the quarters of a cell apart.

A pair of frames is trained on: one gives the references, by its whole mask, the other one is asked.
What the references say of a quarter q of the contested band is, as ``labelling.quarters`` has it,

    p(q) = sum pi y,    pi = softmax of  log b_c + log w_ck - |d_q - d_ks|^2

over the four cells c nearest to the quarter, with bilinear weights b_c, over the references k found
for each of them, with weights w_ck of their votes, and over the four quarters s of each reference;
y is the part of a reference's quarter that an object covers. The loss is the cross-entropy of p
with the part of q that the object covers. What was found depends on the finished embedding alone,
so it is looked up once for each pair, and a step differentiates nothing but the distances.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vosdesk.arrays import BACKGROUND, QUARTERS_ACROSS, STRIDE, VOID
from vosdesk.embedding.quarter_head import QUARTER_STRIDE, QuarterHead
from vosdesk.errors import VosdeskError
from vosdesk.jobs import Job, Progress
from vosdesk.labelling.quarters import BETWEEN, near_borders
from vosdesk.training.averaging import WeightAverage
from vosdesk.training.dataset import network_input, network_labels
from vosdesk.training.features import edge_features
from vosdesk.training.validation import embed_frame, engine_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from vosdesk.arrays import EmbeddingMap
    from vosdesk.embedding.network import EmbeddingNetwork
    from vosdesk.labelling.engine import LabellingEngine
    from vosdesk.training.config import TrainingConfig
    from vosdesk.training.dataset import TrainingFrame, Video

QUARTERS_A_STEP = 2500
"""Quarters of the band that a step looks at, at most."""
LEAST, MOST = 0.02, 0.98
"""Between these a label counts as what it is; beyond, nothing is to be gained."""
WARM_UP = 50
MEMORY = 0.99
"""Of the running average of the weights."""
FRAME_STEP = 6
"""Of each video every sixth frame is taken."""


@dataclass(frozen=True, eq=False)
class QuarterPair:
    """Two frames of a video, with what the finished embedding finds of the one in the other.

    Attributes:
        reference: The frame whose mask is given.
        asked: The frame that is labelled.
        grid: Rows and columns of the asked frame's cells.
        shares: (2 * rows, 2 * columns) float16, which part of each quarter of the reference
            frame the object covers.
        quarters: (n,) int32 numbers of the asked frame's contested quarters, in reading order.
        truth: (n,) float16, which part of each the object covers.
        cells: (m,) int32 numbers of the asked frame's cells that are near to these quarters, in
            reading order.
        found: (m, K) int32 numbers of the reference frame's cells that each of them found.
        log_weights: (m, K) float32 logarithms of the weights of their votes; -inf where fewer
            than K were found.
    """

    reference: TrainingFrame
    asked: TrainingFrame
    grid: tuple[int, int]
    shares: NDArray[np.float16]
    quarters: NDArray[np.int32]
    truth: NDArray[np.float16]
    cells: NDArray[np.int32]
    found: NDArray[np.int32]
    log_weights: NDArray[np.float32]


class Candidates(NamedTuple):
    """What n quarters are compared with: c = 4 cells x K references x 4 quarters for each.

    Attributes:
        number: (n, c) int64 numbers of quarters of the reference frame.
        log_weight: (n, c) float32, what each counts before quarters are compared.
    """

    number: NDArray[np.int64]
    log_weight: NDArray[np.float32]


class QuarterRun:
    """The moving parts of the run; ``resume`` keeps them like those of the head's ``Run``.

    Args:
        config: The run's choices.
        network: The network with its finished head; it gets the quarter head.
        device: Where the network is.
    """

    def __init__(
        self, config: TrainingConfig, network: EmbeddingNetwork, device: torch.device
    ) -> None:
        torch.manual_seed(config.seed)
        self.config = config
        self.network = network.requires_grad_(False)
        self.device = device
        head = QuarterHead(network.backbone.edge_levels, config.quarter_head).to(device)
        network.quarter_head = self.quarter_head = head
        rate = config.quarter_learning_rate
        self.optimiser = torch.optim.AdamW(head.parameters(), rate, weight_decay=1e-2)
        self.scaler = torch.amp.GradScaler(device.type, enabled=False)
        self.average = WeightAverage(network, MEMORY)

    def step(self, step: int, pairs: Sequence[QuarterPair]) -> float:
        """Take one step of the optimiser; what it draws depends on seed and step alone.

        Returns:
            The loss.
        """
        rng = np.random.default_rng((self.config.seed, step, 2))
        pair = pairs[int(rng.integers(len(pairs)))]
        rise = min(1.0, (step + 1) / WARM_UP)
        fall = 0.5 * (1 + math.cos(math.pi * step / self.config.quarter_iterations))
        self.optimiser.param_groups[0]["lr"] = self.config.quarter_learning_rate * rise * fall
        loss = self._loss(pair, rng)
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        self.average.update(step + 1)
        return loss.item()

    def _loss(self, pair: QuarterPair, rng: np.random.Generator) -> Tensor:
        count = len(pair.quarters)
        chosen = rng.choice(count, min(count, QUARTERS_A_STEP), replace=False)
        candidates = candidates_of(pair, chosen)
        asked, references = self._embed(pair)
        labels = quarter_labels(
            asked[self._tensor(pair.quarters[chosen].astype(np.int64))],
            references,
            self._tensor(candidates.number),
            self._tensor(candidates.log_weight),
            self._tensor(pair.shares.astype(np.float32).reshape(-1)),
        )
        truth = self._tensor(pair.truth[chosen].astype(np.float32))
        return F.binary_cross_entropy(labels.clamp(LEAST, MOST), truth)

    def _embed(self, pair: QuarterPair) -> tuple[Tensor, Tensor]:
        """Return quarter embeddings of the asked frame and of the other, (quarters, d) each."""
        pictures = [network_input(frame) for frame in (pair.asked, pair.reference)]
        with torch.no_grad():
            features = edge_features(self.network.backbone, pictures, self.device)
        embeddings = self.quarter_head(features, pair.grid).flatten(2).transpose(1, 2)
        return embeddings[0], embeddings[1]

    def _tensor(self, array: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(array).to(self.device)


def quarter_labels(
    asked: Tensor, references: Tensor, candidates: Tensor, log_weights: Tensor, shares: Tensor
) -> Tensor:
    """Return what the references say of quarters; see the formula above.

    Args:
        asked: (n, d) quarter embeddings.
        references: (r, d) quarter embeddings.
        candidates: (n, c) int64, with which of the references each is compared.
        log_weights: (n, c) log b_c + log w_ck.
        shares: (r,) which part of each reference the object covers.

    Returns:
        (n,), 0..1.
    """
    lengths = asked.square().sum(dim=1, keepdim=True) + references.square().sum(dim=1)[candidates]
    distances = lengths - 2 * torch.einsum("nd,ncd->nc", asked, references[candidates])
    return (torch.softmax(log_weights - distances, dim=1) * shares[candidates]).sum(dim=1)


def candidates_of(pair: QuarterPair, chosen: NDArray[np.integer]) -> Candidates:
    """Return what some of a pair's quarters, given by their places, are compared with."""
    columns = pair.shares.shape[1] // QUARTERS_ACROSS
    places = np.searchsorted(pair.cells, _nearest_cells(pair.quarters[chosen], pair.grid))
    row, column = np.divmod(pair.found[places].astype(np.int64), columns)  # (n, 4, K)
    down, right = np.divmod(np.arange(QUARTERS_ACROSS**2), QUARTERS_ACROSS)
    rows = QUARTERS_ACROSS * row[..., None] + down
    number = QUARTERS_ACROSS * columns * rows + QUARTERS_ACROSS * column[..., None] + right
    weight = pair.log_weights[places] + np.log(BETWEEN)[:, None]
    every = np.broadcast_to(weight[..., None], number.shape)
    return Candidates(number.reshape(len(chosen), -1), every.reshape(len(chosen), -1))


def _nearest_cells(quarters: NDArray[np.int32], grid: tuple[int, int]) -> NDArray[np.int64]:
    """Return (n, 4) numbers of the cells around quarters, in the order of BETWEEN."""
    rows, columns = grid
    y, x = np.divmod(quarters.astype(np.int64), QUARTERS_ACROSS * columns)
    own_row, own_column = y // QUARTERS_ACROSS, x // QUARTERS_ACROSS
    other_row = np.clip(own_row + np.where(y % QUARTERS_ACROSS, 1, -1), 0, rows - 1)
    other_column = np.clip(own_column + np.where(x % QUARTERS_ACROSS, 1, -1), 0, columns - 1)
    around = ((own_row, own_column), (other_row, own_column), (own_row, other_column))
    return np.stack([r * columns + c for r, c in (*around, (other_row, other_column))], axis=1)


def quarter_pairs(
    network: EmbeddingNetwork, videos: Sequence[Video], device: torch.device, seed: int
) -> Job[list[QuarterPair]]:
    """Label frames of the training videos by retrieval, and keep what was found at borders.

    Yields:
        Progress before every video.

    Raises:
        VosdeskError: No video has an object's border.
    """
    rng = np.random.default_rng((seed, 2))
    pairs: list[QuarterPair] = []
    for done, video in enumerate(videos):
        yield Progress(done, len(videos), f"looking for borders in {video[0].image.parent.name}")
        pairs += _pairs_of_video(network, video, device, rng)
    if not pairs:
        raise VosdeskError("No object's border was found in the videos to train on.")
    return pairs


def _pairs_of_video(
    network: EmbeddingNetwork, video: Video, device: torch.device, rng: np.random.Generator
) -> Iterator[QuarterPair]:
    """Ask each taken frame twice: from the first frame, and from any other one."""
    frames = video[:: min(FRAME_STEP, len(video) - 1)]  # of a short video the first and the last
    maps = [embed_frame(network, frame, None, device) for frame in frames]
    engines: dict[int, LabellingEngine] = {}
    for asked in range(len(frames)):
        for given in {0, int(rng.integers(len(frames)))} - {asked}:
            if given not in engines:
                engines[given], _size = engine_of(frames[given], maps[given])
            both = frames[given], frames[asked]
            pair = _pair(engines[given], both, maps[asked], rng)
            if pair is not None:
                yield pair


def _pair(
    engine: LabellingEngine,
    frames: tuple[TrainingFrame, TrainingFrame],
    embedding_map: EmbeddingMap,
    rng: np.random.Generator,
) -> QuarterPair | None:
    """Return the pair for one of the objects; None where there is no border to learn from.

    Args:
        engine: What labels from the reference frame's mask.
        frames: The reference frame, and the asked one.
        embedding_map: The asked frame's.
        rng: The source of chance.
    """
    objects = [i for i in engine.references.object_ids if i != BACKGROUND]
    if not objects or not engine.references.knows_background:
        return None
    object_id = int(rng.choice(objects))
    found = engine.search(embedding_map)
    labels = engine.vote(0, found)
    given, wanted = (network_labels(frame) for frame in frames)
    shares, truth, unknown = (
        quarter_coverage(mask) for mask in (given == object_id, wanted == object_id, wanted == VOID)
    )
    score = labels.scores[labels.object_ids.index(object_id)]
    band = _near_border(score) | _near_border(_means(truth, QUARTERS_ACROSS))
    asked = np.repeat(np.repeat(band, QUARTERS_ACROSS, 0), QUARTERS_ACROSS, 1) & (unknown == 0)
    quarters = np.flatnonzero(asked)
    if not len(quarters):
        return None
    near = np.flatnonzero(cv2.dilate(band.astype(np.uint8), np.ones((3, 3), np.uint8)))
    lists = found.reshape(band.size).take(near)
    # where fewer were found than are asked for, any number serves: its weight is nought
    of_reference = engine.references.cells[np.maximum(lists.number, 0)]
    columns = shares.shape[1] // QUARTERS_ACROSS
    votes = torch.from_numpy(lists.similarity) / engine.settings.temperature
    return QuarterPair(
        *frames,
        grid=found.grid,
        shares=shares.astype(np.float16),
        quarters=quarters.astype(np.int32),
        truth=truth.reshape(-1)[quarters].astype(np.float16),
        cells=near.astype(np.int32),
        found=columns * of_reference[..., 0] + of_reference[..., 1],
        log_weights=torch.log_softmax(votes, dim=1).numpy(),
    )


def quarter_coverage(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return which part of every quarter is in a mask of the network's input.

    Returns:
        (2 * rows, 2 * columns) of whole cells; what lies beyond the picture repeats its edge.
    """
    missing = [(0, -side % STRIDE) for side in mask.shape]
    whole = np.pad(mask.astype(np.float32), missing, mode="edge")
    return _means(whole, QUARTER_STRIDE)


def _near_border(scores: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which cells are near the border of an object with these (rows, columns) scores."""
    return near_borders(np.stack([1 - scores, scores]))


def _means(values: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """Return the mean of each square of this side."""
    rows, columns = (length // side for length in values.shape)
    means: NDArray[np.float32] = values.reshape(rows, side, columns, side).mean(axis=(1, 3))
    return means
