"""Direction cosines of the array and the angles of the camera convention."""

import numpy as np


def azimuth_of(right: float, up: float) -> float:
    """Azimuth of a direction, positive right [rad]; NaN if the cosines are those of no direction.

    Parameters
    ----------
    right, up : float
        Cosines: cos(elevation) sin(azimuth) and sin(elevation).
    """
    side = right / np.sqrt(1 - up**2) if abs(up) < 1 else np.nan
    return float(np.arcsin(side)) if abs(side) <= 1 else np.nan


def elevation_of(up: float) -> float:
    """Elevation of a direction, positive up [rad]; NaN if the cosine is that of no direction."""
    return float(np.arcsin(up)) if abs(up) <= 1 else np.nan


def cosines_of(azimuth: float, elevation: float) -> tuple[float, float]:
    """(right, up) cosines of a direction [rad]."""
    return float(np.cos(elevation) * np.sin(azimuth)), float(np.sin(elevation))


def angle_deviations(covariance: np.ndarray, azimuth: float, elevation: float) -> tuple[float, float]:
    """Deviations of azimuth and elevation [rad] from those of the direction cosines.

    Parameters
    ----------
    covariance : (2, 2) float64
        Of the cosines up and right; inf where an axis of a single element cannot tell.
    azimuth, elevation : float
        Of the target [rad].

    Returns
    -------
    azimuth, elevation : float
    """
    # up = sin(el), right = cos(el) sin(az): d az = (d right + sin(az) tan(el) d up) / (cos(el) cos(az)).
    slope = np.array([np.sin(azimuth) * np.tan(elevation), 1.0])
    used = slope != 0  # not 0 x inf
    known = covariance[np.ix_(used, used)]
    variance = slope[used] @ known @ slope[used] if np.isfinite(known).all() else np.inf
    across = float(np.sqrt(variance) / (np.cos(elevation) * np.cos(azimuth)))
    return across, float(np.sqrt(covariance[0, 0]) / np.cos(elevation))
