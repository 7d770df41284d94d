"""What a session tells its listeners.

Events are told on the session's own thread (see ``Session``), carry plain values, and are the only
way in which anything behind the window reaches it.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from vosdesk.arrays import Frame, LabelMap
    from vosdesk.errors import VideoError
    from vosdesk.project.autosave import Recovery
    from vosdesk.project.change import Change
    from vosdesk.session.explanation import Explanation
    from vosdesk.video import FrameSource


class Severity(enum.Enum):
    """How loudly a notice speaks."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class EmbeddingState(enum.Enum):
    """What the embedding worker is doing."""

    IDLE = "idle"
    LOADING = "loading"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    FAILED = "failed"
    DONE = "done"


@dataclass(frozen=True)
class Notice:
    """One sentence for the user, and what to do about it."""

    severity: Severity
    sentence: str
    advice: str = ""


@dataclass(frozen=True)
class SourceOpening:
    """A video is being opened."""

    path: Path


@dataclass(frozen=True)
class SourceNotOpened:
    """What was being opened is not to be had; what was open before still is."""

    path: Path


@dataclass(frozen=True)
class SourceOpened:
    """A video can be shown and annotated from now on.

    Attributes:
        source: The video.
        times: (frame_count,) seconds from the first frame.
    """

    source: FrameSource
    times: NDArray[np.float64] = field(repr=False)


@dataclass(frozen=True)
class SourceClosed:
    """No video is open any more."""


@dataclass(frozen=True)
class VideoMissing:
    """A project's video is not where it was, or is another one; somebody has to say what to do.

    Attributes:
        project_path: The project that was to be opened.
        expected: Where a video was looked for.
        reason: What is wrong, in words.
        usable: The video found there, where it is of the right size and length and only its
            content differs; None otherwise.
    """

    project_path: Path
    expected: Path
    reason: str
    usable: Path | None = None


@dataclass(frozen=True)
class RecoveriesFound:
    """Unsaved work of sessions that are no more, the newest first; maybe none."""

    recoveries: tuple[Recovery, ...]


@dataclass(frozen=True)
class DocumentChanged:
    """The document differs; ``change`` says where."""

    change: Change


@dataclass(frozen=True)
class ProjectChanged:
    """The project's file, or whether it holds the newest document, differs."""

    path: Path | None
    clean: bool


@dataclass(frozen=True)
class SaveEnded:
    """The project was written, or could not be.

    Attributes:
        path: Its file; None where it was not written.
    """

    path: Path | None


@dataclass(frozen=True)
class PlayheadMoved:
    """Another frame is the visible one."""

    frame_index: int


@dataclass(frozen=True)
class FrameRendered:
    """A frame is ready to be shown.

    Attributes:
        frame_index: The frame.
        picture: (height, width, 3) uint8, frame and overlay together.
        label_map: (height, width) uint8 object ids behind the picture.
        problem: Why the frame itself is black; None where it could be decoded.
    """

    frame_index: int
    picture: Frame
    label_map: LabelMap
    problem: VideoError | None = None


@dataclass(frozen=True)
class EmbeddingChanged:
    """The embedding worker started, came further, or stopped.

    Attributes:
        state: What it is doing.
        done: Frames embedded so far.
        total: Frames of the video.
        text: Speed and time left, for a progress bar.
        device: Where the network runs; empty until it is loaded.
        store_bytes: What the video's embeddings take on disk when all are there; 0 until known.
    """

    state: EmbeddingState
    done: int = 0
    total: int = 0
    text: str = ""
    device: str = ""
    store_bytes: int = 0


@dataclass(frozen=True)
class StoreConsentNeeded:
    """Embedding would take so much room on disk that the user should agree first.

    Attributes:
        needed: Bytes.
    """

    needed: int


@dataclass(frozen=True)
class SurroundingsFound:
    """What there is to choose from on this machine.

    Attributes:
        devices: That the network can run on, the fastest first.
        models: Names of models, and how many pixels of a frame's shorter side each sees at most.
        store_bytes: What all embedding stores take on disk.
    """

    devices: tuple[str, ...]
    models: tuple[tuple[str, int], ...]
    store_bytes: int


@dataclass(frozen=True)
class FramesEmbedded:
    """Frames joined those that can be labelled."""

    finished: NDArray[np.bool_] = field(repr=False)


@dataclass(frozen=True)
class LabelsChanged:
    """The label maps of these frames are new.

    Attributes:
        frames: The frames; empty where every frame's may be another one than before.
    """

    frames: frozenset[int]


@dataclass(frozen=True)
class PixelExplained:
    """Why a pixel has its label."""

    explanation: Explanation


@dataclass(frozen=True)
class ExportChanged:
    """An export came further or ended.

    Attributes:
        done: Frames written.
        total: Frames to write.
        text: What is being written.
        folder: Set when it ended well: where the results lie.
        ended: Whether it ended, in whatever way.
        cancelled: Whether somebody ended it.
    """

    done: int
    total: int
    text: str = ""
    folder: Path | None = None
    ended: bool = False
    cancelled: bool = False


Event = (
    Notice
    | SourceOpening
    | SourceNotOpened
    | SourceOpened
    | SourceClosed
    | VideoMissing
    | RecoveriesFound
    | DocumentChanged
    | ProjectChanged
    | SaveEnded
    | PlayheadMoved
    | FrameRendered
    | EmbeddingChanged
    | FramesEmbedded
    | StoreConsentNeeded
    | SurroundingsFound
    | LabelsChanged
    | PixelExplained
    | ExportChanged
)
