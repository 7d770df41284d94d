"""Every action of the window, one row each: its words, its menu, its icon.

Keys are in ``resources/keymap.json``; ``actions.py`` makes Qt's actions of the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

RECENT_MENU = "File/Open recent"


@dataclass(frozen=True)
class ActionSpec:
    """One row of the table.

    Attributes:
        name: How code and key maps call it.
        text: What the menu says; ``…`` at the end means that a question follows.
        menu: ``File`` or, for a submenu, ``View/Overlay``.
        tip: What it does, in one phrase; empty where the text says it all.
        icon: A file of ``resources/icons``; empty for none.
        checkable: Whether it is on or off.
        group: Actions of one group exclude each other.
        section: A new section name within a menu is set off by a line.
        enabled: Whether it can be used before a video is open.
    """

    name: str
    text: str
    menu: str
    tip: str = ""
    icon: str = ""
    checkable: bool = False
    group: str = ""
    section: str = ""
    enabled: bool = False


def _file() -> Iterable[ActionSpec]:
    menu = "File"
    yield ActionSpec("open_video", "Open video…", menu, icon="open-video", enabled=True)
    yield ActionSpec(
        "open_folder",
        "Open frame folder…",
        menu,
        "Open a folder of images as a video",
        icon="open-folder",
        enabled=True,
    )
    yield ActionSpec("open_project", "Open project…", menu, icon="open-project", enabled=True)
    yield ActionSpec("clear_recent", "Clear this list", RECENT_MENU, enabled=True)
    yield ActionSpec("save", "Save", menu, icon="save", section="save")
    yield ActionSpec("save_as", "Save as…", menu, section="save")
    yield ActionSpec(
        "import_masks",
        "Import masks…",
        menu,
        "Use mask images as annotations",
        icon="import-masks",
        section="exchange",
    )
    yield ActionSpec(
        "export", "Export…", menu, "Write the results to files", icon="export", section="exchange"
    )
    yield ActionSpec(
        "cancel_job",
        "Cancel running job",
        menu,
        "Cancel the export or, where none runs, the embedding",
        icon="stop",
        section="exchange",
    )
    yield ActionSpec("quit", "Quit", menu, icon="quit", section="quit", enabled=True)


def _edit() -> Iterable[ActionSpec]:
    menu = "Edit"
    yield ActionSpec("undo", "Undo", menu, icon="undo")
    yield ActionSpec("redo", "Redo", menu, icon="redo")
    yield ActionSpec(
        "delete_stroke",
        "Delete stroke",
        menu,
        "Delete the selected strokes; every frame follows",
        icon="delete",
        section="stroke",
    )
    yield ActionSpec(
        "mute_stroke",
        "Mute stroke",
        menu,
        "Keep the selected strokes, but without effect",
        icon="mute",
        section="stroke",
    )
    yield ActionSpec(
        "clear_frame",
        "Clear frame",
        menu,
        "Delete every stroke on this frame",
        icon="clear",
        section="stroke",
    )
    yield ActionSpec(
        "preferences", "Preferences…", menu, icon="settings", section="settings", enabled=True
    )


def _view() -> Iterable[ActionSpec]:
    menu, overlay = "View", "View/Overlay"
    for name, text, tip in (
        ("tint", "Tint", "Fill objects with their colours"),
        ("outline", "Outline", "Draw only their outlines"),
        ("cutout", "Cutout", "Darken everything else"),
        ("checker", "Checkerboard", "Replace everything else"),
        ("mask", "Mask", "Show flat colours only"),
        ("none", "None", "Show the bare frame"),
    ):
        yield ActionSpec(
            f"overlay_{name}", text, overlay, tip, checkable=True, group="overlay", section="mode"
        )
    yield ActionSpec(
        "cycle_overlay", "Next overlay", overlay, "Show labels the next way", section="cycle"
    )
    yield ActionSpec("raise_opacity", "More opaque", overlay, section="opacity")
    yield ActionSpec("lower_opacity", "Less opaque", overlay, section="opacity")
    yield ActionSpec(
        "heat_map",
        "Heat map",
        menu,
        "Let pixels glow whose label is doubtful",
        icon="heat",
        checkable=True,
        section="layers",
    )
    yield ActionSpec(
        "hide_overlay",
        "Hide overlay",
        menu,
        "Show the bare frame",
        icon="eye-off",
        checkable=True,
        section="layers",
    )
    yield ActionSpec(
        "show_strokes",
        "Show strokes",
        menu,
        "Draw the strokes you made",
        icon="strokes",
        checkable=True,
        section="layers",
    )
    yield ActionSpec("zoom_in", "Zoom in", menu, icon="zoom-in", section="zoom")
    yield ActionSpec("zoom_out", "Zoom out", menu, icon="zoom-out", section="zoom")
    yield ActionSpec("zoom_fit", "Fit to window", menu, icon="zoom-fit", section="zoom")
    yield ActionSpec("zoom_100", "Zoom to 100 %", menu, icon="zoom-100", section="zoom")
    yield from _window_look()


def _window_look() -> Iterable[ActionSpec]:
    menu, look = "View", "View/Theme"
    for name, text in (("system", "Like the system"), ("light", "Light"), ("dark", "Dark")):
        yield ActionSpec(
            f"theme_{name}",
            text,
            look,
            checkable=True,
            group="theme",
            enabled=True,
            section="window",
        )
    yield ActionSpec(
        "next_pane",
        "Go to next pane",
        menu,
        "Move the keyboard to the next part of the window",
        section="window",
        enabled=True,
    )
    yield ActionSpec(
        "previous_pane",
        "Go to previous pane",
        menu,
        "Move the keyboard to the previous part of the window",
        section="window",
        enabled=True,
    )


def _frame() -> Iterable[ActionSpec]:
    menu = "Frame"
    yield ActionSpec("previous_frame", "Previous frame", menu, icon="previous")
    yield ActionSpec("next_frame", "Next frame", menu, icon="next")
    yield ActionSpec("back_10", "Back 10 frames", menu)
    yield ActionSpec("forward_10", "Forward 10 frames", menu)
    yield ActionSpec("first_frame", "First frame", menu, icon="first")
    yield ActionSpec("last_frame", "Last frame", menu, icon="last")
    yield ActionSpec("play", "Play", menu, icon="play", checkable=True, section="play")
    yield ActionSpec(
        "previous_annotated",
        "Previous annotated frame",
        menu,
        icon="previous-annotated",
        section="annotated",
    )
    yield ActionSpec(
        "next_annotated",
        "Next annotated frame",
        menu,
        icon="next-annotated",
        section="annotated",
    )
    yield ActionSpec(
        "previous_unsure",
        "Previous unsure frame",
        menu,
        "Go back to a frame whose labels are doubtful",
        icon="previous-unsure",
        section="annotated",
    )
    yield ActionSpec(
        "next_unsure",
        "Next unsure frame",
        menu,
        "Go on to a frame whose labels are doubtful",
        icon="next-unsure",
        section="annotated",
    )
    yield ActionSpec(
        "lock_frame",
        "Lock frame",
        menu,
        "Keep this frame's labels as they are",
        icon="lock",
        checkable=True,
        section="lock",
    )


def _object() -> Iterable[ActionSpec]:
    menu = "Object"
    yield ActionSpec("new_object", "New object", menu, icon="add")
    yield ActionSpec("rename_object", "Rename object", menu, icon="rename")
    yield ActionSpec(
        "remove_object",
        "Remove object",
        menu,
        "Remove the object and its strokes",
        icon="delete",
    )
    yield ActionSpec("next_object", "Next object", menu, icon="cycle", section="select")
    yield ActionSpec("previous_object", "Previous object", menu, section="select")
    yield ActionSpec(
        "swap_background",
        "Swap object and background",
        menu,
        "Paint background instead of the object, or the object again",
        icon="swap",
        section="select",
    )
    select = "Object/Select"
    yield ActionSpec("select_object_0", "Background", select)
    for digit in range(1, 10):
        yield ActionSpec(f"select_object_{digit}", f"Object {digit}", select)


def _tools() -> Iterable[ActionSpec]:
    for name, text, tip in (
        ("pick", "Select", "Choose strokes to delete or mute"),
        ("why", "Why?", "Ask where a pixel's label comes from"),
        ("click", "Click", "Mark one spot"),
        ("scribble", "Scribble", "Draw a line through what belongs together"),
        ("brush", "Mask brush", "Paint exact pixels"),
        ("eraser", "Eraser", "Take painted pixels away"),
        ("lasso", "Lasso", "Draw around an area"),
        ("polygon", "Polygon", "Set the corners of an area"),
        ("box", "Box", "Fill a rectangle"),
    ):
        yield ActionSpec(
            f"tool_{name}", text, "Tools", tip, icon=name, checkable=True, group="tool"
        )
    yield ActionSpec(
        "go_to_reference",
        "Go to reference",
        "Tools",
        "Show the stroke from which a pixel that you asked about has its label",
        section="why",
    )
    yield ActionSpec(
        "back_to_pixel",
        "Back to pixel",
        "Tools",
        "Show the pixel again that you asked about",
        section="why",
    )
    yield ActionSpec("smaller_tool", "Smaller", "Tools", icon="size-down", section="size")
    yield ActionSpec("larger_tool", "Larger", "Tools", icon="size-up", section="size")


def _embedding() -> Iterable[ActionSpec]:
    menu = "Embedding"
    yield ActionSpec("pause_embedding", "Pause", menu, "Go on later", icon="pause", checkable=True)
    yield ActionSpec(
        "cancel_embedding",
        "Cancel",
        menu,
        "Stop; finished frames are kept",
        icon="stop",
    )
    yield ActionSpec(
        "restart_embedding",
        "Restart",
        menu,
        "Embed the frames that are missing",
        icon="restart",
    )
    yield ActionSpec(
        "choose_device",
        "Device and model…",
        menu,
        "Choose what computes the embeddings",
        icon="device",
        section="device",
        enabled=True,
    )


def _help() -> Iterable[ActionSpec]:
    yield ActionSpec("key_sheet", "Keys", "Help", "Show all keys", icon="keyboard", enabled=True)
    yield ActionSpec("about", "About vosdesk", "Help", icon="info", section="about", enabled=True)


ACTIONS: tuple[ActionSpec, ...] = (
    *_file(),
    *_edit(),
    *_view(),
    *_frame(),
    *_object(),
    *_tools(),
    *_embedding(),
    *_help(),
)

GESTURES: tuple[tuple[str, str, str], ...] = (
    ("Mouse", "Paint the object", "Left button"),
    ("Mouse", "Paint background", "Right button"),
    ("Mouse", "Choose a stroke", "Ctrl+Left button"),
    ("Mouse", "Ask why a pixel has its label", "Shift+Left button"),
    ("Mouse", "Zoom at the pointer", "Wheel"),
    ("Mouse", "Move the picture", "Middle button or Space"),
    ("Mouse", "Size of the tool", "Shift+Wheel or Alt+Wheel"),
    ("Mouse", "End a polygon", "Double click or Return"),
    ("Mouse", "Give up a stroke", "Esc"),
)
"""What the mouse does on the canvas, in the form of ``actions.key_rows``."""
