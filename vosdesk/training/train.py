"""One training run, from the configuration to the file of weights."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeVar

import vosdesk
from vosdesk.embedding.backbones import backbone_entry
from vosdesk.embedding.card import ModelCard
from vosdesk.embedding.checkpoint import build_network, save_checkpoint
from vosdesk.embedding.devices import pick_device
from vosdesk.errors import VosdeskError
from vosdesk.jobs import Job, Progress
from vosdesk.training.config import VALIDATION_SPLIT
from vosdesk.training.dataset import load_videos
from vosdesk.training.inputs import is_used
from vosdesk.training.loss_curve import draw_curve
from vosdesk.training.loss_log import LossLog
from vosdesk.training.quarters import QuarterRun, quarter_pairs
from vosdesk.training.resume import load_state, save_state
from vosdesk.training.run import Run
from vosdesk.training.stills import load_stills
from vosdesk.training.upsampling import VIEWS, UpsamplingRun, scored_frames
from vosdesk.training.validation import validate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from vosdesk.embedding.network import EmbeddingNetwork
    from vosdesk.training.config import TrainingConfig
    from vosdesk.training.dataset import Video
    from vosdesk.training.stills import Still

logger = logging.getLogger(__name__)

T = TypeVar("T")

STATES = (".resume", ".quarters.resume", ".upsampler.resume")
"""What the states of the run's three parts are called, in their order."""


def train(config: TrainingConfig) -> Job[Path]:
    """Train a network as configured, going on where an interrupted run with these choices was.

    First the head (and the trunk, where that is wished), then the quarter head, then the
    upsampler. Beside the weights stand the logs (.csv, .quarters.csv, .upsampler.csv) and their
    pictures (.png).

    Yields:
        Progress after every step, its payload the step's loss; before every video that is looked
        at in between and at the end, its payload None.

    Returns:
        The file of weights.

    Raises:
        VosdeskError: Data or the trunk's published weights are missing, or a file cannot be
            written.
    """
    stills = load_stills(config.stills) if config.stills else ()
    head, quarters, upsampler = (config.out.with_suffix(suffix) for suffix in STATES)
    if config.upsampler and upsampler.is_file():
        whole = card_of(config).model_copy(update={"upsampler": config.upsampler})
        network = build_network(whole).eval()
    elif config.upsampler and quarters.is_file():
        network = build_network(card_of(config)).eval()
    else:
        network = yield from train_head(config, stills)
    if config.upsampler:
        if not upsampler.is_file():
            network = yield from train_quarter_head(config, network, quarters)
        network = yield from train_upsampler(config, network, stills, upsampler)
    save_checkpoint(config.out, network, finished_card(config, network))
    for leftover in (head, quarters, upsampler):
        leftover.unlink(missing_ok=True)
    return config.out


def train_head(config: TrainingConfig, stills: Sequence[Still] = ()) -> Job[EmbeddingNetwork]:
    """Train trunk and head; see ``train``."""
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
        loss = run.step(step - 1, videos, stills)
        yield Progress(step, config.iterations, f"loss {loss:.4f}", loss)
        due = held_out and (step % config.validation_every == 0 or step == config.iterations)
        region = (yield from _validated(run, held_out, step)) if due else None
        log.add(step, loss, region)
        if step % config.save_every == 0:
            save_state(state, run, step)
            draw_curve(log.path, config.name)
    draw_curve(log.path, config.name)
    return (yield from _within_step(config, config.iterations, run.finished(videos)))


def train_quarter_head(
    config: TrainingConfig, network: EmbeddingNetwork, state: Path
) -> Job[EmbeddingNetwork]:
    """Give a network with a finished head its quarter head; see ``train``.

    Args:
        config: The run's choices.
        network: The network; it is changed.
        state: The file to resume from.
    """
    device = pick_device(config.device)
    run = QuarterRun(config, network.to(device), device)
    done = _begin(state, run)
    videos = load_videos(config.davis_root, config.split, mirror=False)
    pairs = yield from quarter_pairs(run.network, videos, device, config.seed)
    log = LossLog(config.out.with_suffix(".quarters.csv"), done)
    total = config.quarter_iterations
    for step in range(done + 1, total + 1):
        loss = run.step(step - 1, pairs)
        yield Progress(step, total, f"quarter head, loss {loss:.4f}", loss)
        _keep(log, state, run, step, loss)
    draw_curve(log.path, config.name)
    return run.average.applied_to(run.network)


