"""vosdesk: cut objects out of video by touching one frame.

The whole program in one line, one folder for each step::

    video -> embedding -> labelling (references -> labels) -> overlay -> export

``project`` is what the user edits, ``session`` drives, ``gui`` and ``cli`` are two doors to the
same session.
"""

import os

__version__ = "0.1.0"

# torch and faiss each bring OpenMP threads that spin while they wait. Embedding, searching and the
# window share the cores, and spinning made embedding up to thirty times slower on a busy machine.
# OpenMP reads this when it is loaded, hence here, before anything can load it.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
