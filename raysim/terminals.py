"""Transmitter and receiver of a frame, as kernels read them: their fields, and what they take of fields."""

from typing import NamedTuple

import numpy as np
from numba import njit

from raysim.antenna import Antenna, Pattern, amplitude_gain, antenna_gain, vertical_polarisation
from raysim.transmit_array import array_amplitude
from raysim.vectors import cross, dot, kernel, power, row, store


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
    fill_field(direction, transmitter, field, np.empty(len(direction)))
    return field


@kernel
def fill_field(direction, transmitter, field, strength):
    """Write `transmit_field` into `field`, and its squared magnitude into `strength`, (n,) float64."""
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
        strength[i] = power(field[i, 0]) + power(field[i, 1]) + power(field[i, 2])


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
