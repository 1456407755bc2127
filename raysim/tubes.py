"""A block of ray tubes on its way from hit to hit, and what it meets: bundles of arrays that numba reads by name."""

from typing import NamedTuple

import numpy as np
from numba import njit

from raysim.antenna import amplitude_gain, vertical_polarisation
from raysim.vectors import row, store

SURFACE_OFFSET = 5e-4  # [m] a ray starts this far off the surface it left


class Tubes(NamedTuple):
    """State of a block of tubes between two hits.

    Attributes
    ----------
    origin, direction : (n, 3) float64
        Last point [m] and unit direction.
    axis_u, axis_v : (n, 3) float64
        Change of the direction across the tube, mirrored at every bounce [rad].
    field : (n, 3) complex128
        Transverse field times the transmit amplitude gain, all reflections so far in.
    length : (n,) float64
        Travelled [m].
    rate, acceleration : (n,) float64
        First and second time derivative of `length` [m/s], [m/s2].
    velocity, point_acceleration : (n, 3) float64
        Of the last point [m/s], [m/s2].
    departure : (n, 3) float64
        Direction at launch.
    first_instance : (n,) int32
        -1 before the first hit.
    kinds : (n,) uint32
        Interaction digits so far.
    owner, plane : (n,) int32
        Owner of the grid, and the large plane in which it sees the owner; -1 = none.
    cell : (n,) float64
        Side of the diffuse phase cells [m].
    imaged : (n,) bool
        The last hit was connected to the receiver's mirror images.
    last_triangle : (n,) int32
        -1 before the first hit.
    """

    origin: np.ndarray
    direction: np.ndarray
    axis_u: np.ndarray
    axis_v: np.ndarray
    field: np.ndarray
    length: np.ndarray
    rate: np.ndarray
    acceleration: np.ndarray
    velocity: np.ndarray
    point_acceleration: np.ndarray
    departure: np.ndarray
    first_instance: np.ndarray
    kinds: np.ndarray
    owner: np.ndarray
    plane: np.ndarray
    cell: np.ndarray
    imaged: np.ndarray
    last_triangle: np.ndarray

    def select(self, which: np.ndarray) -> "Tubes":
        """Return the tubes picked by a boolean mask or an index array."""
        return Tubes(*(array[which] for array in self))


class Surfaces(NamedTuple):
    """What the triangles are made of: per triangle (first five), then per material."""

    normal: np.ndarray  # (num_triangles, 3) float64
    material: np.ndarray  # (num_triangles,) int32
    part: np.ndarray  # (num_triangles,) int32
    flat: np.ndarray  # (num_triangles,) bool
    plane: np.ndarray  # (num_triangles,) int32, index of the large plane; -1 = none
    permittivity: np.ndarray  # (num_materials,) complex128
    rms_height: np.ndarray  # (num_materials,) float64 [m]
    scattering: np.ndarray  # (num_materials,) float64


class Bodies(NamedTuple):
    """Rigid motion of the parts at the middle of the frame."""

    pose: np.ndarray  # (num_parts, 4, 4) float64
    velocity: np.ndarray  # (num_parts, 3) float64 [m/s]
    spin: np.ndarray  # (num_parts, 3) float64 [rad/s]
    acceleration: np.ndarray  # (num_parts, 3) float64 [m/s2]


class Receiver(NamedTuple):
    """The receiving element, the wave and the seed of the surfaces' phases."""

    position: np.ndarray  # (3,) float64 [m]
    axes: np.ndarray  # (3, 3) float64, rows = right, down, forward in world axes
    pattern: int
    wavelength: float
    seed: int
    coherent: bool  # keep the coherent contribution
    diffuse: bool  # keep the diffuse contribution


class Contributions(NamedTuple):
    """What a block of hits gives the receiver; filled by `raysim.hits.interact`."""

    gain: np.ndarray  # (n,) complex128, visibility not yet looked at
    length: np.ndarray  # (n,) float64, of the whole path [m]
    rate: np.ndarray  # (n,) float64 [m/s]
    acceleration: np.ndarray  # (n,) float64 [m/s2]
    arrival: np.ndarray  # (n, 3) float64, receiver to hit
    normal: np.ndarray  # (n, 3) float64, on the lit side
    goes_on: np.ndarray  # (n,) bool: the surface is flat

    @classmethod
    def empty(cls, n: int) -> "Contributions":
        """Room for `n` hits."""
        real = (np.empty(n), np.empty(n), np.empty(n))
        return cls(np.zeros(n, np.complex128), *real, np.empty((n, 3)), np.empty((n, 3)), np.zeros(n, bool))


@njit(cache=True, nogil=True)
def transmit_field(direction, axes, pattern):
    """Field of a vertically polarised transmitter in every direction.

    Parameters
    ----------
    direction : (n, 3) float64
        World unit vectors.
    axes : (3, 3) float64
        Rows = right, down, forward of the transmitter in world axes.
    pattern : int
        `raysim.antenna.Pattern`.

    Returns
    -------
    (n, 3) complex128
        Transverse field times the amplitude gain.
    """
    field = np.empty(direction.shape, np.complex128)
    right, down, forward = row(axes, 0), row(axes, 1), row(axes, 2)
    for i in range(len(direction)):
        d = row(direction, i)
        gain = amplitude_gain(pattern, d, right, down, forward)
        p = vertical_polarisation(d, down)
        store(field, i, (gain * p[0] + 0j, gain * p[1] + 0j, gain * p[2] + 0j))
    return field
