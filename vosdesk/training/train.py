"""One training run, from the configuration to the file of weights.

The trunk keeps its published BatchNorm statistics throughout: three frames of one video are no
sample to take statistics from.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

import vosdesk
from vosdesk.embedding.backbones import backbone_entry
from vosdesk.embedding.card import ModelCard
from vosdesk.embedding.checkpoint import build_network, save_checkpoint
from vosdesk.embedding.devices import pick_device
from vosdesk.jobs import Job, Progress
from vosdesk.training.dataset import load_videos
from vosdesk.training.features import trunk_cache, trunk_features
from vosdesk.training.loss import relaxed_triplet_loss, smooth_triplet_loss
from vosdesk.training.loss_log import LossLog
from vosdesk.training.resume import load_state, save_state
from vosdesk.training.start import sample_features, start_as_projection
from vosdesk.training.triplets import draw_anchors, draw_frames, on_object

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from vosdesk.embedding.backbone import Backbone
    from vosdesk.embedding.network import EmbeddingNetwork
    from vosdesk.training.config import TrainingConfig
    from vosdesk.training.dataset import TrainingFrame, Video

WARM_UP = 20
"""Steps until the learning rate has its full height."""


class Run:
    """The moving parts of a run: network, optimiser and the running average of the weights.

    Args:
        config: The run's choices.

    Raises:
        ModelError: There is no such trunk or device, or the trunk's weights are not to be had.
    """

    def __init__(self, config: TrainingConfig) -> None:
        torch.manual_seed(config.seed)
        self.config = config
        self.device = pick_device(config.device)
        card = card_of(config)
        self.network = build_network(card, pretrained=True).eval().to(self.device)
        levels = tuple(level.name for level in self.network.backbone.levels)
        self.card = card.model_copy(update={"levels": levels})
        self.cache = _cache(config, self.network.backbone)
        self.network.backbone.requires_grad_(config.trunk_learning_rate > 0)
        self.optimiser = _optimiser(config, self.network)
        self.average = {
            name: parameter.detach().clone()
            for name, parameter in self.network.named_parameters()
            if parameter.requires_grad
        }

    def start(self, videos: Sequence[Video]) -> None:
        """Set the head to where training starts; see training.start."""
        backbone, head = self.network.backbone, self.network.head
        features = sample_features(backbone, videos, self.cache, self.device, self.config.seed)
        start_as_projection(head, backbone.levels, features)
        self._update_average(0)

    def step(self, step: int, videos: Sequence[Video]) -> float:
        """Take one step of the optimiser; what it draws depends on seed and step alone.

        Returns:
            The loss.
        """
        rng = np.random.default_rng((self.config.seed, step))
        frames = draw_frames(videos, rng)
        for group in self.optimiser.param_groups:
            group["lr"] = group["initial_lr"] * learning_rate_factor(step, self.config.iterations)
        loss = self._loss(frames, rng)
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        self._update_average(step + 1)
        return loss.item()

    def _loss(self, frames: Sequence[TrainingFrame], rng: np.random.Generator) -> Tensor:
        features = trunk_features(self.network.backbone, frames, self.cache, self.device)
        times = torch.tensor([frame.time for frame in frames], device=self.device)
        embeddings = self.network.head(features, times).flatten(2).transpose(1, 2)
        labels = [on_object(frame).to(self.device) for frame in frames]
        return loss_of_frames(embeddings, labels, self.config, rng)

    @torch.no_grad()
    def _update_average(self, step: int) -> None:
        memory = min(self.config.averaging, step / (10 + step))  # short at first
        for name, parameter in self.network.named_parameters():
            if name in self.average:
                self.average[name].lerp_(parameter, 1 - memory)


def loss_of_frames(
    embeddings: Tensor, labels: Sequence[Tensor], config: TrainingConfig, rng: np.random.Generator
) -> Tensor:
    """Return the loss of three frames, each in its turn giving the anchors, the others the pool.

    Args:
        embeddings: (3, cells, d) unit vectors.
        labels: For each frame (cells,) bool, which cells lie on the object.
        config: The run's choices.
        rng: The source of chance.
    """
    losses = []
    for i in range(len(labels)):
        anchors = draw_anchors(labels[i], config.anchors, rng)
        others = [j for j in range(len(labels)) if j != i]
        pool = torch.cat([embeddings[j] for j in others])
        pool_labels = torch.cat([labels[j] for j in others])
        own, own_labels = embeddings[i][anchors], labels[i][anchors]
        if config.loss == "relaxed":
            loss = relaxed_triplet_loss(own, own_labels, pool, pool_labels, config.margin)
        else:
            loss = smooth_triplet_loss(own, own_labels, pool, pool_labels, config.temperature)
        losses.append(loss)
    return torch.stack(losses).mean()


def learning_rate_factor(step: int, iterations: int) -> float:
    """Return the factor on the learning rate: up in a few steps, then along a cosine to zero.

    The first steps are short because AdamW, before it has seen many gradients, takes steps of
    full length in directions that mean little, and the start is worth keeping.
    """
    rise = min(1.0, (step + 1) / WARM_UP)
    return rise * 0.5 * (1 + math.cos(math.pi * step / iterations))


def card_of(config: TrainingConfig) -> ModelCard:
    """Return the card of the network that a run makes, as yet without figures."""
    return ModelCard(
        name=config.name,
        backbone=config.backbone,
        hidden=config.hidden,
        dimensions=config.dimensions,
        coordinate_scale=config.coordinate_scale,
        similarity_floor=config.similarity_floor,
        training=_training_in_words(config),
        licence=config.licence,
        vosdesk_version=vosdesk.__version__,
    )


def _training_in_words(config: TrainingConfig) -> str:
    trunk = "trained too" if config.trunk_learning_rate > 0 else "left as published"
    return (
        f"Trunk {config.backbone}: {backbone_entry(config.backbone).pretraining}, {trunk}."
        f" Head: {config.iterations} steps of three frames of one video,"
        f" split {config.split} of {config.davis_root.name}."
    )


def _optimiser(config: TrainingConfig, network: EmbeddingNetwork) -> torch.optim.AdamW:
    groups = [{"params": list(network.head.parameters()), "lr": config.learning_rate}]
    if config.trunk_learning_rate > 0:
        trunk = list(network.backbone.parameters())
        groups.append({"params": trunk, "lr": config.trunk_learning_rate})
    for group in groups:
        group["initial_lr"] = group["lr"]
    return torch.optim.AdamW(groups, weight_decay=config.weight_decay)


def _cache(config: TrainingConfig, backbone: Backbone) -> Path | None:
    return trunk_cache(config.feature_cache, backbone) if config.feature_cache else None


def train(config: TrainingConfig) -> Job[Path]:
    """Train a network as configured, going on where an interrupted run with these choices was.

    Yields:
        Progress after every step, its payload the step's loss.

    Returns:
        The file of weights.

    Raises:
        VosdeskError: Data or the trunk's published weights are missing, or a file cannot be
            written.
    """
    run = Run(config)
    state = config.out.with_suffix(".resume")
    done = load_state(state, config, run.network, run.average, run.optimiser)
    videos = load_videos(config.davis_root, config.split, mirror=config.mirror)
    if done == 0:
        yield Progress(0, config.iterations, "looking at the videos")
        run.start(videos)
    log = LossLog(config.out.with_suffix(".csv"), done)
    for step in range(done, config.iterations):
        loss = run.step(step, videos)
        log.add(step + 1, loss)
        yield Progress(step + 1, config.iterations, f"loss {loss:.4f}", loss)
        if (step + 1) % config.save_every == 0:
            save_state(state, config, step + 1, run.network, run.average, run.optimiser)
    run.network.load_state_dict(run.average, strict=False)
    save_checkpoint(config.out, run.network, run.card)
    state.unlink(missing_ok=True)
    return config.out
