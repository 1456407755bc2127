"""Digest of a file's content: what determinism is about."""

import hashlib
import os
from typing import Any

import h5py
import numpy as np

from raysim.shards.reader import open_shard, plain


def content_digest(path: str | os.PathLike, exclude: tuple[str, ...] = ("timing/",)) -> str:
    """SHA-256 over the datasets and attributes of a file, whatever their layout on disk.

    Parameters
    ----------
    path : path-like
    exclude : tuple of str
        Prefixes of dataset names to leave out; wall-clock times by default.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    FileNotFoundError, ValueError
        As for `open_shard`.
    """
    digest = hashlib.sha256()
    with open_shard(path) as shard:
        for key, value in sorted(shard.attributes.items()):
            digest.update(f"{key}={value!r}\n".encode())
        for name in shard.names():
            if not name.startswith(exclude):
                _digest_dataset(digest, name, shard.dataset(name))
    return digest.hexdigest()


def _digest_dataset(digest: Any, name: str, dataset: h5py.Dataset) -> None:
    attributes = sorted((key, plain(value)) for key, value in dataset.attrs.items())
    digest.update(f"{name} {dataset.dtype} {dataset.shape} {attributes!r}\n".encode())
    if h5py.check_string_dtype(dataset.dtype):
        digest.update(repr(dataset.asstr()[...].tolist()).encode())
    elif dataset.chunks is None:
        digest.update(np.ascontiguousarray(dataset[()]))
    else:  # one chunk row at a time: a CSI file does not fit in memory
        for start in range(0, len(dataset), dataset.chunks[0]):
            digest.update(np.ascontiguousarray(dataset[start : start + dataset.chunks[0]]))
