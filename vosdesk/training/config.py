"""Every choice of a training run, with the values that made the shipped weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

DAVIS_LICENCE = (
    "Trained on DAVIS 2016 (CC BY-NC 4.0): for non-commercial use only."
    " The trunk's published weights alone are Apache-2.0."
)

VALIDATION_SPLIT = "val"
"""Watched where it is there and no other is named."""


class TrainingConfig(BaseModel):
    """The choices of one run. The defaults reproduce ``models/default.safetensors``.

    Attributes:
        davis_root: The folder that holds JPEGImages, Annotations and ImageSets.
        out: The file of weights to write; the log (.csv), its picture (.png) and the state to
            resume from (.resume) lie beside it under the same name.
        split: The list of sequences to train on.
        backbone: The trunk, by its name in the registry.
        from_scratch: The trunk starts from random weights, so nothing is downloaded.
        levels: Names of the trunk's levels that the head may use; none for all.
        hidden: Channels inside the head.
        dimensions: Channels of an embedding.
        coordinates: Which coordinates enter the head: "xyt", "xy", or "off" for none.
        coordinate_scale: Factor on them.
        iterations: Steps of the optimiser; each takes three frames of one video, or of two
            synthetic ones.
        anchors: Anchors from each frame, half of them on the object.
        loss: "smooth", or "relaxed", the paper's own, or "standard", which that was measured
            against; see training.loss.
        temperature: Of the smooth loss.
        margin: Of the two others, between squared distances.
        learning_rate: Of the head at the start; it falls to zero along a cosine.
        trunk_learning_rate: Of the trunk; 0 leaves the trunk as it was published.
        weight_decay: Of AdamW.
        averaging: The weights that are kept are a running average with this memory.
        mirror: Also train on the videos seen in a mirror.
        augment: Show square views of the frames, cut out, scaled and relit; for a trunk that is
            trained too.
        crop: Side of those views, in pixels.
        feature_cache: A folder for the trunk's features, 1.4 MB a frame, where the trunk stays as
            it is: each frame then passes the trunk only once. None computes them anew.
        seed: The run is a function of the seed.
        similarity_floor: What the card will say; see ModelCard. It is measured on the finished
            network.
        licence: What the card will say. The default is true of weights trained on DAVIS.
        device: "auto", "cuda", "mps" or "cpu".
        mixed_precision: Compute in half precision where that is safe; None for: on CUDA.
        save_every: Steps between two saved states.
        quarter_head: Channels inside the quarter head, which stands beside the upsampler.
        quarter_iterations: Steps of its training, after the head's; each takes two frames of one
            video.
        quarter_learning_rate: At the start; it falls to zero along a cosine.
        upsampler: Channels inside the upsampler; 0 for a network with neither it nor a quarter
            head.
        upsampler_iterations: Steps of its training, after the quarter head's.
        upsampler_learning_rate: At the start; it falls to zero along a cosine.
        upsampler_crop: Side of the views that it is trained on, in pixels.
        stills: A folder of still images (images/NAME.jpg) with masks (masks/NAME.png), which the
            upsampler sees beside the videos and of which synthetic videos are made; None for none.
        synthetic: Part of the steps that take synthetic videos, where there are still images.
        validation_split: The list of sequences to watch J on; None for VALIDATION_SPLIT, if there
            is one. Nothing in a run depends on what is seen there.
        validation_every: Steps between two such looks; 0 for none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    davis_root: Path
    out: Path
    split: str = "train"
    backbone: str = "efficientnet_lite2"
    from_scratch: bool = False
    levels: tuple[str, ...] = ()
    hidden: Annotated[int, Field(ge=1, le=2048)] = 256
    dimensions: Annotated[int, Field(ge=1, le=1024)] = 128
    coordinates: Literal["off", "xy", "xyt"] = "xyt"
    coordinate_scale: Annotated[float, Field(gt=0)] = 0.1
    iterations: Annotated[int, Field(ge=1)] = 900
    anchors: Annotated[int, Field(ge=2)] = 256
    loss: Literal["smooth", "relaxed", "standard"] = "smooth"
    temperature: Annotated[float, Field(gt=0)] = 0.1
    margin: Annotated[float, Field(ge=0)] = 0.3
    learning_rate: Annotated[float, Field(gt=0)] = 3e-4
    trunk_learning_rate: Annotated[float, Field(ge=0)] = 0.0
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    averaging: Annotated[float, Field(ge=0, lt=1)] = 0.99
    mirror: bool = True
    augment: bool = False
    crop: Annotated[int, Field(ge=64, le=1024)] = 352
    feature_cache: Path | None = None
    seed: int = 0
    similarity_floor: Annotated[float, Field(ge=-1, le=1)] = 0.34
    licence: str = DAVIS_LICENCE
    device: str = "auto"
    mixed_precision: bool | None = None
    save_every: Annotated[int, Field(ge=1)] = 100
    quarter_head: Annotated[int, Field(ge=1, le=512)] = 48
    quarter_iterations: Annotated[int, Field(ge=1)] = 800
    quarter_learning_rate: Annotated[float, Field(gt=0)] = 2e-3
    upsampler: Annotated[int, Field(ge=0, le=512)] = 32
    upsampler_iterations: Annotated[int, Field(ge=1)] = 2500
    upsampler_learning_rate: Annotated[float, Field(gt=0)] = 4e-3
    upsampler_crop: Annotated[int, Field(ge=64, le=1024, multiple_of=8)] = 192
    stills: Path | None = None
    synthetic: Annotated[float, Field(ge=0, le=1)] = 0.5
    validation_split: str | None = None
    validation_every: Annotated[int, Field(ge=0)] = 100

    @model_validator(mode="after")
    def _cache_needs_features_that_stay(self) -> TrainingConfig:
        if self.feature_cache is not None and (self.augment or self.trunk_learning_rate > 0):
            raise ValueError("feature_cache needs a frozen trunk and no augmentation")
        return self

    @property
    def name(self) -> str:
        """What the model will be called."""
        return self.out.stem
