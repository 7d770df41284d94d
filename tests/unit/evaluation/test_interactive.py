from __future__ import annotations

import dataclasses
import io
import json
import math

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from vosdesk.arrays import VOID
from vosdesk.errors import VosdeskError
from vosdesk.evaluation.interactive import evaluate_interactive, play, worst_frame
from vosdesk.evaluation.interactive_report import (
    InteractiveReport,
    PlayedSequence,
    QualityCurve,
    Round,
    render,
)
from vosdesk.evaluation.scores import Scores
from vosdesk.evaluation.truth import Truth
from vosdesk.jobs import run_to_end

PALETTE = {0: (20, 40, 160), 1: (220, 30, 30), 2: (30, 200, 60)}
YELLOW = (240, 220, 20)


def picture(left, second_left):
    truth = np.zeros((64, 96), np.uint8)
    truth[8:32, left : left + 24], truth[40:56, second_left : second_left + 16] = 1, 2
    return truth


@pytest.fixture
def two_objects(tmp_path):
    """Six frames with two objects, as in DAVIS 2017; the first object turns yellow half way."""
    root = tmp_path / "davis2017"
    (root / "ImageSets" / "2017").mkdir(parents=True)
    (root / "ImageSets" / "2017" / "val.txt").write_text("pair\n")
    frames, annotations = (root / part / "480p" / "pair" for part in ("JPEGImages", "Annotations"))
    frames.mkdir(parents=True)
    annotations.mkdir(parents=True)
    colours = np.array([PALETTE[i] for i in range(3)], np.uint8)
    for i in range(6):
        truth = picture(8 * i, 72 - 8 * i)
        frame = colours[truth]
        if i >= 3:
            frame[truth == 1] = YELLOW
        Image.fromarray(frame).save(frames / f"{i:05d}.jpg", quality=95)
        image = Image.fromarray(truth)
        image.putpalette(colours.tobytes())
        image.save(annotations / f"{i:05d}.png")
    return root


class Oracle:
    """Knows the truth, but tells it only of frames that have been painted on."""

    def __init__(self, truths):
        self.truths = truths
        self.frame_count = len(truths)
        self.history = []

    def set_painted(self, painted):
        painted = list(painted)
        for frame in painted:
            said = frame.labels != VOID
            assert (frame.labels[said] == self.truths[frame.frame_index][said]).all()
        self.history.append([frame.frame_index for frame in painted])

    def label_maps(self):
        for frame_index, truth in enumerate(self.truths):
            yield truth if frame_index in self.history[-1] else np.zeros_like(truth)


def test_the_robot_brings_labels_close_to_the_truth(two_objects, by_colour):
    seen = []
    report = run_to_end(evaluate_interactive(two_objects, "val", by_colour), seen.append)
    assert len(report.rounds) == 8
    assert report.rounds[0] < 0.8  # nobody could know yellow yet
    assert report.rounds[-1] > 0.9
    assert report.last.mean.region.mean > 0.93
    done = [progress.done for progress in seen]
    assert done == sorted(done)
    assert done[-1] <= seen[-1].total == 6 * 9
    assert {progress.total for progress in seen} == {6 * 9}
    played = report.sequences["pair"]
    assert played.objects == 2
    assert played.rounds[0].frame_index == 0
    assert played.rounds[0].strokes == 3
    frames = [one.frame_index for one in played.rounds]
    assert frames[1] >= 3
    assert len(set(frames)) == len(frames)


def test_the_result_does_not_change(two_objects, by_colour):
    first, second = (
        run_to_end(evaluate_interactive(two_objects, "val", by_colour)) for _ in range(2)
    )
    assert first.rounds == second.rounds
    assert [r.frame_index for r in first.sequences["pair"].rounds] == [
        r.frame_index for r in second.sequences["pair"].rounds
    ]


def test_each_round_goes_to_the_worst_frame_that_is_left():
    truths = [picture(8, 8) for _ in range(4)]
    truths[2] = np.where(truths[2] == 2, 0, truths[2])  # half of it is right without a stroke
    oracle = Oracle(truths)
    rounds = run_to_end(play(Truth.of(truths), oracle))
    assert oracle.history == [[0], [0, 1], [0, 1, 3], [0, 1, 3, 2]]
    assert [one.frame_index for one in rounds] == [0, 1, 3, 2]
    assert rounds[-1].scores.j_and_f == 1
    assert [one.strokes for one in rounds] == [3, 2, 2, 1]


def test_rounds_are_limited():
    truths = [picture(8, 8)] * 9
    assert len(run_to_end(play(Truth.of(truths), Oracle(truths), rounds=2))) == 2


def test_the_first_round_is_on_the_first_frame_with_an_object():
    truths = [np.zeros((64, 96), np.uint8), picture(8, 8)]
    assert run_to_end(play(Truth.of(truths), Oracle(truths)))[0].frame_index == 1


def test_the_worst_frame():
    by_frame = np.array([0.9, 0.2, 0.5, 0.2])
    assert worst_frame(by_frame, []) == 1
    assert worst_frame(by_frame, [1]) == 3
    assert worst_frame(by_frame, [1, 3]) == 2
    assert worst_frame(by_frame, [3, 0, 1, 2]) is None
    assert by_frame[1] == 0.2


