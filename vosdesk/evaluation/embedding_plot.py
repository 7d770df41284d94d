"""The paper's picture: where pixels lie in the embedding, and what each frame looks like in it.

Chen et al., "Blazingly Fast Video Object Segmentation with Pixel-Wise Metric Learning", CVPR
2018, figure 5: pixels of several frames, brought to the plane and coloured by annotation. Pixels
of an object should lie together, whichever frame they are from. Principal components bring them
there, since they are linear: what lies apart in the picture does lie apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from vosdesk.arrays import BACKGROUND, VOID, Size
from vosdesk.labelling.sampling import sample_cells
from vosdesk.overlay import OverlayStyle, compose, screen_colour

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from vosdesk.arrays import EmbeddingMap, Frame, LabelMap, PaintedFrame

FRAMES = 4
"""Frames in a picture, unless the video has fewer."""
INK, QUIET, UNKNOWN, GROUND = "#2b2f36", "#7d8590", "#cdd2d9", "#8a93a0"
CLIPPED = 1.0
"""Percent of the cells at either end of a component that share the end's colour."""
HEIGHT, BORDER = 8.0, 0.4
"""Of the plane, and of what stands above it or above a frame, in inches."""


@dataclass(frozen=True, eq=False)
class PlottedFrame:
    """One of the frames that are shown.

    Attributes:
        name: What stands above it.
        picture: The frame.
        embedding_map: Its embeddings.
        network: The network's input size for it.
        painted: What is annotated on it, or None.
    """

    name: str
    picture: Frame
    embedding_map: EmbeddingMap
    network: Size
    painted: PaintedFrame | None = None

    def cell_labels(self) -> LabelMap:
        """Return the annotated object id of each grid cell; VOID where nothing is annotated."""
        cells = np.full(self.embedding_map.shape[:2], VOID, dtype=np.uint8)
        if self.painted is not None:
            sampled = sample_cells(self.painted, self.network)
            ids = np.array(sampled.object_ids, dtype=np.uint8)
            cells[tuple(sampled.cells.T)] = ids[sampled.labels.argmax(axis=1)]
        return cells


@dataclass(frozen=True, eq=False)
class Components:
    """Principal components of some embeddings.

    Attributes:
        coordinates: (n, components) of each embedding, the strongest component first.
        shares: (components,) which part of the variance each has.
    """

    coordinates: NDArray[np.float64]
    shares: NDArray[np.float64]


def principal_components(embeddings: NDArray[np.floating], count: int) -> Components:
    """Return the strongest principal components of (n, d) embeddings.

    A component's sign is chosen so that its longest side is positive; else it would be chance.
    """
    centred = embeddings - embeddings.mean(axis=0, dtype=np.float64)
    variances, directions = np.linalg.eigh(centred.T @ centred)
    strongest = np.argsort(variances)[::-1][:count]
    coordinates = centred @ directions[:, strongest]
    farthest = np.abs(coordinates).argmax(axis=0)
    coordinates *= np.where(coordinates[farthest, np.arange(len(strongest))] < 0, -1, 1)
    return Components(coordinates, variances[strongest] / max(variances.sum(), 1e-12))


def choose_frames(frame_count: int, annotated: Collection[int], count: int = FRAMES) -> list[int]:
    """Return frames spread over the video, of which one at least is annotated if any frame is."""
    chosen = np.unique(np.linspace(0, frame_count - 1, count).round().astype(int))
    if annotated and not set(annotated) & set(chosen.tolist()):
        known = np.array(sorted(annotated))
        distance = np.abs(known[:, None] - chosen)
        nearest, replaced = np.unravel_index(distance.argmin(), distance.shape)
        chosen[replaced] = known[nearest]
    return [int(frame_index) for frame_index in chosen]


