from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vosdesk.arrays import (
    NEIGHBOUR_CELLS,
    UPSAMPLING_NUMBERS,
    UPSAMPLING_ONE,
    UPSAMPLING_WEIGHTS,
    UPSAMPLING_ZERO,
    Size,
    check_embedding_map,
    check_upsampling_map,
)
from vosdesk.embedding.checkpoint import Checkpoint, build_network, save_checkpoint
from vosdesk.embedding.embedder import NetworkEmbedder, load_embedder
from vosdesk.embedding.input_size import (
    LONGEST_SIDE,
    SHORT_SIDE,
    SMALLEST_SIDE,
    fit_to_network,
    grid_of,
    network_input_size,
)
from vosdesk.embedding.model_files import list_models
from vosdesk.embedding.network import EmbeddingNetwork
from vosdesk.errors import ModelError

CPU = torch.device("cpu")
sizes = st.builds(Size, st.integers(1, 20_000), st.integers(1, 20_000))


def picture(width, height, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def maps_of(embedder, frames, times):
    return [frame.embedding_map for frame in embedder.embed(frames, times)]


@given(size=sizes, short_side=st.integers(SMALLEST_SIDE, LONGEST_SIDE))
def test_a_network_that_sees_less_never_gets_a_larger_picture(size, short_side):
    seen, usual = network_input_size(size, short_side), network_input_size(size)
    if short_side <= SHORT_SIDE:
        assert all(a <= b for a, b in zip(seen, usual, strict=True))
    else:
        assert all(a >= b for a, b in zip(seen, usual, strict=True))
    assert min(seen) <= max(short_side, SMALLEST_SIDE)


def test_the_card_says_at_which_size_frames_are_seen(card, network, notices):
    small = card.model_copy(update={"short_side": 120})
    embedder = NetworkEmbedder(Checkpoint(small, network, "f" * 64), CPU, notices.append)
    size = Size(320, 240)
    assert embedder.input_size(size) == Size(160, 120)
    assert embedder.grid(size) == (15, 20)
    (embedded,) = embedder.embed([picture(*size)], [0.5])
    assert embedded.embedding_map.shape[:2] == embedder.grid(size)


@pytest.fixture
def notices():
    return []


@pytest.fixture
def embedder(card, network, notices):
    return NetworkEmbedder(Checkpoint(card, network, "f" * 64), CPU, notices.append)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (Size(854, 480), Size(854, 480)),
        (Size(1920, 1080), Size(853, 480)),
        (Size(1080, 1920), Size(480, 853)),
        (Size(7680, 4320), Size(853, 480)),
        (Size(432, 240), Size(432, 240)),
        (Size(1, 1), Size(64, 64)),
        (Size(100, 10), Size(640, 64)),
        (Size(20_000, 480), Size(2048, 480)),
    ],
)
def test_input_sizes(source, expected):
    assert network_input_size(source) == expected


@given(sizes)
def test_an_input_is_always_within_bounds_and_never_enlarged_without_need(size):
    width, height = network_input_size(size)
    assert min(width, height) in range(SMALLEST_SIDE, SHORT_SIDE + 1)
    assert max(width, height) <= LONGEST_SIDE
    if min(size) >= SMALLEST_SIDE:
        assert width <= size.width
        assert height <= size.height


@given(sizes)
def test_the_grid_covers_the_input_and_no_more(size):
    inputs = network_input_size(size)
    rows, columns = grid_of(inputs)
    assert 8 * (rows - 1) < inputs.height <= 8 * rows
    assert 8 * (columns - 1) < inputs.width <= 8 * columns


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (64, 64), (101, 77)])
def test_frames_of_any_size_give_unit_vectors_on_the_promised_grid(embedder, size):
    ((result, upsampling),) = embedder.embed([picture(*size)], [0.5])
    check_embedding_map(result, embedder.grid(Size(*size)), embedder.dimensions)
    assert upsampling is None
    assert result.flags.c_contiguous
    lengths = np.linalg.norm(result.astype(np.float32), axis=2)
    np.testing.assert_allclose(lengths, 1, atol=2e-3)


def test_a_very_large_frame_passes(embedder):
    frame = np.zeros((4320, 7680, 3), np.uint8)
    ((result, _upsampling),) = embedder.embed([frame], [0.0])
    assert result.shape == (60, 107, 8)


def test_a_large_frame_is_seen_as_its_reduction(embedder):
    small = np.kron(picture(16, 12), np.ones((40, 40, 1), np.uint8))
    large = np.kron(small, np.ones((2, 2, 1), np.uint8))
    np.testing.assert_array_equal(fit_to_network(large), small)
    np.testing.assert_array_equal(*maps_of(embedder, [small, small], [0.1, 0.1]))
    (a,), (b,) = maps_of(embedder, [small], [0.1]), maps_of(embedder, [large], [0.1])
    np.testing.assert_array_equal(a, b)


