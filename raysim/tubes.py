"""A block of ray tubes on its way from hit to hit, and what it meets: bundles of arrays that numba reads by name."""

from typing import NamedTuple

import numpy as np
from numba import njit

from raysim.antenna import Antenna, Pattern, amplitude_gain, antenna_gain, vertical_polarisation
from raysim.panels import PanelTable
from raysim.transmit_array import array_amplitude
from raysim.vectors import cross, dot, kernel, row, store, take_rows

SURFACE_OFFSET = 5e-4  # [m] a ray starts this far off the surface it left


class Rays(NamedTuple):
    """The arrays of `Tubes` that the kernels of hits read and write: fewer to hand from function to function."""

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
    cell: np.ndarray
    imaged: np.ndarray
    silent: np.ndarray
    launched: np.ndarray


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
    silent : (n,) bool
        The next hit sends nothing to the receiver: it is a plane on the way to an image, which the tiles cover.
    last_triangle : (n,) int32
        -1 before the first reflection.
    launched : (n,) float64
        Magnitude of the field at launch.
    bounces : (n,) int32
        Reflections so far.
    start : (n, 3) float64
        Where the search for the next hit begins [m]: off the last point's surface, behind the panes crossed.
    crossed : (n,) bool
        Panes lie between the last point and `start`.
    through : (n,) complex128
        Transmission of the panes and crowns crossed before the first reflection, in the receiver's polarisation.
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
    silent: np.ndarray
    last_triangle: np.ndarray
    launched: np.ndarray
    bounces: np.ndarray
    start: np.ndarray
    crossed: np.ndarray
    through: np.ndarray

    def select(self, which: np.ndarray) -> "Tubes":
        """Return the tubes picked by a boolean mask or an index array."""
        if which.dtype == bool:
            which = np.flatnonzero(which)
        return Tubes(*(take_rows(a, which) if a.ndim == 2 else a.take(which) for a in self))

    @property
    def rays(self) -> Rays:
        """The same arrays, for kernels."""
        return Rays(*(getattr(self, name) for name in Rays._fields))

    def join(self, other: "Tubes") -> "Tubes":
        """Return these tubes and then the others."""
        return Tubes(*(np.concatenate(pair) for pair in zip(self, other, strict=True)))


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
    lobe: np.ndarray  # (num_materials, 3) float64: `raysim.scattering.lobe_row`
    panels: PanelTable  # one a material, empty for half-spaces


class Bodies(NamedTuple):
    """Rigid motion of the parts at the middle of the frame."""

    pose: np.ndarray  # (num_parts, 4, 4) float64
    velocity: np.ndarray  # (num_parts, 3) float64 [m/s]
    spin: np.ndarray  # (num_parts, 3) float64 [rad/s]
    acceleration: np.ndarray  # (num_parts, 3) float64 [m/s2]
    spin_rate: np.ndarray  # (num_parts, 3) float64, angular acceleration [rad/s2]


class Transmitter(NamedTuple):
    """The transmitting element or array."""

    antenna: Antenna
    axes: np.ndarray  # (3, 3) float64, rows = right, down, forward in world axes
    horizontal: bool  # polarisation
    wavelength: float
    positions: np.ndarray  # (num_elements, 3) float64, of the array in its own axes [m]; none = a single element
    weights: np.ndarray  # (num_elements,) complex128


class Receiver(NamedTuple):
    """The receiving element, the wave and the seed of the surfaces' phases."""

    position: np.ndarray  # (3,) float64 [m]
    axes: np.ndarray  # (3, 3) float64, rows = right, down, forward in world axes
    antenna: Antenna
    horizontal: bool  # polarisation
    wavelength: float
    seed: int
    coherent: bool  # keep the coherent contribution
    diffuse_share: float  # amplitude share of the diffuse contribution in the receiver's polarisation; 0 = drop it


