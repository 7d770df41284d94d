"""Follows the embedding job of the open video: starts, holds, ends it, tells how far it is."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from vosdesk.session import events
from vosdesk.session.embedding_work import (
    ConsentNeeded,
    EmbedderShelf,
    EmbeddingChoices,
    EmbeddingNotice,
    StoreOpened,
    embed_video,
)
from vosdesk.session.events import EmbeddingChanged, EmbeddingState, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vosdesk.embedding.store import FrameStore
    from vosdesk.jobs import Progress
    from vosdesk.session.desk import Desk
    from vosdesk.video import FrameSource

MOST_NAMED = 5
PAUSABLE = (EmbeddingState.RUNNING, EmbeddingState.PAUSED)


class EmbeddingWorker:
    """The embedding job of one session, one video at a time.

    Args:
        desk: Starts the job.
        tell: Is given every event.
        shelf: Where networks come from.
        choices: What the user chose.
        on_store: Called when the network is loaded and the store is open.
        on_frames: Called whenever frames joined those that are embedded.
        asks: Whether somebody can be asked about a large store; otherwise it is simply begun.
    """

    def __init__(
        self,
        desk: Desk,
        tell: Callable[[events.Event], None],
        shelf: EmbedderShelf,
        choices: EmbeddingChoices,
        *,
        on_store: Callable[[StoreOpened], None],
        on_frames: Callable[[], None],
        asks: bool,
    ) -> None:
        self.choices = choices
        self.progress = EmbeddingChanged(EmbeddingState.IDLE)
        self.undecodable: tuple[int, ...] = ()
        self._desk, self._tell, self._shelf = desk, tell, shelf
        self._on_store, self._on_frames, self._asks = on_store, on_frames, asks

    def start(
        self, source: FrameSource, store: FrameStore | None, playhead: Callable[[], int]
    ) -> None:
        """Embed what is not embedded yet.

        Args:
            source: The video.
            store: Where embeddings of it are at the moment, if anywhere.
            playhead: Asked before every frame, so that the work follows the user.

        Raises:
            VosdeskError: Without threads only; otherwise the session is told.
        """
        self._desk.set_paused("device", False)
        self._set(EmbeddingState.LOADING, text="Loading the network")
        self._desk.start(
            "device",
            "embed",
            embed_video(source, self.choices, self._shelf, playhead, store),
            on_progress=self._on_progress,
            on_done=lambda end: self._on_done(end, source, playhead),
            on_ended=self._on_ended,
        )

    def agree(self, needed: int) -> None:
        """A store of that many bytes is fine from now on."""
        self.choices = dataclasses.replace(self.choices, agreed_bytes=needed)

    def set_paused(self, paused: bool) -> None:
        """Hold the job between two frames, or let it go on."""
        if self.progress.state in PAUSABLE:
            self._desk.set_paused("device", paused)
            self._set(EmbeddingState.PAUSED if paused else EmbeddingState.RUNNING)

    def cancel(self) -> None:
        """End the job; what is embedded stays."""
        self._desk.cancel("embed")

    def reset(self) -> None:
        """There is no video any more, hence nothing to embed."""
        self._desk.set_paused("device", False)
        self.undecodable = ()
        self.progress = EmbeddingChanged(EmbeddingState.IDLE)
        self._tell(self.progress)

    def _set(self, state: EmbeddingState, **news: object) -> None:
        self.progress = dataclasses.replace(self.progress, state=state, **news)  # type: ignore[arg-type]
        self._tell(self.progress)

    def _on_progress(self, progress: Progress) -> None:
        payload = progress.payload
        if isinstance(payload, StoreOpened):
            self._on_store(payload)
            self._set(
                EmbeddingState.RUNNING,
                done=progress.done,
                total=progress.total,
                text=f"{payload.store_bytes / 1e6:,.0f} MB on disk",
                device=payload.device,
                store_bytes=payload.store_bytes,
            )
        elif isinstance(payload, EmbeddingNotice):
            self._tell(events.Notice(Severity.WARNING, payload.sentence))
        elif isinstance(payload, tuple):
            self._set(
                self.progress.state, done=progress.done, total=progress.total, text=progress.text
            )
            if payload:
                self._on_frames()

    def _on_ended(self, failed: bool) -> None:
        self._set(EmbeddingState.FAILED if failed else EmbeddingState.CANCELLED, text="")

    def _on_done(
        self,
        end: ConsentNeeded | tuple[int, ...],
        source: FrameSource,
        playhead: Callable[[], int],
    ) -> None:
        if not isinstance(end, ConsentNeeded):
            self.undecodable = end
            self._set(EmbeddingState.DONE, text="")
            if end:
                self._tell(_undecodable_notice(source, end))
        elif self._asks:
            self._set(EmbeddingState.IDLE, text="")
            self._tell(events.StoreConsentNeeded(end.needed))
        else:
            self.agree(end.needed)
            self.start(source, None, playhead)


def _undecodable_notice(source: FrameSource, frames: Sequence[int]) -> events.Notice:
    """Tell of all of them at once: a badly scratched film has hundreds."""
    names = [source.frame_names[frame_index] for frame_index in frames[:MOST_NAMED]]
    rest = len(frames) - len(names)
    listed = ", ".join(names) + (f" and {rest} more" if rest else "")
    subject = f"Frame {listed}" if len(frames) == 1 else f"{len(frames)} frames ({listed})"
    return events.Notice(
        Severity.WARNING,
        f"{subject} of {source.path.name} cannot be decoded.",
        "Nothing can be found there: what you paint on such a frame is all that its mask holds.",
    )
