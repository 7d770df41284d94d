"""What there is to choose from on this machine. Runs as a job: it imports torch and reads disks."""

from __future__ import annotations

from vosdesk.embedding.store_folder import StoreFolder
from vosdesk.errors import StoreError
from vosdesk.session.events import SurroundingsFound


def look_around() -> SurroundingsFound:
    """Find devices, models and the room that stores take."""
    from vosdesk.embedding.devices import available_devices  # imports torch: seconds
    from vosdesk.embedding.model_files import list_models

    return SurroundingsFound(
        devices=tuple(available_devices()),
        models=tuple((entry.name, entry.card.short_side) for entry in list_models()),
        store_bytes=_store_bytes(),
    )


def clear_stores() -> SurroundingsFound:
    """Remove every store that no window has open, and look again.

    Raises:
        StoreError: The folder of stores cannot be read.
    """
    StoreFolder().remove_all()
    return look_around()


def _store_bytes() -> int:
    try:
        return StoreFolder().size()
    except StoreError:
        return 0  # a folder that cannot be read has nothing that could be cleared
