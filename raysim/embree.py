"""Embree's own interface: triangles, and queries in packets of rays that kernels call.

The embreex package ships the library but asks it one ray at a time; neighbouring tubes go the same way, and a packet of
them through the tree takes a third to a half of the time. A packet holds as many rays as the processor takes at once.
"""

import ctypes
import weakref
from ctypes.util import find_library
from pathlib import Path
from typing import NamedTuple

import embreex
import llvmlite.binding
import numpy as np
from numba import types

_ROBUST, _VERTICES, _INDICES, _FLOAT3, _UINT3, _TRIANGLES = 4, 1, 0, 0x9003, 0x5003, 0  # of rtcore_*.h, Embree 4
_COHERENT, _ALL_FEATURES = 1 << 16, 0xFFFFFFFF
_NATIVE = {16: 34, 8: 33, 4: 32}  # rays: the property that tells whether the processor takes so many at once
_ALIGNMENT = 64  # [bytes] of a packet


def library_path() -> str:
    """Where embreex keeps the Embree library, else the system's; OSError if there is neither."""
    package = Path(embreex.__file__).parent
    for folder in (package.with_name("embreex.libs"), package / ".dylibs", package):
        for found in sorted(folder.glob("*embree4*")):
            return str(found)
    if (system := find_library("embree4")) is None:
        raise OSError(f"no Embree 4 library beside {package} or on the system: reinstall embreex")
    return system


_LIBRARY = ctypes.CDLL(library_path())  # first: it also finds, on Windows, the libraries that this one needs
llvmlite.binding.load_library_permanently(library_path())  # so that compiled kernels find its functions by name


def _foreign(name: str, result, *arguments):
    function = getattr(_LIBRARY, name)
    function.restype, function.argtypes = result, arguments
    return function


_P, _U, _Z = ctypes.c_void_p, ctypes.c_uint, ctypes.c_size_t
_new_device = _foreign("rtcNewDevice", _P, ctypes.c_char_p)
_new_scene = _foreign("rtcNewScene", _P, _P)
_set_flags = _foreign("rtcSetSceneFlags", None, _P, ctypes.c_int)
_new_geometry = _foreign("rtcNewGeometry", _P, _P, ctypes.c_int)
_new_buffer = _foreign("rtcSetNewGeometryBuffer", _P, _P, ctypes.c_int, _U, ctypes.c_int, _Z, _Z)
_commit_geometry = _foreign("rtcCommitGeometry", None, _P)
_attach = _foreign("rtcAttachGeometry", _U, _P, _P)
_release_geometry = _foreign("rtcReleaseGeometry", None, _P)
_commit_scene = _foreign("rtcCommitScene", None, _P)
_release_scene = _foreign("rtcReleaseScene", None, _P)
_error = _foreign("rtcGetDeviceError", ctypes.c_int, _P)
_property = _foreign("rtcGetDeviceProperty", ctypes.c_ssize_t, _P, ctypes.c_int)

_DEVICE = _new_device(None)
# AVX-512: 16, AVX: 8, SSE and NEON: 4. Where none is native Embree goes ray by ray; its rtcOccluded4 does that wrongly.
PACKET = next((rays for rays, native in _NATIVE.items() if _property(_DEVICE, native)), 16)

# Kernels call these with addresses: of the packet's mask, the scene, the packet, the arguments.
_QUERY = types.void(types.intp, types.intp, types.intp, types.intp)
intersect_packet = types.ExternalFunction(f"rtcIntersect{PACKET}", _QUERY)
occluded_packet = types.ExternalFunction(f"rtcOccluded{PACKET}", _QUERY)


def _aligned(count: int, dtype: type) -> np.ndarray:
    """Zeros whose address suits a packet."""
    size = np.dtype(dtype).itemsize
    raw: np.ndarray = np.zeros(count + _ALIGNMENT // size, dtype)
    offset = -raw.ctypes.data % _ALIGNMENT // size
    return raw[offset : offset + count]


_ARGUMENTS = _aligned(16, np.uint32)  # RTCIntersectArguments and RTCOccludedArguments begin alike
_ARGUMENTS[:2] = _COHERENT, _ALL_FEATURES


class Packet(NamedTuple):
    """Room for rays and their hits, a row a field: Embree's RTCRayHit4, 8 or 16; one a thread."""

    real: np.ndarray  # (24, PACKET) float32
    whole: np.ndarray  # (24, PACKET) int32, the same memory
    valid: np.ndarray  # (PACKET,) int32, -1 = take part
    ray: np.ndarray  # (PACKET,) int64, its number in a block
    address: int
    valid_address: int
    arguments: int


# Rows of a packet. Those between belong to what is not asked: time, ids, normals, barycentric coordinates, instances.
ORIGIN, NEAR, DIRECTION, TIME, FAR, MASK, FLAGS, PRIMITIVE, GEOMETRY = 0, 3, 4, 7, 8, 9, 11, 17, 18


def packet() -> Packet:
    """Make room for a packet of rays."""
    real = _aligned(24 * PACKET, np.float32).reshape(24, PACKET)
    valid = _aligned(PACKET, np.int32)
    whole = real.view(np.int32)
    whole[MASK] = -1
    return Packet(
        real, whole, valid, np.zeros(PACKET, np.int64), real.ctypes.data, valid.ctypes.data, _ARGUMENTS.ctypes.data
    )


class Triangles:
    """Embree scene of one mesh.

    Attributes
    ----------
    handle : int
        Its address, for kernels; valid as long as this object lives, and in this process: there are no copies.
    """

    def __init__(self, corners: np.ndarray):
        """Build the tree over (n, 3, 3) float32 corners [m], n >= 1; MemoryError where Embree gets no memory."""
        count = len(corners)
        self.handle = _new_scene(_DEVICE)
        weakref.finalize(self, _release_scene, self.handle)
        _set_flags(self.handle, _ROBUST)
        geometry = _new_geometry(_DEVICE, _TRIANGLES)
        vertices = _new_buffer(geometry, _VERTICES, 0, _FLOAT3, 12, 3 * count)
        indices = _new_buffer(geometry, _INDICES, 0, _UINT3, 12, count)
        if vertices and indices:
            _fill(vertices, np.ascontiguousarray(corners, np.float32))
            _fill(indices, np.arange(3 * count, dtype=np.uint32))
            _commit_geometry(geometry)
            _attach(self.handle, geometry)
            _commit_scene(self.handle)
        _release_geometry(geometry)
        if code := _error(_DEVICE):
            raise MemoryError(f"Embree could not build {count} triangles (its error {code})")

    def __reduce__(self):
        raise TypeError("Embree's scenes cannot be copied or sent to other processes: build a new one there")


def _fill(address: int, values: np.ndarray) -> None:
    ctypes.memmove(address, values.ctypes.data, values.nbytes)
