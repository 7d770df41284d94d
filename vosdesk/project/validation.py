"""pydantic's findings in words that a user can act on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import ValidationError

_SUBJECT = r"^Value error, |^(Input|List|Tuple|String|Value) (?=should)"
_TAGS = frozenset({"click", "scribble", "region", "mask"})


def describe(error: ValidationError) -> str:
    """Return the first finding as "annotations[3].radius should be ...", without a full stop."""
    finding = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = _place(finding["loc"])
    what = re.sub(_SUBJECT, "", finding["msg"]).rstrip(".")
    if not where:
        return what
    if finding["type"] in ("value_error", "assertion_error"):
        return f"{where}: {what}"
    return f"{where} {_as_predicate(what)}"


def _as_predicate(message: str) -> str:
    """Make "Field required" and the like readable behind a field's name."""
    known = {
        "Field required": "is missing",
        "Extra inputs are not permitted": "is not known to this version",
    }
    return known.get(message, message[:1].lower() + message[1:])


def _place(location: Sequence[int | str]) -> str:
    """Write ("annotations", 3, "click", "radius") as "annotations[3].radius"."""
    text = ""
    after_index = False
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        elif not (after_index and part in _TAGS):
            text += f".{part}" if text else part
        after_index = isinstance(part, int)
    return text
