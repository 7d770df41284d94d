"""torchvision's DeepLabV3 as a trunk: the paper's own, heavy without a GPU.

Chen et al., "Rethinking Atrous Convolution for Semantic Image Segmentation", 2017. ResNet with
dilated third and fourth stages, so everything from the second on has stride 8, and the pyramid
of dilated convolutions over it; the layer that gave classes is left out.
"""

from __future__ import annotations

from urllib.error import URLError

import torch
from torch import Tensor, nn
from torchvision.models import get_model, get_model_weights
from torchvision.models.segmentation import DeepLabV3

from vosdesk.embedding.backbone import Backbone, Level
from vosdesk.errors import ModelError

LEVELS = (Level("layer2", 512, 8), Level("layer4", 2048, 8), Level("pyramid", 256, 8))
DETAILS = (Level("relu", 64, 2), Level("layer1", 256, 4))
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)


class DeepLab(Backbone):
    """A DeepLabV3 of torchvision without its last layer.

    Args:
        name: torchvision's name of the model.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, name: str) -> None:
        super().__init__(LEVELS, DETAILS)
        self.name = name
        model = get_model(name, weights=None, weights_backbone=None)
        assert isinstance(model, DeepLabV3)
        self.resnet: nn.Module = model.backbone
        self.pyramid = nn.Sequential(*list(model.classifier.children())[:-1])
        self.register_buffer("mean", _pixel(IMAGENET_MEAN), persistent=False)
        self.register_buffer("deviation", _pixel(IMAGENET_DEVIATION), persistent=False)

    def all_features(self, images: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Return stem and stage one; stage two, stage four and the pyramid; see Backbone."""
        x = (images - self.mean) / self.deviation
        features = {}
        for name, module in self.resnet.named_children():
            x = module(x)
            features[name] = x
        details = [features[level.name] for level in self.details]
        return details, [features["layer2"], x, self.pyramid(x)]


def _pixel(values: tuple[float, ...]) -> Tensor:
    return 255 * torch.tensor(values).reshape(1, 3, 1, 1)


def load_coco_weights(backbone: Backbone) -> None:
    """Fill in torchvision's COCO weights, which it downloads once (about 200 MB).

    Raises:
        ModelError: They cannot be downloaded.
    """
    assert isinstance(backbone, DeepLab)
    weights = get_model_weights(backbone.name).DEFAULT  # type: ignore[attr-defined]
    try:
        published = weights.get_state_dict(progress=False, check_hash=True, weights_only=True)
    except (URLError, OSError) as cause:
        raise ModelError(
            f"The COCO weights of {backbone.name} could not be downloaded.",
            "Connect to the internet once, or choose the backbone efficientnet_lite2.",
        ) from cause
    own = {}
    for key, tensor in published.items():
        part, _, rest = key.partition(".")
        if part == "backbone":
            own[f"resnet.{rest}"] = tensor
        elif part == "classifier" and not rest.startswith("4."):
            own[f"pyramid.{rest}"] = tensor
    backbone.load_state_dict(own)