def train_upsampler(
    config: TrainingConfig, network: EmbeddingNetwork, stills: Sequence[Still], state: Path
) -> Job[EmbeddingNetwork]:
    """Give a network with finished head and quarter head its upsampler; see ``train``.

    Args:
        config: The run's choices.
        network: The network; it is changed.
        stills: Still images to train on beside the videos, or none.
        state: The file to resume from.
    """
    device = pick_device(config.device)
    run = UpsamplingRun(config, network.to(device), device)
    done = _begin(state, run)
    videos = load_videos(config.davis_root, config.split, mirror=False)
    scored = yield from scored_frames(run.network, videos, device, config.seed)
    log = LossLog(config.out.with_suffix(".upsampler.csv"), done)
    total = config.upsampler_iterations
    for step in range(done + 1, total + 1):
        loss = run.step(step - 1, scored, stills)
        yield Progress(step, total, f"upsampler, loss {loss:.4f}", loss)
        _keep(log, state, run, step, loss)
    draw_curve(log.path, config.name)
    return run.average.applied_to(run.network)


def _begin(state: Path, run: QuarterRun | UpsamplingRun) -> int:
    """Return how many steps of a later part are done already."""
    done = load_state(state, run)
    if done == 0:
        save_state(state, run, 0)  # the part before need not be trained again
    return done


def _keep(
    log: LossLog, state: Path, run: QuarterRun | UpsamplingRun, step: int, loss: float
) -> None:
    """Write down a step of a later part and, where that is due, the state after it."""
    log.add(step, loss)
    if step % run.config.save_every == 0:
        save_state(state, run, step)
        draw_curve(log.path, run.config.name)


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
    """Validate the weights that would be kept."""
    job = validate(run.average.applied_to(run.network), videos, run.cache, run.device)
    return (yield from _within_step(run.config, step, job))


def _within_step(config: TrainingConfig, step: int, job: Job[T]) -> Job[T]:
    """Do another job after a step; the bar goes on showing training's own steps."""
    while True:
        try:
            progress = next(job)
        except StopIteration as end:
            result: T = end.value
            return result
        yield Progress(step, config.iterations, progress.text)


def card_of(config: TrainingConfig) -> ModelCard:
    """Return the card of the network that a run begins with: its head alone, no later part."""
    return ModelCard(
        name=config.name,
        backbone=config.backbone,
        hidden=config.hidden,
        dimensions=config.dimensions,
        coordinate_scale=config.coordinate_scale,
        quarter_head=config.quarter_head,
        similarity_floor=config.similarity_floor,
        training=_training_in_words(config),
        licence=config.licence,
        vosdesk_version=vosdesk.__version__,
    )


def finished_card(config: TrainingConfig, network: EmbeddingNetwork) -> ModelCard:
    """Return the card of the network that a run has made, as yet without figures."""
    levels = [level.name for level in network.backbone.levels if is_used(level, config.levels)]
    parts = {"levels": tuple(levels), "upsampler": config.upsampler}
    return card_of(config).model_copy(update=parts)


def _training_in_words(config: TrainingConfig) -> str:
    start = "random weights" if config.from_scratch else backbone_entry(config.backbone).pretraining
    stills = " and still images with masks" if config.stills else ""
    steps = (
        f" Quarter head: {config.quarter_iterations} steps of two frames of one of these."
        f" Upsampler: {config.upsampler_iterations} steps of {VIEWS} views of them{stills}."
    )
    later = steps if config.upsampler else ""
    part = f"{config.synthetic:.0%} of them synthetic, of still images with masks,"
    synthetic = f" {part}" if config.stills and config.synthetic else ""
    trunk = "trained too" if config.trunk_learning_rate > 0 else "left as published"
    return (
        f"Trunk {config.backbone}: {start}, {trunk}."
        f" Head: {config.iterations} steps of three frames of one video,{synthetic}"
        f" split {config.split} of {config.davis_root.name}.{later}"
    )
