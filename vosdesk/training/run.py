"""The moving parts of a training run, and what one step does with them.

The trunk keeps its published BatchNorm statistics throughout: three frames of one video are no
sample to take statistics from.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from vosdesk.embedding.checkpoint import build_network
from vosdesk.embedding.devices import pick_device
from vosdesk.training.augmentation import augment
from vosdesk.training.averaging import WeightAverage
from vosdesk.training.dataset import cell_labels, frame_cells
from vosdesk.training.dimensions import second_moment, turn_to_principal_axes
from vosdesk.training.features import compute_features, trunk_cache, trunk_features
from vosdesk.training.inputs import AXES, restrict_inputs
from vosdesk.training.loss import relaxed_triplet_loss, smooth_triplet_loss, standard_triplet_loss
from vosdesk.training.start import sample_features, start_as_projection
from vosdesk.training.synthetic import draw_synthetic
from vosdesk.training.triplets import draw_anchors, draw_frames, shared_labels

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from vosdesk.embedding.backbone import Backbone
    from vosdesk.embedding.card import ModelCard
    from vosdesk.embedding.network import EmbeddingNetwork
    from vosdesk.jobs import Job
    from vosdesk.training.augmentation import View
    from vosdesk.training.config import TrainingConfig
    from vosdesk.training.dataset import TrainingFrame, Video
    from vosdesk.training.stills import Still

WARM_UP = 20
"""Steps until the learning rate has its full height."""
SYNTHETIC_A_STEP = 2
"""Synthetic videos to a step; their frames are small."""
SYNTHETIC_TIMES = (0.4, 0.5, 0.6)
"""Where in a video the frames of a synthetic one would be: close together."""


class Run:
    """The moving parts of a run: network, optimiser and the running average of the weights.

    Args:
        config: The run's choices.
        card: What the network shall be.

    Raises:
        ModelError: There is no such trunk or device, or the trunk's weights are not to be had.
        VosdeskError: The trunk has no level of a name that the choices give.
    """

    def __init__(self, config: TrainingConfig, card: ModelCard) -> None:
        torch.manual_seed(config.seed)
        self.config = config
        self.device = pick_device(config.device)
        self.network = build_network(card, pretrained=not config.from_scratch).eval()
        self.network.to(self.device).to(memory_format=torch.channels_last)
        backbone, head = self.network.backbone, self.network.head
        self.cache = _cache(config, backbone)
        backbone.requires_grad_(config.trunk_learning_rate > 0)
        restrict_inputs(head, backbone.levels, config.levels, AXES[config.coordinates])
        self.optimiser = _optimiser(config, self.network)
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=_mixed(config, self.device))
        self.average = WeightAverage(self.network, config.averaging)

    def start(self, videos: Sequence[Video]) -> None:
        """Set the head to where training starts; see training.start."""
        backbone, config = self.network.backbone, self.config
        features = sample_features(backbone, videos, self.cache, self.device, config.seed)
        start_as_projection(
            self.network.head, backbone.levels, features, config.levels, AXES[config.coordinates]
        )
        self.average.update(0)

    def step(self, step: int, videos: Sequence[Video], stills: Sequence[Still] = ()) -> float:
        """Take one step of the optimiser; what it draws depends on seed and step alone.

        Args:
            step: Its number, from 0.
            videos: What there is to draw frames from.
            stills: What there is to make synthetic videos from, or none.

        Returns:
            The loss.
        """
        config, rng = self.config, np.random.default_rng((self.config.seed, step))
        for group in self.optimiser.param_groups:
            group["lr"] = group["initial_lr"] * learning_rate_factor(step, config.iterations)
        if stills and config.synthetic > 0 and rng.random() < config.synthetic:
            drawn = [draw_synthetic(stills, rng) for _ in range(SYNTHETIC_A_STEP)]
            embedded = [self._embed_views(views, SYNTHETIC_TIMES) for views in drawn]
        else:
            embedded = [self._embed_frames(draw_frames(videos, rng), rng)]
        loss = torch.stack([loss_of_frames(*item, config, rng) for item in embedded]).mean()
        self.optimiser.zero_grad()
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.average.update(step + 1)
        return loss.item()

    def finished(self, videos: Sequence[Video]) -> Job[EmbeddingNetwork]:
        """Return the network that the run has made, its dimensions in the order of their energy."""
        network = self.average.applied_to(self.network)
        moment = yield from second_moment(
            network, videos, self.cache, self.device, self.config.seed
        )
        turn_to_principal_axes(network.head, moment)
        return network

    def _embed_frames(
        self, frames: Sequence[TrainingFrame], rng: np.random.Generator
    ) -> tuple[Tensor, list[Tensor]]:
        """Embed frames of a video, as they are or in the views that the choices ask for."""
        times = [frame.time for frame in frames]
        if self.config.augment:
            return self._embed_views(augment(frames, self.config.crop, rng), times)
        with self._precision():
            features = trunk_features(self.network.backbone, frames, self.cache, self.device)
        return self._embed(features, times, [frame_cells(frame) for frame in frames])

    def _embed_views(
        self, views: Sequence[View], times: Sequence[float]
    ) -> tuple[Tensor, list[Tensor]]:
        with self._precision():
            pictures = [view.picture for view in views]
            features = compute_features(self.network.backbone, pictures, self.device)
        return self._embed(features, times, [cell_labels(view.labels) for view in views])

    def _embed(
        self, features: Sequence[Tensor], times: Sequence[float], labels: Sequence[Tensor]
    ) -> tuple[Tensor, list[Tensor]]:
        """Return embeddings, (frames, cells, d) float32, and each frame's cells' object ids."""
        with self._precision():
            # to unit length in float32: the squares of features may not fit into half of it
            wide = [feature.float() for feature in features]
            maps = self.network.head(wide, torch.tensor(times, device=self.device))
        embeddings = maps.float().flatten(2).transpose(1, 2)
        return embeddings, [cells.to(self.device) for cells in labels]

    def _precision(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.float16, enabled=self.scaler.is_enabled())


def loss_of_frames(
    embeddings: Tensor, labels: Sequence[Tensor], config: TrainingConfig, rng: np.random.Generator
) -> Tensor:
    """Return the loss of three frames, each in its turn giving the anchors, the others the pool.

    Args:
        embeddings: (3, cells, d) unit vectors.
        labels: For each frame (cells,) object ids.
        config: The run's choices.
        rng: The source of chance.
    """
    objects = shared_labels(labels)[1:]  # the background comes first
    losses = []
    for i in range(len(labels)):
        anchors = draw_anchors(labels[i], objects, config.anchors, rng)
        others = [j for j in range(len(labels)) if j != i]
        pool = torch.cat([embeddings[j] for j in others])
        pool_labels = torch.cat([labels[j] for j in others])
        meeting = embeddings[i][anchors], labels[i][anchors], pool, pool_labels
        if config.loss == "relaxed":
            loss = relaxed_triplet_loss(*meeting, config.margin)
        elif config.loss == "standard":
            loss = standard_triplet_loss(*meeting, config.margin, rng)
        else:
            loss = smooth_triplet_loss(*meeting, config.temperature)
        losses.append(loss)
    return torch.stack(losses).mean()


def learning_rate_factor(step: int, iterations: int) -> float:
    """Return the factor on the learning rate: up in a few steps, then along a cosine to zero.

    The first steps are short because AdamW, before it has seen many gradients, takes steps of
    full length in directions that mean little, and the start is worth keeping.
    """
    rise = min(1.0, (step + 1) / WARM_UP)
    return rise * 0.5 * (1 + math.cos(math.pi * step / iterations))


def _optimiser(config: TrainingConfig, network: EmbeddingNetwork) -> torch.optim.AdamW:
    groups = [{"params": list(network.head.parameters()), "lr": config.learning_rate}]
    if config.trunk_learning_rate > 0:
        trunk = list(network.backbone.parameters())
        groups.append({"params": trunk, "lr": config.trunk_learning_rate})
    for group in groups:
        group["initial_lr"] = group["lr"]
    return torch.optim.AdamW(groups, weight_decay=config.weight_decay)


def _mixed(config: TrainingConfig, device: torch.device) -> bool:
    chosen = config.mixed_precision
    return device.type == "cuda" if chosen is None else chosen


def _cache(config: TrainingConfig, backbone: Backbone) -> Path | None:
    return trunk_cache(config.feature_cache, backbone) if config.feature_cache else None