def test_batches_change_no_embedding(embedder):
    frames = [picture(80, 64, seed) for seed in range(5)]
    times = [i / 4 for i in range(5)]
    one_by_one = maps_of(embedder, frames, times)
    embedder.batch = 3
    together = maps_of(embedder, frames, times)
    for a, b in zip(one_by_one, together, strict=True):
        np.testing.assert_allclose(a, b, atol=2e-3)


def test_time_and_place_enter_the_embedding(embedder):
    grey = np.full((64, 512, 3), 127, np.uint8)
    early, late = maps_of(embedder, [grey, grey], [0.0, 1.0])
    assert np.abs(early.astype(float) - late).max() > 1e-3
    left, right = early[4, 20], early[4, 40]  # far from the borders, the picture is the same
    assert np.abs(left.astype(float) - right).max() > 1e-3


def test_no_frames_give_no_maps(embedder):
    assert embedder.embed([], []) == []


def test_frames_and_times_must_agree(embedder):
    with pytest.raises(ValueError, match="1 frames came with 2 times"):
        embedder.embed([picture(64, 64)], [0.0, 1.0])


def test_a_grey_picture_is_no_frame(embedder):
    with pytest.raises(TypeError, match="a frame is uint8"):
        embedder.embed([np.zeros((64, 64), np.uint8)], [0.0])


class SmallMemory(EmbeddingNetwork):
    """A network on a machine with room for so many frames at a time."""

    room = 2

    def forward(self, images, times):
        if len(images) > self.room:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        return super().forward(images, times)


@pytest.fixture
def crowded(card, network, notices):
    small = SmallMemory(network.backbone, network.head)
    return NetworkEmbedder(Checkpoint(card, small, "f" * 64), CPU, notices.append)


def test_out_of_memory_halves_the_batch_and_tells_it_once_each(crowded, embedder, notices):
    frames, times = [picture(64, 64, seed) for seed in range(5)], [0.0] * 5
    crowded.batch = 8
    maps = maps_of(crowded, frames, times)
    assert crowded.batch == 2
    assert len(notices) == 2
    assert "2 at a time" in notices[-1]
    crowded.embed(frames, times)
    assert len(notices) == 2
    for a, b in zip(maps, maps_of(embedder, frames, times), strict=True):
        np.testing.assert_allclose(a, b, atol=2e-3)


def test_when_one_frame_is_too_much_the_cpu_takes_over(crowded, notices, monkeypatch):
    monkeypatch.setattr(SmallMemory, "room", 0)
    crowded.batch = 1
    crowded.device = torch.device("meta")  # any device but the CPU
    with pytest.raises(ModelError, match="not enough memory"):
        crowded.embed([picture(64, 64)], [0.0])
    assert crowded.device == CPU
    assert len(notices) == 1
    assert "CPU" in notices[0]


def test_other_failures_are_not_taken_for_a_lack_of_memory(embedder, notices):
    def fail(*_arguments):
        raise RuntimeError("something else")

    embedder._network.forward = fail
    with pytest.raises(RuntimeError, match="something else"):
        embedder.embed([picture(64, 64)], [0.0])
    assert notices == []


def test_a_model_is_loaded_by_path(tmp_path, card, network):
    path = tmp_path / "small.safetensors"
    save_checkpoint(path, network, card)
    embedder = load_embedder(path, device="cpu")
    assert embedder.dimensions == 8
    assert embedder.card == card
    assert len(embedder.fingerprint) == 64


def test_a_device_that_is_not_there_is_told():
    with pytest.raises(ModelError, match="quantum is not available"):
        load_embedder(device="quantum")


def test_asking_for_sizes_or_cards_loads_no_torch():
    code = (
        "import sys, vosdesk.embedding, vosdesk.embedding.input_size;"
        "import vosdesk.embedding.model_files as m;"
        "assert m.list_models()[0].card.dimensions;"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("size", [(64, 64), (101, 77)])
def test_a_network_with_an_upsampler_gives_weights_that_add_up(card, notices, size):
    card = card.model_copy(update={"upsampler": 8})
    torch.manual_seed(0)
    embedder = NetworkEmbedder(
        Checkpoint(card, build_network(card).eval(), "f" * 64), CPU, notices.append
    )
    grid = embedder.grid(Size(*size))
    ((_map, upsampling),) = embedder.embed([picture(*size)], [0.5])
    assert embedder.upsampling == UPSAMPLING_NUMBERS
    check_upsampling_map(upsampling, grid, UPSAMPLING_NUMBERS)
    weights = upsampling[..., :UPSAMPLING_WEIGHTS].reshape(*grid, NEIGHBOUR_CELLS, -1)
    shares = (weights - float(UPSAMPLING_ZERO)) / UPSAMPLING_ONE
    # each is rounded
    np.testing.assert_allclose(shares.sum(axis=2), 1, atol=NEIGHBOUR_CELLS / 2 / UPSAMPLING_ONE)


def test_upsampling_takes_no_more_bytes_than_the_embedding():
    dimensions = list_models()[0].card.dimensions
    assert 2 * dimensions >= UPSAMPLING_NUMBERS
