"""What ``vosdesk doctor`` finds: versions, devices, Qt's system libraries, models, stores.

A module of its own, beside ``cli``, because the window's door asks it too before Qt gets a chance
to abort. It never imports Qt: a missing system library must be named, not stumbled over.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from vosdesk import __version__
from vosdesk.embedding.store_folder import StoreFolder
from vosdesk.errors import VosdeskError

PACKAGES = (
    "torch",
    "torchvision",
    "faiss-cpu",
    "numba",
    "PySide6-Essentials",
    "numpy",
    "opencv-python-headless",
    "av",
    "zarr",
    "pydantic",
)

DEBIAN_PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libOpenGL.so.0": "libopengl0",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libX11.so.6": "libx11-6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb.so.1": "libxcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libSM.so.6": "libsm6",
    "libICE.so.6": "libice6",
}
"""Which Debian or Ubuntu package brings a library that Qt asks for."""

_QT_PARTS = ("Qt/lib/libQt6Gui.so.6", "Qt/lib/libQt6Widgets.so.6")
_X11_PARTS = ("Qt/plugins/platforms/libqxcb.so",)


@dataclass(frozen=True)
class Diagnosis:
    """What was found.

    Attributes:
        versions: Of vosdesk, Python, the system, and each package; "missing" where it is not there.
        devices: What the network can run on, best first.
        missing_libraries: System libraries that Qt asks for and that are not there.
        models: Names of the models that can be used.
        stores: Stores on disk.
        store_bytes: What they take together.
        store_folder: Where they lie.
        problems: Sentences about what does not work.
    """

    versions: dict[str, str]
    devices: list[str]
    missing_libraries: list[str]
    models: list[str]
    stores: int
    store_bytes: int
    store_folder: str
    problems: list[str]

    def as_json(self) -> dict[str, object]:
        """Return plain values."""
        return asdict(self)


def diagnose() -> Diagnosis:
    """Look at everything that vosdesk needs."""
    problems: list[str] = []
    missing = missing_qt_libraries()
    if missing:
        problems.append(install_sentence(missing))
    folder = StoreFolder()
    stores = folder.list()
    return Diagnosis(
        versions=_versions(),
        devices=_devices(problems),
        missing_libraries=missing,
        models=_models(problems),
        stores=len(stores),
        store_bytes=folder.size(),
        store_folder=str(folder.root),
        problems=problems,
    )


def has_display() -> bool:
    """Whether there is anything to open a window on."""
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def find_window_problem() -> VosdeskError | None:
    """Return why no window can be opened; None where nothing is known to stand in the way."""
    if not has_display():
        return VosdeskError(
            "There is no display to open a window on.",
            "Log in to a desktop, or use a command that needs none: "
            "vosdesk demo --headless, segment, embed, export.",
        )
    if importlib.util.find_spec("PySide6") is None:
        return VosdeskError("Qt is not installed.", "Install vosdesk again: it needs PySide6.")
    on_x11 = not (os.environ.get("WAYLAND_DISPLAY") or os.environ.get("QT_QPA_PLATFORM"))
    missing = missing_qt_libraries(x11=on_x11)
    return VosdeskError(install_sentence(missing)) if missing else None


def missing_qt_libraries(*, x11: bool = True) -> list[str]:
    """Name the system libraries that Qt's window needs and that the loader does not find.

    Only Linux has this problem; elsewhere the list is empty.

    Args:
        x11: Also name those of a window on X11; one on Wayland does without.
    """
    spec = importlib.util.find_spec("PySide6")
    loader = shutil.which("ldd")
    if sys.platform != "linux" or loader is None or spec is None or spec.origin is None:
        return []
    missing: set[str] = set()
    for part in _QT_PARTS + (_X11_PARTS if x11 else ()):
        path = Path(spec.origin).parent / part
        listed = subprocess.run([loader, str(path)], capture_output=True, text=True, check=False)
        missing.update(
            line.split("=>")[0].strip()
            for line in listed.stdout.splitlines()
            if "not found" in line
        )
    return sorted(missing)


def install_sentence(missing: list[str]) -> str:
    """Say which packages bring the libraries."""
    packages = sorted({DEBIAN_PACKAGES.get(name, name) for name in missing})
    command = f"sudo apt install {' '.join(packages)}"
    return f"Qt misses {', '.join(missing)}. On Debian or Ubuntu: {command}"


def _versions() -> dict[str, str]:
    versions = {
        "vosdesk": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
    }
    for package in PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            versions[package] = "missing"
    return versions


def _devices(problems: list[str]) -> list[str]:
    try:
        from vosdesk.embedding.devices import available_devices  # imports torch: seconds
    except ImportError as error:
        problems.append(f"torch cannot be loaded: {error}.")
        return []
    return list(available_devices())


def _models(problems: list[str]) -> list[str]:
    try:
        from vosdesk.embedding.model_files import list_models
    except ImportError:
        return []
    models = [entry.name for entry in list_models()]
    if not models:
        problems.append("There is no model: the installation is incomplete.")
    return models
