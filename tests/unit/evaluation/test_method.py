from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from vosdesk.arrays import PaintedFrame
from vosdesk.cli import PROTOCOLS as NAMES
from vosdesk.embedding.store_folder import StoreFolder
from vosdesk.evaluation.davis import davis_sequences, read_annotation
from vosdesk.evaluation.method import embed_video
from vosdesk.evaluation.protocols import PROTOCOLS
from vosdesk.evaluation.semi import evaluate_semi, label_from_first_mask, score
from vosdesk.jobs import run_to_end
from vosdesk.labelling.settings import LabellingSettings


def test_the_protocols_are_those_that_the_command_line_offers():
    assert tuple(PROTOCOLS) == NAMES


@pytest.fixture
def stored(by_colour, tmp_path):
    return dataclasses.replace(by_colour, stores=StoreFolder(tmp_path / "stores"))


def test_embeddings_are_kept_for_the_next_time_and_give_the_same_labels(tiny_davis, stored):
    sequence = davis_sequences(tiny_davis, "val")[0]
    first, pace = run_to_end(label_from_first_mask(sequence, stored))
    assert pace.seconds_per_frame > pace.embedding > 0
    stored.embedder.embed = None  # it would be called if anything had to be embedded
    again, pace = run_to_end(label_from_first_mask(sequence, stored))
    np.testing.assert_array_equal(first, again)
    assert pace.seconds_per_frame is None
    assert pace.labelling > 0


def test_what_is_embedded_in_part_has_no_time(tiny_davis, stored):
    sequence = davis_sequences(tiny_davis, "val")[0]
    job = embed_video(sequence, stored)
    while next(job).done < 2:
        pass
    job.close()
    video = run_to_end(embed_video(sequence, stored))
    assert video.embedding_seconds is None
    video.close()


def test_a_store_is_let_go_of_after_the_work(tiny_davis, stored):
    report = run_to_end(evaluate_semi(tiny_davis, "val", stored))
    assert "came from the store" not in str(report.pace)
    assert len(stored.stores.remove_all()) == 2  # what somebody has open stays


def test_links_are_found_and_followed_unless_they_do_not_count(tiny_davis, stored):
    sequence = davis_sequences(tiny_davis, "val")[1]
    linked = dataclasses.replace(stored, settings=LabellingSettings())
    given = read_annotation(sequence.annotations[0])
    painted = PaintedFrame(0, given, np.ones(given.shape, np.int32))
    scores = []
    for method, are_there in ((stored, False), (linked, True), (stored, True)):
        video = run_to_end(embed_video(sequence, method))
        assert video._store.links.finished(1).tolist() == [False] + 4 * [are_there]
        video.set_painted([painted])
        scores.append(np.stack([labels.scores for labels in video.labels()]))
        video.close()
    alone, with_links, again = scores
    assert np.array_equal(alone, again)
    assert np.abs(with_links - alone)[1:].max() > 0.01
    label_maps, _pace = run_to_end(label_from_first_mask(sequence, linked))
    assert score(sequence, label_maps).figures.region.mean > 0.75
