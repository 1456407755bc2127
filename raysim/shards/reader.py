"""Reading a shard or CSI file: lazily, by name and frame."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from raysim.shards.schema import CSI, FORMAT_VERSION, PATHS, SCHEMAS, Schema


@dataclass(frozen=True)
class ShardInstance:
    """One row of the table of instances.

    Attributes
    ----------
    index : int
        Along the axis I; the id in masks is one more.
    name, category : str
    is_target : bool
    size : tuple of 3 float
        Length, width, height of the 3-D box [m].
    """

    index: int
    name: str
    category: str
    is_target: bool
    size: tuple[float, float, float]


class Shard:
    """An open shard or CSI file; a context manager.

    ``shard[name]`` reads a whole dataset, ``shard[name, frame]`` one frame of it; ragged entries are cut by their
    offsets, entries without a frame axis are the same in every frame. Pickles by path: a worker process opens
    the file for itself on first use, so data loaders may fork or spawn. Made by `open_shard`.

    Attributes
    ----------
    path : Path
    attributes : dict
        Of the file: str, int, float or tuple of str.
    schema : Schema
        Table of this kind of file.
    num_frames : int
    """

    def __init__(self, path: Path):
        self.path = path
        self._file: h5py.File | None = None
        self._owner = 0  # process that opened the file
        self._offsets: dict[str, np.ndarray] = {}
        try:
            self.attributes: dict[str, Any] = {key: plain(value) for key, value in self._opened().attrs.items()}
            self.schema: Schema = _checked_schema(path, self.attributes)
            self.num_frames = len(self.dataset("paths/offsets")) - 1 if self.is_paths else len(self.dataset("time"))
        except BaseException:
            self.close()
            raise

    @property
    def is_csi(self) -> bool:
        """Whether this is a CSI file."""
        return self.schema is CSI

    @property
    def is_paths(self) -> bool:
        """Whether this is a file of paths."""
        return self.schema is PATHS

    @property
    def categories(self) -> tuple[str, ...]:
        """Category names, in the order of their ids."""
        return self.attributes["categories"]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and isinstance(self._opened().get(name), h5py.Dataset)

    def __getitem__(self, key: str | tuple[str, int]) -> Any:
        name, frame = key if isinstance(key, tuple) else (key, None)
        dataset = self.dataset(name)
        if h5py.check_string_dtype(dataset.dtype):
            return dataset.asstr()[...].astype(str)
        entry = self.schema.entry(name)
        if frame is None or entry is None or not (entry.per_frame or entry.offsets):
            return dataset[()]
        if not 0 <= frame < self.num_frames:
            raise ValueError(f"{self.path}: frame must lie in 0..{self.num_frames - 1}, got {frame}")
        if entry.offsets is None:
            return dataset[frame]
        if entry.offsets not in self._offsets:
            self._offsets[entry.offsets] = self.dataset(entry.offsets)[()]
        start, stop = self._offsets[entry.offsets][frame : frame + 2]
        return dataset[start:stop]

    def names(self) -> Iterator[str]:
        """Names of all datasets, sorted."""
        found: list[str] = []
        self._opened().visititems(lambda name, node: found.append(name) if isinstance(node, h5py.Dataset) else None)
        return iter(sorted(found))

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of a dataset, without reading it."""
        return self.dataset(name).shape

    def unit(self, name: str) -> str:
        """Return the unit of a dataset."""
        return str(self.dataset(name).attrs.get("unit", "1"))

    def instances(self) -> tuple[ShardInstance, ...]:
        """Return the table of instances; those of CSI files are in their shard."""
        rows = zip(
            self["instances/name"],
            self["instances/category"],
            self["instances/is_target"],
            self["instances/size"],
            strict=True,
        )
        return tuple(
            ShardInstance(index, str(name), self.categories[category], bool(target), tuple(size.tolist()))
            for index, (name, category, target, size) in enumerate(rows)
        )

    def close(self) -> None:
        """Close the file; reading again opens it again."""
        if self._file is not None and self._owner == os.getpid():
            self._file.close()
        self._file = None

    def __enter__(self) -> "Shard":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_file": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.schema = SCHEMAS[self.attributes["format"]]  # the very object, so that `is` keeps working

    def _opened(self) -> h5py.File:
        if self._file is None or self._owner != os.getpid():
            self._file = open_hdf5(self.path)
            self._owner = os.getpid()
        return self._file

    def dataset(self, name: str) -> h5py.Dataset:
        """Return the HDF5 dataset itself; ValueError if there is none of that name."""
        node = self._opened().get(name)
        if not isinstance(node, h5py.Dataset):
            raise ValueError(f"{self.path} has no dataset {name!r}")
        return node


def open_shard(path: str | os.PathLike) -> Shard:
    """Open a shard, CSI file or file of paths.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    Shard

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        It is not HDF5, truncated, of another format, or of a newer version.
    """
    return Shard(Path(path))


def open_hdf5(path: Path) -> h5py.File:
    """Open any HDF5 file for reading, with one clear line where that fails."""
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist")
    if path.is_dir():
        raise ValueError(f"{path} is a folder, expected an HDF5 file")
    try:
        return h5py.File(path, "r", locking="best-effort")
    except PermissionError as error:
        raise PermissionError(f"{path} cannot be read: permission denied") from error
    except OSError as error:
        if "truncated" in str(error):
            raise ValueError(f"{path} is truncated: its end is missing") from error
        raise ValueError(f"{path} is not a readable HDF5 file") from error


def plain(value: Any) -> Any:
    """Return the plain Python value of an HDF5 attribute."""
    if isinstance(value, np.ndarray):
        return tuple(plain(item) for item in value.tolist())
    if isinstance(value, bytes):
        return value.decode()
    return value.item() if isinstance(value, np.generic) else value


def _checked_schema(path: Path, attributes: dict[str, Any]) -> Schema:
    given = attributes.get("format")
    if given not in SCHEMAS:
        raise ValueError(f"{path} is not a raysim file: attribute format must be {' or '.join(SCHEMAS)}, got {given!r}")
    version = attributes.get("format_version")
    if not isinstance(version, int) or version > FORMAT_VERSION:
        raise ValueError(
            f"{path} has format version {version}, this raysim reads up to {FORMAT_VERSION}: update raysim"
        )
    return SCHEMAS[given]
