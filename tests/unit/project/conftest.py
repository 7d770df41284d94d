"""A small video with two objects, and pictures to paint with."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from vosdesk.project.document import Document
from vosdesk.project.objects import default_object
from vosdesk.project.video_reference import VideoReference


@pytest.fixture
def video() -> VideoReference:
    return VideoReference(
        path=Path("/videos/cat.mp4"),
        fingerprint="ab12",
        width=32,
        height=24,
        frame_count=20,
        fps=Fraction(30000, 1001),
    )


@pytest.fixture
def document(video: VideoReference) -> Document:
    return Document(video=video, objects=(default_object(1), default_object(2)))


@pytest.fixture
def label_map() -> np.ndarray:
    """Background, objects 1 and 2, and an unsaid stripe, at the video's size."""
    labels = np.zeros((24, 32), np.uint8)
    labels[4:8, 3:9] = 1
    labels[10:20, 12:30] = 2
    labels[22:] = 255
    return labels
