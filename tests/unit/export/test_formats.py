"""Every format: what lies in the folder at the end is what the sequence holds."""

from __future__ import annotations

import inspect
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from vosdesk.arrays import Size
from vosdesk.errors import ExportError, VideoError
from vosdesk.export import EXPORTERS, exporter_named, read_mask, read_masks
from vosdesk.export.contact_sheet import ContactSheetExporter, evenly_spaced
from vosdesk.export.indexed import IndexedExporter
from vosdesk.export.overlay_video import OverlayVideoExporter
from vosdesk.jobs import run_to_end
from vosdesk.overlay import davis_palette


def _pixels(path):
    with Image.open(path) as image:
        return np.array(image)


def _decode(path):
    """Read a video with FFmpeg's own idea of its colours."""
    with av.open(path) as container:
        stream = container.streams.video[0]
        frames = [
            frame.reformat(
                format="rgb24", src_colorspace="ITU709", src_color_range="MPEG"
            ).to_ndarray()
            for frame in container.decode(stream)
        ]
        return stream, frames


def test_the_registry_names_each_format_as_the_command_line_does():
    assert list(EXPORTERS) == ["indexed", "binary", "overlay", "contact"]
    for name, exporter in EXPORTERS.items():
        assert exporter.name == name
        assert exporter.title
        assert exporter.description.endswith(".")
        assert exporter_named(name) is exporter


def test_an_unknown_format_is_refused_with_the_known_ones():
    with pytest.raises(ExportError, match="'gif'") as caught:
        exporter_named("gif")
    assert "indexed, binary, overlay, contact" in caught.value.advice


