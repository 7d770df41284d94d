"""Frames of a video file or of a folder of images, by index, exactly and in any order."""

from vosdesk.video.opening import open_source
from vosdesk.video.read_ahead import ReadAhead
from vosdesk.video.source import FrameSource

__all__ = ["FrameSource", "ReadAhead", "open_source"]
