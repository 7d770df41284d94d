"""The upsampler's training, after the quarter head's: how borders run within quarters of cells.

Only what the weights can change counts: pixels near the border of the object for which some of the
nine quarters around says what is true. There, with s the score brought to full resolution and c the
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

from vosdesk.arrays import BACKGROUND, QUARTERS_ACROSS
from vosdesk.embedding.quarter_head import QUARTER_STRIDE
from vosdesk.embedding.upsampler import Upsampler, upsample
from vosdesk.jobs import Job, Progress
from vosdesk.labelling.quarters import quarter_scores
from vosdesk.training.averaging import WeightAverage
from vosdesk.training.edge_views import ScoredFrame, draw_view
from vosdesk.training.validation import embed_frame, engine_of, upsampling_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vosdesk.embedding.network import EmbeddingNetwork
    from vosdesk.labelling.engine import LabellingEngine
    from vosdesk.training.config import TrainingConfig
    from vosdesk.training.dataset import TrainingFrame, Video
    from vosdesk.training.edge_views import EdgeView
    from vosdesk.training.stills import Still

SHARPNESS = 12.0
NEAR = 10
"""Pixels from the border that count."""
HINT = 0.25
"""Score that one of the quarters must at least have, where the object is."""
VIEWS = 4
"""Views in a step."""
WARM_UP = 50
TOWARDS_BILINEAR = 0.2
"""So far the weights that are kept are drawn back to those of interpolation, which are best for
exact labels: that costs real ones nothing, and exact coverage comes back with J 95.2, not 94.9."""
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

    def finished(self) -> EmbeddingNetwork:
        """Return the network that the run has made."""
        network = self.average.applied_to(self.network)
        assert network.upsampler is not None
        network.upsampler.draw_towards_bilinear(TOWARDS_BILINEAR)
        return network

    def _loss(self, views: Sequence[EdgeView]) -> Tensor:
        pictures = np.stack([view.picture for view in views])
        images = torch.from_numpy(pictures).to(self.device).permute(0, 3, 1, 2).float()
        scores, truth, known = (
            torch.from_numpy(np.stack(parts)[:, None]).to(self.device)
            for parts in zip(*((v.scores, v.truth, v.known) for v in views), strict=True)
        )
        with torch.no_grad():
            features = self.network.backbone.edge_features(images)
        grid = (scores.shape[2] // QUARTERS_ACROSS, scores.shape[3] // QUARTERS_ACROSS)
        fine = upsample(scores, self.upsampler(features, grid))
        return border_loss(fine, scores, truth, known)


def border_loss(fine: Tensor, scores: Tensor, truth: Tensor, known: Tensor) -> Tensor:
    """Return the loss; see the formula above.

    Args:
        fine: (N, 1, 2 * rows, 2 * columns) scores of fine pixels.
        scores: (N, 1, rows, columns) scores of quarters.
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


def _spread(quarters: Tensor) -> Tensor:
    return F.interpolate(quarters, scale_factor=QUARTER_STRIDE)


def scored_frames(
    network: EmbeddingNetwork, videos: Sequence[Video], device: torch.device, seed: int
) -> Job[list[ScoredFrame]]:
    """Label quarters of the training videos' frames by retrieval, as a user's frames will be.

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
        scored += _score_video(network, video, device, rng)
    return scored


def _score_video(
    network: EmbeddingNetwork, video: Video, device: torch.device, rng: np.random.Generator
) -> list[ScoredFrame]:
    """Label every third frame, from the first one or from another."""
    first = _engine(network, video[0], device)
    scored = []
    for number in range(FRAME_STEP // 2, len(video), FRAME_STEP):
        frame, other = video[number], int(rng.integers(len(video)))
        another = rng.random() < FROM_ANOTHER and other != number
        engine = _engine(network, video[other], device) if another else first
        found = engine.label(number, embed_frame(network, frame, None, device))
        upsampling = upsampling_of(network, frame, device)
        objects = [i for i in found.object_ids if i != BACKGROUND]
        if objects and engine.references.knows_background and upsampling is not None:
            object_id = int(rng.choice(objects))
            scores = quarter_scores(found, upsampling)[found.object_ids.index(object_id)]
            scored.append(ScoredFrame(frame, object_id, scores.astype(np.float16)))
    return scored


def _engine(
    network: EmbeddingNetwork, given: TrainingFrame, device: torch.device
) -> LabellingEngine:
    """Return what labels quarters from a frame's mask."""
    maps = embed_frame(network, given, None, device), upsampling_of(network, given, device)
    engine, _size = engine_of(given, maps[0], upsampling=maps[1])
    return engine
