"""The quarter head's training: the formula, what pairs hold, and that steps teach something."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from vosdesk.arrays import QUARTER_ONE, QUARTER_ZERO, Size, quarters_in
from vosdesk.embedding.checkpoint import build_network
from vosdesk.embedding.input_size import network_input_size
from vosdesk.errors import VosdeskError
from vosdesk.evaluation.davis import as_painted, read_annotation
from vosdesk.jobs import run_to_end
from vosdesk.labelling.engine import LabellingEngine
from vosdesk.labelling.quarters import near_borders, quarter_changes
from vosdesk.labelling.references import frame_references
from vosdesk.training.dataset import TrainingFrame, load_videos, network_input, network_labels
from vosdesk.training.quarters import (
    QuarterPair,
    QuarterRun,
    candidates_of,
    quarter_coverage,
    quarter_labels,
    quarter_pairs,
)
from vosdesk.training.train import card_of

CPU = torch.device("cpu")


@pytest.fixture
def network(config):
    torch.manual_seed(0)
    return build_network(card_of(config)).eval()


@pytest.fixture
def videos(config):
    return load_videos(config.davis_root, "train", mirror=False)


@pytest.fixture
def pairs(network, videos):
    return run_to_end(quarter_pairs(network, videos, CPU, 0))


def made_up_pair(rng, grid, reference_grid, neighbours):
    """A pair of no frames: every cell is in the band and found references by chance."""
    rows, columns = grid
    cells = rows * columns
    quarters = (2 * reference_grid[0], 2 * reference_grid[1])
    found = [
        rng.choice(np.prod(reference_grid), neighbours, replace=False) for _cell in range(cells)
    ]
    weights = rng.dirichlet(np.ones(neighbours), cells)
    return QuarterPair(
        reference=None,
        asked=None,
        grid=grid,
        shares=rng.random(quarters).astype(np.float16),
        quarters=np.arange(4 * cells, dtype=np.int32),
        truth=rng.random(4 * cells).astype(np.float16),
        cells=np.arange(cells, dtype=np.int32),
        found=np.array(found, dtype=np.int32),
        log_weights=np.log(weights).astype(np.float32),
    )


def slow_labels(pair, asked, references):
    """The formula, one quarter after the other."""
    rows, columns = pair.grid
    reference_columns = pair.shares.shape[1] // 2
    labels = []
    for y, x in np.ndindex(2 * rows, 2 * columns):
        own, other = (y // 2, x // 2), (y // 2 + 2 * (y % 2) - 1, x // 2 + 2 * (x % 2) - 1)
        total = on_object = 0.0
        for row, down in ((own[0], 3 / 4), (other[0], 1 / 4)):
            for column, right in ((own[1], 3 / 4), (other[1], 1 / 4)):
                cell = min(max(row, 0), rows - 1) * columns + min(max(column, 0), columns - 1)
                for reference, log_weight in zip(
                    pair.found[cell], pair.log_weights[cell], strict=True
                ):
                    top, left = divmod(reference, reference_columns)
                    for quarter in np.ndindex(2, 2):
                        at = 2 * top + quarter[0], 2 * left + quarter[1]
                        apart = ((references[:, *at] - asked[:, y, x]) ** 2).sum()
                        weight = down * right * np.exp(log_weight - apart)
                        total += weight
                        on_object += weight * pair.shares[at]
        labels.append(on_object / total)
    return np.array(labels)


@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, 2**32),
    st.tuples(st.integers(1, 3), st.integers(1, 4)),
    st.tuples(st.integers(2, 3), st.integers(2, 3)),
    st.integers(1, 4),
)
def test_labels_are_those_of_the_formula(seed, grid, reference_grid, neighbours):
    rng = np.random.default_rng(seed)
    pair = made_up_pair(rng, grid, reference_grid, neighbours)
    asked = rng.normal(size=(5, 2 * grid[0], 2 * grid[1]))
    references = rng.normal(size=(5, *pair.shares.shape))
    candidates = candidates_of(pair, np.arange(len(pair.quarters)))
    labels = quarter_labels(
        *(
            torch.from_numpy(part.reshape(5, -1).T.astype(np.float32))
            for part in (asked, references)
        ),
        torch.from_numpy(candidates.number),
        torch.from_numpy(candidates.log_weight),
        torch.from_numpy(pair.shares.astype(np.float32).reshape(-1)),
    )
    np.testing.assert_allclose(labels, slow_labels(pair, asked, references), atol=1e-4)


def test_a_reference_that_is_not_there_says_nothing():
    rng = np.random.default_rng(0)
    pair = made_up_pair(rng, (2, 2), (2, 2), 3)
    pair.log_weights[:, 2] = -np.inf
    asked = torch.randn(16, 4, requires_grad=True)
    references = torch.randn(16, 4, requires_grad=True)
    results = []
    for other in (0, 1):
        pair.found[:, 2] = other
        candidates = candidates_of(pair, np.arange(16))
        parts = (candidates.number, candidates.log_weight, pair.shares.astype(np.float32).ravel())
        results.append(quarter_labels(asked, references, *map(torch.from_numpy, parts)))
    torch.testing.assert_close(*results)
    results[0].sum().backward()
    assert asked.grad.isfinite().all()
    assert references.grad.isfinite().all()


def test_weights_of_the_nearest_cells_are_those_of_bilinear_interpolation():
    rng = np.random.default_rng(0)
    pair = made_up_pair(rng, (4, 5), (3, 3), 2)
    candidates = candidates_of(pair, np.arange(len(pair.quarters)))
    shares = np.repeat(np.repeat(rng.random((3, 3), np.float32), 2, 0), 2, 1)
    labels = (np.exp(candidates.log_weight) * shares.ravel()[candidates.number]).sum(axis=1) / 4
    of_cells = (np.exp(pair.log_weights) * shares[::2, ::2].ravel()[pair.found]).sum(axis=1)
    between = cv2.resize(of_cells.reshape(4, 5), (10, 8), interpolation=cv2.INTER_LINEAR)
    np.testing.assert_allclose(labels.reshape(8, 10), between, atol=1e-5)


def test_coverage_of_quarters_repeats_the_edge_of_the_picture():
    mask = np.zeros((12, 18), np.bool_)
    mask[2:, 16:] = True
    coverage = quarter_coverage(mask)
    assert coverage.shape == (4, 6)
    assert not coverage[:, :4].any()
    np.testing.assert_allclose(coverage[:, 4:], [[0.5] * 2, [1] * 2, [1] * 2, [1] * 2])


def test_pairs_are_two_frames_of_a_video_with_what_was_found(pairs, videos):
    assert {pair.asked.image.parent.name for pair in pairs} == {"square", "disc"}
    for pair in pairs:
        assert pair.reference != pair.asked
        assert pair.reference.image.parent == pair.asked.image.parent
        assert pair.grid == (8, 12)
        coverage = quarter_coverage(network_labels(pair.asked) == 1)
        np.testing.assert_allclose(pair.truth, coverage.ravel()[pair.quarters], atol=1e-3)
        assert 0 < pair.truth.mean() < 1
        np.testing.assert_allclose(np.exp(pair.log_weights).sum(axis=1), 1, rtol=1e-5)
        assert pair.found.shape == (len(pair.cells), 5)
        candidates = candidates_of(pair, np.arange(len(pair.quarters)))
        assert candidates.number.shape == (len(pair.quarters), 80)
        assert candidates.number.min() >= 0
        assert candidates.number.max() < 16 * 24


def test_the_same_seed_gives_the_same_pairs(network, videos, pairs):
    for one, other in zip(pairs, run_to_end(quarter_pairs(network, videos, CPU, 0)), strict=True):
        assert (one.reference, one.asked) == (other.reference, other.asked)
        np.testing.assert_array_equal(one.found, other.found)


def test_videos_without_a_border_are_refused_in_words(config, network):
    for path in (config.davis_root / "Annotations/480p").rglob("*.png"):
        Image.new("L", (96, 64)).save(path)
    with pytest.raises(VosdeskError, match="No object's border"):
        run_to_end(
            quarter_pairs(network, load_videos(config.davis_root, "train", mirror=False), CPU, 0)
        )


def test_what_nobody_knows_teaches_nothing(config, network):
    for path in sorted((config.davis_root / "Annotations/480p/square").iterdir()):
        with Image.open(path) as image:
            labels = (np.asarray(image) > 0).astype(np.uint8)
        labels[:, :40] = 255
        indexed = Image.fromarray(labels)
        indexed.putpalette([0] * 768)
        indexed.save(path)
    (config.davis_root / "ImageSets" / "train.txt").write_text("square\n")
    videos = load_videos(config.davis_root, "train", mirror=False)
    found = run_to_end(quarter_pairs(network, videos, CPU, 0))
    assert found
    assert all((pair.quarters % 24 >= 10).all() for pair in found)


def quarter_run(config, network, **choices):
    choices = {"quarter_head": 8, "quarter_iterations": 30, **choices}
    return QuarterRun(config.model_copy(update=choices), network, CPU)


def test_steps_lower_the_loss_and_move_nothing_but_the_quarter_head(config, network, pairs):
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    run = quarter_run(config, network, quarter_learning_rate=2e-2)
    losses = [run.step(step, pairs[:1]) for step in range(30)]
    assert np.mean(losses[-5:]) < 0.95 * np.mean(losses[:5])
    finished = run.average.applied_to(run.network)
    for name, tensor in finished.state_dict().items():
        assert name.startswith("quarter_head.") or torch.equal(tensor, before[name])


def test_what_a_step_draws_depends_on_seed_and_step_alone(config, network, pairs):
    one = [quarter_run(config, network).step(7, pairs) for _ in range(2)]
    assert one[0] == one[1]


@pytest.fixture
def large_pair(tmp_path):
    """Two frames, 320 x 264, with a disc: background enough that none is virtual."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:264, :320]
    frames = []
    for i, centre in enumerate((120, 150)):
        inside = (x - centre) ** 2 + (y - 130) ** 2 < 2500
        picture = rng.integers(60, 160, (264, 320, 3)) + 80 * inside[..., None]
        image, annotation = tmp_path / f"{i}.png", tmp_path / f"mask{i}.png"
        Image.fromarray(picture.astype(np.uint8)).save(image)
        Image.fromarray((255 * inside).astype(np.uint8)).save(annotation)
        frames.append(TrainingFrame(image, annotation, float(i)))
    return tuple(frames)


