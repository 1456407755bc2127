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
