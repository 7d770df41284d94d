"""What every part of the document is: a value that was checked once and cannot change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Mapping


class Frozen(BaseModel):
    """An immutable, strictly validated value.

    Strict means that nothing is converted in silence: "12" is no number, True is no frame index.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, hide_input_in_errors=True
    )

    def model_copy(
        self,
        *,
        update: Mapping[str, Any] | None = None,
        deep: bool = False,  # noqa: ARG002
    ) -> Self:
        """Return this value with other field values, checked like a new one.

        pydantic's own version checks nothing and would carry cached properties over.

        Args:
            update: The fields that differ.
            deep: Without meaning here, as nothing in a value can change.

        Raises:
            pydantic.ValidationError: The values do not fit.
        """
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        return type(self).model_validate({**fields, **(update or {})})
