"""Element patterns and polarisation of the radar's antennas."""

from enum import IntEnum

import numpy as np
from numba import njit

from raysim.vectors import combine, dot, norm


class Pattern(IntEnum):
    """Element pattern."""

    ISOTROPIC = 0
    TR38901 = 1


MAX_GAIN_DBI = {Pattern.ISOTROPIC: 0.0, Pattern.TR38901: 8.0}


@njit(cache=True)
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


@njit(cache=True)
def vertical_polarisation(direction, down):
    """Return the unit field vector of a vertically polarised antenna: up, made transverse to `direction`."""
    along = dot(direction, down)
    transverse = combine(-1.0, down, along, direction)
    length = max(norm(transverse), 1e-12)
    return transverse[0] / length, transverse[1] / length, transverse[2] / length
