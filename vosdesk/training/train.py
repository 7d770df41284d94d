"""One training run, from the configuration to the file of weights."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import vosdesk
from vosdesk.embedding.backbones import backbone_entry
from vosdesk.embedding.card import ModelCard
from vosdesk.embedding.checkpoint import save_checkpoint
from vosdesk.errors import VosdeskError
from vosdesk.jobs import Job, Progress
from vosdesk.training.config import VALIDATION_SPLIT
from vosdesk.training.dataset import load_videos
from vosdesk.training.inputs import is_used
from vosdesk.training.loss_curve import draw_curve
from vosdesk.training.loss_log import LossLog
from vosdesk.training.resume import load_state, save_state
from vosdesk.training.run import Run
from vosdesk.training.validation import validate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from vosdesk.training.config import TrainingConfig
    from vosdesk.training.dataset import Video

logger = logging.getLogger(__name__)


def train(config: TrainingConfig) -> Job[Path]:
    """Train a network as configured, going on where an interrupted run with these choices was.

    Beside the weights stand the log (.csv) and its picture (.png).

    Yields:
        Progress after every step, its payload the step's loss; before every video of a
        validation, its payload None.

    Returns:
        The file of weights.

    Raises:
        VosdeskError: Data or the trunk's published weights are missing, or a file cannot be
            written.
    """
    run = Run(config, card_of(config))
    state = config.out.with_suffix(".resume")
    done = load_state(state, run)
    videos = load_videos(config.davis_root, config.split, mirror=config.mirror)
    held_out = load_held_out(config)
    if done == 0:
        yield Progress(0, config.iterations, "looking at the videos")
        run.start(videos)
    log = LossLog(config.out.with_suffix(".csv"), done)
    for step in range(done + 1, config.iterations + 1):
        loss = run.step(step - 1, videos)
        yield Progress(step, config.iterations, f"loss {loss:.4f}", loss)
        due = held_out and (step % config.validation_every == 0 or step == config.iterations)
        region = (yield from _validated(run, held_out, step)) if due else None
        log.add(step, loss, region)
        if step % config.save_every == 0:
            save_state(state, run, step)
            draw_curve(log.path, config.name)
    draw_curve(log.path, config.name)
    network = run.average.applied_to(run.network)
    levels = [level.name for level in network.backbone.levels if is_used(level, config.levels)]
    card = card_of(config).model_copy(update={"levels": tuple(levels)})
    save_checkpoint(config.out, network, card)
    state.unlink(missing_ok=True)
    return config.out


def load_held_out(config: TrainingConfig) -> Sequence[Video]:
    """Return the videos to validate on; none where that is off or the usual split is not there.

    Raises:
        VosdeskError: A split was asked for by name, and it is missing or incomplete.
    """
    if config.validation_every == 0:
        return ()
    try:
        return load_videos(
            config.davis_root, config.validation_split or VALIDATION_SPLIT, mirror=False
        )
    except VosdeskError:
        if config.validation_split is not None:
            raise
        logger.info("no videos to validate on", exc_info=True)
        return ()


def _validated(run: Run, videos: Sequence[Video], step: int) -> Job[float]:
    """Validate the weights that would be kept; the bar shows training's own steps meanwhile."""
    job = validate(run.average.applied_to(run.network), videos, run.cache, run.device)
    while True:
        try:
            progress = next(job)
        except StopIteration as end:
            region: float = end.value
            return region
        yield Progress(step, run.config.iterations, progress.text)


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
    start = "random weights" if config.from_scratch else backbone_entry(config.backbone).pretraining
    trunk = "trained too" if config.trunk_learning_rate > 0 else "left as published"
    return (
        f"Trunk {config.backbone}: {start}, {trunk}."
        f" Head: {config.iterations} steps of three frames of one video,"
        f" split {config.split} of {config.davis_root.name}."
    )
