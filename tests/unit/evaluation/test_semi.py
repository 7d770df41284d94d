from __future__ import annotations

import io
import json
import shutil

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from vosdesk.embedding.embedder import load_embedder
from vosdesk.errors import MaskError, VosdeskError
from vosdesk.evaluation.davis import DavisSequence, davis_sequences, read_annotation
from vosdesk.evaluation.method import Method
from vosdesk.evaluation.report import Report, render
from vosdesk.evaluation.scores import Scores
from vosdesk.evaluation.semi import (
    evaluate_semi,
    label_from_first_mask,
    score,
    score_results,
)
from vosdesk.jobs import run_to_end


@pytest.fixture
def results(tiny_davis, tmp_path):
    """Results that equal the annotations."""
    folder = tmp_path / "results"
    for sequence in davis_sequences(tiny_davis, "val"):
        (folder / sequence.name).mkdir(parents=True)
        for path in sequence.annotations:
            (folder / sequence.name / path.name).write_bytes(path.read_bytes())
    return folder


def test_a_square_that_looks_like_itself_is_followed(tiny_davis, by_colour):
    seen = []
    report = run_to_end(evaluate_semi(tiny_davis, "val", by_colour), seen.append)
    assert list(report.sequences) == ["slow", "fast"]
    assert report.mean.region.mean > 0.8
    done = [progress.done for progress in seen]
    assert done == sorted(done)
    assert done[-1] == seen[-1].total == 20  # every frame is embedded, then labelled
    assert report.pace.seconds_per_frame > report.pace.labelling > 0


def test_the_first_frame_keeps_its_mask(tiny_davis, by_colour):
    sequence = davis_sequences(tiny_davis, "val")[0]
    label_maps, _pace = run_to_end(label_from_first_mask(sequence, by_colour))
    np.testing.assert_array_equal(label_maps[0], read_annotation(sequence.annotations[0]))


def test_only_the_first_mask_is_looked_at(tiny_davis, by_colour):
    sequence = davis_sequences(tiny_davis, "val")[0]
    before = run_to_end(label_from_first_mask(sequence, by_colour))[0]
    for path in sequence.annotations[1:]:
        Image.new("L", (96, 64)).save(path)
    after = run_to_end(label_from_first_mask(sequence, by_colour))[0]
    np.testing.assert_array_equal(before, after)


def test_perfect_results_score_one(tiny_davis, results):
    report = run_to_end(score_results(tiny_davis, "val", results))
    assert report.as_json()["mean"] == {"J": 1.0, "F": 1.0, "J&F": 1.0}
    assert report.as_json()["seconds_per_frame"] is None


@pytest.mark.parametrize("within", ["480p", "Results/480p"])
def test_results_may_lie_as_they_are_published(tiny_davis, results, tmp_path, within):
    published = tmp_path / "published"
    (published / within).parent.mkdir(parents=True)
    results.rename(published / within)
    report = run_to_end(score_results(tiny_davis, "val", published))
    assert report.mean.region.mean == 1.0


def test_first_and_last_frame_are_not_scored(tiny_davis, results):
    for name in ("00000.png", "00004.png"):
        Image.new("L", (96, 64)).save(results / "slow" / name)
    assert run_to_end(score_results(tiny_davis, "val", results)).mean.region.mean == 1.0
    Image.new("L", (96, 64)).save(results / "slow" / "00001.png")
    report = run_to_end(score_results(tiny_davis, "val", results))
    assert report.figures["slow"].region.mean == pytest.approx(2 / 3)
    assert report.mean.region.mean == pytest.approx(5 / 6)


def test_objects_are_averaged_and_open_pixels_do_not_count(tiny_davis):
    sequence = davis_sequences(tiny_davis, "val")[0]
    truth = np.zeros((64, 96), np.uint8)
    truth[:32, :32], truth[32:, :32], truth[:, 80:] = 1, 2, 255
    for path in sequence.annotations:
        image = Image.fromarray(truth)
        image.putpalette(bytes(range(256)) * 3)
        image.save(path)
    result = np.where(truth == 2, 0, truth)  # object 1 is right, object 2 was lost
    result[:, 80:] = 1  # nobody knows what is here
    scores = score(sequence, [result] * 5)
    assert scores.by_object[1].region.mean == 1.0
    assert scores.by_object[2].region.mean == 0.0
    figures = scores.figures
    assert figures.region.mean == pytest.approx(0.5)


