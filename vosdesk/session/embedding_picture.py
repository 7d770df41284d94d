"""The frames of an embedded video for ``vosdesk embed --plot``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vosdesk.errors import VosdeskError
from vosdesk.evaluation.embedding_plot import PlottedFrame, choose_frames
from vosdesk.project.rasterise import paint

if TYPE_CHECKING:
    from vosdesk.session.session import Session


def plotted_frames(session: Session) -> list[PlottedFrame]:
    """Return a few frames of the open video, an annotated one among them, with their embeddings.

    Raises:
        VosdeskError: No video is open, or a frame of it is not embedded.
    """
    source, book = session.source, session.book
    if source is None or book is None:
        raise VosdeskError("There is no embedded video to draw.", "Open a video and embed it.")
    painted = session.document.annotations_by_frame
    frames = []
    for frame_index in choose_frames(source.frame_count, painted.keys()):
        frames.append(
            PlottedFrame(
                name=f"frame {source.frame_names[frame_index]}",
                picture=source.read(frame_index),
                embedding_map=book.store.read(frame_index),
                network=book.geometry.network,
                painted=paint(painted.get(frame_index, ()), frame_index, source.size),
            )
        )
    return frames
