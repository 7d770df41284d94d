from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vosdesk.errors import ProjectError
from vosdesk.project import storage
from vosdesk.project.annotations import ERASED, Click, MaskAnnotation, Region, Scribble
from vosdesk.project.choices import LabellingChoices
from vosdesk.project.commands import (
    AddAnnotations,
    AddObject,
    ChangeSettings,
    LockFrame,
    RecolourObject,
    RenameObject,
    SetObjectVisible,
)
from vosdesk.project.document import Document
from vosdesk.project.masks import encode_label_map
from vosdesk.project.storage import load_project, save_project, to_text

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "project_v1.vosdesk"


@pytest.fixture
def full(document, label_map) -> Document:
    """A document with one of everything."""
    shapes = (
        Click(frame=0, object_id=1, x=4.25, y=5.0),
        Scribble(frame=0, object_id=2, points=((1.0, 2.0), (30.5, 20.125)), radius=2.5),
        Region(frame=3, object_id=0, outline=((1.0, 1.0), (9.0, 1.0), (5.0, 8.5))),
        Scribble(frame=3, object_id=ERASED, points=((4.0, 2.0),), muted=True),
        MaskAnnotation.of(7, label_map),
    )
    for command in (
        RenameObject(1, "Kätzchen 🐈"),
        RecolourObject(1, "#800000"),
        RecolourObject(2, "#008000"),
        AddObject("Dog", "#102030"),
        SetObjectVisible(2, False),
        AddAnnotations(shapes),
        LockFrame(9, encode_label_map(np.where(label_map == 255, 0, label_map).astype(np.uint8))),
        ChangeSettings(LabellingChoices(neighbours=3, temperature=0.1, similarity_floor=0.4)),
    ):
        document = command.apply(document)
    return document


def without_relative_path(document: Document) -> Document:
    return document.with_fields(video=document.video.model_copy(update={"relative_path": None}))


def in_pixels(document: Document) -> dict:
    """The document's values, with pixels for pictures: compressors differ between machines."""
    values = document.model_dump()
    for field in ("annotations", "locks"):
        for item, value in zip(getattr(document, field), values[field], strict=True):
            if "png" in value:
                value["png"] = item.label_map().tolist()
    return values


def test_what_is_saved_is_loaded(full, tmp_path):
    path = tmp_path / "cat.vosdesk"
    save_project(full, path)
    loaded = load_project(path)
    assert without_relative_path(loaded) == full
    save_project(loaded, path)
    assert load_project(path) == loaded
    assert [item.name for item in tmp_path.iterdir()] == ["cat.vosdesk"]


def test_an_empty_document_is_saved_too(tmp_path):
    save_project(Document(), tmp_path / "new.vosdesk")
    assert load_project(tmp_path / "new.vosdesk") == Document()


def test_a_person_can_read_the_file(full, tmp_path):
    path = tmp_path / "cat.vosdesk"
    save_project(full, path)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[1] == ' "format": "vosdesk project",'
    assert any("Kätzchen 🐈" in line for line in lines)
    clicks = [line for line in lines if '"click"' in line]
    assert json.loads(clicks[0].rstrip(",")) == {
        "id": 1,
        "frame": 0,
        "muted": False,
        "object_id": 1,
        "kind": "click",
        "x": 4.25,
        "y": 5.0,
        "radius": 4.0,
    }
    assert sum('"png"' in line for line in lines) == 2


def test_projects_of_the_first_version_can_still_be_opened(full):
    """The file was written when version 1 was new, and is never written again."""
    golden = load_project(GOLDEN)
    assert in_pixels(without_relative_path(golden)) == in_pixels(full)
    assert golden.video.relative_path == Path("../videos/cat.mp4")
    since_then = '"similarity_floor": 0.4, "links": 1.0}'
    then = GOLDEN.read_text(encoding="utf-8")
    assert to_text(golden) == then.replace('"similarity_floor": 0.4}', since_then)


def test_a_folder_moves_with_its_video(full, tmp_path):
    before = tmp_path / "before"
    (before / "videos").mkdir(parents=True)
    (before / "videos" / "cat.mp4").write_bytes(b"film")
    video = full.video.model_copy(update={"path": before / "videos" / "cat.mp4"})
    save_project(full.with_fields(video=video), before / "cat.vosdesk")
    after = tmp_path / "elsewhere" / "after"
    shutil.copytree(before, after)
    copy = load_project(after / "cat.vosdesk").video
    assert copy.resolve(after / "cat.vosdesk") == after / "videos" / "cat.mp4"
    shutil.rmtree(after / "videos")
    assert copy.resolve(after / "cat.vosdesk") == before / "videos" / "cat.mp4"
    shutil.rmtree(before)
    assert copy.resolve(after / "cat.vosdesk") is None


