"""vosdesk: cut objects out of video by touching one frame.

The whole program in one line, one folder for each step::

    video -> embedding -> labelling (references -> labels) -> overlay -> export

``project`` is what the user edits, ``session`` drives, ``gui`` and ``cli`` are two doors to the
same session.
"""

__version__ = "0.1.0"
