"""Arrays of other tools' files: npz, npy, mat and HDF5, read whole. A damaged file ends in a ValueError."""

import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from radar_dsp.interop_mat import is_hdf5, numeric_arrays
from raysim.shards.reader import open_hdf5

UNREADABLE = (
    ValueError, TypeError, EOFError, OSError, KeyError, tokenize.TokenError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """Read all arrays of an npz file.

    Raises
    ------
    FileNotFoundError, ValueError
        If it is not there, or not an npz file of plain arrays.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist")
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except UNREADABLE as error:
        raise ValueError(f"{path} is truncated or not an npz file of plain arrays") from error


def read_arrays(path: Path) -> dict[str, Any]:
    """Read all arrays of an npz, npy, mat (version 5 or 7.3) or HDF5 file.

    Raises
    ------
    FileNotFoundError, ValueError
        If the file cannot be read.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist")
    if path.is_dir():
        raise ValueError(f"{path} is a folder, expected a file")
    kind = path.suffix.lower()
    if kind == ".npz":
        return read_npz(path)
    try:
        if kind == ".npy":
            return {"array": np.load(path, allow_pickle=False)}
        content = path.read_bytes() if kind == ".mat" else b""
        if content and not is_hdf5(content):
            return numeric_arrays(content)
    except UNREADABLE as error:
        raise ValueError(f"{path} is truncated or not a {kind[1:]} file of plain arrays") from error
    with open_hdf5(path) as file:
        found: dict[str, Any] = {}
        file.visititems(lambda name, node: found.update({name: node[()]}) if hasattr(node, "dtype") else None)
    # MATLAB counts the first axis fastest
    return {name: np.asarray(values).T for name, values in found.items()} if kind == ".mat" else found
