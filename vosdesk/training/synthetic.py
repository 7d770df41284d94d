"""Synthetic videos: three views of a still image, and objects of others that move across it.

Thirty videos show a head thirty objects, and it learns to tell those apart and little else. Still
images with masks show thousands. A picture that is moved, bent and relit is a video of what is on
it; an object that is cut out of another picture and moves on its own is a second object, which
hides the first and is hidden, and whose surroundings change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from vosdesk.arrays import BACKGROUND, VOID, Frame, LabelMap, ObjectId, Size
from vosdesk.errors import VosdeskError
from vosdesk.evaluation.davis import read_annotation
from vosdesk.training.augmentation import View, relight
from vosdesk.training.dataset import cell_labels
from vosdesk.training.triplets import teaches
from vosdesk.video.images import read_image

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vosdesk.training.stills import Still

SIZE = Size(480, 352)
MOMENTS = (-1, 0, 1)
"""Three frames; drifting things lie where they belong in the second."""
PASTED = 0.55
"""Part of the videos across which objects of other pictures move."""
MOST_PASTED = 3
PASTED_AREA = (0.015, 0.15)
"""How much of the frame such an object takes, before it is scaled by chance."""
PASTED_SCALE = (0.4, 2.2)
PASTED_PIXELS = 400
"""An object with fewer in its own picture is too small to be shown."""
DRIFT, OBJECT_DRIFT = 0.08, 0.12
"""How far the scene and its objects move from frame to frame, at most, in sides of the frame."""
MARGIN = 1.25
"""How much larger than the frame a picture is shown, at most."""
BLURRED_FRAME, BLURRED_OBJECT = 0.2, 0.25
"""Part of the frames and of the objects that are blurred by their motion."""
BLUR_PIXELS = (3, 10)
BEND_POINTS = (4, 5)
ATTEMPTS = 100


class Moves(NamedTuple):
    """How much frames of one scene differ, at most.

    Attributes:
        shift: In sides of the frame.
        zoom: Logarithm of the scale.
        turn: Radians.
        shear: Of either axis.
        bend: Standard deviation of the bend, pixels.
    """

    shift: float
    zoom: float
    turn: float
    shear: float
    bend: float


SCENE_MOVES = Moves(0.07, 0.15, 0.1, 0.08, 6.0)
OBJECT_MOVES = Moves(0.1, 0.25, 0.35, 0.15, 7.0)

Point = tuple[float, float]
"""(x, y) in pixels."""


@dataclass(frozen=True, eq=False)
class Cutout:
    """An object cut out of its picture.

    Attributes:
        picture: The picture, whole.
        coverage: (height, width) float32, which part of each pixel the object covers.
        scale: At which it is pasted.
        source: Its centre in its own picture.
        target: Its centre in the frame at the middle moment.
        drift: What it moves from frame to frame, (2,) pixels.
    """

    picture: Frame
    coverage: NDArray[np.float32]
    scale: float
    source: Point
    target: Point
    drift: NDArray[np.float64]


def draw_synthetic(stills: Sequence[Still], rng: np.random.Generator) -> list[View]:
    """Draw three frames of a synthetic video that show an object and background.

    Args:
        stills: Still images with masks.
        rng: The source of chance.

    Returns:
        A view for each frame, all of SIZE.

    Raises:
        VosdeskError: No images were found that show enough of an object.
    """
    for _ in range(ATTEMPTS):
        views = _draw_scene(stills, rng)
        if teaches([cell_labels(view.labels) for view in views]):
            return views
    raise VosdeskError("The still images show too little of any object to train on.")


def _draw_scene(stills: Sequence[Still], rng: np.random.Generator) -> list[View]:
    scene = _draw_still(stills, rng)
    height, width = scene.labels.shape
    fill = max(SIZE.width / width, SIZE.height / height) * rng.uniform(1, MARGIN)
    drift = rng.uniform(-DRIFT, DRIFT, 2) * SIZE
    count = int(rng.integers(1, MOST_PASTED + 1)) if rng.random() < PASTED else 0
    cutouts = [_draw_cutout(stills, rng) for _ in range(count)]
    free = np.setdiff1d(np.arange(1, VOID), scene.labels)
    views = []
    for moment in MOMENTS:
        centre = (SIZE.width / 2 + moment * drift[0], SIZE.height / 2 + moment * drift[1])
        places = _draw_places(SCENE_MOVES, fill, (width / 2, height / 2), centre, rng)
        view = View(
            cv2.remap(scene.picture, places, None, cv2.INTER_LINEAR, None, cv2.BORDER_REFLECT_101),  # type: ignore[arg-type,call-overload]
            cv2.remap(scene.labels, places, None, cv2.INTER_NEAREST, None, cv2.BORDER_REFLECT_101),  # type: ignore[arg-type,call-overload]
        )
        for object_id, cutout in zip(free, cutouts, strict=False):
            view = _paste(view, cutout, int(object_id), moment, rng)
        picture = relight(view.picture, rng)
        if rng.random() < BLURRED_FRAME:
            picture = cv2.filter2D(picture, -1, _motion_blur(rng))  # type: ignore[assignment]
        views.append(View(picture, view.labels))
    return views


def _draw_still(stills: Sequence[Still], rng: np.random.Generator) -> View:
    """Draw a picture with an object on it, half of the time in a mirror."""
    for _ in range(ATTEMPTS):
        still = stills[int(rng.integers(len(stills)))]
        picture, labels = read_image(still.image), read_annotation(still.mask)
        if picture.shape[:2] == labels.shape and len(_objects(labels)):
            side = slice(None, None, int(rng.choice((-1, 1))))
            return View(*map(np.ascontiguousarray, (picture[:, side], labels[:, side])))
    raise VosdeskError("The still images show no objects, or their masks have other sizes.")


def _objects(labels: LabelMap) -> NDArray[np.uint8]:
    return np.setdiff1d(labels, (BACKGROUND, VOID))


def _draw_cutout(stills: Sequence[Still], rng: np.random.Generator) -> Cutout:
    """Cut an object out of a picture and decide its size and its way."""
    for _ in range(ATTEMPTS):
        view = _draw_still(stills, rng)
        mask = view.labels == rng.choice(_objects(view.labels))
        pixels = np.count_nonzero(mask)
        if pixels < PASTED_PIXELS:
            continue
        area = rng.uniform(*PASTED_AREA) * SIZE.width * SIZE.height
        rows, columns = np.nonzero(mask)
        return Cutout(
            view.picture,
            np.asarray(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.7), np.float32),
            float(np.clip((area / pixels) ** 0.5, *PASTED_SCALE)),
            (float(columns.mean()), float(rows.mean())),
            (rng.uniform(0.12, 0.88) * SIZE.width, rng.uniform(0.15, 0.85) * SIZE.height),
            rng.uniform(-OBJECT_DRIFT, OBJECT_DRIFT, 2) * SIZE,
        )
    raise VosdeskError("The still images show too little of any object to cut it out.")


def _paste(
    view: View, cutout: Cutout, object_id: ObjectId, moment: int, rng: np.random.Generator
) -> View:
    """Return the view with an object over it."""
    target = (
        cutout.target[0] + moment * cutout.drift[0],
        cutout.target[1] + moment * cutout.drift[1],
    )
    places = _draw_places(OBJECT_MOVES, cutout.scale, cutout.source, target, rng)
    lit = relight(cutout.picture, rng).astype(np.float32)
    layers = np.dstack((lit, cutout.coverage))
    moved = cv2.remap(layers, places, None, cv2.INTER_LINEAR, None, cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
    inside = (places >= 0).all(axis=2) & (places <= (lit.shape[1] - 1, lit.shape[0] - 1)).all(
        axis=2
    )
    moved[..., 3] *= inside
    if rng.random() < BLURRED_OBJECT:
        moved = cv2.filter2D(moved, -1, _motion_blur(rng))
    shown, coverage = moved[..., :3], moved[..., 3:]
    picture = np.clip(view.picture * (1 - coverage) + shown * coverage, 0, 255).astype(np.uint8)
    labels = np.where(coverage[..., 0] > 0.5, np.uint8(object_id), view.labels)
    return View(picture, labels)


def _draw_places(
    moves: Moves, scale: float, source: Point, target: Point, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Draw a motion that brings a picture's point to a point of the frame.

    Returns:
        (height, width, 2) the x and y in the picture of what each pixel of the frame shows.
    """
    angle = rng.uniform(-moves.turn, moves.turn)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shears = rng.uniform(-moves.shear, moves.shear, 2)
    shear = np.array([[1, shears[0]], [shears[1], 1]])
    matrix = scale * np.exp(rng.uniform(-moves.zoom, moves.zoom)) * turn @ shear
    shift = rng.uniform(-moves.shift, moves.shift, 2) * SIZE
    points = rng.normal(0, rng.uniform(0, moves.bend), (*BEND_POINTS, 2)).astype(np.float32)
    bend = cv2.resize(points, SIZE, interpolation=cv2.INTER_CUBIC)
    pixels = np.stack(np.meshgrid(np.arange(SIZE.width), np.arange(SIZE.height)), axis=2)
    places = (pixels + bend - np.array(target) - shift) @ np.linalg.inv(matrix).T + source
    return np.asarray(places, np.float32)


def _motion_blur(rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a kernel of a short line in any direction; it sums up to one."""
    length = int(rng.integers(*BLUR_PIXELS))
    angle, middle = rng.uniform(0, np.pi), (length - 1) / 2
    reach = np.array((np.cos(angle), np.sin(angle))) * middle
    ends = [tuple(np.rint(middle + side * reach).astype(int).tolist()) for side in (-1, 1)]
    kernel = np.zeros((length, length), np.float32)
    cv2.line(kernel, ends[0], ends[1], 1.0)
    return np.asarray(kernel / kernel.sum(), np.float32)
