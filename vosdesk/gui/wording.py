"""Numbers in words: sizes, times, counts. Shared by all that the user reads."""

from __future__ import annotations

_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_STEP = 1000


def format_bytes(count: int) -> str:
    """Return a size in decimal units with up to three digits: ``1.70 GB``."""
    value, unit = float(max(0, count)), 0
    while value >= _STEP - 0.5 and unit < len(_UNITS) - 1:
        value /= _STEP
        unit += 1
    if unit == 0:
        return f"{int(value)} bytes"
    digits = 0 if value >= 99.95 else 1 if value >= 9.995 else 2
    return f"{value:.{digits}f} {_UNITS[unit]}"


def format_time(seconds: float) -> str:
    """Return a point in a video: ``0:00.480``, or ``1:02:03.000`` from an hour on."""
    thousandths = max(0, round(seconds * 1000))
    minutes, rest = divmod(thousandths, 60_000)
    hours, minutes = divmod(minutes, 60)
    start = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{start}:{rest // 1000:02d}.{rest % 1000:03d}"


def count_of(count: int, one: str, many: str = "") -> str:
    """Return ``1 stroke``, ``2 strokes``, ``no strokes``."""
    if count == 1:
        return f"1 {one}"
    return f"{count or 'no'} {many or one + 's'}"
