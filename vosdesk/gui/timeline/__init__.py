"""The frames in a row: what is embedded, annotated, unsure."""

from vosdesk.gui.timeline.timeline import Timeline

__all__ = ["Timeline"]
