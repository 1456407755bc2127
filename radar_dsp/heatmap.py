"""The range-azimuth heatmap: rows of equal range, columns of the caller's azimuths."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import fft

from radar_dsp.beamform import elevation_cones, lag_weights, uniform_azimuth
from radar_dsp.csi import Csi
from radar_dsp.kaiser_bessel import WIDTH
from radar_dsp.ofdm import RadarConfig
from radar_dsp.periodogram import decibels_over, range_bins
from radar_dsp.range_profiles import fine_profiles, range_taps
from radar_dsp.windows import config_weights

Level = Literal["noise", "gain", "dbsm", "dbfs"]  # what decibels count from, see `radar_dsp.scale`
BLOCK = 40  # range rows beamformed at once; fixed, so that the bytes do not depend on the number of threads


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
    from radar_dsp.lags import lag_sums  # numba is slow to import

    rows, columns, symbols, tones = csi.values.shape
    if columns < 2:
        raise ValueError(f"a range-azimuth map needs at least 2 array columns, got {columns}")
    if azimuth is None:
        azimuth = uniform_azimuth(np.radians(config.heatmap_half_fov_deg), config.heatmap_columns)
    looks = _looks(csi, max_range, config.heatmap_rows)
    samples = heatmap_range(max_range, config.heatmap_rows * looks)
    taps = range_taps(samples, tone_spacing=csi.tone_spacing, num_subcarriers=tones)
    row_weight, column_weight, _, tone_weight = config_weights(config, csi.values.shape)
    array_weight = np.outer(row_weight, column_weight)
    energy = looks * (array_weight**2).sum() * (tone_weight**2).sum()
    cone, cosine = elevation_cones(rows, csi.element_spacing)
    to_azimuth = lag_weights(azimuth, cosine, columns, csi.element_spacing).reshape(-1, len(azimuth))

    with ThreadPoolExecutor(threads) as pool:
        profiles = fine_profiles(csi, array_weight / np.sqrt(energy), tone_weight, taps, pool)

        def one_block(start: int) -> np.ndarray:
            few = slice(start * looks, (start + BLOCK) * looks)
            first = taps.first[few]
            beams = fft.fft(profiles[first[0] : first[-1] + WIDTH], axis=1).view(np.float32)
            sums = np.zeros((len(first) // looks, len(cosine), 2 * columns - 1))
            lag_sums(beams, first - first[0], taps.weights[few], cone, columns, sums)
            # Not a BLAS product: its last bits depend on the number of BLAS threads.
            return np.einsum("rl,la->ra", sums.reshape(len(sums), -1), to_azimuth)

        power = np.concatenate(list(pool.map(one_block, range(0, config.heatmap_rows, BLOCK))))
    expected = None if csi.noise_variance is None else (cone >= 0).sum() * symbols * csi.noise_variance
    decibels, noise = decibels_over(power, expected)
    return Heatmap(decibels, heatmap_range(max_range, config.heatmap_rows), azimuth, noise, expected is None)
