"""A small real sequence: two objects move over a picture, under names that people give."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest

from vosdesk.arrays import Size
from vosdesk.export import ExportObject, ExportSequence

if TYPE_CHECKING:
    from collections.abc import Callable

    from vosdesk.arrays import Frame, LabelMap

SIZE = Size(48, 36)
OBJECTS = (ExportObject(1, "Kätzchen 猫", "#e69f00"), ExportObject(7, "a/b: <c>", "#56b4e9"))


def labels_of(frame_index: int, size: Size = SIZE) -> LabelMap:
    labels = np.zeros((size.height, size.width), np.uint8)
    labels[4:16, 2 + frame_index : 14 + frame_index] = 1
    labels[20:30, 30 - frame_index : 40 - frame_index] = 7
    return labels


def frame_of(frame_index: int, size: Size = SIZE) -> Frame:
    y, x = np.mgrid[0 : size.height, 0 : size.width]
    return np.stack([x * 4, y * 6, np.full_like(x, 20 * frame_index)], axis=-1).astype(np.uint8)


@pytest.fixture(scope="session")
def make_sequence() -> Callable[..., ExportSequence]:
    def make(frame_count: int = 5, size: Size = SIZE, **changes: object) -> ExportSequence:
        values: dict[str, object] = {
            "frame_count": frame_count,
            "frame_names": [f"{index:05d}" for index in range(frame_count)],
            "size": size,
            "fps": Fraction(25),
            "objects": OBJECTS,
            "label_map": lambda frame_index: labels_of(frame_index, size),
            "frame": lambda frame_index: frame_of(frame_index, size),
        }
        return ExportSequence(**(values | changes))

    return make


@pytest.fixture
def sequence(make_sequence: Callable[..., ExportSequence]) -> ExportSequence:
    return make_sequence()
