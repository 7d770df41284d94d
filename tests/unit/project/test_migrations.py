from __future__ import annotations

import pytest

from vosdesk.errors import ProjectError
from vosdesk.project.document import VERSION
from vosdesk.project.migrations import MIGRATIONS, migrate


def rename_strokes(content):
    return {**content, "annotations": content["strokes"]}


def count_from_one(content):
    return {**content, "annotations": [number + 1 for number in content["annotations"]]}


STEPS = {3: rename_strokes, 4: count_from_one}


def test_steps_follow_one_another():
    old = {"version": 3, "strokes": [0, 4]}
    new = migrate(old, STEPS, to_version=5)
    assert new == {"version": 5, "strokes": [0, 4], "annotations": [1, 5]}
    assert old == {"version": 3, "strokes": [0, 4]}
    assert migrate({"version": 4, "annotations": [7]}, STEPS, to_version=5)["annotations"] == [8]


def test_the_present_version_is_left_alone():
    content = {"version": VERSION, "anything": 1}
    assert migrate(content) is content


def test_a_newer_version_is_refused_with_advice():
    with pytest.raises(
        ProjectError, match=r"newer vosdesk \(format 9; this one reads up to 5\)"
    ) as e:
        migrate({"version": 9}, STEPS, to_version=5)
    assert "newest" in e.value.advice


def test_a_version_without_a_step_is_unknown():
    with pytest.raises(ProjectError, match="unknown format 2"):
        migrate({"version": 2}, STEPS, to_version=5)
    with pytest.raises(ProjectError, match="unknown format 0"):
        migrate({"version": 0})


def test_a_step_that_misses_something_says_damaged():
    with pytest.raises(ProjectError, match="format 3 is damaged"):
        migrate({"version": 3}, STEPS, to_version=5)


def test_every_released_version_leads_to_the_present_one():
    assert set(MIGRATIONS) == set(range(1, VERSION))