def stored_quarters(upsampling):
    """Quarter embeddings as training has them, (quarters, d), of the stored ones."""
    quarters = (quarters_in(upsampling).astype(np.float32) - QUARTER_ZERO) / QUARTER_ONE
    rows, columns, _quarters, d = quarters.shape
    in_order = quarters.reshape(rows, columns, 2, 2, d).transpose(0, 2, 1, 3, 4)
    return torch.from_numpy(in_order.reshape(-1, d))


@torch.inference_mode()
def embedded(network, frame):
    """Return the frame's embeddings and its upsampling map, as they would be stored."""
    images = torch.from_numpy(network_input(frame).transpose(2, 0, 1)[None].astype(np.float32))
    embeddings, upsampling = network(images, torch.tensor([frame.time]))
    return embeddings[0].permute(1, 2, 0).half().numpy(), upsampling[0].numpy()


def test_training_computes_what_the_product_will(config, large_pair):
    torch.manual_seed(0)
    network = build_network(card_of(config).model_copy(update={"upsampler": 8})).eval()
    torch.nn.init.normal_(network.quarter_head.embed.weight, std=0.06)
    given, asked = large_pair
    maps, (asked_map, asked_upsampling) = (embedded(network, frame) for frame in (given, asked))
    truth = read_annotation(given.annotation)
    size = Size(truth.shape[1], truth.shape[0])
    references = frame_references(as_painted(truth), maps[0], network_input_size(size), maps[1])
    engine = LabellingEngine(references)
    assert engine.floor is None
    labels = engine.label(1, asked_map)
    changes = quarter_changes(labels, asked_upsampling, near_borders(labels.scores))[1]
    between = cv2.resize(labels.scores[1], changes.shape[::-1], interpolation=cv2.INTER_LINEAR)

    found = run_to_end(quarter_pairs(network, [large_pair], CPU, 0))
    pair = next(pair for pair in found if pair.asked == asked)
    candidates = candidates_of(pair, np.arange(len(pair.quarters)))
    trained = quarter_labels(
        stored_quarters(asked_upsampling)[pair.quarters],
        stored_quarters(maps[1]),
        torch.from_numpy(candidates.number),
        torch.from_numpy(candidates.log_weight),
        torch.from_numpy(pair.shares.astype(np.float32).reshape(-1)),
    )
    product = (between + changes).ravel()[pair.quarters]
    told = changes.ravel()[pair.quarters] != 0
    assert told.sum() > 100
    assert trained[told].std() > 0.05
    np.testing.assert_allclose(product[told], trained[told], atol=0.01)