def draw_embeddings(title: str, frames: Sequence[PlottedFrame]) -> Figure:
    """Draw the cells of some frames in the plane, and beside it the frames and their embeddings.

    Args:
        title: What stands above it, the video's name.
        frames: Of one size and from one network.
    """
    rows, columns, dimensions = frames[0].embedding_map.shape
    maps = np.stack([frame.embedding_map for frame in frames])
    components = principal_components(maps.reshape(-1, dimensions).astype(np.float64), 3)
    colours = _as_colours(components.coordinates).reshape(len(frames), rows, columns, -1)
    labels = np.concatenate([frame.cell_labels().ravel() for frame in frames])
    height, width = frames[0].picture.shape[:2]
    wide = max((HEIGHT / len(frames) - BORDER) * width / height, 1.5)
    figure = Figure((HEIGHT + 2 * wide + BORDER, HEIGHT + BORDER), layout="constrained")
    parts = figure.subfigures(1, 2, squeeze=False, width_ratios=(HEIGHT, 2 * wide))
    plane, pictures = parts.ravel()
    _draw_plane(plane.subplots(), components, labels)
    for row, frame, colour in zip(
        pictures.subplots(len(frames), 2, squeeze=False), frames, colours, strict=True
    ):
        _draw_frame(row, frame, colour)
    figure.axes[2].set_title("first three components", loc="left", fontsize=10, color=QUIET, pad=3)
    figure.suptitle(title, x=0.01, ha="left", fontsize=15, fontweight="bold", color=INK)
    return figure


def _draw_plane(axes: Axes, components: Components, labels: LabelMap) -> None:
    """Draw every cell as a dot; what is not annotated lies below, objects above the background."""
    known = sorted(set(np.unique(labels).tolist()) - {VOID})
    for object_id in (VOID, *known):
        chosen = labels == object_id
        if chosen.any():
            axes.scatter(
                components.coordinates[chosen, 0],
                components.coordinates[chosen, 1],
                s=7 if object_id in (VOID, BACKGROUND) else 14,
                color=_colour_of(object_id),
                alpha=0.5,
                linewidths=0,
                label=_name_of(object_id),
                rasterized=True,
            )
    for axis, nth, share in zip(
        (axes.xaxis, axes.yaxis), ("first", "second"), components.shares, strict=False
    ):
        text = f"{nth} component, {share:.0%} of the variance"
        axis.set_label_text(text, color=QUIET, fontsize=11)
        axis.set_ticks([])
    axes.set_aspect("equal", adjustable="datalim")
    axes.spines[:].set_color(UNKNOWN)
    legend = axes.legend(loc="best", frameon=False, fontsize=12, labelcolor=INK, markerscale=2.5)
    for handle in filter(None, legend.legend_handles):
        handle.set_alpha(1)


def _draw_frame(row: Sequence[Axes], frame: PlottedFrame, colours: NDArray[np.float64]) -> None:
    picture = frame.picture
    if frame.painted is not None:
        picture = compose(picture, frame.painted.labels, OverlayStyle())
    height, width = picture.shape[:2]
    extent = (0, width, height, 0)
    row[0].imshow(picture, extent=extent)
    row[1].imshow(colours, extent=extent, interpolation="bilinear")
    row[0].set_title(frame.name, loc="left", fontsize=10, color=QUIET, pad=3)
    for axes in row:
        axes.set_axis_off()


def _as_colours(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (n, 3) red, green and blue, 0..1; what lies at a component's ends is clipped."""
    low, high = np.percentile(coordinates, (CLIPPED, 100 - CLIPPED), axis=0)
    spread = np.maximum(high - low, 1e-12)
    colours: NDArray[np.float64] = np.clip((coordinates - low) / spread, 0, 1)
    return colours


def _colour_of(object_id: int) -> str:
    return {VOID: UNKNOWN, BACKGROUND: GROUND}.get(object_id) or screen_colour(object_id)


def _name_of(object_id: int) -> str:
    return {VOID: "not annotated", BACKGROUND: "background"}.get(object_id, f"object {object_id}")
