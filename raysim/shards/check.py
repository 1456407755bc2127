"""The validator: whether a file holds what docs/format.md promises."""

import os
from collections.abc import Iterator
from pathlib import Path

import h5py

from raysim.shards.invariants import (
    Problem,
    constant_problems,
    csi_frame_problems,
    frame_problems,
    offset_problems,
    path_file_problems,
)
from raysim.shards.reader import Shard, open_hdf5, open_shard, plain
from raysim.shards.schema import CSI, PATHS, WRITER_ATTRIBUTES, Entry


def check(path: str | os.PathLike) -> list[str]:
    """Find what is wrong with a shard, CSI file or file of paths.

    First the structure (every entry of the table with its type, shape, unit and axes), then, if that is sound, the
    content, one frame at a time: finite values, ids within their tables, rigid poses, ascending axes, labels that
    agree with the boxes and the axes.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    list of str
        One line a problem, with the dataset and the frames; empty = valid.

    Raises
    ------
    FileNotFoundError, ValueError
        The file cannot be opened as a shard at all (`raysim.shards.reader.open_shard`).
    """
    with open_shard(path) as shard:
        problems = [f"{name}: {message}" for name, message in structure_problems(shard)]
        if problems:
            return problems
        try:
            return _content(shard)
        except OSError as error:
            return [f"{shard.path.name}: cannot be read to its end: {error}"]


def _content(shard: Shard) -> list[str]:
    problems = [f"{name}: {message}" for name, message in (*offset_problems(shard), *constant_problems(shard))]
    if problems:
        return problems
    of_frame = {CSI: csi_frame_problems, PATHS: path_file_problems}.get(shard.schema, frame_problems)
    found: dict[Problem, list[int]] = {}
    for frame in range(shard.num_frames):
        for problem in of_frame(shard, frame):
            found.setdefault(problem, []).append(frame)
    problems += [f"{name}: {message} ({_frames(frames)})" for (name, message), frames in found.items()]
    if shard.is_csi:
        problems += [f"{name}: {message}" for name, message in _companion_problems(shard)]
    return problems


def _frames(frames: list[int]) -> str:
    if len(frames) == 1:
        return f"frame {frames[0]}"
    return f"{len(frames)} frames, first {frames[0]}"


def structure_problems(shard: Shard) -> Iterator[Problem]:
    """Compare attributes and datasets with the table."""
    for attribute in (*WRITER_ATTRIBUTES, *shard.schema.attributes):
        value = shard.attributes.get(attribute.name)
        if value is None:
            if not attribute.optional:
                yield f"attribute {attribute.name}", "missing"
        elif not isinstance(value, tuple if attribute.type is list else attribute.type):
            yield f"attribute {attribute.name}", f"expected {attribute.type.__name__}, got {value!r:.40}"
    sizes = {"F": shard.num_frames, "F+1": shard.num_frames + 1}
    for entry in shard.schema:
        if entry.name in shard:
            yield from _entry_problems(entry, shard.dataset(entry.name), sizes)
        elif not entry.optional:
            yield entry.name, "missing"


def _entry_problems(entry: Entry, dataset: h5py.Dataset, sizes: dict[str, int]) -> Iterator[Problem]:
    is_text = h5py.check_string_dtype(dataset.dtype) is not None
    dtype = "str" if is_text else dataset.dtype.name
    if dtype != entry.dtype:
        yield entry.name, f"expected type {entry.dtype}, got {dtype}"
    if len(dataset.shape) != len(entry.shape):
        yield entry.name, f"expected {len(entry.shape)} axes ({', '.join(entry.axes)}), got shape {dataset.shape}"
        return
    for axis, size in zip(entry.shape, dataset.shape, strict=True):
        wanted = sizes.setdefault(axis, size) if isinstance(axis, str) else axis
        if size != wanted:
            yield entry.name, f"expected size {wanted} along axis {axis}, got shape {dataset.shape}"
    for key, value in (("unit", entry.unit), ("axes", entry.axes)):
        given = plain(dataset.attrs.get(key))
        if given != value:
            yield entry.name, f"expected attribute {key} {value!r}, got {given!r}"


def _companion_problems(csi: Shard) -> Iterator[Problem]:
    """Check a CSI file against its shard, where that lies beside it."""
    path = csi.path.parent / Path(csi.attributes["shard"]).name
    if not path.exists():
        return
    with open_hdf5(path) as file:
        if file.attrs.get("format") == PATHS.format:
            return  # the CSI was made from a file of paths, which has no frames to compare with
    with open_shard(path) as shard:
        frames = csi["frame"]
        if frames.max() >= shard.num_frames:
            yield "frame", f"{frames.max()} does not exist in {path.name}, which has {shard.num_frames} frames"
        elif (csi["time"] != shard["time"][frames]).any():
            yield "time", f"differs from that of the same frames in {path.name}"
        if (csi["radar/pose"] != shard["radar/pose"]).any():
            yield "radar/pose", f"differs from that in {path.name}"
