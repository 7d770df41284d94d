"""Who has a store open: so that no process throws away what another is using.

On POSIX an open store holds a shared ``flock`` on its file ``in_use``, and whoever wants to
remove the store needs the exclusive one. On Windows a folder with an open file in it cannot be
renamed, so holding the file open is enough. A lock dies with its process. File systems that know
no locks count as not locked.
"""

from __future__ import annotations

import contextlib
import os
import sys
import weakref
from typing import TYPE_CHECKING

from vosdesk.embedding.store_format import LOCK_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

if sys.platform != "win32":
    import fcntl


def hold(owner: object, folder: Path) -> Callable[[], object]:
    """Mark the store as in use until the returned function is called or the owner is gone.

    Nothing is marked where the file cannot be opened: in a read-only folder that was made without
    it, from which nobody can remove anything either.
    """
    try:
        descriptor = os.open(folder / LOCK_NAME, os.O_RDONLY)
    except OSError:
        return lambda: None
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_SH)
    return weakref.finalize(owner, os.close, descriptor)


@contextlib.contextmanager
def sole_use(folder: Path) -> Iterator[bool]:
    """Tell whether nobody has the store open, and keep it so inside the ``with`` block.

    On Windows the answer is always yes, and renaming the folder is what fails.
    """
    try:
        file = (folder / LOCK_NAME).open("rb")
    except OSError:
        yield True
        return
    with file:
        if sys.platform == "win32":
            file.close()
            yield True
        else:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            except OSError:
                pass
            yield True
