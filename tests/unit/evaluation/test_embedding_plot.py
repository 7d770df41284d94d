from __future__ import annotations

import numpy as np
import pytest

from vosdesk.arrays import VOID, PaintedFrame, Size
from vosdesk.evaluation import plots
from vosdesk.evaluation.embedding_plot import (
    PlottedFrame,
    choose_frames,
    draw_embeddings,
    principal_components,
)

SIZE = Size(96, 64)


def plotted(rng, painted=None):
    embeddings = rng.normal(size=(8, 12, 16))
    embeddings[2:5, 3:7] += 3
    embeddings /= np.linalg.norm(embeddings, axis=2, keepdims=True)
    picture = rng.integers(0, 255, (64, 96, 3)).astype(np.uint8)
    return PlottedFrame("frame 0", picture, embeddings.astype(np.float16), SIZE, painted)


def paint_of(labels):
    return PaintedFrame(0, labels, np.where(labels == VOID, -1, 1).astype(np.int32))


def test_components_are_those_of_the_covariance():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(500, 4)) @ np.diag([5.0, 2.0, 1.0, 0.1]) + 7
    found = principal_components(points, 2)
    covariance = np.cov(found.coordinates.T, bias=True)
    variances = np.linalg.eigvalsh(np.cov(points.T, bias=True))[::-1]
    np.testing.assert_allclose(covariance, np.diag(variances[:2]), atol=1e-9)
    np.testing.assert_allclose(found.shares, variances[:2] / variances.sum())
    np.testing.assert_allclose(found.coordinates.mean(axis=0), 0, atol=1e-9)


def test_a_components_sign_is_no_chance():
    points = np.random.default_rng(1).normal(size=(60, 5))
    first, last = principal_components(points, 3), principal_components(points[::-1], 3)
    np.testing.assert_allclose(first.coordinates, last.coordinates[::-1], atol=1e-9)


@pytest.mark.parametrize(
    ("count", "annotated", "expected"),
    [
        (90, {0}, [0, 30, 59, 89]),
        (90, {}, [0, 30, 59, 89]),
        (90, {64}, [0, 30, 64, 89]),
        (90, range(90), [0, 30, 59, 89]),
        (2, {1}, [0, 1]),
        (1, {}, [0]),
    ],
)
def test_frames_are_spread_and_an_annotated_one_is_among_them(count, annotated, expected):
    assert choose_frames(count, annotated) == expected


def test_cells_have_the_label_that_was_painted_on_them():
    labels = np.full((64, 96), VOID, np.uint8)
    labels[16:40, 24:56] = 2
    labels[48:64] = 0
    cells = plotted(np.random.default_rng(2), paint_of(labels)).cell_labels()
    assert (cells[2:5, 3:7] == 2).all()
    assert (cells[6:] == 0).all()
    assert (cells == VOID).sum() == 96 - 12 - 24


def test_the_picture_shows_every_cell_once_in_the_colour_of_its_label(tmp_path):
    rng = np.random.default_rng(3)
    labels = np.zeros((64, 96), np.uint8)
    labels[16:40, 24:56] = 1
    figure = draw_embeddings("clip", [plotted(rng, paint_of(labels)), plotted(rng)])
    dots = {
        collection.get_label(): len(collection.get_offsets())
        for collection in figure.axes[0].collections
    }
    assert dots == {"not annotated": 96, "background": 84, "object 1": 12}
    assert len(figure.axes) == 5  # the plane; two frames, each as it is and as components
    path = tmp_path / "embedding.png"
    plots.save(figure, path)
    assert path.stat().st_size > 10_000


def test_what_is_alike_has_one_colour_in_the_picture_of_components():
    rng = np.random.default_rng(4)
    figure = draw_embeddings("clip", [plotted(rng)])
    colours = figure.axes[2].images[0].get_array()
    inside, outside = colours[2:5, 3:7, 0], colours[6:, :, 0]
    assert abs(inside.mean() - outside.mean()) > 3 * max(inside.std(), outside.std()) / 2
    assert 0 <= colours.min() < colours.max() <= 1