@pytest.mark.parametrize("name", EXPORTERS)
def test_every_format_tells_its_progress_and_returns_its_files(name, sequence, tmp_path):
    job = EXPORTERS[name].write(sequence, tmp_path / "out")
    assert inspect.isgenerator(job)
    steps = []
    paths = run_to_end(job, steps.append)
    assert [step.done for step in steps] == list(range(1, len(steps) + 1))
    assert {step.total for step in steps} == {len(steps)}
    assert len(steps) == sequence.frame_count
    assert all(step.text for step in steps)
    assert sorted(paths) == sorted(path for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("name", EXPORTERS)
def test_a_frame_that_cannot_be_read_fails_the_export_in_its_own_words(
    name, make_sequence, tmp_path
):
    def broken(frame_index):
        if frame_index == 2:
            raise VideoError("Frame 2 of clip.mp4 is damaged.")
        return np.zeros((36, 48), np.uint8)

    job = EXPORTERS[name].write(make_sequence(label_map=broken), tmp_path / "out")
    with pytest.raises(VideoError, match=r"Frame 2 of clip\.mp4"):
        run_to_end(job)
    assert not list(tmp_path.iterdir())


def test_indexed_masks_carry_the_palette_and_the_frames_names(make_sequence, tmp_path):
    names = ["a", "frame 2", "v1.3", "日本", "00004"]
    sequence = make_sequence(frame_names=names)
    paths = run_to_end(IndexedExporter().write(sequence, tmp_path / "out"))
    assert [path.name for path in paths] == [f"{name}.png" for name in names]
    for frame_index, path in enumerate(paths):
        with Image.open(path) as image:
            assert image.mode == "P"
            assert image.size == sequence.size
            assert image.getpalette() == davis_palette().ravel().tolist()
            assert np.array_equal(np.array(image), sequence.label_map(frame_index))


@settings(deadline=None, max_examples=40)
@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_an_indexed_mask_read_back_is_the_same_label_map(
    make_sequence, tmp_path_factory, labels: np.ndarray
):
    size = Size(labels.shape[1], labels.shape[0])
    sequence = make_sequence(1, size, label_map=lambda _index: labels)
    (path,) = run_to_end(IndexedExporter().write(sequence, tmp_path_factory.mktemp("p") / "out"))
    assert np.array_equal(read_mask(path, size), labels)


def test_an_exported_folder_read_back_is_the_same_label_maps(sequence, tmp_path):
    run_to_end(IndexedExporter().write(sequence, tmp_path / "out"))
    masks = read_masks(tmp_path / "out", sequence.frame_names, sequence.size)
    assert list(masks) == list(range(sequence.frame_count))
    for frame_index, labels in masks.items():
        assert np.array_equal(labels, sequence.label_map(frame_index))


def test_binary_masks_lie_in_a_folder_for_each_object(sequence, tmp_path):
    run_to_end(EXPORTERS["binary"].write(sequence, tmp_path / "out"))
    folders = {1: "1_Kätzchen 猫", 7: "7_a_b_ _c_"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(folders.values())
    for object_id, folder in folders.items():
        for frame_index, name in enumerate(sequence.frame_names):
            path = tmp_path / "out" / folder / f"{name}.png"
            mask = sequence.label_map(frame_index) == object_id
            with Image.open(path) as image:
                assert image.mode == "L"
            assert np.array_equal(_pixels(path), mask * 255)
            assert np.array_equal(read_mask(path, sequence.size), mask)


def test_without_objects_there_is_nothing_binary_to_write(make_sequence, tmp_path):
    with pytest.raises(ExportError, match="no object"):
        run_to_end(EXPORTERS["binary"].write(make_sequence(objects=[]), tmp_path / "out"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "fps", [Fraction(25), Fraction(30000, 1001), Fraction(15), Fraction(1234567, 41000)]
)
@pytest.mark.parametrize("codecs", [("libx264",), ("not-in-this-build", "mpeg4")])
def test_overlay_video_has_every_frame_at_the_sources_rate(make_sequence, tmp_path, fps, codecs):
    sequence = make_sequence(fps=fps)
    (path,) = run_to_end(OverlayVideoExporter(codecs).write(sequence, tmp_path / "out"))
    stream, frames = _decode(path)
    assert path.name == "overlay.mp4"
    assert stream.codec_context.name == ("h264" if codecs == ("libx264",) else "mpeg4")
    assert stream.pix_fmt == "yuv420p"
    assert len(frames) == sequence.frame_count
    assert float(stream.average_rate) == pytest.approx(float(fps), rel=1e-4)
    if fps.numerator < 65536:
        assert stream.average_rate == fps


@pytest.mark.parametrize("codecs", [("libx264",), ("mpeg4",)])
def test_overlay_video_shows_the_overlay(make_sequence, tmp_path, codecs):
    sequence = make_sequence(3, Size(128, 96))
    (path,) = run_to_end(OverlayVideoExporter(codecs).write(sequence, tmp_path / "out"))
    _, frames = _decode(path)
    for frame_index, frame in enumerate(frames):
        error = frame.astype(float) - sequence.overlaid(frame_index)
        assert np.sqrt((error**2).mean()) < 12.0


@pytest.mark.parametrize("codecs", [("libx264",), ("mpeg4",)])
@pytest.mark.parametrize("colour", [(230, 20, 20), (20, 230, 20), (20, 20, 230), (128, 128, 128)])
def test_overlay_video_keeps_colours_and_says_how(make_sequence, tmp_path, codecs, colour):
    """The wrong matrix (BT.601 for BT.709) is 15 to 30 levels off; the wrong range 10."""
    sequence = make_sequence(
        1,
        frame=lambda _index: np.full((36, 48, 3), colour, np.uint8),
        label_map=lambda _index: np.zeros((36, 48), np.uint8),
    )
    (path,) = run_to_end(OverlayVideoExporter(codecs).write(sequence, tmp_path / "out"))
    stream, (frame,) = _decode(path)
    assert np.abs(frame.mean(axis=(0, 1)) - colour).max() < 6
    context = stream.codec_context
    assert (context.colorspace, context.color_primaries, context.color_trc) == (1, 1, 1)
    assert context.color_range == 1  # limited


@pytest.mark.parametrize("size", [Size(49, 36), Size(48, 37), Size(51, 33)])
def test_odd_sizes_gain_an_edge_and_lose_nothing(make_sequence, tmp_path, size):
    sequence = make_sequence(2, size)
    (path,) = run_to_end(EXPORTERS["overlay"].write(sequence, tmp_path / "out"))
    stream, frames = _decode(path)
    assert (stream.width, stream.height) == (
        size.width + size.width % 2,
        size.height + size.height % 2,
    )
    error = frames[0][: size.height, : size.width].astype(float) - sequence.overlaid(0)
    assert np.abs(error.mean(axis=(0, 1))).max() < 3.0


def test_without_any_encoder_the_overlay_video_is_refused(sequence, tmp_path):
    with pytest.raises(ExportError, match="cannot encode"):
        run_to_end(OverlayVideoExporter(("not-in-this-build",)).write(sequence, tmp_path / "out"))
    assert not list(tmp_path.iterdir())


def test_what_the_encoder_refuses_is_one_error(make_sequence, tmp_path):
    sequence = make_sequence(1, Size(20_000, 2))
    with pytest.raises(ExportError, match="encoded"):
        run_to_end(OverlayVideoExporter(("libx264",)).write(sequence, tmp_path / "out"))
    assert not list(tmp_path.iterdir())


@settings(max_examples=60)
@given(st.integers(1, 3000), st.integers(1, 40))
def test_frames_of_the_sheet_are_spread_over_the_whole_video(frame_count: int, count: int):
    indices = evenly_spaced(frame_count, count)
    assert len(indices) == min(count, frame_count)
    assert indices == sorted(set(indices))
    assert indices[0] == 0
    assert count == 1 or indices[-1] == frame_count - 1
    steps = np.diff(indices)
    assert steps.size == 0 or steps.max() - steps.min() <= 1


def test_contact_sheet_shows_frames_with_their_objects(make_sequence, tmp_path):
    sequence = make_sequence(9)
    exporter = ContactSheetExporter(count=3, columns=2, width=48)
    (path,) = run_to_end(exporter.write(sequence, tmp_path / "out"))
    sheet = _pixels(path)
    assert np.array_equal(sheet[4 : 4 + 36, 4 : 4 + 48], sequence.overlaid(0))
    assert np.array_equal(sheet[4 : 4 + 36, 56 : 56 + 48], sequence.overlaid(4))
    strip = sheet[41:60, 4:52]
    assert (strip > 150).all(axis=-1).any()  # the caption


def test_contact_sheet_of_large_frames_stays_small(make_sequence, tmp_path):
    sequence = make_sequence(2, Size(1000, 500))
    (path,) = run_to_end(EXPORTERS["contact"].write(sequence, tmp_path / "out"))
    assert _pixels(path).shape[1] == 2 * 480 + 3 * 4
