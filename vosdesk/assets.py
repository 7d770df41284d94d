"""Where the shipped files lie: weights and resources, in a checkout and in an installed wheel.

A module of its own because embedding (weights), overlay, cli and gui all ask, and none of them
may ask another.
"""

from __future__ import annotations

from pathlib import Path

from vosdesk.errors import VosdeskError

_PACKAGE = Path(__file__).resolve().parent


def asset_folder(name: str) -> Path:
    """Return the folder ``models`` or ``resources``.

    In a wheel it lies inside the package, in a checkout beside it.

    Raises:
        VosdeskError: The installation is incomplete.
    """
    for parent in (_PACKAGE, _PACKAGE.parent):
        if (parent / name).is_dir():
            return parent / name
    raise VosdeskError(
        f"The folder {name} of vosdesk is missing beside {_PACKAGE}.",
        "The installation is incomplete: install vosdesk again.",
    )
