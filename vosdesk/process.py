"""The process that a command runs in: its output, its home and its log.

Imports nothing heavy, since ``cli`` answers a mistyped option before it does.
"""

from __future__ import annotations

import atexit
import contextlib
import io
import logging
import os
import sys
import tempfile
from pathlib import Path

KEPT_BYTES = 128 * 2**20
"""Freed memory that the process keeps at most, for each of its threads."""
LARGEST_KEPT = 32 * 2**20
"""Bytes of the largest block that is kept when it is freed; the C library takes no more."""
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # from malloc.h


def keep_freed_memory() -> bool:
    """Let the C library keep freed memory for the next use; return whether it will.

    Every picture and every map of scores is a few megabytes. glibc gives such a block back to the
    system as soon as it is free, and the next one's pages are fetched, and filled with zeros, one
    by one: half of the time that making a label map takes.
    """
    import ctypes

    if sys.platform == "linux":
        with contextlib.suppress(AttributeError):  # another C library
            library = ctypes.CDLL(None)
            kept = library.mallopt(_M_TRIM_THRESHOLD, KEPT_BYTES)
            return bool(kept and library.mallopt(_M_MMAP_THRESHOLD, LARGEST_KEPT))
    return False


def multiply_in_one_thread() -> None:
    """Let numpy multiply matrices in the calling thread alone.

    The threads of its BLAS wait for one another by turning in circles, which takes a hundred times
    as long as the work where the processors are busy with something else, such as embedding. faiss
    brings a BLAS of its own for searches among many, which keeps its threads.
    """
    with contextlib.suppress(ImportError):  # ``vosdesk doctor`` tells what is missing
        import numpy as np  # its BLAS has to be there to be told
        from threadpoolctl import ThreadpoolController

        controller, of_faiss = ThreadpoolController(), str(Path(np.__file__).parents[1] / "faiss")
        paths = [library["filepath"] for library in controller.select(user_api="blas").info()]
        controller.limit(limits={path: 1 for path in paths if not path.startswith(of_faiss)})


def let_output_hold_any_name() -> None:
    """A terminal whose character set lacks a letter of a file's name shows its code instead."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def need_a_home() -> None:
    """Use a passing folder where the user has no home, as in a container."""
    try:
        Path.home()
    except RuntimeError:
        home = tempfile.TemporaryDirectory(prefix="vosdesk-home-")
        atexit.register(home.cleanup)
        os.environ["HOME"] = home.name


def give_up_output() -> None:
    """Let Python end without trying once more to write what cannot be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def start_log(debug: bool) -> None:
    """Log to a rotating file where that can be written; to the terminal as well with --debug."""
    from logging.handlers import RotatingFileHandler

    import platformdirs

    handlers: list[logging.Handler] = [logging.StreamHandler()] if debug else []
    try:
        folder = platformdirs.user_log_path("vosdesk")
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "vosdesk.log"
        handlers.append(RotatingFileHandler(path, maxBytes=2**20, backupCount=3, encoding="utf-8"))
    except OSError:
        handlers.append(logging.NullHandler())  # a read-only home is no reason not to start
    logging.raiseExceptions = debug  # nor is a full disk one to fill the terminal
    logging.basicConfig(
        level=logging.DEBUG if debug else logging.INFO,
        format="%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s",
        handlers=handlers,
        force=True,
    )
