"""What an embedding store looks like on disk, and what it is valid for.

A store is a folder with a Zarr (version 3) group; any Zarr reader can open it::

    <hash of the key>/
      zarr.json               group: attributes.vosdesk = the key
      in_use                  empty; locked by whoever has the store open
      embeddings/
        zarr.json             array (frames, rows, columns, dimensions), float16
        c.<frame>.0.0.0       one frame: an uncompressed little-endian chunk
      upsampling/             the same, uint8: upsampling maps; there where the network makes some
      links_1/, links_3/...   the same, uint16: links from each frame to the one so many frames
                              before it, and from there to it; see ``link_format``

Each of these arrays is a layer: so many numbers of one type for each cell of each frame. A chunk
file is a plain C-ordered array and nothing else, so it can be memory-mapped. Zarr makes
the two metadata documents. Chunks are written and read here, not through ``zarr.Array``, for two
reasons: Zarr's ``LocalStore`` renames a finished file into place (zarr 3.1.6) but never calls
fsync, so that a power failure may leave a file of the right length with the wrong bytes; and a
plain read takes 0.3 ms for a 480p frame where Zarr's takes 1.1 ms.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import uuid
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from vosdesk.arrays import GridSize, Size
from vosdesk.embedding.link_format import LINKS, OFFSETS
from vosdesk.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

FORMAT_VERSION = 1
METADATA_NAME = "zarr.json"
LOCK_NAME = "in_use"
PARTIAL_SUFFIX = ".partial"
_MAX_METADATA_BYTES = 1 << 20
_MAX_CHUNK_BYTES = 1 << 30
_CHUNK_NAME = re.compile(r"c\.([0-9]+)\.0\.0\.0")


class DamagedStoreError(StoreError):
    """A store whose metadata cannot be read; it can only be thrown away and computed anew."""


class Layer(NamedTuple):
    """One array of a store.

    Attributes:
        name: Its folder.
        depth: Numbers for each cell.
        dtype: Their type, as numpy names it.
    """

    name: str
    depth: int
    dtype: str

    @property
    def stored_type(self) -> np.dtype[Any]:
        """The type as it lies on disk: little-endian everywhere."""
        return np.dtype(self.dtype).newbyteorder("<")

    def chunk_bytes(self, grid: GridSize) -> int:
        """Return the bytes of one frame."""
        return grid.rows * grid.columns * self.depth * np.dtype(self.dtype).itemsize


class StoreKey(BaseModel):
    """Everything on which the embeddings of a video depend.

    Attributes:
        video: Fingerprint of the video's content.
        model: Fingerprint of the network and its weights.
        input_size: Size to which frames are scaled for the network.
        grid: Rows and columns of an embedding map.
        dimensions: Length of an embedding.
        upsampling: Numbers of a cell in an upsampling map; 0 where the network makes none.
        frame_count: Frames of the video.
        format_version: Version of the layout described at the top of this module.
        video_name: For lists of stores; no part of what the store is valid for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    video: str = Field(min_length=1, max_length=200)
    model: str = Field(min_length=1, max_length=200)
    input_size: Size
    grid: GridSize
    dimensions: int = Field(ge=1, le=4096)
    upsampling: int = Field(default=0, ge=0, le=4096)
    frame_count: int = Field(ge=1, le=10_000_000)
    format_version: int = FORMAT_VERSION
    video_name: str = Field(default="", max_length=4096)

    @field_validator("video_name", mode="before")
    @classmethod
    def _make_printable(cls, name: object) -> object:
        """Replace what a file name may contain and UTF-8 cannot say."""
        return name.encode("utf-8", "replace").decode() if isinstance(name, str) else name

    @model_validator(mode="after")
    def _check_sizes(self) -> StoreKey:
        if min(*self.input_size, *self.grid) < 1:
            raise ValueError("sizes are positive")
        if self.frame_bytes > _MAX_CHUNK_BYTES:
            raise ValueError(f"the embeddings of one frame take {self.frame_bytes} bytes")
        return self

    @property
    def folder_name(self) -> str:
        """Name of the store's folder: 16 hex digits of the sha256 of what it is valid for."""
        text = json.dumps(self.model_dump(mode="json", exclude={"video_name"}), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def embeddings(self) -> Layer:
        """The layer of the embeddings."""
        return Layer("embeddings", self.dimensions, "float16")

    @property
    def weights(self) -> Layer | None:
        """The layer of the upsampling maps, where the network makes some."""
        return Layer("upsampling", self.upsampling, "uint8") if self.upsampling else None

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers that a store of this key has; a frame is finished once it is in all."""
        return (self.embeddings,) if self.weights is None else (self.embeddings, self.weights)

    @property
    def link_layers(self) -> dict[int, Layer]:
        """The layers of the links, by how many frames apart they link; they come afterwards."""
        return {offset: Layer(f"links_{offset}", 2 * LINKS, "uint16") for offset in OFFSETS}

    @property
    def frame_bytes(self) -> int:
        """Bytes of one frame on disk, all layers but the links together."""
        return sum(layer.chunk_bytes(self.grid) for layer in self.layers)

    @property
    def total_bytes(self) -> int:
        """Bytes of the whole video on disk or in memory, without its links."""
        return self.frame_count * self.frame_bytes

    @property
    def link_bytes(self) -> int:
        """Bytes of the links of the whole video."""
        layers = self.link_layers.values()
        return self.frame_count * sum(layer.chunk_bytes(self.grid) for layer in layers)

    def differences(self, other: StoreKey) -> str:
        """Name in words what differs between two keys; empty where nothing does."""
        words = {
            "video": "another video",
            "model": "another network",
            "input_size": "another input size",
            "grid": "another grid",
            "dimensions": "another number of dimensions",
            "upsampling": "another kind of upsampling",
            "frame_count": "another number of frames",
            "format_version": "another version of the store's format",
        }
        return " and ".join(
            text for field, text in words.items() if getattr(self, field) != getattr(other, field)
        )


class _Attributes(BaseModel):
    vosdesk: StoreKey


class _GroupDocument(BaseModel):
    attributes: _Attributes


_JsonObject: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])


def chunk_path(folder: Path, layer: Layer, frame_index: int) -> Path:
    """Return the file that holds a frame's part of a layer."""
    return folder / layer.name / f"c.{frame_index}.0.0.0"


def chunk_index(name: str) -> int | None:
    """Return the frame whose part of a layer a file of this name holds, or None."""
    match = _CHUNK_NAME.fullmatch(name)
    return int(match[1]) if match else None


def read_key(folder: Path) -> StoreKey:
    """Return what the store in ``folder`` says that it is for.

    Raises:
        FileNotFoundError: There is no such folder.
        DamagedStoreError: Its metadata are unreadable or missing.
        StoreError: The disk refuses to be read.
    """
    try:
        text = _read_metadata(folder / METADATA_NAME)
        return _GroupDocument.model_validate_json(text).attributes.vosdesk
    except (ValidationError, FileNotFoundError) as cause:
        if not folder.exists():
            raise
        raise _damaged(folder) from cause


def check_layer(folder: Path, key: StoreKey, layer: Layer) -> None:
    """Check that a layer's array in ``folder`` is laid out as this module says.

    Raises:
        DamagedStoreError: It is not, or its metadata are unreadable or missing.
        StoreError: The disk refuses to be read.
    """
    try:
        found = _JsonObject.validate_json(_read_metadata(folder / layer.name / METADATA_NAME))
    except (ValidationError, FileNotFoundError) as cause:
        raise _damaged(folder) from cause
    if any(found.get(name) != value for name, value in _layout(key, layer).items()):
        raise _damaged(folder)


def create_metadata(folder: Path, key: StoreKey) -> None:
    """Make an empty store in ``folder``, which must not exist yet, and bring it to the disk.

    Raises:
        OSError: It cannot be written.
    """
    import zarr  # slow to import, and needed by a new store only

    group = zarr.open_group(
        folder, mode="w-", attributes={"vosdesk": key.model_dump(mode="json")}, zarr_format=3
    )
    for layer in key.layers:
        group.create_array(layer.name, **_creation(key, layer))
    (folder / LOCK_NAME).touch()
    for document in (folder, *(folder / layer.name for layer in key.layers)):
        _sync(document / METADATA_NAME)


def add_layer(folder: Path, key: StoreKey, layer: Layer) -> None:
    """Make an empty layer in a store that is there, unless another process just made it.

    Raises:
        OSError: It cannot be written.
    """
    import zarr

    new = folder / f".{uuid.uuid4().hex}{PARTIAL_SUFFIX}"
    try:
        zarr.create_array(new, zarr_format=3, **_creation(key, layer))
        _sync(new / METADATA_NAME)
        rename_unless_there(new, folder / layer.name)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def rename_unless_there(new: Path, folder: Path) -> None:
    """Put a folder in place, unless another process has put one there.

    Raises:
        OSError: It cannot be renamed for another reason.
    """
    try:
        new.rename(folder)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise


def _creation(key: StoreKey, layer: Layer) -> dict[str, Any]:
    """Return what Zarr needs to know in order to make a layer."""
    return {
        "shape": (key.frame_count, *key.grid, layer.depth),
        "chunks": (1, *key.grid, layer.depth),
        "dtype": layer.dtype,
        "compressors": None,
        "filters": None,
        "fill_value": 0,
        "chunk_key_encoding": {"name": "default", "separator": "."},
    }


def _sync(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def write_atomically(path: Path, content: memoryview) -> None:
    """Write a file so that a crash at any moment leaves the old file or the new one.

    Raises:
        OSError: It cannot be written; the old file, if any, is untouched.
    """
    partial = path.with_name(f".{uuid.uuid4().hex}{PARTIAL_SUFFIX}")
    try:
        with partial.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def refusal(folder: Path, doing: str, cause: OSError) -> StoreError:
    """Put the disk's refusal in words.

    Args:
        folder: The store or the folder of stores.
        doing: What was tried, as "write the embeddings of frame 7".
        cause: What the operating system said.
    """
    kept = "Frames that were finished before are kept."
    if cause.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StoreError(
            f"There is no room left in {folder} to {doing}.",
            f"Free some space, or set VOSDESK_CACHE_DIR to a folder on a larger disk. {kept}",
        )
    if cause.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StoreError(
            f"There is no permission in {folder} to {doing}.",
            f"Set VOSDESK_CACHE_DIR to a folder where you may write. {kept}",
        )
    reason = cause.strerror or type(cause).__name__
    return StoreError(
        f"It was not possible in {folder} to {doing}: {reason}.",
        f"Check the disk, or set VOSDESK_CACHE_DIR to another folder. {kept}",
    )


def _layout(key: StoreKey, layer: Layer) -> dict[str, Any]:
    """Return the fields of a layer's metadata that reading a chunk file relies on."""
    several_bytes = np.dtype(layer.dtype).itemsize > 1
    codec = {"configuration": {"endian": "little"}} if several_bytes else {}
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": [key.frame_count, *key.grid, layer.depth],
        "data_type": layer.dtype,
        "chunk_grid": {
            "name": "regular",
            "configuration": {"chunk_shape": [1, *key.grid, layer.depth]},
        },
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "."}},
        "codecs": [{"name": "bytes", **codec}],
    }


def _read_metadata(path: Path) -> bytes:
    """Read a metadata document, but never more than it can sensibly hold."""
    try:
        with path.open("rb") as file:
            return file.read(_MAX_METADATA_BYTES)
    except FileNotFoundError:
        raise
    except OSError as cause:
        raise refusal(path.parent, "read the embeddings", cause) from cause


def _damaged(folder: Path) -> DamagedStoreError:
    return DamagedStoreError(
        f"The embedding store {folder} is damaged.",
        "Delete the folder; the embeddings will be computed again.",
    )
