"""What can be set about labelling, with the defaults that were measured to be good."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LabellingSettings:
    """How labels are taken from references.

    Attributes:
        neighbours: How many nearest reference pixels vote on a pixel.
        temperature: Of the softmax over their cosine similarities; smaller trusts the nearest more.
        similarity_floor: Cosine at which a pixel is as much object as background while nothing
            was annotated as background, given ten references. It depends on the network; for
            other numbers of references see ``engine``.
        reference_budget: How many reference pixels are searched at most; see
            ``references.thin``. The time to label a frame grows with it: 6,420 take 0.12 s for
            a 480p frame on two cores, the default about 0.6 s.
        links: How much a pixel's label is that of the pixels that it is linked to in the frames
            before and after: 0 for the references alone, up to 1; see ``carrying``.

    Raises:
        ValueError: A value is out of its range.
    """

    neighbours: int = 5
    temperature: float = 0.05
    similarity_floor: float = 0.5
    reference_budget: int = 32_768
    links: float = 1.0

    def __post_init__(self) -> None:
        if not 1 <= self.neighbours <= 100:
            raise ValueError(f"1 to 100 neighbours can vote, not {self.neighbours}")
        if not 1e-3 <= self.temperature <= 10.0:
            raise ValueError(f"the temperature is 0.001 to 10, not {self.temperature}")
        if not -1.0 <= self.similarity_floor <= 1.0:
            raise ValueError(f"the similarity floor is a cosine, not {self.similarity_floor}")
        if not 0.0 <= self.links <= 1.0:
            raise ValueError(f"links count from 0 to 1, not {self.links}")
        if self.reference_budget < 1:
            raise ValueError(f"at least one reference is searched, not {self.reference_budget}")
