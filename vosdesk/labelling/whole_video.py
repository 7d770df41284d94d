"""Labels of a whole video, from first frame to last: what evaluation and training ask for.

The program itself labels frames as they are needed (``retrieval``, ``sweep``); what it shows once
all is settled is the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vosdesk.labelling.engine import LabellingEngine
from vosdesk.labelling.references import ReferenceSet, frame_references
from vosdesk.labelling.spread_references import engine_with, spread_references
from vosdesk.labelling.sweep import sweep_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vosdesk.arrays import PaintedFrame
    from vosdesk.embedding.store import FrameStore
    from vosdesk.labelling.engine import FrameLabels
    from vosdesk.labelling.settings import LabellingSettings
    from vosdesk.labelling.spreading import Spreading


def painted_references(store: FrameStore, painted: Iterable[PaintedFrame]) -> ReferenceSet:
    """Return the references of all painted frames.

    Args:
        store: With these frames.
        painted: Each frame at most once.

    Raises:
        StoreError: A frame cannot be read.
    """
    return ReferenceSet.merge(
        [
            frame_references(
                frame,
                store.read(frame.frame_index),
                store.key.input_size,
                store.read_upsampling(frame.frame_index),
            )
            for frame in painted
        ]
    )


def label_video(
    store: FrameStore,
    references: ReferenceSet,
    spreading: Spreading,
    settings: LabellingSettings,
) -> Iterator[FrameLabels]:
    """Yield the soft labels of every frame, in order.

    Args:
        store: With all frames, and their links where the settings ask for them.
        references: What is painted, on any frame.
        spreading: Of the video.
        settings: How to label.

    Raises:
        StoreError: A frame or a link cannot be read.
    """
    retrieved = _retrieve(store, references, spreading, settings)
    return sweep_all(retrieved, references, store.links, spreading, settings.links)


def _retrieve(
    store: FrameStore,
    references: ReferenceSet,
    spreading: Spreading,
    settings: LabellingSettings,
) -> Iterator[FrameLabels]:
    """Yield what references say of every frame."""
    engine = LabellingEngine(references, settings)
    annotated = {
        int(index): engine.label(int(index), store.read(int(index)))
        for index in np.unique(references.frame_indices)
    }
    spread = [
        spread_references(
            references,
            labels,
            (store.read(index), store.read_upsampling(index)),
            spreading,
            settings.links,
        )
        for index, labels in annotated.items()
    ]
    elsewhere = engine_with(engine, references, spread)
    for i in range(store.key.frame_count):
        yield annotated[i] if i in annotated else elsewhere.label(i, store.read(i))
