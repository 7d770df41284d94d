"""The figures of a measurement, printed as JSON and written where it is told."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def tell(figures: Mapping[str, Any], path: Path | None) -> None:
    """Print figures as JSON, and write the same to a file where one is named."""
    text = json.dumps(figures, indent=2) + "\n"
    if path is not None:
        path.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
