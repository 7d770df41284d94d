"""The ground truth of a whole sequence, and how far label maps agree with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vosdesk.arrays import VOID, Size
from vosdesk.errors import MaskError, VosdeskError
from vosdesk.evaluation.davis import object_ids, read_annotation
from vosdesk.evaluation.measures import contour_accuracy, jaccard
from vosdesk.evaluation.scores import Scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vosdesk.arrays import LabelMap, ObjectId
    from vosdesk.evaluation.davis import DavisSequence


@dataclass(frozen=True, eq=False)
class Truth:
    """What the labels should be.

    Attributes:
        label_maps: One for each scored frame; VOID where nobody knows.
        object_ids: The scored objects, ascending.
        first_scored: Frame index of the first scored frame.
    """

    label_maps: Sequence[LabelMap]
    object_ids: tuple[ObjectId, ...]
    first_scored: int = 0

    @property
    def size(self) -> Size:
        """The size of every frame."""
        height, width = self.label_maps[0].shape
        return Size(width, height)

    @property
    def first_frame(self) -> int:
        """The first frame on which there is an object."""
        return next(i for i, truth in enumerate(self.label_maps) if object_ids(truth))

    def score(self, label_maps: Sequence[LabelMap]) -> Scores:
        """Return J and F of a label map for each frame."""
        pairs = zip(label_maps, self.label_maps, strict=True)
        values = np.stack([score_frame(*pair, self.object_ids) for pair in pairs])
        return Scores(values, self.object_ids, self.first_scored)

    @staticmethod
    def of(label_maps: Sequence[LabelMap]) -> Truth:
        """Score the objects that occur in any of the label maps.

        Raises:
            ValueError: There is none.
        """
        found = sorted({label for truth in label_maps for label in object_ids(truth)})
        if not found:
            raise ValueError("there is no object to look for")
        return Truth(label_maps, tuple(found))


def read_truth(sequence: DavisSequence) -> Truth:
    """Read all annotations of a sequence.

    Raises:
        VosdeskError: An annotation cannot be read, or no object occurs in any of them.
        MaskError: One has another size than the first.
    """
    label_maps = [read_annotation(path) for path in sequence.annotations]
    for path, truth in zip(sequence.annotations, label_maps, strict=True):
        if truth.shape != label_maps[0].shape:
            raise MaskError(f"The annotation {path} has another size than the first one.")
    try:
        return Truth.of(label_maps)
    except ValueError as cause:
        raise VosdeskError(f"No object is annotated in the sequence {sequence.name}.") from cause


def score_frame(
    label_map: LabelMap, truth: LabelMap, wanted: Sequence[ObjectId]
) -> NDArray[np.float64]:
    """Return (2, objects) J and F of each object on one frame; pixels of VOID do not count."""
    known = truth != VOID
    masks = [((label_map == object_id) & known, truth == object_id) for object_id in wanted]
    return np.array(
        [[jaccard(*pair) for pair in masks], [contour_accuracy(*pair) for pair in masks]]
    )
