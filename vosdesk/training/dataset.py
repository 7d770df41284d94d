"""What is trained on: annotated frames, at the size at which the network will see them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vosdesk.arrays import STRIDE, Frame, Size
from vosdesk.embedding.input_size import fit_to_network, network_input_size
from vosdesk.embedding.precompute import model_time
from vosdesk.errors import VosdeskError
from vosdesk.evaluation.davis import davis_sequences, read_annotation
from vosdesk.video.images import read_image

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class TrainingFrame:
    """One annotated frame, or its mirror image.

    Attributes:
        image: The frame's file.
        annotation: The annotation's file.
        time: Its place in the video, 0 for the first frame and 1 for the last.
        mirrored: Left and right are swapped, in frame and annotation.
    """

    image: Path
    annotation: Path
    time: float
    mirrored: bool = False

    @property
    def key(self) -> str:
        """A name that no other frame of the set has, fit for a path."""
        mirror = "-mirrored" if self.mirrored else ""
        return f"{self.image.parent.name}/{self.image.stem}{mirror}"


Video = tuple[TrainingFrame, ...]


def load_videos(root: Path, split: str, *, mirror: bool) -> tuple[Video, ...]:
    """Return the videos of a split, each once more in the mirror where asked for.

    Raises:
        VosdeskError: The data set is incomplete, or it has no video of three frames.
    """
    videos: list[Video] = []
    for mirrored in (False, True) if mirror else (False,):
        for sequence in davis_sequences(root, split):
            count = len(sequence.annotations)
            frames = tuple(
                TrainingFrame(image, annotation, model_time(i, count), mirrored)
                for i, (image, annotation) in enumerate(
                    zip(sequence.frames, sequence.annotations, strict=True)
                )
            )
            if count >= 3:
                videos.append(frames)
    if not videos:
        raise VosdeskError(f"No sequence of the split {split} in {root} has three frames.")
    return tuple(videos)


def network_input(frame: TrainingFrame) -> Frame:
    """Read a frame's picture at the network's input size."""
    picture = fit_to_network(read_image(frame.image))
    return np.ascontiguousarray(picture[:, ::-1]) if frame.mirrored else picture


@lru_cache(maxsize=4096)
def object_coverage(frame: TrainingFrame) -> Tensor:
    """Return which part of each grid cell the objects cover, (rows * columns,), 0..1."""
    covered = (read_annotation(frame.annotation) > 0).astype(np.float32)
    size = network_input_size(Size(covered.shape[1], covered.shape[0]))
    covered = np.asarray(cv2.resize(covered, size, interpolation=cv2.INTER_AREA), np.float32)
    if frame.mirrored:
        covered = np.ascontiguousarray(covered[:, ::-1])
    return F.avg_pool2d(torch.from_numpy(covered)[None], STRIDE, ceil_mode=True).flatten()