def test_a_missing_result_is_told(tiny_davis, results):
    (results / "fast" / "00002.png").unlink()
    with pytest.raises(VosdeskError, match=r"no result .*fast.00002\.png"):
        run_to_end(score_results(tiny_davis, "val", results))


def test_a_result_of_another_size_is_told(tiny_davis, results):
    Image.new("L", (90, 64)).save(results / "fast" / "00002.png")
    with pytest.raises(MaskError, match="frame 00002 of fast is 90 x 64"):
        run_to_end(score_results(tiny_davis, "val", results))


def test_a_sequence_without_an_object_cannot_be_scored(tiny_davis, results):
    Image.new("L", (96, 64)).save(tiny_davis / "Annotations/480p/fast/00000.png")
    with pytest.raises(VosdeskError, match="fast cannot be scored"):
        run_to_end(score_results(tiny_davis, "val", results))


def test_the_report_is_told_as_json_and_as_a_table(tiny_davis, results):
    report = run_to_end(score_results(tiny_davis, "val", results))
    row = json.loads(json.dumps(report.as_json()))["sequences"]["slow"]
    assert set(row) == {"J", "J_recall", "J_decay", "F", "F_recall", "F_decay"}
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(render(report))
    text = console.export_text()
    assert "slow" in text
    assert "100.0" in text


TEN = (
    "blackswan",
    "bmx-trees",
    "camel",
    "car-roundabout",
    "dance-twirl",
    "drift-chicane",
    "drift-straight",
    "goat",
    "kite-surf",
    "parkour",
)


@pytest.mark.davis
@pytest.mark.parametrize("name", TEN)
def test_published_masks_score_as_published(davis, name):
    published = davis.parent / "published_pml_davis2016"
    sequence = next(s for s in davis_sequences(davis, "val") if s.name == name)
    folder = published / "Results" / "480p" / name
    results = [read_annotation(folder / p.name) for p in sequence.annotations]
    figures = score(sequence, results).figures
    expected = json.loads((published / "per_sequence.json").read_text())["pml"][name]
    assert figures.region.mean == pytest.approx(expected["J"], abs=5e-4)
    assert figures.contour.mean == pytest.approx(expected["F"], abs=5e-4)


@pytest.mark.davis
def test_each_of_seven_objects_is_scored_by_itself(davis):
    folder = davis.parent / "davis2017" / "Annotations" / "480p" / "schoolgirls"
    paths = tuple(sorted(folder.glob("*.png"))[::8])
    sequence = DavisSequence("schoolgirls", paths, paths)
    swapped = np.arange(256, dtype=np.uint8)
    swapped[[2, 5]] = 5, 2
    scores = score(sequence, [swapped[read_annotation(path)] for path in paths])
    region = {label: figures.region.mean for label, figures in scores.by_object.items()}
    assert list(region) == [1, 2, 3, 4, 5, 6, 7]
    assert region[2] < 0.1 > region[5]
    assert [region[label] for label in (1, 3, 4, 6, 7)] == [1.0] * 5
    report = Report({"schoolgirls": scores, "alone": Scores(np.ones((4, 2, 1)), (1,))})
    # as DAVIS 2017 counts: over the eight objects, not over the two sequences
    assert report.mean.region.mean == pytest.approx((6 + region[2] + region[5]) / 8)
    objects = report.as_json()["sequences"]["schoolgirls"]["objects"]
    assert list(objects) == ["1", "2", "3", "4", "5", "6", "7"]
    assert objects["3"]["J_recall"] == 1.0
    assert "objects" not in report.as_json()["sequences"]["alone"]


@pytest.mark.davis
def test_the_shipped_network_follows_an_object_through_real_frames(davis, tmp_path):
    (tmp_path / "ImageSets").mkdir()
    (tmp_path / "ImageSets" / "val.txt").write_text("goat\n")
    for part in ("JPEGImages/480p/goat", "Annotations/480p/goat"):
        (tmp_path / part).mkdir(parents=True)
        for path in sorted((davis / part).iterdir())[:4]:
            shutil.copy(path, tmp_path / part)
    (short,) = davis_sequences(tmp_path, "val")
    method = Method(load_embedder(device="cpu"))
    label_maps, _pace = run_to_end(label_from_first_mask(short, method))
    figures = score(short, label_maps).figures
    assert figures.region.mean > 0.85
    assert figures.contour.mean > 0.8
