"""Old project files, brought to today's format one version at a time.

A step takes the file's content as plain dicts and lists of its version and returns that of the
next one. Steps are never changed once released, and each has a file of its version under
``tests/golden``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

from vosdesk.errors import ProjectError
from vosdesk.project.document import VERSION

Content: TypeAlias = dict[str, Any]
Migration: TypeAlias = Callable[[Content], Content]

MIGRATIONS: Mapping[int, Migration] = MappingProxyType({})
"""By the version that a step starts from. Version 1 is the first there is."""


def migrate(
    content: Content,
    steps: Mapping[int, Migration] = MIGRATIONS,
    to_version: int = VERSION,
) -> Content:
    """Return the content in the format of ``to_version``.

    Args:
        content: Of any version; its "version" is a whole number.
        steps: By the version that each starts from.
        to_version: The version that is wanted.

    Raises:
        ProjectError: It is of a newer version, of one that no step starts from, or a step does not
            find what its version should have.
    """
    version = content["version"]
    if version > to_version:
        raise ProjectError(
            f"The project was made by a newer vosdesk (format {version}; this one reads up to "
            f"{to_version}).",
            "Install the newest vosdesk.",
        )
    while version < to_version:
        if version not in steps:
            raise ProjectError(f"The project has the unknown format {version}.")
        try:
            content = {**steps[version](content), "version": version + 1}
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as cause:
            raise ProjectError(f"The project of format {version} is damaged.") from cause
        version += 1
    return content
