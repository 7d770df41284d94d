"""Which keys do what: the shipped key map, overlaid by the user's own ``keymap.json``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from platformdirs import user_config_path
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence

from vosdesk.assets import asset_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Keys: TypeAlias = tuple[str, ...]
"""Every key combination that triggers one action, in Qt's portable spelling: ``Ctrl+Shift+Z``."""

_MAX_BYTES = 1_000_000


@dataclass(frozen=True)
class KeyMap:
    """Keys by action name, and what was wrong with the user's wishes.

    Attributes:
        keys: For every action that has keys.
        problems: One sentence for each wish that was not followed.
    """

    keys: Mapping[str, Keys]
    problems: tuple[str, ...] = ()

    def of(self, action_name: str) -> Keys:
        """Return the action's keys; none is a fair answer."""
        return self.keys.get(action_name, ())


class _KeyMapFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1]
    keys: dict[str, tuple[Annotated[str, Field(max_length=60)], ...]]


def user_keymap_path() -> Path:
    """Return where the user's own key map may lie."""
    return user_config_path("vosdesk") / "keymap.json"


def load_keymap(user_file: Path | None = None) -> KeyMap:
    """Read the shipped keys and overlay the user's.

    A wish that cannot be followed (an unknown action, an unknown key, a key that another action
    has) leaves the default in place and becomes a problem. The user's file needs only the actions
    that differ: ``{"format": 1, "keys": {"play": ["Return"]}}``.

    Args:
        user_file: Read instead of the one in the configuration folder.
    """
    defaults = dict(_read(asset_folder("resources") / "keymap.json").keys)
    path = user_file if user_file is not None else user_keymap_path()
    try:
        wishes = _read(path).keys
    except FileNotFoundError:
        return KeyMap(defaults)
    except (OSError, ValueError) as error:
        return KeyMap(defaults, (f"The key map {path} cannot be used: {_first_line(error)}.",))
    return overlay(defaults, wishes)


def overlay(defaults: Mapping[str, Keys], wishes: Mapping[str, Keys]) -> KeyMap:
    """Follow the wishes that can be followed; no key ends up with two actions."""
    problems: list[str] = []
    keys = dict(defaults)
    for name, wanted in wishes.items():
        problem = _problem_of(name, wanted, defaults)
        if problem:
            problems.append(problem)
        else:
            keys[name] = tuple(_portable(key) for key in wanted)
    _settle_conflicts(keys, defaults, problems)
    return KeyMap(keys, tuple(problems))


def is_key(text: str) -> bool:
    """Whether Qt knows the combination, and it ends in a key rather than a modifier."""
    sequence = QKeySequence.fromString(text, QKeySequence.SequenceFormat.PortableText)
    if sequence.count() != 1:
        return False
    return sequence[0].key() not in (Qt.Key.Key_unknown, Qt.Key(0))


def readable(keys: Keys) -> str:
    """Write keys as the user's platform does, the first ones first."""
    return " or ".join(
        QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in keys
    )


def _read(path: Path) -> _KeyMapFile:
    """Read one key map.

    Raises:
        OSError: It cannot be read.
        ValueError: It is not a key map.
    """
    if path.stat().st_size > _MAX_BYTES:
        raise ValueError("it is too large for a key map")
    try:
        return _KeyMapFile.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{place or 'the file'}: {first['msg']}") from error


def _problem_of(name: str, wanted: Keys, defaults: Mapping[str, Keys]) -> str:
    if name not in defaults:
        return f"The key map names an action {name!r} that does not exist."
    for key in wanted:
        if not is_key(key):
            return f"The key map gives {name} the key {key!r}, which is no key; it keeps its own."
    return ""


def _settle_conflicts(
    keys: dict[str, Keys], defaults: Mapping[str, Keys], problems: list[str]
) -> None:
    """Put wishes back until every key has one action.

    The defaults have no conflict, and each round puts at least one wish back, so this ends.
    """
    while (clash := _first_clash(keys)) is not None:
        key, names = clash
        changed = [name for name in names if keys[name] != defaults[name]]
        loser = changed[-1]
        other = next(name for name in names if name != loser)
        problems.append(
            f"The key map gives {key} to both {other} and {loser}; {loser} keeps its own keys."
        )
        keys[loser] = defaults[loser]


def _first_clash(keys: Mapping[str, Keys]) -> tuple[str, list[str]] | None:
    owners: dict[str, list[str]] = {}
    for name, own in keys.items():
        for key in dict.fromkeys(own):
            owners.setdefault(_portable(key), []).append(name)
    return next(((key, names) for key, names in owners.items() if len(names) > 1), None)


def _portable(key: str) -> str:
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.PortableText)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].rstrip(".")
