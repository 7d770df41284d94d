"""Notices: what happened and what to do, in a stack over the window's lower edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from PySide6.QtCore import QChildEvent, QEvent, QObject, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QEnterEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from vosdesk.gui.theme import SPACE, colours, icon, set_icon, theme

Severity: TypeAlias = Literal["info", "warning", "error"]

LIFETIME_MS = 6000
"""Of an info notice; the pointer over it stops the clock."""

MAX_SHOWN = 3
_WIDTH = 560
_MARGIN = 2 * SPACE
_STRIPE = 4
_LINE = 26


@dataclass(frozen=True)
class Notice:
    """One thing the user should know.

    Attributes:
        severity: Info vanishes by itself; warnings and errors stay until closed.
        sentence: What happened.
        advice: What to do, or what was kept; may be empty.
    """

    severity: Severity
    sentence: str
    advice: str = ""


class Toast(QFrame):
    """One notice on screen.

    Attributes:
        closed: Its time is over, or the user closed it.
    """

    closed = Signal()

    def __init__(self, notice: Notice, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.notice = notice
        self.count = 1
        self._icon = QLabel()
        self._icon.setFixedHeight(_LINE)
        self._sentence = _wrapped_label(notice.sentence)
        self._advice = _wrapped_label(notice.advice)
        self._count = QLabel()
        self._close = QToolButton()
        self._lay_out()
        # not before they have a parent: they would be windows of their own, and take the keyboard
        self._advice.setVisible(bool(notice.advice))
        self._count.hide()
        self._timer = QTimer(self, singleShot=True, interval=LIFETIME_MS)
        self._timer.timeout.connect(self.closed)
        theme.theme_changed.connect(self._dress)
        self._dress()
        self._announce()
        self._start_clock()

    @property
    def running(self) -> bool:
        """Whether its time runs out."""
        return self._timer.isActive()

    def repeat(self) -> None:
        """Count the same notice again instead of showing it twice."""
        self.count += 1
        self._count.setText(f"{self.count} times")
        self._count.setAccessibleName(f"Happened {self.count} times")
        self._count.show()
        self._start_clock()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Stop the clock while somebody reads."""
        self._timer.stop()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Let the clock run again."""
        self._start_clock()
        super().leaveEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the card with a stripe in the severity's colour."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        outline = QPainterPath()
        outline.addRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.fillPath(outline, QColor(colours().raised))
        painter.setClipPath(outline)
        painter.fillRect(0, 0, _STRIPE, self.height(), QColor(self._edge()))
        painter.setClipping(False)
        painter.setPen(QColor(colours().border))
        painter.drawPath(outline)

    def _start_clock(self) -> None:
        if self.notice.severity == "info":
            self._timer.start()

    def _lay_out(self) -> None:
        self._close.setToolTip("Close this notice")
        self._close.setAccessibleName("Close notice")
        self._close.setIconSize(QSize(16, 16))
        self._close.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        set_icon(self._close, "close")
        self._close.clicked.connect(self.closed)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        self._sentence.setMinimumHeight(_LINE)
        self._count.setFixedHeight(_LINE)
        texts.addWidget(self._sentence)
        texts.addWidget(self._advice)
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * SPACE, SPACE, SPACE, SPACE)
        row.setSpacing(SPACE * 3 // 2)
        top = Qt.AlignmentFlag.AlignTop
        row.addWidget(self._icon, alignment=top)
        row.addLayout(texts, 1)
        row.addWidget(self._count, alignment=top)
        row.addWidget(self._close, alignment=top)

    def _dress(self) -> None:
        self._icon.setPixmap(
            icon(self.notice.severity, self._edge()).pixmap(QSize(20, 20), self.devicePixelRatio())
        )
        self._advice.setStyleSheet(f"color: {colours().muted_text};")
        self._count.setStyleSheet(f"color: {colours().muted_text};")

    def _edge(self) -> str:
        now = colours()
        return {"info": now.accent, "warning": now.warning, "error": now.error}[
            self.notice.severity
        ]

    def _announce(self) -> None:
        """Have screen readers speak it."""
        self.setAccessibleName(f"{self.notice.severity.capitalize()}: {self.notice.sentence}")
        self.setAccessibleDescription(self.notice.advice)
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))


class NoticeBar(QWidget):
    """The stack of notices over the lower edge of its parent, newest below.

    It takes no room in any layout and blocks nothing: only the notices themselves catch the
    mouse. At most ``MAX_SHOWN`` are seen at once; the others come when one is closed.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName("Notices")
        self._toasts: list[Toast] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(SPACE)
        self._below = 0
        for watched in (parent, *parent.children()):
            watched.installEventFilter(self)
        self.hide()

    def set_bottom_margin(self, pixels: int) -> None:
        """Keep clear of a status bar of that height."""
        self._below = pixels
        self._place()

    def show_notice(self, notice: Notice) -> None:
        """Show it; the same one again only raises its count."""
        for toast in self._toasts:
            if toast.notice == notice:
                toast.repeat()
                return
        toast = Toast(notice)
        toast.closed.connect(lambda: self._close(toast))
        self._toasts.append(toast)
        self._layout.addWidget(toast)
        self._refresh()

    def notices(self) -> list[Notice]:
        """Return what is open, oldest first."""
        return [toast.notice for toast in self._toasts]

    def clear(self) -> None:
        """Close all, as when another project opens."""
        for toast in tuple(self._toasts):
            self._close(toast)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the parent's size, and stay above all else in it.

        Where a dock's tab is chosen, a main window puts dock and central widget on top.
        """
        if watched is self.parent():
            if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
                self._place()
            elif isinstance(event, QChildEvent) and event.added():
                event.child().installEventFilter(self)
        elif event.type() == QEvent.Type.ZOrderChange and watched is not self:
            QTimer.singleShot(0, self, self.raise_)  # a dock asks first whether it is on top
        return super().eventFilter(watched, event)

    def event(self, event: QEvent) -> bool:
        """Grow and shrink with the texts."""
        handled = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self._place()
        return handled

    def _close(self, toast: Toast) -> None:
        if toast in self._toasts:
            self._toasts.remove(toast)
            self._layout.removeWidget(toast)
            toast.hide()
            toast.deleteLater()
            self._refresh()

    def _refresh(self) -> None:
        for place, toast in enumerate(reversed(self._toasts)):
            toast.setVisible(place < MAX_SHOWN)
        self.setVisible(bool(self._toasts))
        self._place()
        self.raise_()

    def _place(self) -> None:
        room = self.parentWidget().size()
        width = max(0, min(_WIDTH, room.width() - 2 * _MARGIN))
        height = self._layout.heightForWidth(width) if self._toasts else 0
        left = (room.width() - width) // 2
        self.setGeometry(left, room.height() - self._below - _MARGIN - height, width, height)


def _wrapped_label(text: str) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