def test_the_curve_by_hand():
    curve = QualityCurve.through([10, 30], [0.5, 0.8])
    assert curve.at(5) == pytest.approx(0.25)
    assert curve.at(20) == pytest.approx(0.65)
    assert curve.at(60) == pytest.approx(0.8)
    # a triangle, a trapezium and a rectangle
    assert curve.area(40) == pytest.approx((10 * 0.5 / 2 + 20 * 0.65 + 10 * 0.8) / 40)
    assert curve.area(20) == pytest.approx((10 * 0.5 / 2 + 10 * 0.575) / 20)
    assert curve.area(10) == pytest.approx(0.25)


def a_round(quality, strokes, seconds, object_ids=(1,)):
    values = np.full((5, 2, len(object_ids)), quality)
    return Round(0, strokes, seconds, Scores(values, object_ids))


@pytest.fixture
def report():
    """Two sequences, the second of two objects and ended after one round of the two."""
    return InteractiveReport(
        {
            "one": PlayedSequence(4.0, (a_round(0.2, 2, 1.0), a_round(0.6, 1, 3.0))),
            "two": PlayedSequence(6.0, (a_round(1.0, 3, 2.0, (1, 2)),)),
        },
        round_count=2,
        stroke_seconds=10.0,
    )


def test_the_report_by_hand(report):
    assert report.rounds == pytest.approx([0.6, 0.8])
    # 2 x 10 + 4 + 1 and 3 x 10 + 6 + 2 seconds, then 10 + 3 and nothing
    assert report.curve.times == pytest.approx([0, (25 + 38) / 2, (38 + 38) / 2])
    assert report.granted_seconds == 2 * 30 * 1.5
    area = 31.5 * 0.6 / 2 + 6.5 * 0.7 + 52 * 0.8
    figures = report.as_json()
    assert figures["seconds"] == pytest.approx([31.5, 38])
    assert figures["auc"] == pytest.approx(area / 90)
    assert figures["j_and_f_at_60s"] == pytest.approx(0.8)
    assert report.curve.at(34.75) == pytest.approx(0.7)
    prepared = 26.5 * 0.6 / 2 + 6.5 * 0.7 + 57 * 0.8
    assert figures["prepared"]["auc"] == pytest.approx(prepared / 90)
    assert figures["computing_only"]["j_and_f_at_60s"] == pytest.approx(0.8)
    computing = 6.5 * 0.6 / 2 + 1.5 * 0.7 + 82 * 0.8
    assert figures["computing_only"]["auc"] == pytest.approx(computing / 90)
    assert figures["seconds_per_frame"] == pytest.approx(((4 + 2) / 5 + (6 + 2) / 5) / 2)
    # DAVIS counts objects, not sequences: one of .6, two of 1
    assert figures["mean"] == pytest.approx({"J": 2.6 / 3, "F": 2.6 / 3, "J&F": 2.6 / 3})
    assert figures["sequences"]["two"]["rounds"] == [1.0, 1.0]
    assert figures["sequences"]["one"]["strokes"] == [2, 1]


def test_what_came_from_the_store_has_no_time(report):
    stored = dataclasses.replace(report.sequences["one"], embedding_seconds=None)
    partly = InteractiveReport({**report.sequences, "one": stored}, 2, 10.0)
    figures = partly.as_json()
    assert figures["seconds_per_frame"] is figures["seconds_to_embed_a_frame"] is None
    assert figures["seconds_to_label_a_frame"] > 0
    assert figures["sequences"]["one"]["seconds_embedding"] is None
    assert partly.curve.times[1] == pytest.approx((21 + 38) / 2)


def test_the_report_as_json_and_as_a_table(report):
    figures = json.loads(json.dumps(report.as_json()))
    assert {"mean", "sequences", "seconds_per_frame", "rounds", "auc", "j_and_f_at_60s"} <= set(
        figures
    )
    assert {"J", "F", "J_recall", "J_decay", "F_recall", "F_decay"} <= set(
        figures["sequences"]["one"]
    )
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(render(report))
    text = console.export_text()
    assert "J&F@60s 80.0" in text
    assert "mean" in text


def test_a_faster_annotator_is_done_sooner(two_objects, by_colour):
    job = evaluate_interactive(two_objects, "val", by_colour, rounds=2, stroke_seconds=5.0)
    report = run_to_end(job)
    assert len(report.rounds) == 2
    strokes = sum(played.strokes for played in report.sequences["pair"].rounds)
    assert 5 * strokes < report.curve.times[-1] < 5 * strokes + 20
    assert report.as_json()["seconds_for_a_stroke"] == 5.0


def test_a_missing_split_is_told(two_objects, by_colour):
    with pytest.raises(VosdeskError, match=r"ImageSets/test\.txt"):
        run_to_end(evaluate_interactive(two_objects, "test", by_colour))


@pytest.mark.davis
def test_a_small_real_sequence_with_seven_objects_gets_better(davis, tmp_path, by_colour):
    source, root = davis.parent / "davis2017", tmp_path / "small"
    (root / "ImageSets").mkdir(parents=True)
    (root / "ImageSets" / "val.txt").write_text("schoolgirls\n")
    for part, kind in (("JPEGImages", "jpg"), ("Annotations", "png")):
        folder = root / part / "480p" / "schoolgirls"
        folder.mkdir(parents=True)
        for path in sorted((source / part / "480p" / "schoolgirls").glob(f"*.{kind}"))[::20]:
            with Image.open(path) as image:
                image.resize((216, 120), Image.Resampling.NEAREST).save(folder / path.name)
    report = run_to_end(evaluate_interactive(root, "val", by_colour))
    assert math.isclose(report.granted_seconds, 7 * 8 * 30)
    assert report.rounds[-1] > report.rounds[0] > 0
