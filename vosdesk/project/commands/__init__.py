"""Every edit of the document, one frozen dataclass for each; ``apply`` is pure."""

from vosdesk.project.commands.annotations import (
    AddAnnotation,
    AddAnnotations,
    ClearFrame,
    MuteAnnotation,
    ReassignAnnotation,
    RemoveAnnotations,
    missing_objects,
)
from vosdesk.project.commands.command import Command
from vosdesk.project.commands.locks import LockFrame, UnlockFrame
from vosdesk.project.commands.objects import (
    AddObject,
    MergeObjects,
    MoveObject,
    RecolourObject,
    RemoveObject,
    RenameObject,
    SetObjectVisible,
)
from vosdesk.project.commands.settings import ChangeSettings
from vosdesk.project.commands.together import Together

__all__ = [
    "AddAnnotation",
    "AddAnnotations",
    "AddObject",
    "ChangeSettings",
    "ClearFrame",
    "Command",
    "LockFrame",
    "MergeObjects",
    "MoveObject",
    "MuteAnnotation",
    "ReassignAnnotation",
    "RecolourObject",
    "RemoveAnnotations",
    "RemoveObject",
    "RenameObject",
    "SetObjectVisible",
    "Together",
    "UnlockFrame",
    "missing_objects",
]
