"""The range-azimuth map from above: resampled to metres to the right and ahead."""

from dataclasses import dataclass

import numpy as np

from radar_dsp.heatmap import Heatmap, Level


@dataclass(frozen=True)
class CartesianMap:
    """Map from above, the radar at (0, 0).

    Attributes
    ----------
    decibels : (num_ahead, num_right) float32
        Over `noise_power` [dB]; NaN outside the heatmap's ranges and azimuths.
    ahead, right : (num_ahead,), (num_right,) float64
        Of the cell centres, ascending [m].
    noise_power : float or None
    noise_is_estimated : bool
    level : str
        As of the heatmap.
    """

    decibels: np.ndarray
    ahead: np.ndarray
    right: np.ndarray
    noise_power: float | None
    noise_is_estimated: bool = False
    level: Level = "noise"


def cartesian(heatmap: Heatmap, cell: float) -> CartesianMap:
    """Resample a heatmap to square cells.

    Power, not its logarithm, is interpolated, linearly in range and azimuth, so that no value lies outside those of the
    four pixels around it. Directions are taken at the height of boresight.

    Parameters
    ----------
    heatmap : Heatmap
    cell : float
        Side of a cell [m].

    Returns
    -------
    CartesianMap

    Raises
    ------
    ValueError
        If `cell` is not positive, or so small or large that the map would have no or over 10^8 cells.
    """
    from scipy.ndimage import map_coordinates  # slow to import

    reach = float(heatmap.range[-1])
    half = float(reach * np.sin(min(np.abs(heatmap.azimuth).max(), np.pi / 2)))
    if not (cell > 0 and 1 <= reach / cell and 2 * half * reach / cell**2 <= 1e8):
        raise ValueError(f"cell must lie between {np.sqrt(2 * half * reach / 1e8):.2g} and {reach:.4g} m, got {cell}")
    ahead = (np.arange(int(np.ceil(reach / cell))) + 0.5) * cell
    columns = max(int(np.ceil(half / cell)), 1)
    right = (np.arange(2 * columns) + 0.5 - columns) * cell
    distance, azimuth = np.hypot(ahead[:, None], right), np.arctan2(right, ahead[:, None])
    place = [
        np.interp(values, axis, np.arange(len(axis)), left=-1, right=len(axis))
        for values, axis in ((distance, heatmap.range), (azimuth, heatmap.azimuth))
    ]
    power = 10 ** (heatmap.decibels.astype(float) / 10)
    resampled = map_coordinates(power, place, order=1, mode="constant", cval=np.nan)
    with np.errstate(invalid="ignore"):
        decibels = (10 * np.log10(resampled)).astype(np.float32)
    return CartesianMap(decibels, ahead, right, heatmap.noise_power, heatmap.noise_is_estimated, heatmap.level)
