from __future__ import annotations

import time
from itertools import count

import numpy as np
import pytest
from PIL import Image

from vosdesk.errors import VideoError
from vosdesk.evaluation.davis import davis_sequences, read_annotation
from vosdesk.evaluation.labeller import label_all
from vosdesk.evaluation.method import embed_video
from vosdesk.evaluation.robot import first_strokes, paint_strokes
from vosdesk.evaluation.stopwatch import Stopwatch
from vosdesk.jobs import run_to_end


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes on by one second whenever it is read."""
    ticks = count()
    monkeypatch.setattr(time, "perf_counter", lambda: float(next(ticks)))
    return ticks


def test_a_stopwatch_counts_the_work_and_not_what_is_done_in_between(clock):
    stopwatch = Stopwatch()
    for _ in stopwatch.steps("abc"):
        for _ in range(100):
            next(clock)
    assert stopwatch.seconds == 4  # three steps and the end
    with pytest.raises(KeyError), stopwatch.running():
        raise KeyError
    assert stopwatch.seconds == 5


def test_a_video_is_embedded_once_and_labelled_from_strokes(tiny_davis, by_colour):
    sequence = davis_sequences(tiny_davis, "val")[0]
    seen = []
    video = run_to_end(embed_video(sequence, by_colour), seen.append)
    assert seen[-1].done == video.frame_count == 5
    assert video.embedding_seconds > 0
    assert not any(label_map.any() for label_map in video.label_maps())

    truth = read_annotation(sequence.annotations[0])
    painted = paint_strokes(first_strokes(0, truth), video.size)
    seen.clear()
    answer = run_to_end(label_all(video, painted, 2, ""), seen.append)
    assert [progress.done for progress in seen] == list(range(11, 16))
    assert answer.seconds > 0
    for path, label_map in zip(sequence.annotations, answer.label_maps, strict=True):
        assert (label_map == read_annotation(path)).mean() > 0.93


def test_painted_pixels_stay_as_they_were_painted(tiny_davis, by_colour):
    sequence = davis_sequences(tiny_davis, "val")[0]
    video = run_to_end(embed_video(sequence, by_colour))
    strokes = first_strokes(3, 5 * np.flip(read_annotation(sequence.annotations[3]), axis=1))
    answer = run_to_end(label_all(video, paint_strokes(strokes, video.size), 0, ""))
    for stroke in strokes:
        column, row = np.rint(np.array(stroke.path[0]) * [95, 63]).astype(int)
        assert answer.label_maps[3][row, column] == stroke.object_id


def test_a_frame_that_cannot_be_read_ends_the_work(tiny_davis, by_colour):
    sequence = davis_sequences(tiny_davis, "val")[1]
    content = sequence.frames[2].read_bytes()
    sequence.frames[2].write_bytes(content[:-40])
    with Image.open(sequence.frames[2]) as image:
        assert image.size == (96, 64)  # its header is still good
    with pytest.raises(VideoError, match="00002"):
        run_to_end(embed_video(sequence, by_colour))
