"""Transmit arrays: many elements, one signal, a steered beam.

The array's amplitude multiplies the element's (`raysim.antenna`); signs follow docs/conventions.md: time factor
exp(+j w t), sensor axes x right, y down, z forward.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy.constants import pi

from raysim.vectors import dot


@dataclass(frozen=True)
class TransmitArray:
    """Elements fed with one signal each, in a fixed ratio.

    Attributes
    ----------
    positions : (num_elements, 3) float64
        Phase centres in the sensor's axes [m].
    weights : (num_elements,) complex128
        Feed amplitudes; the sum of their squared magnitudes is 1, the transmitted power.
    """

    positions: np.ndarray
    weights: np.ndarray

    def __post_init__(self):
        if self.positions.ndim != 2 or self.positions.shape[1] != 3 or self.weights.shape != self.positions.shape[:1]:
            raise ValueError(
                "positions must be (num_elements, 3) and weights (num_elements,), "
                f"got {self.positions.shape} and {self.weights.shape}"
            )
        power = np.sum(np.abs(self.weights) ** 2)
        if not abs(power - 1) < 1e-9:
            raise ValueError(f"weights must carry the power 1, got {power:g}: divide them by its square root")


def steered_array(
    rows: int, columns: int, spacing: float, wavelength: float, azimuth=0.0, elevation=0.0
) -> TransmitArray:
    """Uniform planar array with a beam towards one direction.

    Parameters
    ----------
    rows, columns : int
        Elements up and to the right, about the sensor's origin.
    spacing, wavelength : float
        [m].
    azimuth, elevation : float
        Of the beam [rad], positive right and up.

    Returns
    -------
    TransmitArray
        Steering vector: equal amplitudes, phases that meet in the beam's direction.
    """
    if rows < 1 or columns < 1 or not (spacing > 0 and wavelength > 0):
        raise ValueError(
            f"an array needs elements, spacing and wavelength, got {rows} x {columns}, {spacing} m, {wavelength} m"
        )
    up, right = np.meshgrid(
        (np.arange(rows) - (rows - 1) / 2) * spacing, (np.arange(columns) - (columns - 1) / 2) * spacing, indexing="ij"
    )
    positions = np.stack([right.ravel(), -up.ravel(), np.zeros(rows * columns)], axis=1)
    beam = np.array([np.sin(azimuth) * np.cos(elevation), -np.sin(elevation), np.cos(azimuth) * np.cos(elevation)])
    phase = 2 * pi / wavelength * positions @ beam
    return TransmitArray(positions, np.exp(-1j * phase) / np.sqrt(rows * columns))


@njit(cache=True, error_model="numpy", nogil=True)
def array_amplitude(positions, weights, wavelength, direction, right, down, forward):
    """Complex amplitude that an array sends in a direction, over that of one element fed with its power.

    Parameters
    ----------
    positions : (num_elements, 3) float64
        In the sensor's axes [m].
    weights : (num_elements,) complex128
        Feed amplitudes.
    wavelength : float
        [m].
    direction, right, down, forward : tuple of 3 float
        Unit vectors in one common frame: of departure, and the sensor's axes.

    Returns
    -------
    complex
        ``sum w_n exp(+j k p_n . direction)``: an element nearer to the target is ahead in phase. At most the square
        root of the number of elements.
    """
    x, y, z = dot(direction, right), dot(direction, down), dot(direction, forward)
    total = 0.0j
    for n in range(len(weights)):
        path = positions[n, 0] * x + positions[n, 1] * y + positions[n, 2] * z
        total += weights[n] * np.exp(2j * pi / wavelength * path)
    return total
