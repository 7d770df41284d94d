from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLabel, QRadioButton

from vosdesk.export.registry import EXPORTERS
from vosdesk.gui.dialogs import ExportChoice, ExportDialog

if TYPE_CHECKING:
    from pathlib import Path

LEFT = Qt.MouseButton.LeftButton
FORMATS = list(EXPORTERS.values())


@pytest.fixture
def dialog(qtbot, tmp_path: Path) -> ExportDialog:
    return opened(qtbot, tmp_path / "masks")


def opened(qtbot, folder: Path, missing: int = 0) -> ExportDialog:
    dialog = ExportDialog(FORMATS, folder, missing)
    qtbot.addWidget(dialog)
    with qtbot.waitExposed(dialog):
        dialog.open()
    return dialog


def write(dialog: ExportDialog, qtbot, text: str) -> None:
    dialog.folder.selectAll()
    qtbot.keyClicks(dialog.folder, text)


def close(dialog: ExportDialog) -> None:
    dialog.reject()


def test_every_format_is_offered_with_its_description(dialog: ExportDialog) -> None:
    titles = [button.text() for button in dialog.findChildren(QRadioButton)]
    assert titles == [item.title for item in FORMATS]
    labels = {label.text() for label in dialog.findChildren(QLabel)}
    assert {item.description for item in FORMATS} <= labels
    close(dialog)


def test_no_text_is_cut_off(dialog: ExportDialog) -> None:
    for label in dialog.findChildren(QLabel):
        if label.isVisible() and label.wordWrap():
            assert label.height() >= label.heightForWidth(label.width()), label.text()
    close(dialog)


def test_the_choice_is_told_once_it_is_made(dialog: ExportDialog, qtbot, tmp_path: Path) -> None:
    qtbot.mouseClick(dialog.findChildren(QRadioButton)[2], LEFT)
    write(dialog, qtbot, str(tmp_path / "new" / "deep"))
    with qtbot.waitSignal(dialog.export_requested) as told:
        qtbot.mouseClick(dialog.export_button, LEFT)
    assert told.args == [
        ExportChoice(FORMATS[2].name, tmp_path / "new" / "deep", overwrite=False, partial=False)
    ]
    assert not dialog.isVisible()


def test_cancel_tells_nothing(dialog: ExportDialog, qtbot) -> None:
    with qtbot.assertNotEmitted(dialog.export_requested):
        qtbot.mouseClick(dialog.cancel_button, LEFT)
    assert not dialog.isVisible()


def test_a_folder_with_files_wants_a_word(dialog: ExportDialog, qtbot, tmp_path: Path) -> None:
    (tmp_path / "00000.png").write_bytes(b"")
    write(dialog, qtbot, str(tmp_path))
    assert "not empty" in dialog.state.text()
    assert not dialog.export_button.isEnabled()
    dialog.overwrite.click()
    assert dialog.export_button.isEnabled()
    assert dialog.choice().overwrite
    write(dialog, qtbot, str(tmp_path / "other"))
    assert not dialog.overwrite.isVisible()
    assert not dialog.choice().overwrite
    close(dialog)


def test_an_empty_folder_is_fine(dialog: ExportDialog, qtbot, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    write(dialog, qtbot, str(tmp_path / "empty"))
    assert dialog.export_button.isEnabled()
    assert dialog.state.text() == ""
    close(dialog)


@pytest.mark.parametrize("kind", ["nothing", "relative", "file"])
def test_what_is_no_folder_is_told(dialog: ExportDialog, qtbot, tmp_path: Path, kind: str) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"")
    text = {"nothing": "  ", "relative": "masks", "file": str(tmp_path / "clip.mp4")}[kind]
    write(dialog, qtbot, text)
    assert dialog.state.text()
    assert dialog.state.isVisible()
    assert not dialog.export_button.isEnabled()
    close(dialog)


def test_missing_frames_want_a_word(qtbot, tmp_path: Path) -> None:
    dialog = opened(qtbot, tmp_path / "masks", missing=12)
    assert any("12 frames have no labels" in label.text() for label in dialog.findChildren(QLabel))
    assert not dialog.export_button.isEnabled()
    dialog.partial.click()
    assert dialog.export_button.isEnabled()
    assert dialog.choice().partial
    close(dialog)


def test_complete_labels_ask_nothing(dialog: ExportDialog) -> None:
    assert not dialog.partial.isVisible()
    close(dialog)


def test_a_folder_is_chosen(
    dialog: ExportDialog, qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The chooser belongs to Qt; what comes back from it is what counts here."""
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_args: str(tmp_path / "x"))
    qtbot.mouseClick(dialog.browse_button, LEFT)
    assert dialog.choice().folder == tmp_path / "x"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_args: "")
    qtbot.mouseClick(dialog.browse_button, LEFT)
    assert dialog.choice().folder == tmp_path / "x"
    close(dialog)


def test_the_last_format_is_offered_again(dialog: ExportDialog) -> None:
    dialog.choose_format("contact")
    assert dialog.choice().format_name == "contact"
    close(dialog)
