"""Element patterns and polarisation of the radar's antennas.

Angles are those of the sensor: x right, y down, z forward.
"""

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numba import njit
from scipy.constants import pi

from raysim.vectors import combine, dot, norm


class Pattern(IntEnum):
    """Element pattern."""

    ISOTROPIC = 0
    TR38901 = 1
    HORN = 2
    PATCH = 3
    TABLE = 4


MAX_GAIN_DBI = {Pattern.ISOTROPIC: 0.0, Pattern.TR38901: 8.0}


class Antenna(NamedTuple):
    """An element pattern with its parameters, as numba kernels take it; built by the functions below.

    Attributes
    ----------
    pattern : int
        `Pattern`.
    parameters : (num_parameters,) float64
        Horn: peak power gain, azimuth and elevation curvature [1/rad2]. Patch: peak power gain, exponent. Table: first
        azimuth, azimuth step, first elevation, elevation step [rad], 1 where the azimuths close the circle.
    table : (num_elevations, num_azimuths) float64
        Amplitude gain; (1, 1) of no meaning for the other patterns.
    """

    pattern: int
    parameters: np.ndarray
    table: np.ndarray


_NO_TABLE = np.ones((1, 1))


def fixed_antenna(pattern: Pattern) -> Antenna:
    """Isotropic or TR 38.901 element: patterns without parameters."""
    if pattern not in MAX_GAIN_DBI:
        raise ValueError(f"a pattern without parameters is ISOTROPIC or TR38901, got {pattern!r}")
    return Antenna(int(pattern), np.zeros(1), _NO_TABLE)


def horn(azimuth_beamwidth: float, elevation_beamwidth: float) -> Antenna:
    """Horn as a Gaussian beam without losses.

    Parameters
    ----------
    azimuth_beamwidth, elevation_beamwidth : float
        Half-power beamwidths [rad], at most 120 degrees.

    Returns
    -------
    Antenna
        Power gain ``G0 exp(-4 ln 2 theta^2 (cos^2 phi / w_az^2 + sin^2 phi / w_el^2))`` at the angle theta from the
        axis and phi round it, with G0 such that all directions together carry the transmitted power.

    References
    ----------
    Gaussian main beam as in Balanis, Antenna Theory, section 2.9; for narrow beams G0 = 16 ln 2 / (w_az w_el).
    """
    widths = np.array([azimuth_beamwidth, elevation_beamwidth])
    if not np.all((widths > 0) & (widths <= np.deg2rad(120))):
        raise ValueError(f"beamwidths must lie above 0 and within 120 degrees, got {np.rad2deg(widths)} degrees")
    curvature = 4 * np.log(2) / widths**2  # [1/rad2]
    # Gauss-Legendre in theta, up to where the beam has fallen by e^-40; the period in phi sums trapezoids exactly
    node, weight = np.polynomial.legendre.leggauss(200)
    last = min(pi, np.sqrt(40 / curvature.min()))
    theta, weight = (node + 1) * last / 2, weight * last / 2
    phi = np.arange(512) * 2 * pi / 512
    fall = np.cos(phi) ** 2 * curvature[0] + np.sin(phi) ** 2 * curvature[1]
    ring = np.exp(-np.outer(theta**2, fall)).mean(axis=1) * 2 * pi  # (theta,)
    peak = 4 * pi / np.sum(weight * np.sin(theta) * ring)
    return Antenna(int(Pattern.HORN), np.array([peak, *curvature]), _NO_TABLE)


def patch(exponent: float = 2.0) -> Antenna:
    """Patch as a power of the cosine without losses: no radiation backwards.

    Parameters
    ----------
    exponent : float
        q of the power pattern cos^q(theta) [1]; 2 gives 7.8 dBi, a usual microstrip patch.

    Returns
    -------
    Antenna
        Power gain ``2 (q + 1) cos^q(theta)``.

    References
    ----------
    Balanis, Antenna Theory, section 12.9: cos^q element patterns and their directivity.
    """
    if not exponent >= 0:
        raise ValueError(f"exponent must be >= 0, got {exponent}")
    return Antenna(int(Pattern.PATCH), np.array([2 * (exponent + 1), exponent], float), _NO_TABLE)


def _regular_step(angles: np.ndarray, name: str) -> float:
    steps = np.diff(angles)
    if angles.ndim != 1 or len(angles) < 2 or not np.all(steps > 0) or np.ptp(steps) > 1e-6 * steps[0]:
        raise ValueError(f"{name} must be at least 2 angles in equal, rising steps [rad], got {angles}")
    return float((angles[-1] - angles[0]) / (len(angles) - 1))


