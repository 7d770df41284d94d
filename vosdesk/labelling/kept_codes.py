"""The codes of a whole video in a file, so that opening it again takes no coding.

They follow from the embeddings alone, so a file that is missing, damaged or of another edition is
no loss: the video is coded again.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from vosdesk.embedding.store_format import write_atomically
from vosdesk.labelling.codebook import ANGLE_STEP, MOST_CODEWORDS, VideoCodes
from vosdesk.labelling.index import GRID

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from vosdesk.arrays import GridSize

logger = logging.getLogger(__name__)

EDITION = "1"
"""Grows when the same numbers come to mean something else."""
NAME = "codes"


def keep_codes(path: Path, codes: VideoCodes) -> None:
    """Write the codes of a video of which every frame is known; a disk that refuses is no harm.

    Args:
        path: The file, which is there whole or not at all.
        codes: Of the video.
    """
    try:
        content = save(_arrays(codes), metadata=_meaning(codes.learnt_from))
        write_atomically(path, memoryview(content))
    except OSError:
        logger.warning("the codes of a video could not be kept in %s", path, exc_info=True)


def kept_codes(path: Path, frame_count: int, grid: GridSize, dimensions: int) -> VideoCodes | None:
    """Read what ``keep_codes`` wrote; None where there is nothing that can be used.

    Args:
        path: The file.
        frame_count: Frames of the video.
        grid: Rows and columns of an embedding map.
        dimensions: Length of an embedding.
    """
    file: Any  # safetensors tells no types
    try:
        with safe_open(path, framework="numpy") as file:
            if not _fits(file, (frame_count, grid.rows * grid.columns), dimensions):
                return None
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            learnt_from = int(file.metadata()["learnt_from"])
    except FileNotFoundError:
        return None
    except (OSError, SafetensorError, ValueError, KeyError):
        logger.warning("the codes of a video in %s cannot be read", path, exc_info=True)
        return None
    if arrays["codes"].max(initial=0) >= len(arrays["codewords"]):
        return None
    codewords = arrays["codewords"].astype(np.float32) / np.float32(GRID)
    return VideoCodes.known_before(codewords, arrays["codes"], arrays["levels"], learnt_from)


def _arrays(codes: VideoCodes) -> dict[str, NDArray[np.integer]]:
    frames = range(len(codes.known))
    return {
        # multiples of 1 / GRID, so nothing is lost
        "codewords": np.rint(codes.codewords * GRID).astype(np.int16),
        "codes": np.stack([codes.codes(frame_index) for frame_index in frames]),
        "levels": np.stack([codes.levels(frame_index) for frame_index in frames]),
    }


def _meaning(learnt_from: int) -> dict[str, str]:
    return {
        "edition": EDITION,
        "grid": str(GRID),
        "angle_step": str(ANGLE_STEP),
        "learnt_from": str(learnt_from),
    }


def _fits(file: Any, shape: tuple[int, int], dimensions: int) -> bool:
    """Whether a file holds what is wanted, looked up before anything of its size is allocated."""
    meaning = file.metadata() or {}
    if {**meaning, "learnt_from": ""} != {**_meaning(0), "learnt_from": ""}:
        return False
    if set(file.keys()) != {"codewords", "codes", "levels"}:
        return False
    sizes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    types = {name: file.get_slice(name).get_dtype() for name in sizes}
    return (
        types == {"codewords": "I16", "codes": "U16", "levels": "U8"}
        and sizes["codes"] == sizes["levels"] == shape
        and len(sizes["codewords"]) == 2
        and 1 <= sizes["codewords"][0] <= MOST_CODEWORDS
        and sizes["codewords"][1] == dimensions
    )
