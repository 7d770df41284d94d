"""Several edits as one step."""

from __future__ import annotations

import pytest

from vosdesk.errors import ProjectError
from vosdesk.project.commands import AddObject, RemoveObject, RenameObject, Together
from vosdesk.project.document import Document
from vosdesk.project.history import History


def test_all_edits_are_one_step_to_undo() -> None:
    history = History(Document())
    change = history.do(Together("Add a swan", (AddObject(), RenameObject(1, "swan"))))
    assert [item.name for item in history.document.objects] == ["swan"]
    assert (change.text, history.undo_text) == ("Add a swan", "Add a swan")
    history.undo()
    assert history.document == Document()


def test_where_one_edit_is_impossible_none_is_made() -> None:
    history = History(Document())
    with pytest.raises(ProjectError):
        history.do(Together("Both", (AddObject(), RemoveObject(7))))
    assert history.document == Document()


def test_no_edits_are_no_step() -> None:
    with pytest.raises(ProjectError, match="nothing"):
        Together("Nothing", ()).apply(Document())
