"""The model card: what a file of weights is, told by the file itself. Imports no torch."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from vosdesk.embedding.input_size import LONGEST_SIDE, SHORT_SIDE, SMALLEST_SIDE

CardText = Annotated[str, Field(max_length=4000)]


class ModelCard(BaseModel):
    """Everything about a network except its weights.

    Attributes:
        format: Version of this card's format.
        name: What the model is called; also its file's stem.
        backbone: The trunk, by its name in the registry.
        levels: The trunk's levels that feed the head, for the reader.
        hidden: Channels inside the head.
        dimensions: Channels of an embedding.
        coordinate_scale: Factor on the coordinates (x, y, t) that enter the head.
        upsampler: Channels inside the upsampler; 0 where there is none.
        quarter_head: Channels inside the quarter head, which stands beside the upsampler.
        short_side: Pixels of a frame's shorter side that the network sees at most; fewer are
            faster. Embeddings of frames seen at different sizes are kept apart by that size.
        similarity_floor: Cosine to the nearest reference pixel below which a pixel is rather
            background, where the user marked nothing but objects.
        training: What it was trained on and how, in words.
        licence: Under which terms the weights may be used, in words.
        figures: Measured quality, by name ("J on 10 sequences of DAVIS 2016 val": 0.75).
        vosdesk_version: The version that wrote the file.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal[1] = 1
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
    backbone: Annotated[str, Field(max_length=64)]
    levels: Annotated[tuple[CardText, ...], Field(max_length=32)] = ()
    hidden: Annotated[int, Field(ge=1, le=2048)] = 256
    dimensions: Annotated[int, Field(ge=1, le=1024)] = 128
    coordinate_scale: Annotated[float, Field(ge=0, le=100)] = 0.1
    upsampler: Annotated[int, Field(ge=0, le=512)] = 0
    quarter_head: Annotated[int, Field(ge=1, le=512)] = 48
    short_side: Annotated[int, Field(ge=SMALLEST_SIDE, le=LONGEST_SIDE)] = SHORT_SIDE
    similarity_floor: Annotated[float, Field(ge=-1, le=1)] = 0.5
    training: CardText = ""
    licence: CardText = ""
    figures: Annotated[dict[str, float], Field(max_length=100)] = {}
    vosdesk_version: Annotated[str, Field(max_length=64)] = ""

    def architecture(self) -> dict[str, object]:
        """Return what the shape and the working of the network depend on."""
        parts = {"backbone", "hidden", "dimensions", "coordinate_scale"}
        # networks without an upsampler keep the fingerprints that they had before there was one
        return self.model_dump(
            include=parts | ({"upsampler", "quarter_head"} if self.upsampler else set())
        )
