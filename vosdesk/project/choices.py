"""What the user may set about the labelling, as the document keeps it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from vosdesk.project.frozen import Frozen


class LabellingChoices(Frozen):
    """How labels are taken from references.

    A mirror of the labelling's own settings: the document must be readable without the labelling.

    Attributes:
        neighbours: How many nearest reference pixels vote on a pixel.
        temperature: Of the softmax over their cosine similarities; smaller trusts the nearest more.
        similarity_floor: Cosine below which a reference says nothing; None for the model's own.
        links: How much a pixel follows those that it is linked to in the frames before and after:
            0 for the references alone, up to 1.
    """

    neighbours: Annotated[int, Field(ge=1, le=100)] = 5
    temperature: Annotated[float, Field(ge=1e-3, le=10.0)] = 0.05
    similarity_floor: Annotated[float, Field(ge=-1.0, le=1.0)] | None = None
    links: Annotated[float, Field(ge=0.0, le=1.0)] = 1.0
