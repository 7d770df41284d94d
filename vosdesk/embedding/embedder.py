"""Frames in; embedding maps and upsampling maps out, on whichever device there is."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from torch import Tensor

from vosdesk.arrays import (
    UPSAMPLING_NUMBERS,
    EmbeddedFrame,
    Frame,
    GridSize,
    Size,
    check_frame,
)
from vosdesk.embedding.backbone import fuse_normalisation
from vosdesk.embedding.checkpoint import Checkpoint, load_checkpoint
from vosdesk.embedding.devices import is_out_of_memory, pick_device
from vosdesk.embedding.input_size import fit_to_network, grid_of, network_input_size
from vosdesk.embedding.model_files import find_model
from vosdesk.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from vosdesk.embedding.card import ModelCard

logger = logging.getLogger(__name__)

CUDA_BATCH = 8
CPU_BATCH = 1
"""On a CPU one frame at a time is fastest: its maps stay in the processor's cache."""

Notice = Callable[[str], None]


class Embedder(Protocol):
    """Whatever turns frames into embedding maps."""

    @property
    def fingerprint(self) -> str:
        """The model's fingerprint: other weights, other fingerprint."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of an embedding."""
        ...

    @property
    def upsampling(self) -> int:
        """Numbers of a cell in an upsampling map; 0 where the network makes none."""
        ...

    def grid(self, size: Size) -> GridSize:
        """Return rows and columns of the embedding map of a frame of that size."""
        ...

    def input_size(self, size: Size) -> Size:
        """Return the size to which a frame of that size is brought for the network."""
        ...

    def embed(self, frames: Sequence[Frame], times: Sequence[float]) -> list[EmbeddedFrame]:
        """Embed frames; times are their positions in the video, 0..1."""
        ...


class NetworkEmbedder:
    """The trained network as an Embedder. Not thread-safe: give it one thread.

    Args:
        checkpoint: The network; it is taken over and changed (fused for speed).
        device: Where to run.
        notice: Told in one sentence when memory runs out and something slower is tried.
    """

    def __init__(self, checkpoint: Checkpoint, device: torch.device, notice: Notice) -> None:
        self.card: ModelCard = checkpoint.card
        self.fingerprint = checkpoint.fingerprint
        self.dimensions = checkpoint.card.dimensions
        self.upsampling = UPSAMPLING_NUMBERS if checkpoint.network.upsampler else 0
        self.device = device
        self.batch = CPU_BATCH if device.type == "cpu" else CUDA_BATCH
        self._notice = notice
        self._network = checkpoint.network.eval()
        fuse_normalisation(self._network)
        self._network.to(device).to(memory_format=torch.channels_last)

    def input_size(self, size: Size) -> Size:
        """Return the size to which a frame of that size is brought for the network."""
        return network_input_size(size, self.card.short_side)

    def grid(self, size: Size) -> GridSize:
        """Return rows and columns of the embedding map of a frame of that size."""
        return grid_of(self.input_size(size))

    def embed(self, frames: Sequence[Frame], times: Sequence[float]) -> list[EmbeddedFrame]:
        """Return an embedding map for each frame, and an upsampling map if the network can.

        Args:
            frames: Frames of one size.
            times: Each frame's position in the video, frame index / (frame count - 1).

        Raises:
            ModelError: Memory ran out even on the CPU, one frame at a time.
            ValueError: Frames and times differ in number.
        """
        if len(frames) != len(times):
            raise ValueError(f"{len(frames)} frames came with {len(times)} times")
        embedded: list[EmbeddedFrame] = []
        while len(embedded) < len(frames):
            part = slice(len(embedded), len(embedded) + self.batch)
            try:
                embedded += self._embed_batch(frames[part], times[part])
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                self._make_room(error)
        return embedded

    @torch.inference_mode()
    def _embed_batch(self, frames: Sequence[Frame], times: Sequence[float]) -> list[EmbeddedFrame]:
        side = self.card.short_side
        images = torch.from_numpy(np.stack([fit_to_network(check_frame(f), side) for f in frames]))
        # (N, H, W, 3) seen as (N, 3, H, W) is already channels_last: no copy on the way
        batch = images.to(self.device).permute(0, 3, 1, 2).float()
        instants = torch.tensor(times, dtype=torch.float32, device=self.device)
        with torch.autocast("cuda", torch.float16, enabled=self.device.type == "cuda"):
            embeddings, upsampling = self._network(batch, instants)
        maps = _on_cpu(embeddings.permute(0, 2, 3, 1).to(torch.float16))
        others = [None] * len(maps) if upsampling is None else _on_cpu(upsampling)
        return [EmbeddedFrame(*parts) for parts in zip(maps, others, strict=True)]

    def _make_room(self, error: BaseException) -> None:
        """Halve the batch; where it is one already, go to the CPU.

        Raises:
            ModelError: It is one already, and on the CPU.
        """
        logger.info("out of memory on %s with a batch of %d", self.device, self.batch)
        if self.batch > 1:
            self.batch //= 2
            self._notice(
                f"The device {self.device.type} ran out of memory:"
                f" frames are now embedded {self.batch} at a time."
            )
        elif self.device.type != "cpu":
            self._network.to("cpu")
            self.device = torch.device("cpu")
            self.batch = CPU_BATCH
            self._notice(
                "The graphics card ran out of memory: embedding goes on, slower, on the CPU."
            )
        else:
            raise ModelError(
                "There is not enough memory to embed a single frame.",
                "Close other programs, or use a video of lower resolution.",
            ) from error
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def _on_cpu(batch: Tensor) -> list[NDArray[Any]]:
    return list(batch.cpu().contiguous().numpy())


def load_embedder(
    model: str | Path = "default",
    device: str = "auto",
    notice: Notice = logger.warning,
    threads: int | None = None,
) -> NetworkEmbedder:
    """Load a model and bring it to a device.

    Args:
        model: A model's name or the path of its file.
        device: "auto", "cuda", "mps" or "cpu".
        notice: Told in one sentence when memory runs out and something slower is tried.
        threads: Processor threads that torch may use, for this whole process; None leaves that.

    Raises:
        ModelError: There is no such model or device, or the file is damaged.
    """
    if threads is not None:
        torch.set_num_threads(threads)
    place = pick_device(device)
    return NetworkEmbedder(load_checkpoint(find_model(model)), place, notice)
