"""Three-vectors as tuples for numba kernels: they live in registers and cost no allocation."""

from collections.abc import Callable

import numpy as np
from numba import njit

Vector = tuple[float, float, float]


def kernel(function: Callable) -> Callable:
    """Compile a loop over blocks that allocates nothing.

    Without its runtime numba does not count references to arrays: those counts, atomic and shared by the threads, cost
    more than the physics of a hit.
    """
    return njit(cache=True, error_model="numpy", nogil=True, _nrt=False)(function)  # type: ignore[call-overload]


@njit(cache=True, error_model="numpy", inline="always")
def row(array, i):
    """Row i of an (n, 3) array as a vector."""
    return array[i, 0], array[i, 1], array[i, 2]


@njit(cache=True, error_model="numpy", inline="always")
def dot(a, b):
    """Bilinear dot product (no conjugate)."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@njit(cache=True, error_model="numpy", inline="always")
def cross(a, b):
    """Cross product."""
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


@njit(cache=True, error_model="numpy", inline="always")
def combine(s, a, t, b):
    """Linear combination s a + t b."""
    return s * a[0] + t * b[0], s * a[1] + t * b[1], s * a[2] + t * b[2]


@njit(cache=True, error_model="numpy", inline="always")
def norm(a):
    """Length of a real vector."""
    return np.sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2])


@njit(cache=True, error_model="numpy", inline="always")
def store(array, i, a):
    """Write a vector into row i."""
    array[i, 0] = a[0]
    array[i, 1] = a[1]
    array[i, 2] = a[2]


@njit(cache=True, error_model="numpy", inline="always")
def power(z):
    """Squared magnitude of a complex number, without the square root that abs takes."""
    return z.real * z.real + z.imag * z.imag


@kernel
def _copy_rows(array, which, out):
    for j in range(len(which)):
        i = which[j]
        out[j, 0], out[j, 1], out[j, 2] = array[i, 0], array[i, 1], array[i, 2]


def take_rows(array: np.ndarray, which: np.ndarray) -> np.ndarray:
    """Rows `which` (indices, not a mask) of an (n, 3) array: four times as fast as numpy's own indexing."""
    out = np.empty((len(which), 3), array.dtype)
    _copy_rows(array, which, out)
    return out
