"""The range-azimuth heatmap: rows of equal range, columns of the caller's azimuths."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import finufft
import numpy as np
from scipy.constants import c

from radar_dsp.beamform import azimuth_interpolation, beam_powers, elevation_cosines, uniform_azimuth
from radar_dsp.csi import Csi
from radar_dsp.ofdm import RadarConfig
from radar_dsp.periodogram import decibels_over, range_bins, range_weights, window

Level = Literal["noise", "gain", "dbsm", "dbfs"]  # what decibels count from, see `radar_dsp.scale`
RANGE_TOLERANCE = 1e-5  # of the range transform in complex64, relative to the norm of a profile
BLOCK = 32  # range rows beamformed at once; fixed, so that the bytes do not depend on the number of threads


@dataclass(frozen=True)
class Heatmap:
    """Range-azimuth map of one frame.

    Attributes
    ----------
    decibels : (num_ranges, num_azimuths) float32
        Power summed over elevation beams and Doppler, over `noise_power` [dB].
    range : (num_ranges,) float64
        Of the row centres, row 0 nearest [m].
    azimuth : (num_azimuths,) float64
        Of the columns, positive right [rad].
    noise_power : float or None
        Power that 0 dB stands for, on the scale of |path gain|^2; None = not stored.
    noise_is_estimated : bool
        Taken from the data because the link budget is unknown.
    level : str
        What the decibels count from: ``noise``, or gain, dbsm or dbfs (`radar_dsp.scale`), where `noise_power` is None.
    """

    decibels: np.ndarray
    range: np.ndarray
    azimuth: np.ndarray
    noise_power: float | None
    noise_is_estimated: bool = False
    level: Level = "noise"


def heatmap_range(max_range: float, rows: int) -> np.ndarray:
    """(rows,) float64 ranges of the row centres, ``(i + 0.5) max_range / rows`` [m]."""
    return (np.arange(rows) + 0.5) * (max_range / rows)


def _looks(csi: Csi, max_range: float, rows: int) -> int:
    """Range samples averaged in a row, so that no native range cell falls between two rows."""
    resolution = range_bins(csi, max_range)[1]
    return int(np.ceil(max_range / rows / resolution))


def _range_profiles(csi: Csi, ranges: np.ndarray, config: RadarConfig, pool: ThreadPoolExecutor) -> np.ndarray:
    """(rows, columns, symbols, num_ranges) complex64 range profile of every element, at any ranges."""
    rows, columns, symbols, subcarriers = csi.values.shape
    weight = range_weights(csi, config)
    weight = (weight / np.sqrt((weight**2).sum())).astype(np.float32)
    turns = 2 * csi.tone_spacing / c * ranges
    angle = (2 * np.pi * (turns - np.rint(turns))).astype(np.float32)
    profiles = np.empty((rows, columns, symbols, len(ranges)), np.complex64)

    def one_row(row: int) -> None:
        values = (csi.values[row] * weight).reshape(-1, subcarriers)
        profile = finufft.nufft1d2(angle, values, eps=RANGE_TOLERANCE, isign=1, nthreads=1, upsampfac=1.25)
        profiles[row] = profile.reshape(columns, symbols, -1)

    list(pool.map(one_row, range(rows)))
    return profiles


def range_azimuth(
    csi: Csi,
    config: RadarConfig,
    *,
    max_range: float,
    azimuth: np.ndarray | None = None,
    threads: int = 2,
) -> Heatmap:
    """Range-azimuth map of one frame, `config.heatmap_rows` rows from 0 to `max_range`.

    Power is summed over elevation beams and over symbols, which by Parseval is the sum over Doppler bins
    (a coherent mean over symbols would null movers). Every elevation beam follows its own cone, so a
    column is an azimuth at any elevation.

    Parameters
    ----------
    csi : Csi
    config : RadarConfig
        Of windows and size.
    max_range : float
        Far edge of the last row [m].
    azimuth : (num_azimuths,) float64, optional
        Azimuths of the columns [rad], e.g. `camera_azimuth`; default: uniform over +-heatmap_half_fov_deg.
    threads : int
        The bytes of the result do not depend on it.

    Returns
    -------
    Heatmap

    Raises
    ------
    ValueError
        If `max_range` lies beyond the unambiguous range, or the array has a single column.
    """
    rows, columns, symbols, _ = csi.values.shape
    if columns < 2:
        raise ValueError(f"a range-azimuth map needs at least 2 array columns, got {columns}")
    if azimuth is None:
        azimuth = uniform_azimuth(np.radians(config.heatmap_half_fov_deg), config.heatmap_columns)
    looks = _looks(csi, max_range, config.heatmap_rows)
    row_weight, column_weight = window(config.array_window, rows), window(config.array_window, columns)
    kernel = azimuth_interpolation(azimuth, rows, columns, csi.element_spacing).reshape(-1, len(azimuth))

    with ThreadPoolExecutor(threads) as pool:
        profiles = _range_profiles(csi, heatmap_range(max_range, config.heatmap_rows * looks), config, pool)

        def one_block(start: int) -> np.ndarray:
            beams = beam_powers(profiles[..., start : start + BLOCK * looks], row_weight, column_weight)
            # Not a BLAS product: its last bits depend on the number of BLAS threads.
            mean = beams.reshape(-1, looks, kernel.shape[0]).mean(axis=1, dtype=float)
            return np.einsum("rb,ba->ra", mean, kernel)

        starts = range(0, config.heatmap_rows * looks, BLOCK * looks)
        power = np.concatenate(list(pool.map(one_block, starts)))
    visible = int((np.abs(elevation_cosines(rows, csi.element_spacing)) < 1).sum())
    expected = None if csi.noise_variance is None else visible * symbols * csi.noise_variance
    decibels, noise = decibels_over(power, expected)
    return Heatmap(decibels, heatmap_range(max_range, config.heatmap_rows), azimuth, noise, expected is None)
