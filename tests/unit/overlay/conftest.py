"""A small frame with objects that touch each other and the border."""

from __future__ import annotations

import numpy as np
import pytest

from vosdesk.arrays import VOID, Frame, LabelMap


@pytest.fixture
def frame() -> Frame:
    """Smooth colours, so that rounding shows everywhere: 40 wide, 32 high."""
    y, x = np.mgrid[0:32, 0:40]
    return np.stack([x * 6, y * 7, 255 - x * 3 - y * 2], axis=-1).astype(np.uint8)


@pytest.fixture
def label_map() -> LabelMap:
    """Objects 1 and 2 touch, 3 stands in the corner, 4 is alone, and a strip is void."""
    labels = np.zeros((32, 40), np.uint8)
    labels[4:16, 3:14] = 1
    labels[6:18, 14:26] = 2
    labels[20:, 30:] = 3
    labels[21:30, 4:20] = 4
    labels[0:3, 30:38] = VOID
    return labels
