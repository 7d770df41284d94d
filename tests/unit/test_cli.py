"""What the command line promises: it answers before anything heavy is loaded."""

from __future__ import annotations

import subprocess
import sys

from vosdesk import cli
from vosdesk.export import EXPORTERS


def test_the_formats_are_those_that_can_be_written() -> None:
    """The names stand twice, since asking the registry would load what writes the files."""
    assert set(cli.FORMATS) == set(EXPORTERS)


def test_help_is_answered_without_torch_faiss_qt_or_numpy() -> None:
    script = (
        "import sys, vosdesk.cli\n"
        "try: vosdesk.cli.main(['segment', '--help'])\n"
        "except SystemExit: pass\n"
        "loaded = {'torch', 'faiss', 'PySide6', 'numpy', 'cv2', 'av'} & sys.modules.keys()\n"
        "sys.exit(f'loaded: {loaded}' if loaded else 0)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