def tabulated(azimuth, elevation, gain_dbi) -> Antenna:
    """User table of gains.

    Parameters
    ----------
    azimuth, elevation : (num_azimuths,), (num_elevations,) array_like
        Equal, rising steps [rad]; azimuth positive right, elevation positive up.
    gain_dbi : (num_elevations, num_azimuths) array_like
        Power gain [dBi]; -inf = no radiation.

    Returns
    -------
    Antenna
        Amplitudes interpolated bilinearly; beyond the table's edge the edge's value, unless the azimuths close the
        circle (the step after the last is the first).
    """
    azimuth, elevation = np.asarray(azimuth, float), np.asarray(elevation, float)
    gain_dbi = np.asarray(gain_dbi, float)
    steps = _regular_step(azimuth, "azimuth"), _regular_step(elevation, "elevation")
    if gain_dbi.shape != (len(elevation), len(azimuth)):
        raise ValueError(f"gain_dbi must have the shape {(len(elevation), len(azimuth))}, got {gain_dbi.shape}")
    if np.any(np.isnan(gain_dbi)) or np.any(gain_dbi == np.inf):
        raise ValueError("gain_dbi must be finite or -inf")
    closes = abs(len(azimuth) * steps[0] - 2 * pi) < 1e-6 or abs((len(azimuth) - 1) * steps[0] - 2 * pi) < 1e-6
    parameters = np.array([azimuth[0], steps[0], elevation[0], steps[1], float(closes)])
    return Antenna(int(Pattern.TABLE), parameters, 10 ** (gain_dbi / 20))


@njit(cache=True, error_model="numpy")
def amplitude_gain(pattern, direction, right, down, forward):
    """Amplitude gain (square root of the power gain) of one element.

    Parameters
    ----------
    pattern : int
        `Pattern`.
    direction, right, down, forward : tuple of 3 float
        Unit vectors in one common frame: where to look, and the sensor's axes.

    Returns
    -------
    float

    References
    ----------
    3GPP TR 38.901, Table 7.3-1: 65 degree beamwidths, 30 dB front-to-back ratio, 8 dBi.
    """
    if pattern == 0:
        return 1.0
    vertical = np.arcsin(min(1.0, max(-1.0, -dot(direction, down))))
    horizontal = np.arctan2(dot(direction, right), dot(direction, forward))
    width = np.deg2rad(65.0)
    loss = min(12.0 * (vertical / width) ** 2, 30.0) + min(12.0 * (horizontal / width) ** 2, 30.0)
    return 10.0 ** ((8.0 - min(loss, 30.0)) / 20.0)


@njit(cache=True, error_model="numpy", nogil=True)
def _look_up(parameters, table, azimuth, elevation):
    """Bilinear interpolation of a gain table."""
    elevations, azimuths = table.shape
    row = min(max((elevation - parameters[2]) / parameters[3], 0.0), elevations - 1.0)
    column = (azimuth - parameters[0]) / parameters[1]
    if parameters[4] == 1.0:
        column %= 2.0 * pi / parameters[1]
    else:
        column = min(max(column, 0.0), azimuths - 1.0)
    i, j = min(int(row), elevations - 2), int(column)
    v, u = row - i, column - j
    j, k = j % azimuths, (j + 1) % azimuths
    near = (1.0 - u) * table[i, j] + (u * table[i, k] if u > 0.0 else 0.0)
    far = (1.0 - u) * table[i + 1, j] + (u * table[i + 1, k] if u > 0.0 else 0.0)
    return (1.0 - v) * near + v * far


@njit(cache=True, error_model="numpy", nogil=True)
def antenna_gain(antenna, direction, right, down, forward):
    """Amplitude gain of an element of any pattern.

    Parameters
    ----------
    antenna : Antenna
    direction, right, down, forward : tuple of 3 float
        Unit vectors in one common frame: where to look, and the sensor's axes.

    Returns
    -------
    float
        `amplitude_gain` to the bit for the patterns that it knows.
    """
    if antenna.pattern <= 1:
        return amplitude_gain(antenna.pattern, direction, right, down, forward)
    x, y, z = dot(direction, right), dot(direction, down), dot(direction, forward)
    parameters = antenna.parameters
    if antenna.pattern == 2:
        across = np.hypot(x, y)
        theta = np.arctan2(across, z)
        share = (x / across) ** 2 if across > 0.0 else 1.0
        fall = share * parameters[1] + (1.0 - share) * parameters[2]
        return np.sqrt(parameters[0]) * np.exp(-theta * theta * fall / 2.0)
    if antenna.pattern == 3:
        return np.sqrt(parameters[0] * z ** parameters[1]) if z > 0.0 else 0.0
    elevation = np.arcsin(min(1.0, max(-1.0, -y)))
    return _look_up(parameters, antenna.table, np.arctan2(x, z), elevation)


@njit(cache=True, error_model="numpy")
def vertical_polarisation(direction, down):
    """Return the unit field vector of a vertically polarised antenna: up, made transverse to `direction`."""
    along = dot(direction, down)
    transverse = combine(-1.0, down, along, direction)
    length = max(norm(transverse), 1e-12)
    return transverse[0] / length, transverse[1] / length, transverse[2] / length
