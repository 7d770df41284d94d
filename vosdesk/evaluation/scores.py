"""J and F of every object on every frame, and the figures that sum them up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vosdesk.evaluation.measures import Summary, summarise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vosdesk.arrays import ObjectId


@dataclass(frozen=True)
class Figures:
    """Both measures of one sequence; of several objects, their average.

    Attributes:
        region: J.
        contour: F.
    """

    region: Summary
    contour: Summary


@dataclass(frozen=True, eq=False)
class Scores:
    """J and F of every object on every frame that counts.

    Attributes:
        values: (frames, 2, objects) float64, J before F.
        object_ids: The objects.
        first_scored: Frame index of the first of the frames.
    """

    values: NDArray[np.float64]
    object_ids: tuple[ObjectId, ...]
    first_scored: int = 0

    @property
    def j_and_f(self) -> float:
        """J&F: the average of both measures over frames, then objects."""
        return float(self.values.mean())

    @property
    def by_frame(self) -> NDArray[np.float64]:
        """(frames,) J&F of each frame."""
        means: NDArray[np.float64] = self.values.mean(axis=(1, 2))
        return means

    @property
    def region_by_frame(self) -> NDArray[np.float64]:
        """(frames,) J of each frame, averaged over the objects."""
        means: NDArray[np.float64] = self.values[:, 0].mean(axis=1)
        return means

    @property
    def by_object(self) -> dict[ObjectId, Figures]:
        """Both measures of each object, with recall and decay over its frames."""
        return {
            object_id: Figures(summarise(region.tolist()), summarise(contour.tolist()))
            for object_id, (region, contour) in zip(
                self.object_ids, np.moveaxis(self.values, (2, 1), (0, 1)), strict=True
            )
        }

    @property
    def figures(self) -> Figures:
        """Both measures with recall and decay, averaged over the objects."""
        return average(list(self.by_object.values()))


def average(several: Sequence[Figures]) -> Figures:
    """Return the average of several figures: of objects, as DAVIS 2017 counts, or of sequences."""
    return Figures(
        _average([figures.region for figures in several]),
        _average([figures.contour for figures in several]),
    )


def _average(summaries: Sequence[Summary]) -> Summary:
    mean, recall, decay = np.mean([(s.mean, s.recall, s.decay) for s in summaries], axis=0).tolist()
    return Summary(mean, recall, decay)
