"""Names of files: the user's characters stay, no system's rules are broken, none collide."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vosdesk.errors import ExportError
from vosdesk.export import ExportObject
from vosdesk.export.names import check_frame_names, object_folder_name

# What Microsoft's "Naming Files, Paths, and Namespaces" forbids.
WINDOWS_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
WINDOWS_FORBIDDEN = set('<>:"/\\|?*') | {chr(code) for code in range(32)}

any_name = st.text(st.characters(), max_size=150)


def _name(text: str, object_id: int = 1) -> str:
    return object_folder_name(ExportObject(object_id, text, "#000000"))


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        ("Object 1", "1_Object 1"),
        ("Kätzchen 猫 🐈", "1_Kätzchen 猫 🐈"),
        ("a/b\\c:d", "1_a_b_c_d"),
        ("../../etc", "1_.._.._etc"),
        ("..", "1"),
        ("", "1"),
        ("   ", "1"),
        ("end. . ", "1_end"),
        ("tab\there\x00", "1_tab_here_"),
        ("CON", "1_CON"),
        ("\ud800", "1__"),
        ("e\u0301", "1_\u00e9"),
    ],
)
def test_object_folder_names(text: str, folder: str):
    assert _name(text) == folder


@settings(deadline=None, max_examples=150)
@given(any_name)
def test_every_object_name_makes_a_safe_folder_name(text: str):
    name = _name(text)
    assert not set(name) & WINDOWS_FORBIDDEN
    assert not WINDOWS_RESERVED.fullmatch(name)
    assert name[-1] not in ". "
    assert len(name.encode()) <= 130
    assert unicodedata.is_normalized("NFC", name)
    assert name not in (".", "..")


@settings(deadline=None, max_examples=100)
@given(st.lists(any_name, min_size=2, max_size=5))
def test_folder_names_are_unique_on_any_disk(texts: list[str]):
    names = [_name(text, object_id) for object_id, text in enumerate(texts, start=1)]
    names += [_name(f"{other}_{texts[0]}", other * 11) for other in range(1, 4)]
    assert len({name.casefold() for name in names}) == len(names)


def test_a_folder_name_can_be_made_on_this_disk(tmp_path):
    folder = tmp_path / _name("猫" * 300)
    folder.mkdir()
    assert folder.name.startswith("1_猫猫")


@pytest.mark.parametrize(
    "name", ["a/b", "a\\b", "..", ".", "", "C:x", "a\x00b", "a\nb", "\udc80", "/a"]
)
def test_frame_names_that_are_no_file_names_are_refused(name: str):
    with pytest.raises(ExportError, match="cannot be the name") as caught:
        check_frame_names(["00000", name])
    assert repr(name) in caught.value.sentence


@pytest.mark.parametrize(
    ("first", "second"), [("a", "a"), ("Frame", "frame"), ("\u00e9", "e\u0301"), ("ß", "SS")]
)
def test_frame_names_that_share_a_file_on_some_disk_are_refused(first: str, second: str):
    with pytest.raises(ExportError, match="one file") as caught:
        check_frame_names([first, "between", second])
    assert repr(first) in caught.value.sentence
    assert repr(second) in caught.value.sentence


def test_ordinary_frame_names_pass():
    check_frame_names(["00000", "frame 1", "v1.2_0003", "-x", "日本", "con"])
