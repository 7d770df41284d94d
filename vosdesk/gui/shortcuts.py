"""Who gets a key: the focused control where it needs it, the action otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QTabBar,
    QTextEdit,
    QWidget,
)

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent

if TYPE_CHECKING:
    from collections.abc import Sequence

_Key = Qt.Key
_ARROWS = frozenset({_Key.Key_Left, _Key.Key_Right, _Key.Key_Up, _Key.Key_Down})
_ENDS = frozenset({_Key.Key_Home, _Key.Key_End, _Key.Key_PageUp, _Key.Key_PageDown})
_FOCUS = frozenset({_Key.Key_Tab, _Key.Key_Backtab})
_PRESS = frozenset({_Key.Key_Space, _Key.Key_Return, _Key.Key_Enter})

_TEXT_FIELDS = (QLineEdit, QTextEdit, QPlainTextEdit, QAbstractSpinBox)
_KEYS_OF: tuple[tuple[type[QWidget], frozenset[Qt.Key]], ...] = (
    (QAbstractButton, _FOCUS | _PRESS),
    (QComboBox, _FOCUS | _PRESS | _ARROWS | _ENDS),
    (QScrollBar, frozenset()),
    (QAbstractSlider, _FOCUS | _ARROWS | _ENDS),
    (QAbstractItemView, _FOCUS | _PRESS | _ARROWS | _ENDS),
    (QTabBar, _FOCUS | _ARROWS | _ENDS),
)


class ShortcutGuard(QObject):
    """Keeps plain keys from reaching actions while a control that uses them has the focus.

    Actions use single keys (``B`` for the brush, ``Space`` to play), which a text field needs to
    write, a slider to move and a button to be pressed. Install one on the window: Qt asks the
    focused widget first and then its parents whether a key is theirs.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Claim the key for the focused control."""
        if event.type() == QEvent.Type.ShortcutOverride:
            key_event = cast("QKeyEvent", event)
            focused = QApplication.focusWidget()
            if focused is not None and belongs_to(focused, key_event):
                event.accept()
                return True
        return super().eventFilter(watched, event)


def belongs_to(widget: QWidget, event: QKeyEvent) -> bool:
    """Whether the focused widget needs the key for itself."""
    plain = event.modifiers() & ~(
        Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
    )
    if plain != Qt.KeyboardModifier.NoModifier:
        return False
    key = Qt.Key(event.key())
    if isinstance(widget, _TEXT_FIELDS):
        return not _Key.Key_F1 <= key <= _Key.Key_F35
    for kind, keys in _KEYS_OF:
        if isinstance(widget, kind):
            return key in keys
    return False


def step_pane(panes: Sequence[QWidget], step: int) -> None:
    """Give the keyboard to the next part of the window.

    The canvas keeps Tab for itself, so there has to be another way out of it.

    Args:
        panes: The parts in order; hidden ones are passed over.
        step: 1 for the next one, -1 for the previous one.
    """
    shown = [pane for pane in panes if pane.isVisible()]
    focused = QApplication.focusWidget()
    here = next(
        (n for n, pane in enumerate(shown) if focused and _holds(pane, focused)),
        -1 if step > 0 else 0,
    )
    for distance in range(1, len(shown) + 1):
        target = _first_control(shown[(here + step * distance) % len(shown)])
        if target is not None:
            target.setFocus(Qt.FocusReason.TabFocusReason)
            return


def _holds(pane: QWidget, widget: QWidget) -> bool:
    return pane is widget or pane.isAncestorOf(widget)


def _first_control(pane: QWidget) -> QWidget | None:
    """Return the pane or the first control in it that Tab would reach."""
    for widget in (pane, *pane.findChildren(QWidget)):
        reachable = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        if reachable and widget.isVisible() and widget.isEnabled():
            return widget
    return None
