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

from vosdesk.arrays import BACKGROUND, STRIDE, VOID, Frame, LabelMap, Size
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


def network_labels(frame: TrainingFrame) -> LabelMap:
    """Read a frame's object ids at the network's input size."""
    labels = read_annotation(frame.annotation)
    size = network_input_size(Size(labels.shape[1], labels.shape[0]))
    labels = np.asarray(cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST), np.uint8)
    return np.ascontiguousarray(labels[:, ::-1]) if frame.mirrored else labels


@lru_cache(maxsize=4096)
def frame_cells(frame: TrainingFrame) -> Tensor:
    """Return the object id of each grid cell of a frame; see cell_labels."""
    return cell_labels(network_labels(frame))


def cell_labels(labels: LabelMap) -> Tensor:
    """Return the object id of each grid cell.

    A cell belongs to the object that covers most of it, of equals to the smaller id, and to the
    background only where that covers more. It is VOID where nobody knows what is on most of it.

    Args:
        labels: (height, width) object ids at the network's input size.

    Returns:
        (rows * columns,) uint8.
    """
    present = np.unique(labels)
    ids = sorted(present.tolist(), key=lambda label: (label == BACKGROUND, label == VOID, label))
    masks = torch.from_numpy(np.stack([labels == label for label in ids])).float()
    covered = F.avg_pool2d(masks, STRIDE, ceil_mode=True).flatten(1)
    # argmax takes the first of equals: objects come before VOID, the background comes last
    return torch.tensor(ids, dtype=torch.uint8)[covered.argmax(dim=0)]