@pytest.mark.skipif(os.name != "posix", reason="such names exist on POSIX alone")
@pytest.mark.parametrize(
    "name", [b"caf\xe9.mp4", b"percent:%41.mp4", b"a\\b\n.mp4", "猫.mp4".encode()]
)
def test_a_video_of_any_name_is_found_again(full, tmp_path, name):
    film = tmp_path / os.fsdecode(name)
    film.write_bytes(b"film")
    video = full.video.model_copy(update={"path": film})
    save_project(full.with_fields(video=video), tmp_path / "p.vosdesk")
    (tmp_path / "p.vosdesk").read_text(encoding="utf-8")
    loaded = load_project(tmp_path / "p.vosdesk").video
    assert (loaded.path, loaded.relative_path) == (film, Path(film.name))
    assert loaded.resolve(tmp_path / "p.vosdesk") == film


def broken(full: Document, tmp_path: Path, *steps: str | int, value: object) -> Path:
    """Write the project with one value replaced."""
    content = json.loads(to_text(full))
    place = content
    for step in steps[:-1]:
        place = place[step]
    place[steps[-1]] = value
    path = tmp_path / "project.vosdesk"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("steps", "value", "words"),
    [
        (("annotations", 0, "radius"), 1e9, "annotations[0].radius should be less than or equal"),
        (("annotations", 0, "x"), "4", "annotations[0].x should be a valid number"),
        (("annotations", 0, "x"), float("nan"), "annotations[0].x should be a finite number"),
        (("annotations", 0, "kind"), "laser", "annotations[0]"),
        (("annotations", 0, "hue"), 3, "annotations[0].hue is not known to this version"),
        (("annotations", 1, "points", 1), [1.0], "annotations[1].points[1][1] is missing"),
        (("annotations", 4, "png"), "?", "annotations[4]: png: The mask's picture is not base64"),
        (("annotations", 1, "id"), 1, "annotations[1].id is 1, which is already taken"),
        (("annotations", 0, "frame"), 20, "annotations[0].frame is 20, but the video has 20"),
        (("annotations", 0, "object_id"), 9, "annotations[0].object_id is 9"),
        (("annotations",), {}, "annotations should be a valid array"),
        (("locks", 0, "object_ids"), [0, 77], "locks[0] shows object 77"),
        (("objects", 1, "id"), 1, "objects[1].id is 1, which is already taken"),
        (("objects", 0, "name"), "a\nb", "objects[0].name: a name has no line breaks"),
        (("objects", 0, "colour"), "red", "objects[0].colour"),
        (("video", "fps"), "25/0", "video.fps: fps has a zero denominator"),
        (("video", "fps"), 25, "video.fps"),
        (("video", "width"), 2**40, "video.width should be less than or equal to 16384"),
        (("video", "path"), "", "video.path: the path is empty"),
        (("settings", "neighbours"), 0, "settings.neighbours should be greater than or equal to 1"),
        (("version",), "1", "version should be a whole number"),
        (("version",), True, "version should be a whole number"),
    ],
)
def test_damage_is_named_by_its_place(full, tmp_path, steps, value, words):
    with pytest.raises(ProjectError) as error:
        load_project(broken(full, tmp_path, *steps, value=value))
    assert error.value.sentence.startswith("project.vosdesk is damaged: ")
    assert words in error.value.sentence
    assert "\n" not in str(error.value)
    assert error.value.advice


def test_a_newer_project_is_told_apart_from_a_damaged_one(full, tmp_path):
    with pytest.raises(ProjectError, match=r"project\.vosdesk: .* newer vosdesk \(format 2;"):
        load_project(broken(full, tmp_path, "version", value=2))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not whole JSON"),
        (b"\x00\xff\xfe", "not whole JSON"),
        (b"[]", "not a vosdesk project"),
        (b'{"name": "package.json"}', "not a vosdesk project"),
        (b"[" * 100_000, "not whole JSON"),
        (b'{"format": "vosdesk project", "version": 1, "objects": [{"name": "\\ud800"}]}', "JSON"),
    ],
)
def test_other_files_are_not_projects(tmp_path, data, words):
    path = tmp_path / "other.vosdesk"
    path.write_bytes(data)
    with pytest.raises(ProjectError, match=words):
        load_project(path)


def test_a_byte_order_mark_of_an_editor_does_no_harm(full, tmp_path):
    path = tmp_path / "p.vosdesk"
    path.write_bytes(b"\xef\xbb\xbf" + to_text(full).encode())
    assert load_project(path) == full


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_whatever_the_damage_the_project_is_refused_or_valid(full, tmp_path, data):
    text = to_text(full).encode()
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 30)))
    junk = data.draw(st.one_of(st.binary(max_size=8), st.sampled_from([b"null", b"-1", b"1e999"])))
    path = tmp_path / "p.vosdesk"
    path.write_bytes(text[:start] + junk + text[end:])
    try:
        survivor = load_project(path)
    except ProjectError:
        return
    save_project(survivor, path)
    assert without_relative_path(load_project(path)) == without_relative_path(survivor)


def test_what_could_not_be_read_again_is_not_written(full, tmp_path, monkeypatch):
    path = tmp_path / "p.vosdesk"
    save_project(full, path)
    before = path.read_bytes()
    monkeypatch.setattr(storage, "MAX_BYTES", len(before) - 1)
    with pytest.raises(ProjectError, match="larger than"):
        save_project(full, path)
    with pytest.raises(ProjectError, match="larger than"):
        load_project(path)
    assert path.read_bytes() == before
