"""Framing of the messages between the project and Blender: a JSON header and raw arrays.

A message is ``MARK``, the header's length as little-endian uint32, the header, then the arrays one after
the other. The header's ``arrays`` lists ``[name, typecode, bytes]``; typecodes are those that `array`
and NumPy share (``f`` float32, ``d`` float64, ``i`` int32, ``B`` bytes).
"""

import json
import struct

MARK = b"\0raysim\1"
POSE = "raysim_pose"  # custom property of objects: float64 poses (Blender itself keeps float32)
MAX_HEADER = 1 << 28  # [bytes] more than any scene needs: a longer header is rubbish
_LENGTH = struct.Struct("<I")


def write_message(stream, header, arrays=None):
    """Write one message and flush.

    Parameters
    ----------
    stream : binary file
    header : dict
        JSON-ready.
    arrays : dict of str to (str, bytes-like), optional
        Name to typecode and contiguous bytes.
    """
    arrays = {name: (code, memoryview(data).cast("B")) for name, (code, data) in (arrays or {}).items()}
    listing = [[name, code, len(data)] for name, (code, data) in arrays.items()]
    text = json.dumps({**header, "arrays": listing}).encode()
    stream.write(MARK + _LENGTH.pack(len(text)) + text)
    for _, data in arrays.values():
        stream.write(data)
    stream.flush()


def skip_noise(stream, limit):
    """Read up to and including the next ``MARK``: Blender prints a banner before the worker owns the pipe.

    Raises
    ------
    ValueError
        After `limit` bytes without a mark.
    EOFError
        If the stream ends.
    """
    window = b""
    for _ in range(limit):
        window = window[1 - len(MARK) :] + _exactly(stream, 1)
        if window == MARK:
            return
    raise ValueError(f"no message within {limit} bytes")


def read_message(stream, mark_read=False):
    """Read one message.

    Parameters
    ----------
    stream : binary file
    mark_read : bool
        Whether `skip_noise` has read the mark already.

    Returns
    -------
    header : dict
    arrays : dict of str to (str, bytes)
        Name to typecode and bytes.

    Raises
    ------
    EOFError
        If the stream ends.
    ValueError
        If what comes is no message.
    """
    if not mark_read and _exactly(stream, len(MARK)) != MARK:
        raise ValueError("the other side wrote something that is no message")
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    if length > MAX_HEADER:
        raise ValueError(f"a message header of {length} bytes is rubbish")
    header = json.loads(_exactly(stream, length))
    arrays = {name: (code, _exactly(stream, size)) for name, code, size in header.pop("arrays")}
    return header, arrays


def _exactly(stream, count):
    pieces = []
    while count:
        piece = stream.read(count)
        if not piece:
            raise EOFError("the other side closed the pipe")
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)
