"""Writing a shard: a temporary file, one frame at a time, renamed when complete."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import h5py
import numpy as np

from raysim.shards.contents import Sizes, checked_arrays, checked_attributes, constant_entries, frame_entries
from raysim.shards.schema import Schema

# Readable since HDF5 1.10; a fixed range keeps the bytes the same whatever the library's default becomes.
LIBRARY_VERSIONS = ("v108", "v110")
SMALLEST_RAGGED_CHUNK, LARGEST_RAGGED_CHUNK = 64, 65536  # rows; about the first frame's


class ShardWriter:
    """Writes one shard or CSI file; a context manager.

    Everything is checked against the schema before it is written. The file grows as ``<name>.part`` in the same
    folder and takes its name on a clean exit, after fsync; an exception removes it. The same input gives the
    same bytes.

    Parameters
    ----------
    path : path-like
        Final name. An existing file is replaced, on success only.
    schema : Schema
        `raysim.shards.schema.SHARD` or `CSI`.
    attributes : mapping
        What ``schema.attributes`` lists, plus any further str, int, float or list of str.
    constants : mapping of str to array_like
        The entries without a frame axis.
    compress : bool
        gzip-1 for every dataset (archives), not only for those that the schema marks.

    Raises
    ------
    ValueError
        Missing, unknown, wrongly shaped or typed data; the message names the dataset.
    OSError
        The folder cannot be written, or the disk is full.

    Examples
    --------
    >>> with ShardWriter("0.h5", SHARD, attributes=attributes, constants=constants) as shard:  # doctest: +SKIP
    ...     for frame in frames:
    ...         shard.append(frame)
    """

    def __init__(
        self,
        path: str | os.PathLike,
        schema: Schema,
        *,
        attributes: Mapping[str, Any],
        constants: Mapping[str, Any],
        compress: bool = False,
    ):
        self.path = Path(path)
        self.schema = schema
        self.num_frames = 0
        self._entries = {entry.name: entry for entry in schema}
        self._compress = compress
        self._sizes: Sizes = {}
        self._counted = {e.offsets: e.name for e in reversed(schema.entries) if e.offsets}  # one entry per ragged axis
        self._offsets = {name: [0] for name in self._counted}
        self._frame_names: frozenset[str] | None = None  # fixed by the first frame
        self._file: h5py.File | None = None
        with self._names_the_place("constants"):
            self._attributes = checked_attributes(schema, attributes)
            self._constants = checked_arrays(constants, constant_entries(schema), self._sizes)

    @property
    def part_path(self) -> Path:
        """Name of the file while it grows."""
        return self.path.with_name(self.path.name + ".part")

    def __enter__(self) -> "ShardWriter":
        with self._discards_on_error(), self._names_io_errors():
            # Without a chunk cache a full disk shows in the very append that meets it.
            self._file = h5py.File(self.part_path, "w", libver=LIBRARY_VERSIONS, rdcc_nbytes=0)
            for name, value in self._attributes.items():
                self._file.attrs[name] = value
            for name, array in self._constants.items():
                self._create(name, array.shape)[...] = array
        return self

    def append(self, frame: Mapping[str, Any]) -> None:
        """Add one frame.

        Parameters
        ----------
        frame : mapping of str to array_like
            Entries with a frame axis, without that axis, and the ragged entries of this frame; the offsets of
            the latter are the writer's own.

        Raises
        ------
        ValueError, OSError
            As for the class. Nothing of a frame that fails its checks is written.
        """
        if self._file is None:
            raise ValueError(f"{self.path.name}: append needs an open writer; use it in a with statement")
        with self._names_the_place(f"frame {self.num_frames}"):
            arrays = checked_arrays(frame, frame_entries(self.schema), self._sizes)
            if self._frame_names is None:
                self._frame_names = frozenset(arrays)
            if differing := sorted(self._frame_names ^ arrays.keys()):
                raise ValueError(f"{differing[0]}: in some frames but not in all")
        with self._names_io_errors():
            for name, array in arrays.items():
                self._append_array(name, array)
        for offsets, name in self._counted.items():
            self._offsets[offsets].append(self._offsets[offsets][-1] + len(arrays[name]))
        self.num_frames += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None:
            self._discard()
            return
        with self._discards_on_error(), self._names_io_errors():
            self._finish()

    def _finish(self) -> None:
        if self.num_frames == 0:
            raise ValueError(f"{self.path.name}: a file needs at least one frame")
        for name, offsets in self._offsets.items():
            self._create(name, (len(offsets),))[...] = offsets
        self._opened.close()
        self._file = None
        _synchronise(self.part_path)
        self.part_path.replace(self.path)
        _synchronise(self.path.parent)

    @property
    def _opened(self) -> h5py.File:
        if self._file is None:
            raise ValueError(f"{self.path.name}: not open; use the writer in a with statement")
        return self._file

    def _append_array(self, name: str, array: np.ndarray) -> None:
        entry = self._entries[name]
        if entry.per_frame:
            array = array[None]
        if self.num_frames == 0:
            rows = 1 if entry.per_frame else min(max(len(array), SMALLEST_RAGGED_CHUNK), LARGEST_RAGGED_CHUNK)
            self._create(name, (0, *array.shape[1:]), chunk_rows=rows)
        dataset = self._opened[name]
        start = len(dataset)
        dataset.resize(start + len(array), axis=0)
        dataset[start:] = array

    def _create(self, name: str, shape: tuple[int, ...], chunk_rows: int | None = None) -> h5py.Dataset:
        """Make a dataset with its attributes; with `chunk_rows` its first axis can grow."""
        entry = self._entries[name]
        layout: dict[str, Any] = {}
        if chunk_rows is not None:
            layout["chunks"] = (chunk_rows, *(max(size, 1) for size in shape[1:]))
            layout["maxshape"] = (None, *(size or None for size in shape[1:]))
            if entry.compress or self._compress:
                layout |= {"compression": "gzip", "compression_opts": 1, "shuffle": True}
        dtype = h5py.string_dtype() if entry.dtype == "str" else entry.dtype
        dataset = self._opened.create_dataset(name, shape=shape, dtype=dtype, track_times=False, **layout)
        for key, value in (("unit", entry.unit), ("axes", list(entry.axes)), ("description", entry.description)):
            dataset.attrs[key] = value
        return dataset

    @contextmanager
    def _names_the_place(self, place: str) -> Iterator[None]:
        try:
            yield
        except ValueError as error:
            raise ValueError(f"{self.path.name}, {place}: {error}") from None

    @contextmanager
    def _names_io_errors(self) -> Iterator[None]:
        try:
            yield
        except (OSError, RuntimeError) as error:  # HDF5 reports a failed flush as either
            reason = re.search(r"error message = '([^']+)'", str(error))
            raise OSError(f"cannot write {self.part_path}: {reason[1] if reason else error}") from error

    @contextmanager
    def _discards_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._discard()
            raise

    def _discard(self) -> None:
        try:
            if self._file is not None:
                self._file.close()
        except (OSError, RuntimeError):
            pass  # the error that matters is on its way up already, and this file is about to go
        self._file = None
        self.part_path.unlink(missing_ok=True)


def _synchronise(path: Path) -> None:
    """Wait until a file's data, or a folder's names, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
