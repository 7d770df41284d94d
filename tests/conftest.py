"""What every test relies on: a temporary home, no display, and the DAVIS frames where they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytest_plugins = ("tests.colour_session",)

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

DAVIS_ROOT = Path(__file__).resolve().parents[2] / "shared" / "data" / "davis2016"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--headed", action="store_true", help="show the windows under test")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--headed"):
        os.environ.pop("QT_QPA_PLATFORM", None)


@pytest.fixture
def davis() -> Path:
    """The DAVIS 2016 folder (JPEGImages, Annotations), or a skip where it is absent."""
    if not (DAVIS_ROOT / "JPEGImages" / "480p").is_dir():
        pytest.skip("the DAVIS frames (../shared/data/davis2016) are not here")
    return DAVIS_ROOT


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep settings, stores and logs of a test away from the user's own."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(home / name.lower()))
    monkeypatch.delenv("VOSDESK_CACHE_DIR", raising=False)
