"""The azimuth-elevation map: which beams of the planar array the power comes from."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy import fft

from radar_dsp.csi import Csi
from radar_dsp.ofdm import RadarConfig
from radar_dsp.periodogram import beam_cosines, power_of, range_bins
from radar_dsp.windows import config_weights


@dataclass(frozen=True)
class AngleMap:
    """Power of the native beams of one frame, summed over range and Doppler.

    Attributes
    ----------
    power : (num_rows, num_columns) float32
        Linear.
    elevation, azimuth : (num_rows,), (num_columns,) float64
        Direction cosines upwards and rightwards, ascending: sin(elevation) and cos(elevation) sin(azimuth).
    noise_power : float or None
        Expected thermal noise in a cell; None = unknown.
    """

    power: np.ndarray
    elevation: np.ndarray
    azimuth: np.ndarray
    noise_power: float | None


def azimuth_elevation(
    csi: Csi, config: RadarConfig, *, max_range: float, min_range: float = 0.0, threads: int = 2
) -> AngleMap:
    """Power of the native beams between two ranges.

    Parameters
    ----------
    csi : Csi
    config : RadarConfig
        Of the windows.
    max_range, min_range : float
        Native range cells from `min_range` to `max_range` are summed [m].
    threads : int
        The bytes of the result do not depend on it.

    Returns
    -------
    AngleMap

    Raises
    ------
    ValueError
        If there is no native range cell between the two, or `max_range` is beyond the unambiguous range.
    """
    rows, columns, symbols, _ = csi.values.shape
    ranges = range_bins(csi, max_range)
    first = int(np.searchsorted(ranges, min_range))
    if first == len(ranges):
        raise ValueError(f"no range cell lies between {min_range} and {max_range} m")
    row_weight, column_weight, _, range_weight = config_weights(config, csi.values.shape)
    array_weight = np.outer(row_weight, column_weight)
    energy = (range_weight**2).sum() * (array_weight**2).sum()
    range_factor = (range_weight / np.sqrt(energy)).astype(np.float32)
    array_factor = array_weight.astype(np.float32)[..., None]

    def one_symbol(symbol: int) -> np.ndarray:
        profile = fft.ifft(csi.values[:, :, symbol] * range_factor, axis=-1, norm="forward", overwrite_x=True)
        return power_of(fft.fft2(profile[..., first : len(ranges)] * array_factor, axes=(0, 1))).sum(axis=-1)

    total = np.zeros((rows, columns), np.float32)
    with ThreadPoolExecutor(threads) as pool:
        for power in pool.map(one_symbol, range(symbols)):
            total += power
    cells = symbols * (len(ranges) - first)
    return AngleMap(
        fft.fftshift(total),
        beam_cosines(rows, csi.element_spacing),
        beam_cosines(columns, csi.element_spacing),
        None if csi.noise_variance is None else cells * csi.noise_variance,
    )
