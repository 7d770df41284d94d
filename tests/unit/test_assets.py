"""The shipped files are found in a checkout and in an installation, from any working folder."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import vosdesk
from vosdesk.assets import asset_folder

PACKAGE = Path(vosdesk.__file__).parent
ASK = """
from vosdesk.assets import asset_folder
from vosdesk.errors import VosdeskError
try:
    print(asset_folder("models"))
except VosdeskError as error:
    print("refused:", error)
"""


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A site-packages folder that holds the package's two modules, as a wheel lays them out."""
    site = tmp_path / "site-packages"
    (site / "vosdesk").mkdir(parents=True)
    for name in ("__init__.py", "assets.py", "errors.py"):
        shutil.copy(PACKAGE / name, site / "vosdesk" / name)
    return site


def _ask(site: Path) -> str:
    result = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=site.parent,
        env={"PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout.strip()


@pytest.mark.parametrize("name", ["models", "resources"])
def test_the_folders_of_this_checkout_are_found_from_anywhere(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = asset_folder(name)
    assert folder.is_absolute()
    assert folder.name == name
    assert any(folder.iterdir())


def test_in_an_installation_the_folder_lies_inside_the_package(installed):
    (installed / "vosdesk" / "models").mkdir()
    (installed / "models").mkdir()  # somebody else's package of that name
    assert _ask(installed) == str(installed / "vosdesk" / "models")


def test_in_a_checkout_the_folder_lies_beside_the_package(installed):
    (installed / "models").mkdir()
    assert _ask(installed) == str(installed / "models")


def test_an_incomplete_installation_is_told_in_words(installed):
    answer = _ask(installed)
    assert answer.startswith("refused: The folder models of vosdesk is missing")
    assert "install vosdesk again" in answer


def test_a_file_is_not_taken_for_the_folder(installed):
    (installed / "vosdesk" / "models").touch()
    assert _ask(installed).startswith("refused:")
