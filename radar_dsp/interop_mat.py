"""Numeric arrays of MATLAB files, level 5 (versions 5 to 7), as documented in MathWorks' "MAT-File Format".

A reader of its own because scipy's ends the whole process with a segmentation fault on some damaged files. Structures,
cells, text and sparse arrays are left out. Version 7.3 is HDF5 behind a head of 512 bytes.
"""

import struct
import zlib
from collections.abc import Iterator

import numpy as np

HEAD = 128
MATRIX, COMPRESSED = 14, 15
TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
NUMERIC = range(6, 16)  # classes double to uint64
COMPLEX = 0x0800  # flag
LARGEST = 1 << 32  # [B] of a compressed array once it is unpacked


def is_hdf5(content: bytes) -> bool:
    """Whether a MATLAB file is one of version 7.3."""
    return content[512:516] == b"\x89HDF"


def numeric_arrays(content: bytes) -> dict[str, np.ndarray]:
    """Numeric arrays of a MATLAB file by name.

    Parameters
    ----------
    content : bytes
        Of the whole file.

    Returns
    -------
    dict of str to array
        Real ones float64, complex ones complex128, with their MATLAB shape.

    Raises
    ------
    ValueError
        If it is not such a file, or damaged.
    """
    order = {b"IM": "<", b"MI": ">"}.get(content[126:HEAD])
    if order is None:
        raise ValueError("is truncated or not a MATLAB file of version 5 to 7.3")
    found = {}
    for kind, data in _elements(content[HEAD:], order):
        inner = _elements(_unpacked(data), order) if kind == COMPRESSED else iter([(kind, data)])
        for matrix in (body for type_, body in inner if type_ == MATRIX):
            named = _matrix(matrix, order)
            if named is not None:
                found[named[0]] = named[1]
    return found


def _unpacked(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, LARGEST)
    except zlib.error as error:
        raise ValueError(f"is damaged: {error}") from error


def _elements(data: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """Type and content of each data element; each starts at a multiple of 8 bytes but compressed ones."""
    place = 0
    while place + 8 <= len(data):
        kind, size = struct.unpack_from(order + "II", data, place)
        if kind >> 16:  # small element: size and type share four bytes, the content has the other four
            kind, size, start = kind & 0xFFFF, kind >> 16, place + 4
            following = place + 8
        else:
            start = place + 8
            following = start + size + (0 if kind == COMPRESSED else -size % 8)
        if start + size > len(data):
            raise ValueError("is truncated or damaged: an array reaches beyond the end of the file")
        yield kind, data[start : start + size]
        place = following


def _numbers(element: tuple[int, bytes], order: str) -> np.ndarray:
    kind, data = element
    if kind not in TYPES:
        raise ValueError(f"is damaged: unknown type of numbers {kind}")
    dtype = np.dtype(order + TYPES[kind])
    return np.frombuffer(data, dtype, len(data) // dtype.itemsize)


def _matrix(data: bytes, order: str) -> tuple[str, np.ndarray] | None:
    """Name and values; None = no array of numbers."""
    parts = list(_elements(data, order))
    if len(parts) < 3:
        raise ValueError("is damaged: an array without flags, size and name")
    flags = _numbers(parts[0], order)
    if not len(flags) or int(flags[0]) & 0xFF not in NUMERIC:
        return None
    shape = tuple(int(n) for n in _numbers(parts[1], order))
    name = parts[2][1].decode("ascii", "replace")
    values = [_numbers(part, order).astype(float) for part in parts[3:]]
    wanted = 2 if int(flags[0]) & COMPLEX else 1
    count = int(np.prod([float(n) for n in shape])) if shape else -1
    if len(values) < wanted or any(n < 0 for n in shape) or any(len(v) != count for v in values[:wanted]):
        raise ValueError(f"is damaged: array {name!r} does not have the {shape} values it announces")
    total = values[0] if wanted == 1 else values[0] + 1j * values[1]
    return name, total.reshape(shape, order="F")
