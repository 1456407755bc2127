"""What a detection is, its units, and what is searched: light to import, unlike the detectors."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from radar_dsp.periodogram import PowerCube

if TYPE_CHECKING:
    from radar_dsp.cfar import Method


@dataclass(frozen=True)
class DetectionSettings:
    """How objects are detected; lengths are physical and become cells of whatever grid there is.

    Attributes
    ----------
    method : str
        ca, go, so or os. Ordered statistics, because objects are longer than a range cell and mask their neighbours.
    pfa : float
        Asked rate of false alarms in a cell.
    min_speed : float or None
        Slower Doppler bins are left out [m/s]; None = 1.5 Doppler cells, which leaves out static clutter under a Hann
        window. 0 = static objects too.
    guard_range, training_range : float
        [m]; the guard covers half a car.
    guard_velocity, training_velocity : float
        [m/s].
    guard_beams, training_beams : int
    reach_range, reach_velocity : float
        How far apart echoes of one object may lie: [m], [m/s].
    min_cells : int
        Cells that make a cluster.
    dynamic_range_db : float
        Cells so far below the strongest of the same range or the same cluster are taken for its sidelobes.
    min_snr_db : float
        Of a detection over the noise of a cell.
    """

    method: "Method" = "os"
    pfa: float = 1e-4
    min_speed: float | None = None
    guard_range: float = 3.0
    training_range: float = 6.0
    guard_velocity: float = 1.3
    training_velocity: float = 2.0
    guard_beams: int = 2
    training_beams: int = 2
    reach_range: float = 1.5
    reach_velocity: float = 1.0
    min_cells: int = 3
    dynamic_range_db: float = 25.0
    min_snr_db: float = 13.0

    def __post_init__(self):
        if self.min_speed is not None and not 0 <= self.min_speed < np.inf:
            raise ValueError(f"min_speed must be zero or more, got {self.min_speed}")
        if not (self.reach_range > 0 and self.reach_velocity > 0 and self.min_cells >= 1):
            raise ValueError("reach_range, reach_velocity and min_cells must be positive")
        if not (self.dynamic_range_db > 0 and np.isfinite(self.min_snr_db)):
            raise ValueError("dynamic_range_db must be positive and min_snr_db finite")


@dataclass(frozen=True)
class Detection:
    """One detected object.

    Attributes
    ----------
    range, azimuth, velocity : float
        Power-weighted centroid: [m]; positive right [rad], for a target at the height of boresight; closing
        positive [m/s].
    peak_range, peak_azimuth, peak_velocity : float
        Of the strongest point, refined between the cells.
    sigma_range, sigma_azimuth, sigma_velocity : float
        Standard deviation of the strongest point if it is a single one: Cramer-Rao bound and what the windows cost;
        of the azimuth None at or beyond endfire.
    min_range, max_range, min_azimuth, max_azimuth, min_velocity, max_velocity : float
        Outer edges of the object's cells: [m], [rad], [m/s]. Over the Doppler fold the velocities go on counting.
    snr_db : float
        Of the strongest cell over thermal noise, or the median of the cube where that is unknown; inf where that is
        zero.
    peak_power : float
        Linear, of the strongest cell of the native cube.
    cells : int
        Detected in range-angle.
    """

    range: float
    azimuth: float
    velocity: float
    peak_range: float
    peak_azimuth: float
    peak_velocity: float
    sigma_range: float
    sigma_azimuth: float | None
    sigma_velocity: float
    min_range: float
    max_range: float
    min_azimuth: float
    max_azimuth: float
    min_velocity: float
    max_velocity: float
    snr_db: float
    peak_power: float
    cells: int


CLUTTER_CELLS = 1.5  # [Doppler cells] half the width of static clutter under a Hann window
COLUMNS = tuple(Detection.__dataclass_fields__)
UNITS = (*("m", "rad", "m/s") * 3, "m", "m", "rad", "rad", "m/s", "m/s", "dB", "1", "1")


def slowest_speed(velocity: np.ndarray, min_speed: float | None = None) -> float:
    """Speed under which echoes lie in the Doppler cells of static clutter.

    Parameters
    ----------
    velocity : (num_doppler,) float64
        Axis, ascending [m/s].
    min_speed : float or None
        As asked for [m/s]; None = `CLUTTER_CELLS` Doppler cells.

    Returns
    -------
    float
        [m/s].
    """
    return float(CLUTTER_CELLS * (velocity[1] - velocity[0])) if min_speed is None else min_speed


def moving_bins(cube: PowerCube, min_speed: float | None) -> tuple[np.ndarray, bool]:
    """Doppler bins that are fast enough.

    Parameters
    ----------
    cube : PowerCube
    min_speed : float or None
        [m/s]; None = 1.5 Doppler cells.

    Returns
    -------
    kept : (n,) int64
        From the slowest closing bin over the fold to the slowest opening one.
    wraps : bool
        All bins are kept: the axis is periodic.

    Raises
    ------
    ValueError
        If fewer than 3 bins are left.
    """
    if len(cube.velocity) < 3:
        raise ValueError(f"detection needs at least 3 Doppler bins, got {len(cube.velocity)}")
    slowest = slowest_speed(cube.velocity, min_speed)
    order = np.fft.ifftshift(np.arange(len(cube.velocity)))
    kept = order[np.abs(cube.velocity[order]) >= slowest * (1 - 1e-9)]
    if len(kept) < 3:
        raise ValueError(f"min_speed of {slowest:.3g} m/s leaves {len(kept)} of {len(order)} Doppler bins")
    return kept, len(kept) == len(order)
