"""The lists beside the canvas, the tool strip, and the lines of the status bar."""

from vosdesk.gui.panels.export_strip import ExportStrip
from vosdesk.gui.panels.labelling_panel import LabellingPanel
from vosdesk.gui.panels.objects_panel import ObjectsPanel
from vosdesk.gui.panels.overlay_panel import OverlayPanel
from vosdesk.gui.panels.progress_strip import ProgressStrip
from vosdesk.gui.panels.status_line import StatusLine
from vosdesk.gui.panels.strokes_panel import StrokesPanel
from vosdesk.gui.panels.tool_bar import ToolBar
from vosdesk.gui.panels.why_panel import WhyAnswer, WhyPanel, WhyRow

__all__ = [
    "ExportStrip",
    "LabellingPanel",
    "ObjectsPanel",
    "OverlayPanel",
    "ProgressStrip",
    "StatusLine",
    "StrokesPanel",
    "ToolBar",
    "WhyAnswer",
    "WhyPanel",
    "WhyRow",
]
