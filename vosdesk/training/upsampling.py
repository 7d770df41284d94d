"""The upsampler's training, after the quarter head's: how borders run within the cells.

Only what the weights can change counts: pixels near the border of the object for which some of the
nine cells around says what is true. There, with s the score brought to full resolution and c the
coverage, the loss is the cross-entropy of sigmoid((s - 1/2) SHARPNESS) with c, averaged over each
view by itself, so that thin objects count like large ones.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vosdesk.arrays import BACKGROUND, STRIDE
from vosdesk.embedding.upsampler import Upsampler, upsample
from vosdesk.jobs import Job, Progress
from vosdesk.training.averaging import WeightAverage
from vosdesk.training.edge_views import ScoredFrame, draw_view
from vosdesk.training.features import edge_features
from vosdesk.training.validation import embed_frame, engine_from_mask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vosdesk.embedding.network import EmbeddingNetwork
    from vosdesk.training.config import TrainingConfig
    from vosdesk.training.dataset import Video
    from vosdesk.training.edge_views import EdgeView
    from vosdesk.training.stills import Still

SHARPNESS = 12.0
NEAR = 10
"""Pixels from the border that count."""
HINT = 0.25
"""Score that one of the cells must at least have, where the object is."""
VIEWS = 4
"""Views in a step."""
WARM_UP = 50
MEMORY = 0.995
"""Of the running average of the weights."""
FRAME_STEP = 3
"""Of each video every third frame is labelled."""
FROM_ANOTHER = 0.6
"""Part of the frames labelled from another frame than the first."""


class UpsamplingRun:
    """The moving parts of the run; ``resume`` keeps them like those of the head's ``Run``.

    Args:
        config: The run's choices.
        network: The network with its finished head and quarter head; it gets the upsampler.
        device: Where the network is.
    """

    def __init__(
        self, config: TrainingConfig, network: EmbeddingNetwork, device: torch.device
    ) -> None:
        torch.manual_seed(config.seed)
        self.config = config
        self.network = network.requires_grad_(False)
        self.device = device
        upsampler = Upsampler(network.backbone.edge_levels, config.upsampler).to(device)
        network.upsampler = self.upsampler = upsampler
        rate = config.upsampler_learning_rate
        self.optimiser = torch.optim.AdamW(upsampler.parameters(), rate, weight_decay=1e-4)
        self.scaler = torch.amp.GradScaler(device.type, enabled=False)
        self.average = WeightAverage(network, MEMORY)

    def step(self, step: int, scored: Sequence[ScoredFrame], stills: Sequence[Still]) -> float:
        """Take one step of the optimiser; what it draws depends on seed and step alone.

        Returns:
            The loss.
        """
        rng = np.random.default_rng((self.config.seed, step, 1))
        side = self.config.upsampler_crop
        views = [draw_view(scored, stills, side, rng) for _ in range(VIEWS)]
        rise = min(1.0, (step + 1) / WARM_UP)
        fall = 0.5 * (1 + math.cos(math.pi * step / self.config.upsampler_iterations))
        self.optimiser.param_groups[0]["lr"] = self.config.upsampler_learning_rate * rise * fall
        loss = self._loss(views)
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        self.average.update(step + 1)
        return loss.item()

    def _loss(self, views: Sequence[EdgeView]) -> Tensor:
        pictures = [view.picture for view in views]
        scores, truth, known = (
            torch.from_numpy(np.stack(parts)[:, None]).to(self.device)
            for parts in zip(*((v.scores, v.truth, v.known) for v in views), strict=True)
        )
        with torch.no_grad():
            features = edge_features(self.network.backbone, pictures, self.device)
        grid = (scores.shape[2], scores.shape[3])
        fine = upsample(scores, self.upsampler(features, grid))
        return border_loss(fine, scores, truth, known)


def border_loss(fine: Tensor, scores: Tensor, truth: Tensor, known: Tensor) -> Tensor:
    """Return the loss; see the formula above.

    Args:
        fine: (N, 1, rows, columns) scores of fine pixels.
        scores: (N, 1, rows, columns) scores of cells.
        truth: (N, 1, height, width) coverage.
        known: (N, 1, height, width) bool.
    """
    pixels = truth.shape[-2:]
    brought_up = F.interpolate(fine, pixels, mode="bilinear", align_corners=False)
    each = F.binary_cross_entropy_with_logits(
        (brought_up - 0.5) * SHARPNESS, truth, reduction="none"
    )
    inside = (truth > 0.5).float()
    near = _most(inside, NEAR) + _most(1 - inside, NEAR) > 1
    most, least = (_spread(_most(part, 1)) for part in (scores, 1 - scores))
    counts = (near & known & torch.where(inside > 0, most > HINT, least > HINT)).float()
    by_view = (each * counts).sum(dim=(1, 2, 3)) / counts.sum(dim=(1, 2, 3)).clamp(min=1)
    return by_view.mean()


def _most(values: Tensor, reach: int) -> Tensor:
    """Return the largest value within so many pixels."""
    return F.max_pool2d(values, 2 * reach + 1, 1, reach)


def _spread(cells: Tensor) -> Tensor:
    return F.interpolate(cells, scale_factor=STRIDE)


def scored_frames(
    network: EmbeddingNetwork, videos: Sequence[Video], device: torch.device, seed: int
) -> Job[list[ScoredFrame]]:
    """Label frames of the training videos by retrieval, as a user's frames will be.

    Yields:
        Progress before every video.
    """
    rng = np.random.default_rng(seed)
    scored: list[ScoredFrame] = []
    for done, video in enumerate(videos):
        yield Progress(done, len(videos), f"labelling {video[0].image.parent.name}")
        scored += _score_video(network, video, device, rng)
    return scored


def _score_video(
    network: EmbeddingNetwork, video: Video, device: torch.device, rng: np.random.Generator
) -> list[ScoredFrame]:
    """Label every third frame, from the first one or from another."""
    first, _size = engine_from_mask(network, video[0], None, device)
    scored = []
    for number in range(FRAME_STEP // 2, len(video), FRAME_STEP):
        frame, other = video[number], int(rng.integers(len(video)))
        another = rng.random() < FROM_ANOTHER and other != number
        engine = first
        if another:
            engine, _size = engine_from_mask(network, video[other], None, device)
        found = engine.label(number, embed_frame(network, frame, None, device))
        objects = [i for i in found.object_ids if i != BACKGROUND]
        if objects and engine.references.knows_background:
            object_id = int(rng.choice(objects))
            scores = found.scores[found.object_ids.index(object_id)]
            scored.append(ScoredFrame(frame, object_id, scores.astype(np.float16)))
    return scored
