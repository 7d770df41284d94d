"""The registry of trunks: one line for each that a network can stand on."""

from __future__ import annotations

from functools import partial

from vosdesk.embedding.backbone import Backbone, BackboneEntry
from vosdesk.embedding.deeplab import DeepLab, load_coco_weights
from vosdesk.embedding.efficientnet import (
    LITE0_STAGES,
    LITE2_STAGES,
    EfficientNetLite,
    load_imagenet_weights,
)
from vosdesk.errors import ModelError

_COCO = "COCO with the 20 classes of Pascal VOC (torchvision, BSD-3-Clause)"
_IMAGENET = "ImageNet (TensorFlow authors, Apache-2.0)"

BACKBONES: dict[str, BackboneEntry] = {
    "efficientnet_lite0": BackboneEntry(
        partial(EfficientNetLite, LITE0_STAGES), partial(load_imagenet_weights, "lite0"), _IMAGENET
    ),
    "efficientnet_lite2": BackboneEntry(
        partial(EfficientNetLite, LITE2_STAGES), partial(load_imagenet_weights, "lite2"), _IMAGENET
    ),
    "deeplabv3_resnet50": BackboneEntry(
        partial(DeepLab, "deeplabv3_resnet50"), load_coco_weights, _COCO
    ),
    "deeplabv3_resnet101": BackboneEntry(
        partial(DeepLab, "deeplabv3_resnet101"), load_coco_weights, _COCO
    ),
}


def backbone_entry(name: str) -> BackboneEntry:
    """Return the registry's entry.

    Raises:
        ModelError: There is no such trunk.
    """
    if name not in BACKBONES:
        raise ModelError(
            f"There is no backbone called {name!r}.", f"Choose one of: {', '.join(BACKBONES)}."
        )
    return BACKBONES[name]


def build_backbone(name: str, *, pretrained: bool = False) -> Backbone:
    """Make a trunk.

    Args:
        name: A key of BACKBONES.
        pretrained: Fill in the published weights instead of random ones; for training.

    Raises:
        ModelError: There is no such trunk, or its weights are not to be had.
    """
    entry = backbone_entry(name)
    backbone = entry.build()
    if pretrained:
        entry.load_pretrained(backbone)
    return backbone
