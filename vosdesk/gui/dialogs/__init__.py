"""Questions to the user."""

from vosdesk.gui.dialogs.about import AboutDialog
from vosdesk.gui.dialogs.export_dialog import ExportChoice, ExportDialog
from vosdesk.gui.dialogs.key_sheet import KeySheet
from vosdesk.gui.dialogs.preferences_dialog import PreferencesDialog
from vosdesk.gui.dialogs.questions import (
    ask_clear_stores,
    ask_end_export,
    ask_large_store,
    ask_recover,
    ask_unsaved,
    ask_video_moved,
)

__all__ = [
    "AboutDialog",
    "ExportChoice",
    "ExportDialog",
    "KeySheet",
    "PreferencesDialog",
    "ask_clear_stores",
    "ask_end_export",
    "ask_large_store",
    "ask_recover",
    "ask_unsaved",
    "ask_video_moved",
]