class Contributions(NamedTuple):
    """What a block of hits gives the receiver; filled by `raysim.hits.interact`."""

    gain: np.ndarray  # (n,) complex128, visibility not yet looked at
    length: np.ndarray  # (n,) float64, of the whole path [m]
    rate: np.ndarray  # (n,) float64 [m/s]
    acceleration: np.ndarray  # (n,) float64 [m/s2]
    arrival: np.ndarray  # (n, 3) float64, receiver to hit
    normal: np.ndarray  # (n, 3) float64, on the lit side
    goes_on: np.ndarray  # (n,) bool: the tube bounces on, off a flat surface and strong enough

    @classmethod
    def empty(cls, n: int) -> "Contributions":
        """Room for `n` hits."""
        real = (np.empty(n), np.empty(n), np.empty(n))
        return cls(np.zeros(n, np.complex128), *real, np.empty((n, 3)), np.empty((n, 3)), np.zeros(n, bool))


@njit(cache=True, error_model="numpy")
def polarisation(direction, down, horizontal):
    """Return the unit field vector of an antenna in a direction.

    Parameters
    ----------
    direction, down : tuple of 3 float
        Unit vectors: away from the antenna, and the antenna's own down.
    horizontal : bool
        Else vertical.

    Returns
    -------
    tuple of 3 float
        Vertical: up, made transverse. Horizontal: transverse to it, right on the antenna's axis. The spherical unit
        vectors of 3GPP TR 38.901, section 7.1, but for their signs.
    """
    vertical = vertical_polarisation(direction, down)
    return cross(direction, vertical) if horizontal else vertical


@njit(cache=True, error_model="numpy", nogil=True)
def transmit_field(direction, transmitter):
    """Field of a transmitter in every direction.

    Parameters
    ----------
    direction : (n, 3) float64
        World unit vectors.
    transmitter : Transmitter

    Returns
    -------
    (n, 3) complex128
        Transverse field times the amplitude gain.
    """
    field = np.empty(direction.shape, np.complex128)
    _fill_field(direction, transmitter, field)
    return field


@kernel
def _fill_field(direction, transmitter, field):
    axes, pattern = transmitter.axes, transmitter.antenna.pattern
    right, down, forward = row(axes, 0), row(axes, 1), row(axes, 2)
    for i in range(len(direction)):
        d = row(direction, i)
        if pattern <= Pattern.TR38901:  # the usual ones need no table's array handed on
            gain = amplitude_gain(pattern, d, right, down, forward)
        else:
            gain = antenna_gain(transmitter.antenna, d, right, down, forward)
        p = polarisation(d, down, transmitter.horizontal)
        store(field, i, (gain * p[0] + 0j, gain * p[1] + 0j, gain * p[2] + 0j))
        if len(transmitter.weights):
            beam = array_amplitude(
                transmitter.positions, transmitter.weights, transmitter.wavelength, d, right, down, forward
            )
            for axis in range(3):
                field[i, axis] *= beam


@njit(cache=True, error_model="numpy")
def receive_vector(receiver, toward):
    """Return the amplitude that a receiver takes of each world component of a field that arrives from `toward`."""
    axes = receiver.axes
    down = row(axes, 1)
    gain = antenna_gain(receiver.antenna, toward, row(axes, 0), down, row(axes, 2))
    p = polarisation(toward, down, receiver.horizontal)
    return gain * p[0], gain * p[1], gain * p[2]


@njit(cache=True, error_model="numpy", nogil=True)
def coupling(departure, arrival, transmitter, receiver):
    """Amplitude that the antennas put on paths that leave the field as it is but for the direction of travel.

    The line of sight, and small spheres: their dipole radiates the transverse part of the incident field.

    Parameters
    ----------
    departure, arrival : (n, 3) float64
        World unit vectors, away from transmitter and receiver.
    transmitter, receiver : Transmitter, Receiver

    Returns
    -------
    (n,) complex128
    """
    field = transmit_field(departure, transmitter)
    out = np.empty(len(departure), np.complex128)
    for i in range(len(departure)):
        out[i] = dot(receive_vector(receiver, row(arrival, i)), row(field, i))
    return out
