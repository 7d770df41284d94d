from __future__ import annotations

import torch

from vosdesk.embedding.checkpoint import load_checkpoint
from vosdesk.jobs import run_to_end
from vosdesk.training.dataset import load_videos
from vosdesk.training.dimensions import second_moment, turn_to_principal_axes
from vosdesk.training.run import Run
from vosdesk.training.train import card_of, train

CPU = torch.device("cpu")


def test_turning_changes_no_similarity_and_puts_the_strongest_first(config):
    run = Run(config, card_of(config))
    videos = load_videos(config.davis_root, config.split, mirror=False)
    run.start(videos)
    network = run.average.applied_to(run.network)
    torch.nn.init.normal_(network.head.embed.bias, std=0.1)
    moment = run_to_end(second_moment(network, videos, None, CPU, seed=0))
    torch.testing.assert_close(moment.trace().item(), 1.0)
    levels, times = (
        [torch.randn(1, level.channels, 8, 12) for level in network.backbone.levels],
        torch.zeros(1),
    )
    with torch.no_grad():
        before = network.head(levels, times).flatten(2)[0]
        turn_to_principal_axes(network.head, moment)
        after = network.head(levels, times).flatten(2)[0]
    torch.testing.assert_close(after.T @ after, before.T @ before, atol=1e-5, rtol=0)
    assert not torch.allclose(after, before, atol=1e-2)
    turned = run_to_end(second_moment(network, videos, None, CPU, seed=0))
    energies = turned.diagonal()
    torch.testing.assert_close(turned, energies.diag(), atol=1e-6, rtol=0)
    assert (energies[:-1] >= energies[1:] - 1e-6).all()


def test_a_trained_networks_dimensions_are_in_order(config):
    network = load_checkpoint(run_to_end(train(config))).network
    videos = load_videos(config.davis_root, config.split, mirror=False)
    energies = run_to_end(second_moment(network, videos, None, CPU, config.seed)).diagonal()
    assert (energies[:-1] >= energies[1:] - 1e-3).all()
